"""Claims: what is said of a stack, by its own description or by the row of a results file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.network import Network, parse

# In the order in which they are shown; padding_total is the effective padding before the input.
FIGURES = ("output_size", "params", "macs", "rf", "jump", "centre", "padding_total")


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
    """The claim of a described network."""
    if network.notation is None:
        raise UsageError(f"{network.name}: its notation is not known, so it cannot be built")
    figures = {
        "output_size": network.output_size,
        "params": network.totals["params"],
        "macs": network.totals["macs"],
        "rf": network.rf,
        "jump": network.jump,
        "centre": network.centre,
        "padding_total": network.padding_total,
    }
    return Claim(network.notation, network, figures)


def of_file(path: str, data: bytes, input: str | None, channels: int | None) -> list[Claim]:
    """The claims of a results file of this content, Parquet or JSON, each stack once.

    A JSON file says its input; for Parquet it must be given. UsageError names the file.
    """
    if Path(path).suffix.lower() == ".parquet":
        rows = _parquet_rows(path, data)
    else:
        document = _document(path, data)
        query = document.get("query") or {}
        input = input or (str(query["input"]) if "input" in query else None)
        channels = channels or query.get("input_channels")
        rows = [*(document.get("front") or []), *(document.get("results") or [])]
    if input is None:
        raise UsageError(f"--input: {path} does not say its input size; give --input N")
    return list(_claims(path, rows, input, channels))


def _claims(
    path: str, rows: list[dict[str, Any]], input: str, channels: int | None
) -> Iterator[Claim]:
    seen: set[str] = set()
    for place, row in enumerate(rows):
        stack = row.get("stack")
        if not isinstance(stack, str):
            raise UsageError(f"{path}: row {place + 1}: no stack in it")
        if stack in seen:
            continue
        seen.add(stack)
        network = parse(stack, input, channels)
        figures = {name: _number(row[name]) for name in FIGURES if row.get(name) is not None}
        yield Claim(stack, network, figures)
    if not seen:
        raise UsageError(f"{path}: no stacks in it")


def _number(value: Any) -> Any:
    """JSON and wide columns hold large integers as text."""
    if isinstance(value, str):
        found = Fraction(value)
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
