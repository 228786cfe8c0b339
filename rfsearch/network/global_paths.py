"""Global paths: where, and through what, outputs come to see beyond the box of their windows.

A gate (squeeze-and-excitation), attention, a norm over positions, a recurrent layer, a pooled
branch beside the others. What each is stands in the finding, and so does whether it ends causality.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rfsearch.network.axis import PAST, Global
from rfsearch.network.meeting import ways
from rfsearch.network.node import Node
from rfsearch.network.words import AXIS_NAMES, row_name, some

if TYPE_CHECKING:
    from rfsearch.network.network import Network


def global_paths(network: Network) -> Iterator[str]:
    """Global paths within the features, by kind: gates, norms over positions, attention …"""
    if not network.sees_all:
        return
    nodes = network.nodes[: network.features_index + 1]
    kinds: dict[str, list[str]] = {}
    for node in nodes:
        if kind := global_kind(network, node):
            kinds.setdefault(kind, []).append(row_name(network, node))
    first = next(node for node in nodes if any(node.gates))
    named = "; ".join(f"{kind}, {some(rows)}" for kind, rows in kinds.items())
    yield (
        f"a global path ({named}) makes the RF the whole input from row {row_name(network, first)} "
        f"on; without it the RF is {network.rf}, as given here"
    )
    names = AXIS_NAMES[len(network.input)]
    for axis, seen in enumerate(network.features.fields):
        box = seen.box(0)
        if seen.rf > 1 and box and box[1] <= 0 and _sees_ahead(nodes, axis):
            yield (
                f"the windows look back only, but through the global path ({', '.join(kinds)}) "
                f"outputs see later {names[axis]}, too: the network is not causal"
            )


def global_kind(network: Network, node: Node) -> str:
    """What the global path is that begins at a node; "" where none does."""
    if any(isinstance(one, Global) for one in node.maps):
        return node.kind
    sources = [network.nodes[source] for source in node.inputs]
    if len(sources) < 2 or node.after_head:
        return ""
    axes = range(len(node.sizes))
    if not any(ways(sources, node.sizes[axis], axis, node.after_head)[1] for axis in axes):
        return ""
    joins = {"*": "gate as in squeeze-and-excitation", "+": "sum with a pooled branch"}
    return joins.get(node.op, "pooled branch beside")


def _sees_ahead(nodes: list[Node], axis: int) -> bool:
    """Whether some global path shows later positions: all but a look at the past do."""
    for node in nodes:
        if node.maps:
            one = node.maps[axis]
            if isinstance(one, Global) and one.direction != PAST:
                return True
        elif len(node.inputs) > 1 and not node.after_head:
            sources = [nodes[source] for source in node.inputs]
            if ways(sources, node.sizes[axis], axis, node.after_head)[1]:
                return True
    return False
