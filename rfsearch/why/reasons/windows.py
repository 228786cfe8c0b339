"""Windows: what an item of a stack does on one axis, as far as no size decides it.

An item adds growth · jump to RF − 1. Where paths meet inside a block its field is a box, whose
ends are known beforehand unless `same` lets the padding depend on a size.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from rfsearch.layers import nodes as geometry_nodes
from rfsearch.layers import recurrence
from rfsearch.layers.anatomy import anatomy
from rfsearch.layers.geometry import rounding_of, sides_of
from rfsearch.layers.layer import POOLS, SAME, Item, Layer, Padding, Stack, spread


class Window(NamedTuple):
    """One window on one axis; the padding before and after is None under `same`."""

    kernel: int
    stride: int
    growth: int
    before: int | None
    after: int | None
    rounding: int
    is_pool: bool

    @property
    def padding(self) -> int:
        """Before and after together; 0 under `same`."""
        return (self.before or 0) + (self.after or 0)

    @property
    def is_symmetric(self) -> bool:
        """Returns True where the padding is a number, the same on both sides."""
        return self.before is not None and self.before == self.after

    def size_after(self, size: int) -> int:
        """The output size; 0 where there is none."""
        if self.before is None or self.after is None:
            return recurrence.same_output_size(size, self.growth, self.stride, self.rounding)
        return recurrence.output_size(
            size, self.growth, self.stride, self.before, self.after, self.rounding
        )


class Step(NamedTuple):
    """One item on one axis.

    windows     that follow one another in it; None where paths meet
    growth      what it adds to RF − 1 at a jump of 1; None where sizes decide it
    has_pool    whether a pool stands in it
    """

    windows: tuple[Window, ...] | None
    growth: int | None
    stride: int
    has_pool: bool


class _Node(NamedTuple):
    """A node inside an item: the windows before it, and the box of its first output."""

    windows: tuple[Window, ...] | None
    stride: int
    box: tuple[int, int] | None

    def step(self, has_pool: bool) -> Step:
        if self.windows is not None:
            growth: int | None = grown(self.windows)
        else:
            growth = None if self.box is None else self.box[1] - self.box[0]
        return Step(self.windows, growth, self.stride, has_pool)


def grown(windows: tuple[Window, ...]) -> int:
    """What windows that follow one another add to RF − 1."""
    total = 0
    for window in reversed(windows):
        total = window.growth + window.stride * total
    return total


def steps_of(stack: Stack, width: int, axes: int, rounding: int) -> tuple[Step, ...] | None:
    """Items in a row as one step on each axis; None where no such layers can stand there."""
    if len(stack) == 1 and isinstance(stack[0], Layer):
        return _steps(_one_layer(stack[0]), min(1, len(_one_layer(stack[0]))), axes, rounding)
    made = anatomy(stack, width, axes)
    return None if made is None else _steps(made.geometry, made.end, axes, rounding)


def window_alone(layer: Layer) -> Layer:
    """The layer with only what makes its window, whatever it learns."""
    return replace(layer, channels=None, groups=1, ceil=False, norm="", bias=True)


def window_of(
    layer: Layer | geometry_nodes.Window, axis: int, axes: int, rounding: int, is_pool: bool
) -> Window:
    """A layer's window on one axis."""
    kernel, stride, dilation = (
        spread(value, axes)[axis] for value in (layer.kernel, layer.stride, layer.dilation)
    )
    before, after = _sides(layer.padding, axis)
    growth = recurrence.window_growth(kernel, dilation)
    return Window(kernel, stride, growth, before, after, rounding, is_pool)


def _sides(padding: Padding, axis: int) -> tuple[int | None, int | None]:
    return (None, None) if padding == SAME else sides_of(padding, axis)


def _one_layer(item: Item) -> geometry_nodes.Geometry:
    """The geometry of a single layer; a gate leaves sizes and fields alone."""
    assert isinstance(item, Layer)
    if item.op == "SE":
        return ()
    pool = item.op in POOLS
    return (
        geometry_nodes.Window(
            0, pool, item.kernel, item.stride, item.padding, item.dilation, item.ceil
        ),
    )  # fmt: skip


@lru_cache(maxsize=1 << 16)
def _steps(
    geometry: geometry_nodes.Geometry, end: int, axes: int, rounding: int
) -> tuple[Step, ...] | None:
    found = [_followed(geometry, axis, axes, rounding) for axis in range(axes)]
    ends = [nodes[end] if nodes is not None else None for nodes in found]
    pool = any(isinstance(node, geometry_nodes.Window) and node.pool for node in geometry)
    return None if None in ends else tuple(node.step(pool) for node in ends if node is not None)


def _followed(
    geometry: geometry_nodes.Geometry, axis: int, axes: int, rounding: int
) -> list[_Node | None] | None:
    """Every node on one axis; None for all where branches of different strides meet."""
    nodes: list[_Node | None] = [_Node((), 1, (0, 0))]
    for inner in geometry:
        if isinstance(inner, geometry_nodes.SIZES_ALONE):
            nodes.append(None)
            continue
        if isinstance(inner, geometry_nodes.Join):
            ends = [node for number in inner.ends if (node := nodes[number]) is not None]
            if len({node.stride for node in ends}) > 1:
                return None
            boxes = [node.box for node in ends if node.box is not None]
            known = len(boxes) == len(ends)
            box = (min(b for b, _ in boxes), max(e for _, e in boxes)) if known else None
            nodes.append(_Node(None, ends[0].stride, box))
            continue
        # Of spaces with tensors finer than their inputs nothing is proven here.
        assert isinstance(inner, geometry_nodes.Window)
        parent = nodes[inner.parent]
        assert parent is not None
        mode = rounding_of(inner, rounding)
        nodes.append(_extended(parent, window_of(inner, axis, axes, mode, inner.pool)))
    return nodes


def _extended(node: _Node, window: Window) -> _Node:
    windows = None if node.windows is None else (*node.windows, window)
    box = None
    if node.box is not None and window.before is not None:
        first = node.box[0] - window.before * node.stride
        last = node.box[1] + (window.growth - window.before) * node.stride
        box = (first, last)
    return _Node(windows, node.stride * window.stride, box)
