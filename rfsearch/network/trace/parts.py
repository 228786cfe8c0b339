"""Parts of traced tensors, what is left of them by reductions, and their being written out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import prod

from rfsearch.errors import NotFollowed, UsageError
from rfsearch.network.axis import AxisMap, Positions, Whole, Window
from rfsearch.network.tensor import CHANNELS, Atom, Dimension, Piece, Tensor, label_of
from rfsearch.network.trace.base import Tracing

STATISTIC = "channel statistic"


@dataclass
class Parts(Tracing):
    """Slices, picked positions, reductions, expansions."""

    def part(
        self, tensor: Tensor, dim: int, start: int, stop: int, step: int, name: str, place: str
    ) -> Tensor:
        """Some positions of one dimension: channels, or a crop of an axis."""
        dim %= len(tensor.dims)
        size = tensor.shape[dim]
        start, stop = _clipped(start, size), _clipped(stop, size)
        if step < 1:
            raise NotFollowed(f"{place}: a slice backwards cannot be followed")
        length = max(-(-(stop - start) // step), 0)
        if length == 0:
            raise UsageError(f"{place}: a slice of {size} leaves nothing")
        if length == size:
            return tensor
        labels = tensor.labels(dim)
        if labels <= {CHANNELS}:
            return self._fewer_channels(tensor, dim, length, name, place)
        after = size - start - (length - 1) * step - 1
        crop = Window(stride=step, before=-start, after=-after)
        return self.along(tensor, dim, "CROP", crop, name, place)

    def chosen(
        self, tensor: Tensor, dim: int, positions: list[int], name: str, place: str
    ) -> Tensor:
        """Positions of one dimension in any order: picked, flipped, rolled or repeated."""
        dim %= len(tensor.dims)
        size = tensor.shape[dim]
        positions = [at % size for at in positions]
        if positions == list(range(size)):
            return tensor
        steps = {b - a for a, b in pairwise(positions)} or {1}
        if len(steps) == 1 and min(steps) > 0:
            first, last, step = positions[0], positions[-1], min(steps)
            return self.part(tensor, dim, first, last + 1, step, name, place)
        if tensor.labels(dim) <= {CHANNELS}:
            return self._fewer_channels(tensor, dim, len(positions), name, place)
        return self.along(tensor, dim, "PICK", Positions(tuple(positions)), name, place)

    def along(
        self, tensor: Tensor, dim: int, op: str, one: AxisMap, name: str, place: str
    ) -> Tensor:
        """Anything along the axis that a dimension is, or over channels, which only changes how
        many there are."""
        dim %= len(tensor.dims)
        if tensor.labels(dim) <= {CHANNELS}:
            return self._fewer_channels(tensor, dim, one.size(tensor.shape[dim]), name, place)
        axis = self._whole_axis(tensor, dim, place)
        maps: list[AxisMap] = [Window() for _ in range(self.graph.axes)]
        maps[axis] = one
        node = self.graph.apply(tensor.node, op, name, tuple(maps), place=place)
        size = self.graph.nodes[node].sizes[axis]
        return Tensor(node, _with(tensor.dims, dim, axis, size))

    def _fewer_channels(
        self, tensor: Tensor, dim: int, length: int, name: str, place: str
    ) -> Tensor:
        dims = _with(tensor.dims, dim, CHANNELS, length)
        sizes = self.graph.nodes[tensor.node].sizes
        channels = self.channels_of(dims, sizes, place)
        return Tensor(self.graph.select(tensor.node, channels, name, place=place), dims)

    def _whole_axis(self, tensor: Tensor, dim: int, place: str) -> int:
        """The axis that a dimension is, with all of its positions and nothing else."""
        atoms = tensor.dims[dim]
        if len(atoms) != 1 or not isinstance(atoms[0][0], int):
            raise NotFollowed(f"{place}: a part of merged or divided dimensions")
        return atoms[0][0]

    def reduced(self, tensor: Tensor, dims: list[int], keep: bool, name: str, place: str) -> Tensor:
        """A mean, maximum or sum over dimensions: a pool over axes, a statistic over channels."""
        dims = sorted({dim % len(tensor.dims) for dim in dims})
        labels = set().union(*(tensor.labels(dim) for dim in dims)) if dims else set()
        axes = {label for label in labels if label != CHANNELS}
        node, kept = tensor.node, tensor.dims
        if axes:
            sizes = self.graph.nodes[node].sizes
            gone = [atom for dim in dims for atom in tensor.dims[dim]]
            maps = tuple(
                # An axis of one position has no atoms left; it goes with the others.
                Whole() if n == 1 else self._pooled(tensor, gone, axis, n, place)
                for axis, n in enumerate(sizes)
            )
            every = all(isinstance(one, Whole) for one in maps)
            pools = any(isinstance(one, Window) and one.kernel > 1 for one in maps)
            if not every:
                maps = tuple(
                    Window() if n == 1 else one for one, n in zip(maps, sizes, strict=True)
                )
            op = "AP" if pools and not every else "GAP"
            node = self.graph.apply(node, op, name, maps, place=place)
            kept = tuple(_mended(dim, self.graph.nodes[node].sizes, sizes) for dim in kept)
        kept = tuple(() if place_of in dims else dim for place_of, dim in enumerate(kept))
        made = self.graph.nodes[node]
        channels = self.channels_of(kept, made.sizes, place)
        if channels != made.channels:
            node = self.graph.select(node, channels, name, place=place)
            if not axes:
                self.graph.nodes[node].op = STATISTIC
        if not keep:
            kept = tuple(dim for place_of, dim in enumerate(kept) if place_of not in dims)
        return Tensor(node, kept)

    def _pooled(self, tensor: Tensor, gone: list[Atom], axis: int, n: int, place: str) -> AxisMap:
        """What a reduction over the atoms `gone` does along an axis."""
        mine = [atom for atom in gone if label_of(atom) == axis]
        if prod(size for _, size in mine) == n:
            return Whole()
        if not mine:
            return Window()
        left = [
            atom
            for dim in tensor.dims
            for atom in dim
            if label_of(atom) == axis and atom not in mine
        ]
        (label, size), *more = mine
        if more or len(left) != 1 or not isinstance(label, Piece):
            raise NotFollowed(f"{place}: a reduction over a part of an axis")
        inner = label.step == 1
        return Window(size, size if inner else 1, dilation=label.step)

    def expanded(self, tensor: Tensor, shape: list[int], name: str, place: str) -> Tensor:
        """Dimensions of one position written out over those of `shape`, new ones in front."""
        lacking = len(shape) - len(tensor.dims)
        dims = [()] * lacking + list(tensor.dims)
        sizes = list(self.graph.nodes[tensor.node].sizes)
        held = {label_of(atom) for dim in dims for atom in dim}
        for number, size in enumerate(shape):
            if size <= 1 or dims[number]:
                continue
            axis = number - (len(shape) - self.graph.axes)
            if axis >= 0 and number >= 2 and sizes[axis] == 1 and axis not in held:
                sizes[axis] = size
                dims[number] = ((axis, size),)
            else:
                dims[number] = ((CHANNELS, size),)
        node = tensor.node
        if tuple(sizes) != self.graph.nodes[node].sizes:
            node = self.graph.expand(node, tuple(sizes), name, place=place)
        channels = self.channels_of(tuple(dims), tuple(sizes), place)
        if channels != self.graph.nodes[node].channels:
            node = self.graph.select(node, channels, name, place=place)
        return Tensor(node, tuple(dims))


def _with(
    dims: tuple[Dimension, ...], dim: int, label: str | int, size: int
) -> tuple[Dimension, ...]:
    made: Dimension = ((label, size),) if size > 1 else ()
    return (*dims[:dim], made, *dims[dim + 1 :])


def _mended(dim: Dimension, after: tuple[int, ...], before: tuple[int, ...]) -> Dimension:
    """A dimension after a pool: the part of an axis that it left is the axis now."""
    return tuple(
        (label.of, size)
        if isinstance(label, Piece)
        and isinstance(label.of, int)
        and after[label.of] == size != before[label.of]
        else (label, size)
        for label, size in dim
    )


def _clipped(index: int, size: int) -> int:
    return min(max(index + size if index < 0 else index, 0), size)
