"""The last step of a description: what no output needs goes, every learned value is counted once.

Only now is it known which norms are needed: each is counted with the layer before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rfsearch.network.node import NORM, Node


@dataclass(frozen=True)
class Finished:
    """The nodes that are needed, numbered anew, and what is to be said of the others."""

    nodes: list[Node]
    outputs: list[int]
    notes: list[str] = field(default_factory=list)


def needed_nodes(nodes: list[Node], outputs: list[int]) -> set[int]:
    """The nodes that some output reads, and those before its head."""
    needed = set(outputs)
    for index in reversed(range(len(nodes))):
        if index in needed:
            needed.update(nodes[index].inputs)
            needed.add(nodes[index].features)
    return needed


def finish(nodes: list[Node], outputs: list[int]) -> Finished:
    """Nodes and outputs without what no output needs. Changes the nodes."""
    needed = needed_nodes(nodes, outputs)
    kept = sorted(needed | {0})
    _count_weights(nodes, kept)
    notes = _idle(nodes, needed)
    number: dict[int, int] = {}
    finished: list[Node] = []
    for old in kept:
        node = nodes[old]
        node.inputs = tuple(number[source] for source in node.inputs)
        if node.op == NORM and not node.maps and finished[node.inputs[0]].learns:
            number[old] = node.inputs[0]
            layer = finished[number[old]]
            layer.params += node.params
            layer.norm = node.norm if not layer.norm_params else "?"
            layer.norm_params += node.params
            layer.weights |= node.weights
            continue
        number[old] = len(finished)
        finished.append(node)
    for node in finished:
        node.features = number[node.features]
    return Finished(finished, [number[output] for output in outputs], notes)


def _count_weights(nodes: list[Node], kept: list[int]) -> None:
    """Params of the nodes whose learned tensors are named: each where it is first needed."""
    counted: set[str] = set()
    needed = set(kept)
    for index in (*kept, *(index for index in range(len(nodes)) if index not in needed)):
        node = nodes[index]
        if not node.weights:
            continue
        new = {name: size for name, size in node.weights.items() if name not in counted}
        counted |= set(new)
        node.params = sum(new.values())
        if node.op == NORM:
            node.norm_params = node.params


def _idle(nodes: list[Node], needed: set[int]) -> list[str]:
    """A note on what learns and is left out; a norm is no layer beside the one before it."""
    idle = {
        index: node
        for index, node in enumerate(nodes)
        if index not in needed and (node.params or node.macs)
    }
    if not idle:
        return []
    layers = [
        node
        for node in idle.values()
        if not (node.op == NORM and any(source in idle for source in node.inputs))
    ]
    params = sum(node.params for node in idle.values())
    macs = sum(node.macs for node in idle.values())
    return [
        f"no output needs {len(layers)} layers, the first {layers[0].place}: left out, "
        f"{params:,} params and {macs:,} MACs with them"
    ]
