"""Linear layers, attention, norms and recurrences of traced tensors."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import prod

from rfsearch.layers import cost
from rfsearch.network.axis import ALL, AxisMap, Global, Whole, Window
from rfsearch.network.contraction import (
    Operand,
    contracted_dims,
    contracted_macs,
    contracted_maps,
    matrix_letters,
)
from rfsearch.network.node import ATTENTION, RECURRENT
from rfsearch.network.tensor import CHANNELS, Tensor
from rfsearch.network.trace.base import Tracing


@dataclass
class Products(Tracing):
    """Operations that sum over dimensions, or let positions meet."""

    def dense(self, tensor: Tensor, features: int, bias: bool, name: str, place: str) -> Tensor:
        """A linear layer over the last dimension: all positions after a flatten, else its own."""
        letters = "abcdefghijklmnop"[: len(tensor.dims) - 1]
        width = tensor.shape[-1]
        positions = tensor.labels(-1) - {CHANNELS}
        operands: list[Operand] = [(tensor, letters + "z"), ((features, width), "yz")]
        if positions and CHANNELS not in tensor.labels(-1) and features == width:
            return self._over_positions(tensor, positions, name, place)
        made = self.contracted(operands, letters + "y", name, place)
        params = features * width + bias * features
        self.graph.nodes[made.node].params = params
        self.graph.nodes[made.node].bias = bias
        return made

    def _over_positions(
        self, tensor: Tensor, axes: set[str | int], name: str, place: str
    ) -> Tensor:
        """A linear layer from all positions to as many, each channel by itself."""
        maps = tuple(Global() if axis in axes else Window() for axis in range(self.graph.axes))
        values = prod(tensor.shape) // tensor.batch
        channels = self.graph.nodes[tensor.node].channels
        macs = values * tensor.shape[-1]
        node = self.graph.mix(
            [tensor.node], channels, macs, name, place=place, kind="layer over positions", maps=maps
        )
        return Tensor(node, tensor.dims)

    def contracted(
        self, operands: list[Operand], out: str, name: str, place: str, *, kind: str = ATTENTION
    ) -> Tensor:
        """A product of tensors and weights that sums over the letters that `out` lacks."""
        tensors = [operand for operand, _ in operands if isinstance(operand, Tensor)]
        sizes = tuple(
            max(self.graph.nodes[tensor.node].sizes[axis] for tensor in tensors)
            for axis in range(self.graph.axes)
        )
        dims = contracted_dims(operands, out)
        maps = contracted_maps(operands, out, dims, sizes, place)
        after = tuple(one.size(n) for one, n in zip(maps, sizes, strict=True))
        channels = self.channels_of(dims, after, place)
        macs = contracted_macs(operands, out) // max(tensor.batch for tensor in tensors)
        if len(tensors) == 1 and not any(isinstance(one, Global) for one in maps):
            node = self._linear(tensors[0].node, maps, channels, macs, name, place)
        elif not any(isinstance(one, Global | Whole) for one in maps):
            sources = list(dict.fromkeys(tensor.node for tensor in tensors))
            node = self.graph.join(sources, "*", name, place=place, channels=channels)
            self.graph.nodes[node].macs = macs
        else:
            # The tensor with all positions first: the output's positions are its own.
            tensors.sort(key=lambda one: -self.graph.nodes[one.node].volume)
            sources = list(dict.fromkeys(tensor.node for tensor in tensors))
            node = self.graph.mix(sources, channels, macs, name, place=place, kind=kind, maps=maps)
        return Tensor(node, dims)

    def _linear(
        self,
        source: int,
        maps: tuple[AxisMap, ...],
        channels: int,
        macs: int,
        name: str,
        place: str,
    ) -> int:
        """A linear layer: the head's where it reads all positions, else a 1×1 convolution."""
        before = self.graph.nodes[source]
        whole = before.volume == 1 or all(
            isinstance(one, Whole) or n == 1 for one, n in zip(maps, before.sizes, strict=True)
        )
        if whole:
            maps = (Whole(),) * len(maps)
        taps = before.volume if whole else 1
        return self.graph.apply(
            source,
            "FC" if whole else "C",
            name,
            maps,
            place=place,
            channels=channels,
            learned=cost.NO_BIAS,
            taps=taps,
            macs=macs,
        )

    def multiplied(self, one: Tensor, other: Tensor, name: str, place: str) -> Tensor:
        """A matrix product of two tensors, as in attention."""
        first, second, out = matrix_letters(len(one.dims), len(other.dims))
        return self.contracted([(one, first), (other, second)], out, name, place)

    def mixed(
        self,
        tensor: Tensor,
        name: str,
        place: str,
        *,
        dims: list[int] | None = None,
        direction: str = ALL,
    ) -> Tensor:
        """An operation over positions that keeps the shape, such as a softmax over `dims`.

        None: over all.
        """
        over = range(len(tensor.dims)) if dims is None else dims
        axes = set().union(*(tensor.labels(dim) for dim in over)) - {CHANNELS}
        kind = ATTENTION if direction == ALL else "sum over what came before"
        return self._meeting(tensor, axes, direction, 0, name, place, kind)

    def recurrent(
        self,
        tensor: Tensor,
        dim: int,
        features: int,
        direction: str,
        macs: int,
        name: str,
        place: str,
    ) -> Tensor:
        """A recurrent layer along a dimension; channels are the last one."""
        axes = tensor.labels(dim) - {CHANNELS}
        whole = tensor.labels(-1) - {CHANNELS}
        made = self._meeting(tensor, axes, direction, macs, name, place, RECURRENT, whole)
        dims = (*tensor.dims[:-1], ((CHANNELS, features),) if features > 1 else ())
        node = self.graph.nodes[made.node]
        node.channels = self.channels_of(dims, node.sizes, place)
        return Tensor(made.node, dims)

    def _meeting(
        self,
        tensor: Tensor,
        axes: set[str | int],
        direction: str,
        macs: int,
        name: str,
        place: str,
        kind: str,
        whole: AbstractSet[str | int] = frozenset(),
    ) -> Tensor:
        """A node in which positions along `axes` meet; those along `whole` are summed."""
        maps: tuple[AxisMap, ...] = tuple(
            Whole() if axis in whole else Global(direction) if axis in axes else Window()
            for axis in range(self.graph.axes)
        )
        channels = self.graph.nodes[tensor.node].channels
        node = self.graph.mix(
            [tensor.node], channels, macs, name, place=place, kind=kind, maps=maps
        )
        return Tensor(node, tensor.dims)

    def normed(self, tensor: Tensor, dims: list[int], values: int, name: str, place: str) -> Tensor:
        """A norm with learned `values` whose statistics are taken over `dims` of the input."""
        labels: set[str | int] = set()
        for dim in dims:
            labels |= tensor.labels(dim)
        over = frozenset(label for label in labels if isinstance(label, int))
        if not over:
            return self.learn(tensor, values, name, place)
        return Tensor(
            self.graph.learn(tensor.node, values, name, place=place, over=over), tensor.dims
        )

    def learn(self, tensor: Tensor, values: int, name: str, place: str) -> Tensor:
        """A norm or scale with learned values."""
        if not values:
            return tensor
        return Tensor(self.graph.learn(tensor.node, values, name, place=place), tensor.dims)
