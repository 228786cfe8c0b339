"""The networks of a JSON document, each drawn once, by the key under which the page finds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from rfsearch.answer.page.drawing import drawing
from rfsearch.errors import RfsearchError
from rfsearch.export.write import Style, encode, planned
from rfsearch.network import Network, parse
from rfsearch.network.input_size import input_sizes

# The page holds the source of so many networks; of others it says the command that writes it.
WITH_SOURCE = 200

_LISTS = ("front", "results", "rungs", "rows")


def rows_of(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every row of a network in the document: front, list, rungs of a ladder, verdicts."""
    for name in _LISTS:
        for row in document.get(name) or ():
            if "stack" in row:
                yield row


def key_of(row: Mapping[str, Any]) -> str:
    """The stack, and the input where a search has several."""
    return f"{row['stack']} @ {row['input']}" if "input" in row else str(row["stack"])


def drawn(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Drawing of each network of the document by its key.

    A row whose network cannot be read by itself has none: the page then shows its row alone.
    """
    found: dict[str, Network] = {}
    for row in rows_of(document):
        if key_of(row) not in found:
            with suppress(RfsearchError):
                found[key_of(row)] = of_row(row, document.get("query") or {})
    return drawn_of(found)


def drawn_of(networks: Mapping[str, Network]) -> dict[str, dict[str, Any]]:
    """Their drawings by the same keys, the torch source of the first ones with it."""
    return {
        key: with_source(network) if number < WITH_SOURCE else drawing(network)
        for number, (key, network) in enumerate(networks.items())
    }


def of_row(row: Mapping[str, Any], query: Mapping[str, Any]) -> Network:
    """The network of a row, on the input and with the bytes of the question. Raises UsageError."""
    asked = row.get("input", query.get("input"))
    if asked is None:
        return parse(row["stack"])
    stored = query.get("bytes") or {"activation": query.get("bytes_per_value", 4)}
    return parse(
        row["stack"],
        input_sizes(asked, query.get("axes")),
        query.get("input_channels", 3),
        bytes_per_value=stored["activation"],
    )


def with_source(network: Network) -> dict[str, Any]:
    """The drawing of a network with its torch source, or with why there is none."""
    return drawing(network) | {"source": _source(network)}


def _source(network: Network) -> dict[str, str]:
    if network.notation is None:
        return {"none": "this network has no notation, which exports are made from"}
    try:
        made = planned(network.notation, network.input, network.input_channels, Style())
        return {"torch": encode(made, "torch", Style()).decode()}
    except RfsearchError as error:
        return {"none": str(error)}
