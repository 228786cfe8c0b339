"""How what several tensors see comes together in one: by position, or by a global path.

A sum, product or concatenation meets one to one; beside a tensor that still has its positions one
that was merged acts on all alike, as a gate. In a mix (attention, a norm over positions) every
output sees every position.
"""

from __future__ import annotations

from fractions import Fraction

from rfsearch.network.axis import AxisMap, Global, Resize, Whole, Window
from rfsearch.network.field import Box, Field, merged, union
from rfsearch.network.node import CONCAT, Node


def read_by(seen: Field, one: AxisMap, n: int) -> Field:
    if one == Window():
        return seen
    return seen.read_by(lambda index: one.reads(index, n), *one.period(n), one.size(n))


def mixed_field(
    fields: list[Field], nodes: list[Node], axis: int, one: AxisMap, size: int
) -> Field:
    """What the outputs see beside global paths: each what the same position of its sources saw."""
    sizes = [node.sizes[axis] for node in nodes]
    if isinstance(one, Whole):
        return merged([read_by(seen, one, n) for seen, n in zip(fields, sizes, strict=True)], 1)
    if isinstance(one, Global):
        if size == sizes[0]:
            return fields[0]
        # Positions that are no longer what they were: the nearest.
        return read_by(fields[0], Resize(Fraction(size, sizes[0]), target=size), sizes[0])
    same = [seen for seen, n in zip(fields, sizes, strict=True) if n == size]
    return merged(same, size)


def mixed_gate(nodes: list[Node], axis: int, one: AxisMap) -> Box | None:
    """The pixels that outputs see by global paths, this one among them."""
    boxes = [node.gates[axis] for node in nodes]
    if isinstance(one, Global):
        boxes += [
            node.fields[axis].box(index) for node in nodes for index in (0, node.sizes[axis] - 1)
        ]
    return union(boxes)


def joined_channels(nodes: list[Node], op: str) -> int:
    counts = [node.channels for node in nodes]
    return sum(counts) if op == CONCAT else max(counts)


def ways(
    nodes: list[Node], size: int, axis: int, after_head: bool
) -> tuple[list[Node], list[Node]]:
    """(nodes whose outputs meet one to one on the axis, nodes that act on all as a gate).

    Next to a tensor that still has its positions, one that was merged acts as a gate.
    """
    gates = [
        node
        for node in nodes
        if node.sizes[axis] != size or axis in node.spread or (node.after_head and not after_head)
    ]
    if len(gates) == len(nodes):
        gates = [node for node in nodes if node.sizes[axis] != size]
    return [node for node in nodes if not any(node is gate for gate in gates)], gates


def joined_gate(nodes: list[Node], gating: list[Node], axis: int) -> Box | None:
    boxes = [node.gates[axis] for node in nodes]
    boxes += [node.fields[axis].box(0) for node in gating]
    return union(boxes)
