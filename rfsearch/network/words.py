"""Words for findings: rows by number and name, figures an axis, the first few of many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rfsearch.network.node import Node

if TYPE_CHECKING:
    from rfsearch.network.network import Network

# Of rows with the same finding, so many are named.
SHOWN = 4

AXIS_NAMES = {1: ("samples",), 2: ("rows", "columns"), 3: ("frames", "rows", "columns")}


def row_name(network: Network, node: Node) -> str:
    """`7 (128C1S2N)`: the row's number, counted from 1, and its name."""
    return f"{network.numbers[id(node)]} ({node.name})"


def figure(values: Sequence[int]) -> str:
    """`55`, or `32×40` where the axes differ."""
    return "×".join(map(str, values if len(set(values)) > 1 else values[:1]))


def some(items: list[str]) -> str:
    """The first few, and how many more."""
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return f"row {'; row '.join(items[:SHOWN])}{more}"


def listed(values: object) -> str:
    return ", ".join(str(value) for value in sorted(values))  # type: ignore[call-overload]
