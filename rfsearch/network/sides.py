"""The two sides of a network: padding after the input, and how far outputs look back and ahead."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor

from rfsearch.network.axis import AxisMap, Window
from rfsearch.network.field import Field
from rfsearch.network.node import Node


def padding_after(nodes: Sequence[Node]) -> list[tuple[int, ...]]:
    """Effective padding after the input at every node, in input pixels, one entry an axis.

    How far the last output's box reaches beyond the last pixel, were there no pixels that strides
    leave over: as the padding before, it is the sum of the layers' paddings times their jumps.
    """
    axes = range(len(nodes[0].sizes))
    left: list[tuple[Fraction, ...]] = [(Fraction(0),) * len(axes)]
    found: list[tuple[int, ...]] = [(0,) * len(axes)]
    for node in nodes[1:]:
        left.append(tuple(_left(nodes, left, node, axis) for axis in axes))
        ends = [_last_end(node, axis) for axis in axes]
        found.append(
            tuple(
                floor(end - (nodes[0].sizes[axis] - 1) + left[-1][axis])
                for axis, end in enumerate(ends)
            )
        )
    return found


def _left(
    nodes: Sequence[Node], left: list[tuple[Fraction, ...]], node: Node, axis: int
) -> Fraction:
    """Pixels that strides on the way to a node leave over; of several ways the least."""
    before = min(left[source][axis] for source in node.inputs)
    if not node.maps or not isinstance(node.maps[axis], Window):
        return before
    source = nodes[node.inputs[0]]
    return before + _over(node.maps[axis], source.sizes[axis]) * source.fields[axis].jump


def _over(one: AxisMap, n: int) -> int:
    """Positions, padding included, beyond the last window; 0 where it reaches over the end."""
    assert isinstance(one, Window)
    reached = (one.size(n) - 1) * one.stride + one.growth + 1
    return max(n + sum(one.padding(n)) - reached, 0)


def _last_end(node: Node, axis: int) -> int:
    """The last pixel of the last output's box; of an output that sees nothing, −1."""
    box = node.fields[axis].box(node.sizes[axis] - 1)
    return -1 if box is None else box[1]


def look(seen: Field) -> tuple[int, int]:
    """(look-back, look-ahead) of a tensor's outputs, the largest of any phase, in positions.

    With a whole jump these are `recurrence.look_back` and `look_ahead`; finer than the input, an
    output stands for the one position that it falls in.
    """
    back, ahead = [], []
    for index, box in enumerate(seen.boxes):
        if box is None:
            continue
        first = floor(index * seen.jump)
        last = max(ceil((index + 1) * seen.jump) - 1, first)
        back.append(first - box[0])
        ahead.append(box[1] - last)
    return max(back, default=0), max(ahead, default=0)
