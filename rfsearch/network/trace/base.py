"""What all tracing needs: the graph, a node's tensor, and operators that cannot be followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

from rfsearch.errors import NotFollowed
from rfsearch.network.axis import Global, Positions
from rfsearch.network.finish import needed_nodes
from rfsearch.network.graph import SIZE_LIMIT, Graph
from rfsearch.network.node import UNKNOWN, VIEW
from rfsearch.network.shuffle import shuffle_of
from rfsearch.network.tensor import (
    BATCH,
    CHANNELS,
    Dimension,
    Tensor,
    dimension_size,
    standard,
)


@dataclass
class Tracing:
    """A graph under construction from traced operations.

    unknown     operators that were taken to see everything: (name, operator, why)
    levels      nodes that hold several maps side by side, flattened, and the nodes of these
    """

    graph: Graph = field(default_factory=Graph)
    unknown: list[tuple[str, str, str]] = field(default_factory=list)
    levels: dict[int, list[int]] = field(default_factory=dict)

    def standard(self, node: int) -> Tensor:
        """A node's tensor in the layout of convolutions."""
        made = self.graph.nodes[node]
        return standard(node, made.channels, made.sizes)

    def aside(self, shape: list[int], name: str) -> Tensor:
        """An input without positions, a time step or a label: it shows nothing of the network's."""
        dims: tuple[Dimension, ...] = tuple(
            ((CHANNELS, size),) if size > 1 else () for size in shape
        )
        nothing = (Positions((None,)),) * self.graph.axes
        node = self.graph.apply(0, "ASIDE", name, nothing, place=name, channels=prod(shape))
        made = self.graph.nodes[node]
        made.after_head, made.features = True, self.graph.nodes[0].features
        made.storage = VIEW
        return Tensor(node, dims)

    def channels_of(self, dims: tuple[Dimension, ...], sizes: tuple[int, ...], place: str) -> int:
        """Channels of a tensor with these dimensions on so many positions, an image."""
        values = prod(size for dim in dims for label, size in dim if label != BATCH)
        if values % prod(sizes):
            raise NotFollowed(f"{place}: it leaves a part of the positions")
        return values // prod(sizes)

    def told(self, made: Tensor, name: str, op: str, meant: Sequence[str]) -> Tensor:
        """The tensor; the row `name` says which operator it is where it is no sum, product or mean.

        meant  the operators that +, * and GAP stand for
        """
        node = self.graph.nodes[made.node]
        if op not in meant and node.name == name and node.op in ("+", "*", "GAP"):
            node.kind = op.lower()
        return made

    def charged(
        self, made: Tensor, weights: dict[str, int], before: int, name: str, place: str
    ) -> Tensor:
        """The tensor, its node charged with learned weights; one is made where none is new, of
        number `before` or beyond."""
        if made.node < before:
            made = Tensor(self.graph.learn(made.node, 0, name, place=place), made.dims)
        self.graph.weigh(made.node, weights)
        return made

    def note_unknown(
        self, at_most: int, *, macs: str = ", their MACs as 0", hint: str = ""
    ) -> None:
        """A finding on what is taken to see everything and some output needs, `at_most` of it by
        name and reason."""
        graph = self.graph
        needed = {graph.nodes[i].name for i in needed_nodes(graph.nodes, graph.outputs)}
        last = {(name, op): why for name, op, why in self.unknown if name in needed}
        if not last:
            return
        shown = [
            f"{name} ({op}): {why}" if op else f"{name}: {why}" for (name, op), why in last.items()
        ]
        more = f" and {len(shown) - at_most} more" if len(shown) > at_most else ""
        graph.notes.append(
            f"taken to see everything, as they cannot be followed{macs}: "
            f"{'; '.join(shown[:at_most])}{more}{hint}"
        )

    def note_folded_norms(self) -> None:
        """A finding where convolutions have biases, and nothing is a norm."""
        nodes = self.graph.nodes
        biased = sum(node.bias for node in nodes if node.op in ("C", "DW", "T"))
        if biased and not any(node.norm_params for node in nodes):
            self.graph.notes.append(
                f"no norms in the file: those of training, if any, are folded into the biases of "
                f"{biased} convolutions (one value a channel in place of two)"
            )

    def opaque_outputs(
        self,
        tensors: list[Tensor],
        shapes: Sequence[Sequence[int]],
        name: str,
        place: str,
        *,
        why: str,
        op: str,
        macs: int = 0,
        channels_last: bool = False,
    ) -> list[Tensor]:
        """Every output of an operator that cannot be followed; all its MACs are the first's."""
        made = []
        for number, shape in enumerate(shapes):
            rank, sources, dims = len(shape), tensors, list(shape)
            turned = channels_last and rank > 2
            if turned:
                sources = [self.standard(one.node) for one in tensors]
                dims = [shape[0], shape[-1], *shape[1:-1]]
            cost = 0 if number else macs
            one = self.opaque(sources, dims, name, place, why=why, macs=cost, op=op)
            made.append(one.permuted([0, *range(2, rank), 1]) if turned else one)
        del self.unknown[len(self.unknown) - len(made) + 1 :]
        return made

    def opaque(
        self,
        tensors: list[Tensor],
        shape: list[int],
        name: str,
        place: str,
        *,
        why: str,
        macs: int = 0,
        op: str = "",
    ) -> Tensor:
        """An operator that cannot be followed: every output is taken to see all that it reads.

        The output's dimensions are (batch, channels, axes…) where there are as many; of fewer,
        one is the channels, by its size in the first tensor if possible, the others are axes.
        """
        dims = self._guessed(tensors[0], shape)
        sizes = [1] * self.graph.axes
        for dim in dims:
            for label, size in dim:
                if isinstance(label, int):
                    sizes[label] = size
        maps = tuple(Global(target=size) for size in sizes)
        channels = self.channels_of(dims, tuple(sizes), place)
        sources = list(dict.fromkeys(tensor.node for tensor in tensors))
        node = self.graph.mix(sources, channels, macs, name, place=place, kind=UNKNOWN, maps=maps)
        self.unknown.append((name, op, why))
        return Tensor(node, dims)

    def _guessed(self, like: Tensor, shape: list[int]) -> tuple[Dimension, ...]:
        """Dimensions for a shape that nothing is known of."""
        axes = self.graph.axes
        rank = len(shape)
        lone = rank - 1 if rank > 1 else 0
        channel = 1 if rank == axes + 2 or rank < 2 else lone
        for dim in range(1, min(rank, len(like.dims)) if rank != axes + 2 else 0):
            if like.labels(dim) == {CHANNELS} and like.shape[dim] == shape[dim]:
                channel = dim
        free = [dim for dim in range(1, rank) if dim != channel and shape[dim] > 1]
        if len(free) > axes or any(shape[dim] > SIZE_LIMIT for dim in free):
            free = []
        if rank == axes + 2 and channel == 1 and free:
            labels = {dim: dim - 2 for dim in free}
        else:
            labels = {dim: axis for axis, dim in enumerate(free)}
        return tuple(
            ((labels.get(dim, CHANNELS), size),) if size > 1 else ()
            for dim, size in enumerate(shape)
        )

    def settled(self, tensor: Tensor, name: str, place: str) -> Tensor:
        """The tensor as (batch, channels, axes…): a pixel shuffle that reshapes wrote out, either
        way, becomes a row. NotFollowed where its dimensions are none of that."""
        shuffled = self.unshuffled(tensor, name, place)
        if shuffled is tensor:
            self.require_standard(tensor, place)
        return shuffled

    def unshuffled(self, tensor: Tensor, name: str, place: str) -> Tensor:
        """The tensor, or the row that a written out pixel shuffle is."""
        shuffled = shuffle_of(tensor, self.graph.nodes[tensor.node].sizes)
        if shuffled is None:
            return tensor
        channels = prod(size for _, size in tensor.dims[1])
        op = "SUB" if channels > self.graph.nodes[tensor.node].channels else "UP"
        node = self.graph.apply(tensor.node, op, name, shuffled, place=place, channels=channels)
        return Tensor(node, (tensor.dims[0], *self.standard(node).dims[1:]))

    def require_standard(self, tensor: Tensor, place: str) -> None:
        """NotFollowed unless the dimensions are (batch, channels, axes…)."""
        if not self.is_standard(tensor):
            raise NotFollowed(
                f"{place}: its input's dimensions are not (batch, channels, positions)"
            )

    def is_standard(self, tensor: Tensor) -> bool:
        """Whether the dimensions are (batch, channels, axes…), each whole."""
        sizes = self.graph.nodes[tensor.node].sizes
        wanted: list[set[str | int]] = [set(), {CHANNELS}]
        wanted += [{axis} for axis in range(self.graph.axes)]
        return (
            len(tensor.dims) == len(wanted)
            and all(not tensor.labels(dim) - labels for dim, labels in enumerate(wanted))
            and all(map(_fits, tensor.dims[2:], sizes))
        )


def _fits(dim: Dimension, size: int) -> bool:
    return dimension_size(dim) == size and len(dim) < 2


def require_shapes(
    tensors: Sequence[Tensor | None],
    shapes: Sequence[list[int] | None],
    place: str,
    *,
    strict: bool = True,
) -> None:
    """NotFollowed where a tensor is not of the shape that the framework says it is; None: open."""
    for tensor, shape in zip(tensors, shapes, strict=strict):
        if tensor is not None and shape is not None and list(tensor.shape) != shape:
            raise NotFollowed(f"{place}: what becomes of its dimensions is not followed")
