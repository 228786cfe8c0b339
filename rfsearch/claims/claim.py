"""Claims: what is said of a stack, by its own description or by the row of a results file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from rfsearch.errors import UsageError, shortened
from rfsearch.export.planner import notation_of
from rfsearch.network import Network, parse
from rfsearch.network.figures import agreed
from rfsearch.network.input_size import InputSize, input_sizes

# In the order in which they are shown; padding_total is the effective padding before the input.
FIGURES = ("output_size", "params", "macs", "rf", "jump", "centre", "padding_total")
# Bytes that a device takes, where a row has them; only a device shows them.
DEVICE_FIGURES = ("arena", "flash")
# Where a search's and a ladder's JSON have their stacks.
_PARTS = ("front", "results", "rungs")


@dataclass(frozen=True)
class Claim:
    """A stack on an input, and the figures said of it; a figure that is not said is not checked.

    `network` is the described stack, to know where to look; what is measured is compared with
    `figures` alone.
    """

    stack: str
    network: Network
    figures: Mapping[str, Any]


def of_network(network: Network) -> Claim:
    """The claim of a described network; UsageError where its notation is not known."""
    notation = notation_of(network)
    figures = {
        "output_size": network.output_size,
        "params": network.totals["params"],
        "macs": network.totals["macs"],
        "rf": network.rf,
        "jump": network.jump,
        "centre": network.centre,
        "padding_total": network.padding_total,
    }
    return Claim(notation, network, figures)


def of_file(path: str, data: bytes, input: str | None, channels: int | None) -> list[Claim]:
    """The claims of a results file of this content, Parquet or JSON, each stack once.

    A JSON file says its input; for Parquet it must be given, unless each row has its own.
    UsageError names the file.
    """
    if Path(path).suffix.lower() == ".parquet":
        rows = _parquet_rows(path, data)
        query: dict[str, Any] = {}
    else:
        document = _document(path, data)
        query = document.get("query") or {}
        rows = [row for part in _PARTS for row in document.get(part) or []]
    channels = channels or query.get("input_channels")
    axes = query.get("axes")
    if input is not None:
        axes = len(input_sizes(input, axes))
    elif "input" in query:
        input = query["input"]
    elif not all("input" in row for row in rows):
        raise UsageError(f"--input: {path} does not say its input size; give --input N")
    claims = list(of_rows(rows, input, axes, channels, path))
    if not claims:
        raise UsageError(f"{path}: no stacks in it")
    return claims


def of_rows(
    rows: Iterable[dict[str, Any]],
    input: InputSize | None,
    axes: int | None,
    channels: int | None,
    place: str,
) -> Iterator[Claim]:
    """What the rows of a search claim, each stack once; a row may name an input of its own.

    `axes` are those of an input that is one number. UsageError names `place` and the row.
    """
    seen: set[tuple[str, Any]] = set()
    for number, row in enumerate(rows, start=1):
        stack, own = row.get("stack"), row.get("input", input)
        if not isinstance(stack, str):
            raise UsageError(f"{place}: row {number}: no stack in it")
        if own is None:
            raise UsageError(f"{place}: row {number}: no input size for it")
        if (stack, own) in seen:
            continue
        seen.add((stack, own))
        network = parse(stack, input_sizes(own, axes), channels)
        names = (*FIGURES, *DEVICE_FIGURES)
        figures = {name: _figure(row[name]) for name in names if row.get(name) is not None}
        yield Claim(stack, network, figures)


def _figure(value: Any) -> Any:
    """One number, or one an axis where the axes differ."""
    if isinstance(value, list | tuple):
        return agreed([_number(one) for one in value])
    return _number(value)


def _number(value: Any) -> Any:
    """JSON and wide columns hold large integers as text."""
    if isinstance(value, str):
        try:
            found = Fraction(value)
        except (ValueError, ZeroDivisionError):
            raise UsageError(f"results: {shortened(value)!r} is no number") from None
        return found.numerator if found.denominator == 1 else found
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _parquet_rows(path: str, data: bytes) -> list[dict[str, Any]]:
    import io

    import polars as pl

    try:
        return pl.read_parquet(io.BytesIO(data)).to_dicts()
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).strip().splitlines()
        raise UsageError(f"{path}: not a Parquet file: {''.join(reason[:1])}") from None


def _document(path: str, data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UsageError(f"{path}: not a JSON file: {error}") from None
    if not isinstance(found, dict):
        raise UsageError(f"{path}: not the results of a search")
    return found
