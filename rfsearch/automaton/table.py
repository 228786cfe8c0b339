"""Table: what every geometry of a plan does to sizes and fields, axis by axis.

Axes that nothing tells apart (square kernels on a square image) are one, which counts as many.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rfsearch.errors import LimitError
from rfsearch.kernels import geometry as kernel
from rfsearch.layers.cost import window_spread
from rfsearch.layers.geometry import rounding_of, sides_of, unit_of
from rfsearch.layers.layer import SAME, along
from rfsearch.layers.nodes import Geometry, Join, Part, Point, Total, Up, Window, numbers_by_axis
from rfsearch.layers.recurrence import window_growth
from rfsearch.layers.seen import ratio_of

Ended = tuple[Geometry, int]  # a geometry, and the node that is read at its end


@dataclass(frozen=True, eq=False)
class Table:
    """X axes told apart, G geometries, sizes 0..N; see kernels.geometry for the nodes.

    axes          the axes of each class, the first of them standing for all
    nodes [X]     the encoded nodes
    next_size     int32 [X, G, N+1], 0 where a geometry is invalid
    growth        int32 [X, G, M], M 1 or N+1: of the field, in positions of an item's input
    stride        int64 [G, X], over
    finer         int64 [G, X]: output positions of one, where a geometry is finer than its input
    """

    geometries: tuple[Ended, ...]
    axes: tuple[tuple[int, ...], ...]
    nodes: tuple[kernel.Nodes, ...]
    next_size: np.ndarray
    growth: np.ndarray
    stride: np.ndarray
    finer: np.ndarray

    @property
    def most_nodes(self) -> int:
        """Nodes of the longest geometry, its input among them."""
        return max((len(nodes) for nodes, _ in self.geometries), default=0) + 1

    @cached_property
    def node_sizes(self) -> tuple[np.ndarray, np.ndarray]:
        """(first [G], size int32 [X, K, N+1]): the size of every node at every size."""
        counts = [len(nodes) + 1 for nodes, _ in self.geometries]
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        sizes = self.next_size.shape[2]
        found = np.zeros((len(self.axes), int(first[-1]), sizes), np.int32)
        every = np.arange(1, sizes)
        for g, count in enumerate(counts):
            for x in range(len(self.axes)):
                here, _ = self.placed(x, np.full(len(every), g), every)
                found[x, first[g] : first[g] + count, 1:] = here[:, :count].T
        return first, found

    def placed(self, x: int, geometry: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, ...]:
        """Pairs of a geometry and a size on axis class x: (sizes [P, nodes], box [P, 5]).

        The box holds stride, start, end, least and spread, see rfsearch.layers.geometry.Placed.
        """
        sizes = np.zeros((len(geometry), self.most_nodes), np.int64)
        box = np.zeros((len(geometry), 5), np.int64)
        made = np.zeros((self.most_nodes, 6), np.int64)
        pairs = (geometry.astype(np.int64), size.astype(np.int64))
        kernel.place_pairs(self.nodes[x], *pairs, made, sizes, box)
        return sizes, box


def table_of(
    geometries: Sequence[Ended],
    classes: tuple[tuple[int, ...], ...],
    axes: int,
    sizes: Sequence[Collection[int]],
    steps: int,
    rounding: int,
    memory_limit: int,
    most_size: int | None = None,
) -> Table:
    """The table for inputs of `sizes` [X], which at most `steps` items follow.

    It is filled at these, and at all sizes that some items make of them.
    most_size: no tensor is larger; needed where some are finer than their inputs. Raises
    LimitError where it does not fit.
    """
    nodes = tuple(_encoded(geometries, group[0], axes, rounding) for group in classes)
    most = most_size or max(
        max(size) + steps * _most_more(geometries, group[0])
        for size, group in zip(sizes, classes, strict=True)
    )
    varies = any(isinstance(node, Join) for made, _ in geometries for node in made)
    count = len(classes) * len(geometries) * (most + 1)
    if count * (8 if varies else 4) > memory_limit:
        raise LimitError(
            f"{len(geometries)} layers or blocks of other shape at sizes to {most:,} need "
            f"{count * 4 / 2**30:.1f} GiB, above the limit of {memory_limit / 2**30:.1f} GiB "
            "(--memory-limit); give fewer kernels, strides and paddings, or a smaller input"
        )
    shape = (len(classes), len(geometries), most + 1)
    next_size = np.zeros(shape, np.int32)
    growth = np.zeros((*shape[:2], most + 1 if varies else 1), np.int32)
    stride = np.ones((len(geometries), len(classes)), np.int64)
    finer = np.ones_like(stride)
    table = Table(tuple(geometries), classes, nodes, next_size, growth, stride, finer)
    made = np.zeros((table.most_nodes, 6), np.int64)
    for x in range(len(classes)):
        wanted = np.zeros(most + 1, np.int8)
        wanted[list(sizes[x])] = 1
        kernel.fill_axis(nodes[x], made, wanted, next_size[x], growth[x])
        for g, (geometry, end) in enumerate(geometries):
            stride[g, x], finer[g, x] = ratio_of(geometry, end, classes[x][0])
    return table


def classes_of(
    geometries: Iterable[Ended], axes: int, told_apart: Sequence[Sequence[object]]
) -> tuple[tuple[int, ...], ...]:
    """Axes that are alike: in every geometry, and in each of `told_apart` (one entry an axis)."""
    known: dict[tuple[object, ...], list[int]] = {}
    seen = [_by_axis(geometry, axes) for geometry, _ in geometries]
    for axis in range(axes):
        sign = (*(one[axis] for one in told_apart), *(one[axis] for one in seen if one))
        known.setdefault(sign, []).append(axis)
    return tuple(tuple(group) for group in known.values())


def _by_axis(geometry: Geometry, axes: int) -> list[object]:
    """What a geometry says of each axis; nothing where it says the same of all."""
    told = [
        value
        for node in geometry
        if isinstance(node, (Window, Up, Part))
        for value in numbers_by_axis(node)
        if isinstance(value, tuple) and len(value) > 1
    ]
    return [tuple(value[axis] for value in told) for axis in range(axes)] if told else []


def _encoded(geometries: Sequence[Ended], axis: int, axes: int, rounding: int) -> kernel.Nodes:
    rows: list[tuple[int, ...]] = []
    ends: list[int] = []
    spreads: list[int] = []
    ends_first, spreads_first, first = [0], [0], [0]
    windows: dict[Window, tuple[int, ...]] = {}
    for geometry, _ in geometries:
        for node in geometry:
            if isinstance(node, Window):
                if node not in windows:
                    windows[node] = _window(node, axis, rounding)
                rows.append(windows[node])
            elif isinstance(node, Up):
                rows.append(_finer(node, axis))
            elif isinstance(node, Part):
                runs = along(node.run, axis), along(node.patches, axis)
                rows.append((kernel.PART, node.of, *runs, 0, 0, 0, 0))
                ends.extend(node.readers)
                spreads.extend(node.parts)
            elif isinstance(node, Total):
                rows.append((kernel.TOTAL, 0, 0, 0, 0, 0, 0, 0))
                ends.extend(node.parts[axis])
            else:
                kind = kernel.POINT if isinstance(node, Point) else kernel.JOIN
                rows.append((kind, 0, 0, 1, 0, 0, 0, 0))
            if isinstance(node, Join):
                ends.extend(node.ends)
                spreads.extend(node.spreads)
            ends_first.append(len(ends))
            spreads_first.append(len(spreads))
        first.append(len(rows))
    return kernel.Nodes(
        np.array(first, np.int64),
        np.array([end for _, end in geometries], np.int64),
        np.array([unit_of(geometry, axis, axes) for geometry, _ in geometries], np.int64),
        np.array(rows, np.int64).reshape(-1, 8),
        np.array(ends_first, np.int64),
        np.array(ends, np.int64),
        np.array(spreads_first, np.int64),
        np.array(spreads, np.int64),
    )


def _window(node: Window, axis: int, rounding: int) -> tuple[int, ...]:
    kernel_size, dilation = along(node.kernel, axis), along(node.dilation, axis)
    growth = window_growth(kernel_size, dilation)
    before, after = (
        (kernel.SAME_PADDING, 0) if node.padding == SAME else sides_of(node.padding, axis)
    )
    return (
        kernel.WINDOW, node.parent, growth, along(node.stride, axis), before, after,
        rounding_of(node, rounding), window_spread(kernel_size, dilation),
    )  # fmt: skip


def _finer(node: Up, axis: int) -> tuple[int, ...]:
    kernel_size, dilation = along(node.kernel, axis), along(node.dilation, axis)
    before, after = sides_of(node.padding, axis)
    growth = window_growth(kernel_size, dilation)
    stride = along(node.stride, axis)
    return kernel.FINER, node.parent, growth, stride, before, after, 0, 0


def _most_more(geometries: Iterable[Ended], axis: int) -> int:
    """By how much one item can raise a size: what its windows of stride 1 pad too much."""
    most = 0
    for geometry, _ in geometries:
        more = 0
        for node in geometry:
            if isinstance(node, Window) and node.padding != SAME:
                before, after = sides_of(node.padding, axis)
                grown = window_growth(along(node.kernel, axis), along(node.dilation, axis))
                more += max(before + after - grown, 0) + (1 if node.ceil else 0)
        most = max(most, more)
    return most
