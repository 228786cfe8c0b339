"""Form: an item of a stack followed layer by layer, with names in place of its channels.

Its geometry is a list of nodes (`rfsearch.layers.nodes`); on it stand tensors of so many channels,
which registers name (`rfsearch.layers.registers`). Rules: docs/notation.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from itertools import product
from math import prod
from operator import or_
from typing import NamedTuple

from rfsearch.layers.layer import (
    ASIDE,
    CONCAT,
    FINER,
    GAP,
    INVERTED,
    PATCHES,
    POOLS,
    RESIDUAL,
    Block,
    Item,
    Layer,
    PerAxis,
    Stack,
    last_convolution,
    spread,
)
from rfsearch.layers.nodes import Geometry, Join, Node, Part, Point, Total, Up, Window
from rfsearch.layers.registers import FLOW, WAITING, Derived, Registers, Test

Rooms = int  # what tensors occupy: bits that number `Form.rooms`


class Tensor(NamedTuple):
    """A tensor, the register of its channels, and the rooms that hold it, of as many channels: its
    own, or for a concatenation its branches' and one for copies."""

    node: int
    channels: int
    rooms: Rooms


class Learned(NamedTuple):
    """A convolution: the node that its MACs stand on, taps, registers of its channels.

    groups    0: as many as channels before it
    learned   values a channel beside the weights
    written   whether it is: projections and gates are not
    """

    node: int
    taps: int
    source: int
    made: int
    groups: int
    learned: int
    written: bool


Sum = tuple[int, ...]  # registers that are added up


@dataclass(eq=False)
class Form:
    """An item but for its numbers of channels; which hold it tells by `tests`.

    fits        whether widths fit together; else there is nothing more
    end         the node of its output; width and aside the registers of its channels and those of
                what waits, below 0 where nothing does
    activations (node, register)
    rooms       (node, register); alive those that are occupied at each step
    """

    derived: tuple[Derived, ...]
    tests: tuple[Test, ...]
    fits: bool
    geometry: Geometry = ()
    end: int = 0
    width: int = FLOW
    aside: int = -1
    puts: tuple[int, ...] = ()
    depth: int = 0
    learned: tuple[Learned, ...] = ()
    activations: tuple[tuple[int, int], ...] = ()
    rooms: tuple[tuple[int, int], ...] = ()
    alive: tuple[Rooms, ...] = ()

    @cached_property
    def live(self) -> tuple[tuple[Sum, ...], ...]:
        """For each step, and each node [N], what is alive on it."""
        found: dict[tuple[Sum, ...], None] = {}
        for step in self.alive:
            row: list[list[int]] = [[] for _ in range(len(self.geometry) + 1)]
            for node, channels in _occupied(self.rooms, step):
                row[node].append(channels)
            found[tuple([tuple(sorted(some)) for some in row])] = None
        return tuple(found)


def followed(stack: Stack, registers: Registers, axes: int, aside: bool, apart: bool) -> Form:
    """The form of a stack that is written with registers in place of channels.

    `aside`: whether a sum waits already. `apart`: see rfsearch.layers.anatomy.
    """
    return _Walk(registers, axes, aside, apart).form(stack)


class _Misfit(Exception):
    """Widths do not fit together: no such layer."""


class _Walk:
    """The steps of a stack in order of execution, with the tensors that wait meanwhile."""

    def __init__(self, registers: Registers, axes: int, aside: bool, apart: bool) -> None:
        self.registers, self.axes, self.apart = registers, axes, apart
        self.rooms: list[tuple[int, int]] = []  # the node and the channels of each
        self.start = self._tensor(0, FLOW)
        self.aside = self._tensor(0, WAITING) if aside else None
        self.puts: list[int] = []
        self.geometry: list[Node] = []
        self.depth = 0
        self.learned: list[Learned] = []
        self.activations: list[tuple[int, int]] = []
        self.live: list[Rooms] = []

    def form(self, stack: Stack) -> Form:
        """The form of a whole stack."""
        made = self.registers
        try:
            end = self.run(stack, self.start, 0)
        except _Misfit:
            return Form(tuple(made.derived), tuple(made.tests), False)
        return Form(
            tuple(made.derived), tuple(made.tests), True, tuple(self.geometry), end.node,
            end.channels, self.aside.channels if self.aside else -1, tuple(self.puts), self.depth,
            tuple(self.learned), tuple(self.activations),
            tuple(self.rooms), tuple(dict.fromkeys(self.live)),
        )  # fmt: skip

    def run(self, stack: Stack, source: Tensor, waiting: Rooms) -> Tensor:
        for item in stack:
            source = self._item(item, source, waiting)
        return source

    def _item(self, item: Item, source: Tensor, waiting: Rooms) -> Tensor:
        if isinstance(item, Layer):
            if item.op == "SE":
                return self._gate(item, source, waiting)
            if item.op == "SUM":
                return self._collected()
            if item.op == "GAP" or self._is_pooled(source):
                return self._at_one_position(item, source, waiting)
            return self._layer(item, source, waiting)
        if item.join in (RESIDUAL, INVERTED):
            return self._residual(item, source, waiting)
        if item.join == ASIDE:
            self._put_aside(item, source, waiting)
            return source
        if item.join == PATCHES:
            return self._in_patches(item, source, waiting)
        return self._branches(item, source, waiting)

    def _layer(self, layer: Layer, source: Tensor, waiting: Rooms, exempt: bool = False) -> Tensor:
        if layer.op in FINER:
            return self._finer(layer, source, waiting)
        pool = layer.op in POOLS
        node = self._node(
            Window(
                source.node, pool, layer.kernel, layer.stride, layer.padding, layer.dilation,
                layer.ceil, exempt,
            )
        )  # fmt: skip
        self.depth += 1
        made = self._tensor(node, _width(layer, source.channels))
        if not pool:
            groups = 0 if layer.op == "DW" else layer.groups
            taps = _taps(layer.kernel, self.axes)
            self._learn(layer, taps, source, made, groups, written=not exempt)
        self._step(waiting | source.rooms | made.rooms)
        self.activations.append((node, made.channels))
        return made

    def _finer(self, layer: Layer, source: Tensor, waiting: Rooms) -> Tensor:
        """A transposed convolution, which spreads every input position out, or a resize."""
        transposed = layer.op == "T"
        stride = layer.stride if transposed else layer.kernel
        shape = (layer.kernel, stride, layer.padding, layer.dilation)
        node = self._node(Up(source.node, layer.op, *shape))
        made = self._tensor(node, _width(layer, source.channels))
        if transposed:
            self.depth += 1
            self._learn(layer, _taps(layer.kernel, self.axes), source, made, layer.groups)
        self._step(waiting | source.rooms | made.rooms)
        self.activations.append((node, made.channels))
        return made

    def _learn(
        self, layer: Layer, taps: int, source: Tensor, made: Tensor, groups: int,
        written: bool = True,
    ) -> None:  # fmt: skip
        """Count what a convolution learns and does; projections and gates are not written.

        `groups` 0: as many as the source has channels.
        """
        fits = (
            self.registers.is_divisible(source.channels, groups)
            and self.registers.is_divisible(made.channels, groups)
            if groups
            else self.registers.is_multiple(made.channels, source.channels)
        )
        if not fits:
            raise _Misfit
        learned = (2 if layer.norm else 0) + (1 if layer.bias else 0)
        worked = source.node if layer.op == "T" else made.node
        self.learned.append(
            Learned(worked, taps, source.channels, made.channels, groups, learned, written)
        )

    def _is_pooled(self, tensor: Tensor) -> bool:
        return tensor.node > 0 and isinstance(self.geometry[tensor.node - 1], Point)

    def _at_one_position(self, layer: Layer, source: Tensor, waiting: Rooms) -> Tensor:
        """A global average, or a 1×1 convolution behind it: layers that no depth counts."""
        pools = layer.op == "GAP"
        node = self._node(Point()) if pools else source.node
        made = self._tensor(node, _width(layer, source.channels))
        if not pools:
            self._learn(layer, 1, source, made, layer.groups)
        self._step(waiting | source.rooms | made.rooms)
        self.activations.append((node, made.channels))
        return made

    def _gate(self, layer: Layer, source: Tensor, waiting: Rooms) -> Tensor:
        """Squeeze-and-excitation: global average, two 1×1 convolutions, and the product."""
        assert isinstance(layer.kernel, int)
        squeezed = self.registers.added(Derived((source.channels,), over=layer.kernel))
        if not self.registers.is_positive(squeezed):
            raise _Misfit
        point = self._node(Point())
        inner = Layer("C", bias=layer.bias)
        last = self._tensor(point, source.channels)
        self.activations.append((point, last.channels))
        self._step(waiting | source.rooms | last.rooms)
        for channels in (squeezed, source.channels):
            made = self._tensor(point, channels)
            self._learn(inner, 1, last, made, 1, written=False)
            self.activations.append((point, channels))
            self._step(waiting | source.rooms | last.rooms | made.rooms)
            last = made
        # The product needs room of its own only where something still waits for its operand.
        shared = source.rooms & waiting
        product = self._tensor(source.node, source.channels) if shared else source
        self._step(waiting | source.rooms | last.rooms | product.rooms)
        self.activations.append((source.node, source.channels))
        return product

    def _put_aside(self, block: Block, source: Tensor, waiting: Rooms) -> None:
        """What is put aside is added to the sum of what was, in place."""
        made = self.run(block.branches[0], source, waiting | source.rooms)
        self.puts.append(made.node)
        if self.aside is None:
            self.aside = made
            return
        if not self.registers.equal(made.channels, self.aside.channels):
            raise _Misfit
        node = self._node(Join((self.aside.node, made.node), (self.aside.node, made.node)))
        self._step(waiting | source.rooms | made.rooms)
        self.activations.append((node, made.channels))
        self.aside = Tensor(node, made.channels, self.aside.rooms)

    def _collected(self) -> Tensor:
        if self.aside is None:
            raise _Misfit
        collected, self.aside = self.aside, None
        return collected

    def _in_patches(self, block: Block, source: Tensor, waiting: Rooms) -> Tensor:
        """A branch patch by patch: input and output are held whole, all else as one patch needs.

        Where axes are alike a patch of the same run on each is the largest: by Hölder's inequality
        the sum over tensors of their products of sizes is not above the greatest of those. So they
        alone are followed, and a class of axes may ask its first one which run is meant.
        """
        made, steps, worked = len(self.geometry), len(self.live), len(self.learned)
        held = waiting | source.rooms
        end = self.run(block.branches[0], source, held)
        nodes = range(end.node, made, -1)
        readers = {node: self._readers(node) for node in nodes}
        counts = spread(block.patches, self.axes)
        runs = list(product(*map(range, counts)))
        if not self.apart:
            runs = [run for run in runs if len(set(run)) == 1]
        part: dict[tuple[int, ...], dict[int, int]] = {}
        for run in runs:
            known = part[run] = {}
            shown = run if len(set(run)) > 1 else run[0]
            for node in nodes:
                read = tuple(known[reader] for reader in readers[node])
                known[node] = self._node(Part(node, readers[node], read, shown, block.patches))
        # Along an axis, one part of each of its runs.
        first = [{run[axis]: part[run] for run in reversed(runs)} for axis in range(self.axes)]
        total: dict[int, int] = {}
        for node in sorted({one.node for one in self.learned[worked:]}):
            along = (tuple(known[node] for known in parts.values()) for parts in first)
            total[node] = self._node(Total(tuple(along)))
        self.learned[worked:] = [
            one._replace(node=total[one.node]) for one in self.learned[worked:]
        ]
        whole = [alive | held | end.rooms for alive in self.live[steps:]]
        self.live[steps:] = [
            self._at_parts(alive, known, end.rooms) for known in part.values() for alive in whole
        ]
        return end

    def _at_parts(self, alive: Rooms, known: dict[int, int], kept: Rooms) -> Rooms:
        """Rooms as large as the parts of their nodes, but for those that are kept whole."""
        found = alive & kept
        for i, (node, channels) in enumerate(tuple(self.rooms)):
            if (alive & ~kept) >> i & 1:
                part = known.get(node)
                found |= 1 << i if part is None else self._tensor(part, channels).rooms
        return found

    def _readers(self, node: int) -> tuple[int, ...]:
        """The nodes that read one."""
        return tuple(
            number
            for number, one in enumerate(self.geometry, 1)
            if (isinstance(one, Window) and one.parent == node)
            or (isinstance(one, Join) and node in one.ends)
        )

    def _residual(self, block: Block, source: Tensor, waiting: Rooms) -> Tensor:
        main = block.branches[0]
        strides, last = _ends_of(main, self.axes)
        after = self._stack_width(main, source.channels)
        plain = all(over == under for over, under in strides) and self.registers.equal(
            after, source.channels
        )
        if block.join == INVERTED and not plain:
            return self.run(main, source, waiting)
        end = self.run(main, source, waiting | source.rooms)
        skip = source
        if not plain:
            if any(over % under for over, under in strides):
                raise _Misfit
            steps = tuple(over // under for over, under in strides)
            step = steps[0] if len(set(steps)) == 1 else steps
            if last is None:
                raise _Misfit
            projection = Layer("C", 1, step, channels=after, norm=last.norm, bias=last.bias)
            skip = self._layer(projection, source, waiting | end.rooms, exempt=True)
        node = self._node(Join((end.node, skip.node), (end.node,)))
        return self._sum([end, skip], node, waiting)

    def _branches(self, block: Block, source: Tensor, waiting: Rooms) -> Tensor:
        ends: list[Tensor] = []
        for number, branch in enumerate(block.branches):
            later = source.rooms if number + 1 < len(block.branches) else 0
            ends.append(self.run(branch, source, waiting | _rooms(ends) | later))
            if block.join == CONCAT and self._is_pooled(ends[-1]):
                ends[-1] = self._resized(ends[-1], ends[0].node, waiting | _rooms(ends) | later)
        # What was pooled acts on all positions alike, and leaves the fields as they are.
        nodes = tuple(end.node for end in ends if not self._is_pooled(end))
        node = self._node(Join(nodes, nodes))
        if block.join == CONCAT:
            # Written side by side, in its branches' own room; what it holds again is copied.
            rooms = _rooms(ends)
            parts = tuple([end.channels for end in ends])
            channels = self.registers.added(Derived(parts))
            held = tuple([room for _, room in _occupied(self.rooms, rooms)])
            if sorted(held) != sorted(parts):
                copied = self.registers.added(Derived((channels,), held))
                if self.registers.is_positive(copied):
                    rooms |= self._tensor(node, copied).rooms
            self._step(waiting | rooms)
            return Tensor(node, channels, rooms)
        if not all(self.registers.equal(end.channels, ends[0].channels) for end in ends):
            raise _Misfit
        return self._sum(ends, node, waiting)

    def _stack_width(self, stack: Stack, width: int) -> int:
        """The register of the width behind a stack that is not followed yet."""
        for item in stack:
            if isinstance(item, Layer):
                width = _width(item, width)
            elif item.join == ASIDE:
                continue
            elif item.join == CONCAT:
                parts = tuple([self._stack_width(branch, width) for branch in item.branches])
                width = self.registers.added(Derived(parts))
            else:
                width = self._stack_width(item.branches[0], width)
        return width

    def _resized(self, pooled: Tensor, node: int, alive: Rooms) -> Tensor:
        """What one position holds, written out over those of another node."""
        made = self._tensor(node, pooled.channels)
        self._step(alive | made.rooms)
        self.activations.append((node, made.channels))
        return made

    def _sum(self, ends: list[Tensor], node: int, waiting: Rooms) -> Tensor:
        """The sum, in place of an operand for which nothing waits."""
        channels = ends[0].channels
        whole = [end.rooms for end in ends if not self._is_pooled(end)]
        free = next((rooms for rooms in whole if not rooms & waiting), None)
        made = self._tensor(node, channels) if free is None else Tensor(node, channels, free)
        self._step(waiting | _rooms(ends) | made.rooms)
        self.activations.append((node, channels))
        return made

    def _node(self, node: Node) -> int:
        self.geometry.append(node)
        return len(self.geometry)

    def _tensor(self, node: int, channels: int) -> Tensor:
        self.rooms.append((node, channels))
        return Tensor(node, channels, 1 << len(self.rooms) - 1)

    def _step(self, alive: Rooms) -> None:
        """One moment; the sum of what is put aside is alive in all of them until it is read."""
        self.live.append(alive | self.aside.rooms if self.aside else alive)


def _occupied(rooms: Sequence[tuple[int, int]], some: Rooms) -> list[tuple[int, int]]:
    return [room for i, room in enumerate(rooms) if some >> i & 1]


def _rooms(tensors: list[Tensor]) -> Rooms:
    return reduce(or_, (tensor.rooms for tensor in tensors), 0)


def _width(layer: Layer, width: int) -> int:
    return width if layer.channels is None else layer.channels


def _taps(kernel: PerAxis, axes: int) -> int:
    return prod(spread(kernel, axes))


@lru_cache(maxsize=1 << 16)
def _ends_of(stack: Stack, axes: int) -> tuple[list[tuple[int, int]], Layer | None]:
    """(total strides, last convolution) of a stack, which are the same at all widths."""
    return _total_strides(stack, axes), last_convolution(stack)


def _total_strides(stack: Stack, axes: int) -> list[tuple[int, int]]:
    """The product of the strides along the first branches, (over, under) of each axis."""
    total = [(1, 1)] * axes
    for item in stack:
        if isinstance(item, Block):
            if item.join == ASIDE:
                continue
            inner = _total_strides(next((b for b in item.branches if GAP not in b), ()), axes)
        elif item.op == "SE" or (item.stride == 1 and item.op not in FINER):
            continue
        elif item.op in FINER:
            factors = spread(item.stride if item.op == "T" else item.kernel, axes)
            inner = [(1, factor) for factor in factors]
        else:
            inner = [(one, 1) for one in spread(item.stride, axes)]
        total = [(a * c, b * d) for (a, b), (c, d) in zip(total, inner, strict=True)]
    return total
