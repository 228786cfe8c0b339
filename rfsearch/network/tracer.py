"""Tracer: the operations of a framework's graph, on tensors with permuted and merged dimensions.

ONNX and torch both translate their operators into these calls; each adds to the one Graph.
`name` becomes the row's name, `place` stands before an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from rfsearch.errors import NotFollowed, UsageError
from rfsearch.layers import cost
from rfsearch.network.axis import Adaptive, AxisMap, Whole, Window
from rfsearch.network.graph import Graph
from rfsearch.network.node import CONCAT, PAD
from rfsearch.network.shuffle import shuffle_of
from rfsearch.network.tensor import CHANNELS, Dimension, Tensor, dimension_size, standard

STATISTIC = "channel statistic"


@dataclass
class Tracer:
    """A graph under construction from traced operations."""

    graph: Graph = field(default_factory=Graph)

    def windowed(
        self,
        tensor: Tensor,
        op: str,
        maps: tuple[AxisMap, ...],
        name: str,
        place: str,
        *,
        channels: int | None = None,
        groups: int = 1,
        bias: bool = False,
        taps: int = 0,
    ) -> Tensor:
        """A convolution, pool, resize, pad or crop along the axes."""
        tensor = self.settled(tensor, name, place)
        node = self.graph.apply(
            tensor.node,
            op,
            name,
            maps,
            place=place,
            channels=channels,
            groups=groups,
            learned=cost.BIAS if bias else cost.NO_BIAS,
            taps=taps,
        )
        return Tensor(node, (tensor.dims[0], *self.standard(node).dims[1:]))

    def convolution(
        self,
        tensor: Tensor,
        maps: tuple[AxisMap, ...],
        name: str,
        place: str,
        *,
        channels: int,
        groups: int,
        bias: bool,
        taps: int,
        transposed: bool = False,
    ) -> Tensor:
        """A convolution; depthwise where every input channel has a group of its own."""
        tensor = self.settled(tensor, name, place)
        before = self.graph.nodes[tensor.node].channels
        op = "T" if transposed else "DW" if groups == before > 1 else "C"
        return self.windowed(
            tensor,
            op,
            maps,
            name,
            place,
            channels=channels,
            groups=groups,
            bias=bias,
            taps=taps,
        )

    def adaptive_pool(
        self, tensor: Tensor, op: str, targets: tuple[int, ...], name: str, place: str
    ) -> Tensor:
        """A pool to `targets` positions; nothing at all where they are there already."""
        sizes = self.graph.nodes[tensor.node].sizes
        if all(target == 1 for target in targets):
            return self.windowed(tensor, "GAP", (Whole(),) * len(sizes), name, place)
        if targets == sizes:
            return tensor
        maps: list[AxisMap] = []
        for n, target in zip(sizes, targets, strict=True):
            if n % target == 0:
                maps.append(Window(n // target, n // target))
            else:
                maps.append(Adaptive(target))
        return self.windowed(tensor, op, tuple(maps), name, place)

    def reduced(self, tensor: Tensor, dims: list[int], keep: bool, name: str, place: str) -> Tensor:
        """A mean, maximum or sum over dimensions: a pool over axes, a statistic over channels."""
        dims = sorted(dim % len(tensor.dims) for dim in dims)
        labels = set().union(*(tensor.labels(dim) for dim in dims)) if dims else set()
        axes = {label for label in labels if label != CHANNELS}
        node = tensor.node
        if axes:
            sizes = self.graph.nodes[node].sizes
            # An axis of one position has no atoms left; it goes with the others.
            maps: tuple[AxisMap, ...] = tuple(
                Whole() if axis in axes or n == 1 else Window() for axis, n in enumerate(sizes)
            )
            node = self.graph.apply(node, "GAP", name, maps, place=place)
        if CHANNELS in labels and node == tensor.node:
            node = self.graph.select(node, 1, name, place=place)
            self.graph.nodes[node].op = STATISTIC
        kept = [
            () if dim in dims else atoms
            for dim, atoms in enumerate(tensor.dims)
            if keep or dim not in dims
        ]
        return Tensor(node, tuple(kept))

    def dense(self, tensor: Tensor, features: int, bias: bool, name: str, place: str) -> Tensor:
        """A linear layer over the last dimension: all positions after a flatten, else its own."""
        node = self.graph.nodes[tensor.node]
        labels = tensor.labels(-1)
        axes = labels - {CHANNELS}
        left = set().union(*(tensor.labels(dim) for dim in range(len(tensor.dims) - 1)))
        if CHANNELS in left:
            raise NotFollowed(f"{place}: a linear layer over positions alone cannot be followed")
        if axes & left or (axes and left):
            raise NotFollowed(f"{place}: a linear layer over some of the axes cannot be followed")
        everything = bool(axes) or node.volume == 1
        maps: tuple[AxisMap, ...] = (Whole() if everything else Window(),) * self.graph.axes
        taps = prod(node.sizes) if everything else 1
        made = self.graph.apply(
            tensor.node,
            "FC" if everything else "C",
            name,
            maps,
            place=place,
            channels=features,
            learned=cost.BIAS if bias else cost.NO_BIAS,
            taps=taps,
        )
        return Tensor(made, (*tensor.dims[:-1], ((CHANNELS, features),) if features > 1 else ()))

    def joined(self, tensors: list[Tensor], op: str, name: str, place: str) -> Tensor:
        """A sum or product, with the frameworks' broadcasting."""
        widest = max(tensors, key=lambda tensor: (len(tensor.dims), prod(tensor.shape)))
        nodes = list(dict.fromkeys(tensor.node for tensor in tensors))
        nodes = [node for node in nodes if not self._is_statistic_of(node, nodes)]
        if len(nodes) == 1:
            # Only itself, as in x·sigmoid(x), or its own statistics, as in a norm written out.
            return Tensor(nodes[0], widest.dims)
        return Tensor(self.graph.join(nodes, op, name, place=place), widest.dims)

    def _is_statistic_of(self, node: int, nodes: list[int]) -> bool:
        made = self.graph.nodes[node]
        return made.op == STATISTIC and made.inputs[0] in nodes

    def concatenated(self, tensors: list[Tensor], dim: int, name: str, place: str) -> Tensor:
        """Channels side by side; anything else cannot be followed."""
        if len(tensors) == 1:
            return tensors[0]
        dim %= len(tensors[0].dims)
        if any(tensor.labels(dim) - {CHANNELS} for tensor in tensors):
            raise NotFollowed(f"{place}: a concatenation along an axis cannot be followed")
        node = self.graph.join([tensor.node for tensor in tensors], CONCAT, name, place=place)
        dims = list(tensors[0].dims)
        dims[dim] = ((CHANNELS, self.graph.nodes[node].channels),)
        return Tensor(node, tuple(dims))

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
        dims = list(tensor.dims)
        if labels == {CHANNELS}:
            node = self.graph.select(tensor.node, length, name, place=place)
            dims[dim] = ((CHANNELS, length),) if length > 1 else ()
            return Tensor(node, tuple(dims))
        if len(labels) != 1:
            raise NotFollowed(f"{place}: a slice across merged dimensions cannot be followed")
        axis = next(iter(labels))
        maps = [Window() for _ in range(self.graph.axes)]
        after = size - start - (length - 1) * step - 1
        maps[int(axis)] = Window(stride=step, before=-start, after=-after)
        node = self.graph.apply(tensor.node, "CROP", name, tuple(maps), place=place)
        dims[dim] = ((axis, length),) if length > 1 else ()
        return Tensor(node, tuple(dims))

    def multiplied(self, one: Tensor, other: Tensor, name: str, place: str) -> Tensor:
        """A matrix product of two tensors, as in attention: every output sees all they see."""
        if len(one.dims) < 2 or len(other.dims) < 2 or one.shape[-1] != other.shape[-2]:
            raise UsageError(f"{place}: a product of shapes that do not fit")
        dims = (*one.dims[:-1], other.dims[-1])
        values = prod(map(dimension_size, dims))
        return self._mixed([one, other], dims, values * one.shape[-1], name, place)

    def mixed(self, tensor: Tensor, name: str, place: str) -> Tensor:
        """An operation over positions that keeps the shape, such as a softmax over them."""
        return self._mixed([tensor], tensor.dims, 0, name, place)

    def _mixed(
        self,
        tensors: list[Tensor],
        dims: tuple[Dimension, ...],
        macs: int,
        name: str,
        place: str,
    ) -> Tensor:
        values = prod(map(dimension_size, dims))
        volume = self.graph.nodes[tensors[0].node].volume
        if values % volume:
            raise NotFollowed(f"{place}: a product that loses positions cannot be followed")
        sources = [tensor.node for tensor in tensors]
        node = self.graph.mix(sources, values // volume, macs, name, place=place)
        return Tensor(node, dims)

    def padded(self, tensor: Tensor, sides: list[tuple[int, int]], name: str, place: str) -> Tensor:
        """Padding of each dimension, (before, after); negative numbers crop."""
        if not any(before or after for before, after in sides):
            return tensor
        self.require_standard(tensor, place)
        if any(before or after for before, after in sides[:2]):
            raise NotFollowed(f"{place}: padding of batch or channels cannot be followed")
        maps: tuple[AxisMap, ...] = tuple(Window(before=a, after=b) for a, b in sides[2:])
        op = PAD if all(a >= 0 and b >= 0 for a, b in sides) else "CROP"
        return self.windowed(tensor, op, maps, name, place)

    def learn(self, tensor: Tensor, values: int, name: str, place: str) -> Tensor:
        """A norm or scale with learned values."""
        if not values:
            return tensor
        return Tensor(self.graph.learn(tensor.node, values, name, place=place), tensor.dims)

    def standard(self, node: int) -> Tensor:
        """A node's tensor in the layout of convolutions."""
        made = self.graph.nodes[node]
        return standard(node, made.channels, made.sizes)

    def settled(self, tensor: Tensor, name: str, place: str) -> Tensor:
        """The tensor as (batch, channels, axes…): a pixel shuffle that reshapes wrote out, either
        way, becomes a row. NotFollowed where its dimensions are none of that."""
        shuffled = shuffle_of(tensor, self.graph.nodes[tensor.node].sizes)
        if shuffled is None:
            self.require_standard(tensor, place)
            return tensor
        channels = prod(size for _, size in tensor.dims[1])
        op = "SUB" if channels > self.graph.nodes[tensor.node].channels else "UP"
        node = self.graph.apply(tensor.node, op, name, shuffled, place=place, channels=channels)
        return Tensor(node, (tensor.dims[0], *self.standard(node).dims[1:]))

    def require_standard(self, tensor: Tensor, place: str) -> None:
        """UsageError unless the dimensions are (batch, channels, axes…)."""
        wanted: list[set[str | int]] = [set(), {CHANNELS}]
        wanted += [{axis} for axis in range(self.graph.axes)]
        if len(tensor.dims) != len(wanted) or any(
            tensor.labels(dim) - labels for dim, labels in enumerate(wanted)
        ):
            raise NotFollowed(
                f"{place}: its input's dimensions are not (batch, channels, positions)"
            )


def _clipped(index: int, size: int) -> int:
    return min(max(index + size if index < 0 else index, 0), size)
