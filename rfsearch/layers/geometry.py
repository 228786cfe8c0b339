"""Geometry of an item at given sizes: output sizes and fields.

Fields are kept as boxes: the first and the last input position that the first output reads,
relative to the item's input. Over several paths the box is the largest; `least` is what the
shortest path adds. See rfsearch.layers.recurrence for the formulas and their source.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from rfsearch.layers import recurrence
from rfsearch.layers.cost import window_spread
from rfsearch.layers.layer import SAME, Padding, spread
from rfsearch.layers.nodes import SIZES_ALONE, Geometry, Join, Up, Window
from rfsearch.layers.recurrence import CEIL, EXACT, FLOOR

Sizes = tuple[int, ...]


class Placed(NamedTuple):
    """A geometry at one input size; sequences have one entry an axis.

    stride, start, end, least, spread are of no use where a node is finer than its parent

    start, end  the box of the first output, in positions of the item's input
    least       what the path that sees least adds to the field
    spread      twelve times the variance added, in squared positions
    """

    sizes: Sizes
    stride: Sizes
    start: Sizes
    end: Sizes
    least: Sizes
    spread: Sizes


class Along(NamedTuple):
    """One node on one axis."""

    size: int
    jump: int
    start: int
    end: int
    least: int
    spread: int


def place(geometry: Geometry, end: int, sizes: Sizes, rounding: int) -> Placed | None:
    """The geometry at input sizes, read at node `end`; None where some layer is invalid."""
    done: list[Along] = []
    for axis, size in enumerate(sizes):
        nodes = nodes_along(geometry, axis, len(sizes), size, rounding)
        last = None if nodes is None else nodes[end]
        if last is None:
            return None
        done.append(last)
    return Placed(
        sizes=tuple(one.size for one in done),
        stride=tuple(one.jump for one in done),
        start=tuple(one.start for one in done),
        end=tuple(one.end for one in done),
        least=tuple(one.least for one in done),
        spread=tuple(one.spread for one in done),
    )


def size_of(node: Window | Up, n: int, axis: int, axes: int, rounding: int) -> int:
    """The size of a node over n positions of one axis; below 1 where there is none."""
    kernel, stride, dilation = (
        spread(value, axes)[axis] for value in (node.kernel, node.stride, node.dilation)
    )
    growth = recurrence.window_growth(kernel, dilation)
    if isinstance(node, Up):
        before, after = sides_of(node.padding, axis)
        return recurrence.transposed_output_size(n, growth, stride, before, after, 0)
    mode = rounding_of(node, rounding)
    if node.padding == SAME:
        return recurrence.same_output_size(n, growth, stride, mode)
    return recurrence.output_size(n, growth, stride, *sides_of(node.padding, axis), mode)


def unit_of(geometry: Geometry, axis: int, axes: int) -> int:
    """A jump of the input that all nodes finer than it divide."""
    return prod(spread(node.stride, axes)[axis] for node in geometry if isinstance(node, Up))


def nodes_along(
    geometry: Geometry, axis: int, axes: int, size: int, rounding: int
) -> list[Along | None] | None:
    """Every node along one axis, the input first; None of no place in the input."""
    nodes: list[Along | None] = [Along(size, unit_of(geometry, axis, axes), 0, 0, 0, 0)]
    for node in geometry:
        made: Along | None
        if isinstance(node, SIZES_ALONE):
            nodes.append(None)
            continue
        if isinstance(node, Join):
            made = _met([nodes[end] for end in node.ends], [nodes[end] for end in node.spreads])
        else:
            parent = nodes[node.parent]
            assert parent is not None
            if isinstance(node, Up):
                made = _finer(node, parent, axis, axes)
            else:
                made = _windowed(node, parent, axis, axes, rounding)
        if made is None:
            return None
        nodes.append(made)
    return nodes


def _windowed(node: Window, parent: Along, axis: int, axes: int, rounding: int) -> Along | None:
    kernel, stride, dilation = (
        spread(value, axes)[axis] for value in (node.kernel, node.stride, node.dilation)
    )
    growth = recurrence.window_growth(kernel, dilation)
    mode = rounding_of(node, rounding)
    if node.padding == SAME:
        size = recurrence.same_output_size(parent.size, growth, stride, mode)
        before = recurrence.same_padding(parent.size, growth, stride) // 2
    else:
        before, after = sides_of(node.padding, axis)
        size = recurrence.output_size(parent.size, growth, stride, before, after, mode)
    if size < 1:
        return None
    return Along(
        size,
        recurrence.output_jump(parent.jump, stride),
        parent.start - before * parent.jump,
        parent.end + (growth - before) * parent.jump,
        parent.least + growth * parent.jump,
        parent.spread + window_spread(kernel, dilation) * parent.jump**2,
    )


def _finer(node: Up, parent: Along, axis: int, axes: int) -> Along | None:
    """Size and jump of a node finer than its parent; fields, which differ by phase, stay."""
    size = size_of(node, parent.size, axis, axes, EXACT)
    stride = spread(node.stride, axes)[axis]
    return None if size < 1 else parent._replace(size=size, jump=parent.jump // stride)


def _met(ends: list[Along | None], spreads: list[Along | None]) -> Along | None:
    """Ends of one size and stride as one node: the largest box, the least field."""
    known = [end for end in ends if end is not None]
    if len({(end.size, end.jump) for end in known}) > 1:
        return None
    return Along(
        known[0].size,
        known[0].jump,
        min(end.start for end in known),
        max(end.end for end in known),
        min(end.least for end in known),
        max(one.spread for one in spreads if one is not None),
    )


def rounding_of(node: Window, rounding: int) -> int:
    """A pool with U follows the ceil rule; convolutions floor where the query says ceil."""
    if node.exempt:
        return FLOOR
    if node.pool and node.ceil:
        return CEIL
    return EXACT if rounding == EXACT else FLOOR


def sides_of(padding: Padding, axis: int) -> tuple[int, int]:
    if isinstance(padding, int):
        return padding, padding
    assert not isinstance(padding, str)
    return padding[0] if len(padding) == 1 else padding[axis]
