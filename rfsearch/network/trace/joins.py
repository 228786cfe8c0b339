"""Traced tensors that meet: sums, products, concatenations along channels or along an axis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rfsearch.errors import NotFollowed
from rfsearch.network.axis import AxisMap, Positions, Window
from rfsearch.network.broadcast import broadcast
from rfsearch.network.graph import PLACE
from rfsearch.network.node import CONCAT, EXPAND
from rfsearch.network.tensor import CHANNELS, Dimension, Tensor, dimension_size
from rfsearch.network.trace.base import Tracing
from rfsearch.network.trace.parts import STATISTIC


@dataclass
class Joins(Tracing):
    """Elementwise joins and concatenations."""

    def joined(self, tensors: list[Tensor], op: str, name: str, place: str) -> Tensor:
        """A sum or product, with the frameworks' broadcasting."""
        nodes = list(dict.fromkeys(tensor.node for tensor in tensors))
        self._check_sizes(nodes, op, name, place)
        dims = broadcast(tensors, place)
        nodes = [node for node in nodes if not self._is_statistic_of(node, nodes)]
        if len(nodes) > 1:
            # What was written out over all positions spreads by itself.
            nodes = list(dict.fromkeys(map(self._unexpanded, nodes)))
        made = [self.graph.nodes[node] for node in nodes]
        sizes = tuple(max(of_axis) for of_axis in zip(*(one.sizes for one in made), strict=True))
        channels = self.channels_of(dims, sizes, place)
        if len(nodes) > 1:
            node = self.graph.join(nodes, op, name, place=place, channels=channels)
            return Tensor(node, dims)
        # Only itself, as in x·sigmoid(x), or its own statistics, as in a norm written out.
        node = nodes[0]
        if channels != self.graph.nodes[node].channels:
            node = self.graph.select(node, channels, name, place=place)
        return Tensor(node, dims)

    def _check_sizes(self, nodes: list[int], op: str, name: str, place: str) -> None:
        """The graph's own error where sizes do not fit."""
        for along in zip(*(self.graph.nodes[node].sizes for node in nodes), strict=True):
            if len(set(along) - (set() if op == CONCAT else {1})) > 1:
                self.graph.join(nodes, op, name, place=place)

    def _is_statistic_of(self, node: int, nodes: list[int]) -> bool:
        made = self.graph.nodes[node]
        return made.op == STATISTIC and made.inputs[0] in nodes

    def _unexpanded(self, node: int) -> int:
        made = self.graph.nodes[node]
        return made.inputs[0] if made.op == EXPAND else node

    def concatenated(
        self, tensors: list[Tensor], dim: int, name: str, place: str, *, constants: int = 0
    ) -> Tensor:
        """Tensors side by side along a dimension: channels, images of a batch, or positions.

        `constants` are values along it that do not come from the input.
        """
        if len(tensors) == 1 and not constants:
            return tensors[0]
        dim %= len(tensors[0].dims)
        axes = {label for tensor in tensors for label in tensor.labels(dim)} - {CHANNELS}
        total = sum(tensor.shape[dim] for tensor in tensors) + constants
        if axes:
            parts = [(tensor, tensor.shape[dim]) for tensor in tensors]
            return self.side_by_side([*parts, (None, constants)], dim, name, place)
        self._check_sizes([tensor.node for tensor in tensors], CONCAT, name, place)
        dims = _beside(tensors, dim, ((CHANNELS, total),), place)
        nodes = [tensor.node for tensor in tensors]
        sizes = self.graph.nodes[nodes[0]].sizes
        channels = self.channels_of(dims, sizes, place)
        node = self.graph.join(nodes, CONCAT, name, place=place, channels=channels)
        return Tensor(node, dims)

    def laid(
        self, parts: list[tuple[Tensor | None, int]], dim: int, name: str, place: str
    ) -> Tensor:
        """Tensors side by side along a dimension, each with its size; None for constants.

        Maps of several sizes whose positions do not follow one another are levels, flattened.
        """
        tensors = [tensor for tensor, _ in parts if tensor is not None]
        dim %= len(tensors[0].dims)
        holds_axis = any(isinstance(label, int) for one in tensors for label in one.labels(dim))
        if len(parts) == 1 or not holds_axis:
            constants = sum(size for tensor, size in parts if tensor is None)
            return self.concatenated(tensors, dim, name, place, constants=constants)
        before = len(self.graph.nodes)
        try:
            return self.side_by_side(parts, dim, name, place)
        except NotFollowed:
            del self.graph.nodes[before:]
        shape = list(tensors[0].shape)
        shape[dim] = sum(size for _, size in parts)
        return self.flattened_levels(tensors, shape, name, place)

    def laid_to(self, tensors: list[Tensor], dim: int, total: int, name: str, place: str) -> Tensor:
        """As `laid`, where constants make up what is missing of a `total`, wherever they stand."""
        parts: list[tuple[Tensor | None, int]] = [(one, one.shape[dim]) for one in tensors]
        constants = total - sum(size for _, size in parts)
        if not constants:
            return self.laid(parts, dim, name, place)
        if any(isinstance(label, int) for one in tensors for label in one.labels(dim)):
            raise NotFollowed(f"{place}: constants beside positions")
        return self.concatenated(tensors, dim, name, place, constants=constants)

    def flattened_levels(
        self, tensors: list[Tensor], shape: list[int], name: str, place: str
    ) -> Tensor:
        """Maps of several sizes, flattened and side by side, as detectors give their levels.

        Where nothing follows, the outputs are the maps (`ends`); else positions have lost their
        place, and what follows is taken to see all.
        """
        why = "maps of several sizes flattened side by side"
        made = self.opaque(tensors, shape, name, place, why=why)
        self.levels[made.node] = [tensor.node for tensor in tensors]
        return made

    def ends(self, node: int) -> list[int]:
        """The node, or the maps that stand side by side in it."""
        return [end for source in self.levels.get(node, []) for end in self.ends(source)] or [node]

    def end_with(self, tensors: Iterable[Tensor]) -> None:
        """These are the graph's outputs."""
        nodes = (node for tensor in tensors for node in self.ends(tensor.node))
        self.graph.outputs = list(dict.fromkeys(nodes))

    def side_by_side(
        self, parts: list[tuple[Tensor | None, int]], dim: int, name: str, place: str
    ) -> Tensor:
        """Positions of several tensors, one after the other along an axis; None for constants.

        Each part comes with its size along the dimension.
        """
        tensors = [tensor for tensor, _ in parts if tensor is not None]
        labels = {atom[0] for tensor in tensors for atom in tensor.dims[dim]}
        axis = next(iter(labels))
        if len(labels) != 1 or not isinstance(axis, int):
            raise NotFollowed(f"{place}: a concatenation along merged or divided dimensions")
        total = sum(size for _, size in parts)
        dims = _beside(tensors, dim, ((axis, total),), place)
        nodes, start = [], 0
        for tensor, size in parts:
            if tensor is not None:
                table = (*[None] * start, *range(size), *[None] * (total - start - size))
                maps: list[AxisMap] = [Window() for _ in range(self.graph.axes)]
                maps[axis] = Positions(table)
                nodes.append(self.graph.apply(tensor.node, PLACE, name, tuple(maps), place=place))
            start += size
        channels = self.channels_of(dims, self.graph.nodes[nodes[0]].sizes, place)
        node = self.graph.join(nodes, CONCAT, name, place=place, channels=channels)
        return Tensor(node, dims)


def _beside(tensors: list[Tensor], dim: int, made: Dimension, place: str) -> tuple[Dimension, ...]:
    """The dimensions of a concatenation; NotFollowed where the others hold different axes."""
    others = [Tensor(one.node, (*one.dims[:dim], (), *one.dims[dim + 1 :])) for one in tensors]
    dims = broadcast(others, place)
    return (*dims[:dim], made if dimension_size(made) > 1 else (), *dims[dim + 1 :])
