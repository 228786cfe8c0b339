"""The graph of states unrolled by depth, for libraries whose automata or sets do not count."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.peers.runner.plain import Arc, Graph


@dataclass(frozen=True)
class Layered:
    """Nodes are (depth, state); the start is node 0, and nodes ascend along arcs.

    depth, state, final [N]   of each node; arcs [N]: (arc of the graph, node it leads to)
    """

    depth: list[int]
    state: list[int]
    final: list[bool]
    arcs: list[list[tuple[Arc, int]]]


def unrolled(graph: Graph) -> Layered:
    """Only nodes from which a match can be ended within the depth."""
    leaving, left = graph.leaving(), _left(graph)
    number, order = {(0, 0): 0}, [(0, 0)]
    arcs: list[list[tuple[Arc, int]]] = []
    for depth, state in order:
        row = []
        for one in leaving[state]:
            if depth + 1 + left[one.target] <= graph.asked.depth:
                node = (depth + 1, one.target)
                if node not in number:
                    number[node] = len(order)
                    order.append(node)
                row.append((one, number[node]))
        arcs.append(row)
    depths, states = ([node[at] for node in order] for at in (0, 1))
    final = [graph.final[state] and depth > 0 for depth, state in order]
    return Layered(depths, states, final, arcs)


def _left(graph: Graph) -> list[int]:
    """Layers that a state needs at the least to end."""
    before: list[list[int]] = [[] for _ in graph.states]
    for one in graph.arcs:
        before[one.target].append(one.source)
    left = [0 if ends else graph.asked.depth + 1 for ends in graph.final]
    ahead = [state for state, ends in enumerate(graph.final) if ends]
    for state in ahead:
        for earlier in before[state]:
            if left[earlier] > left[state] + 1:
                left[earlier] = left[state] + 1
                ahead.append(earlier)
    return left
