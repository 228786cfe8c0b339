"""The machine: executes a network sign by sign, where all that lies ahead depends on where it is.

`rfsearch.layers.anatomy` knows what a whole block does; a neighbourhood goes through blocks layer
by layer, so that what a block still has to know at its end is kept here: the size of its input,
its stride so far, the tensors that wait. Rules: docs/notation.md, as in anatomy.
"""

from __future__ import annotations

from math import prod

from rfsearch.automaton.edits.where import (
    Box,
    Bracketed,
    Effect,
    Rooms,
    Sizes,
    Where,
    Written,
    added,
    numbered_anew,
    rooms_of,
    scaled,
    values_of,
    widest,
)
from rfsearch.device.place import Place
from rfsearch.layers import recurrence
from rfsearch.layers.cost import BIAS, NO_BIAS, NORM, layer_params, log_fixed, window_spread
from rfsearch.layers.layer import CONCAT, INVERTED, POOLS, RESIDUAL, SAME, Layer, spread
from rfsearch.layers.recurrence import CEIL, EXACT, FLOOR
from rfsearch.space.edits.context import CHANGEABLE, Context, Dress
from rfsearch.space.edits.word import BAR, END, OPEN, Sign, stack_of


class _Dead(Exception):
    """No such network."""


class Machine:
    """Steps of one query: `rounding` as in recurrence.

    wide    whether some window may begin behind its input's end, so that the skip of a residual
            block can see further than its main path
    whole   whether whole items matter: layers and blocks that are finished are noted
    """

    def __init__(self, axes: int, rounding: int, wide: bool, whole: bool) -> None:
        self.axes, self.rounding, self.wide, self.whole = axes, rounding, wide, whole
        self.zero = (0,) * axes
        self.nothing: Box = (self.zero,) * 4
        self.windows: dict[tuple[Layer, Sizes], tuple[Sizes, Box, Sizes, int] | None] = {}

    def start(self, sizes: Sizes, width: int) -> Where:
        """Before the first sign."""
        return Where(sizes, frozenset(((0, prod(sizes) * width),)))

    def step(self, where: Where, context: Context, sign: Sign) -> tuple[Where, Effect] | None:
        """Where a sign leads, and what it adds; None where there is no such network."""
        try:
            return _Step(self, where, context).take(sign)
        except _Dead:
            return None

    def window(self, layer: Layer, sizes: Sizes) -> tuple[Sizes, Box, Sizes, int] | None:
        """(sizes after, box, stride, taps) of a window on a tensor; None where there is none."""
        sub = layer.op == "SUB"
        stride = spread(layer.kernel if sub else layer.stride, self.axes)
        kernels = spread(1 if sub else layer.kernel, self.axes)
        dilations = spread(layer.dilation, self.axes)
        mode = FLOOR if sub else self._mode(layer)
        after, start, end, least, variance = [], [], [], [], []
        for axis in range(self.axes):
            growth = recurrence.window_growth(kernels[axis], dilations[axis])
            size, before = _placed(layer, axis, sizes[axis], growth, stride[axis], mode)
            if size < 1:
                return None
            after.append(size)
            start.append(-before)
            end.append(growth - before)
            least.append(growth)
            variance.append(window_spread(kernels[axis], dilations[axis]))
        box = (tuple(start), tuple(end), tuple(least), tuple(variance))
        return tuple(after), box, stride, prod(kernels)

    def _mode(self, layer: Layer) -> int:
        if layer.op in POOLS and layer.ceil:
            return CEIL
        return EXACT if self.rounding == EXACT else FLOOR


class _Step:
    """One step: what it adds, gathered."""

    def __init__(self, machine: Machine, where: Where, context: Context) -> None:
        self.machine, self.where, self.context = machine, where, context
        self.opened = list(where.opened)
        self.rooms, self.sizes = where.rooms, where.sizes
        self.box = machine.nothing
        self.stride = (1,) * machine.axes
        self.depth = self.params = self.macs = self.activations = self.peak = self.entropy = 0
        numbers = [number for one in (*self._all_rooms(), self.rooms) for number, _ in one]
        self.next_room = max(numbers, default=-1) + 1

    def take(self, sign: Sign) -> tuple[Where, Effect]:
        if isinstance(sign, Layer):
            self._layer(sign)
        elif sign.kind == OPEN:
            self._open(sign.join, sign.branches)
        elif sign.kind != END:
            self._end_branch(sign.kind == BAR)
        costs = (
            self.depth, self.params, self.macs, self.activations, self.peak, self.entropy,
        )  # fmt: skip
        written, items = self._written(sign) if self.machine.whole else (None, ())
        where = Where(self.sizes, self.rooms, tuple(self.opened), written)
        return numbered_anew(where), Effect(self.box, self.stride, costs, items)

    def _written(self, sign: Sign) -> tuple[Written | None, tuple[Place, ...]]:
        """The block that is open behind a sign, and the item that it finishes, if any."""
        before = self.where.written or Written(self.context.width, self.where.sizes, ())
        signs = (*before.signs, sign)
        if self.opened:
            return before._replace(signs=signs), ()
        return None, tuple(Place(item, before.channels, before.sizes) for item in stack_of(signs))

    # ---- layers

    def _layer(self, layer: Layer) -> None:
        if layer.op == "SE":
            self._gate(layer)
        elif layer.op in ("BN", "LN", "SCALE"):
            self.params += (1 if layer.op == "SCALE" else 2) * self.context.width
            waiting = self._waiting()
            made = self._in_place()
            self._alive(waiting, self.rooms, over=made)
            self.rooms = made
        else:
            self._window(layer)

    def _window(self, layer: Layer) -> None:
        width, machine = self.context.width, self.machine
        key = (layer, self.sizes)
        if key not in machine.windows:
            machine.windows[key] = machine.window(layer, self.sizes)
        window = machine.windows[key]
        if window is None:
            raise _Dead
        after, box, stride, taps = window
        made = width if layer.channels is None else layer.channels
        volume = prod(after)
        if layer.op in ("C", "DW"):
            groups = width if layer.op == "DW" else layer.groups
            self._learn(taps, width, made, groups, (layer.norm, layer.bias), volume)
        self.depth += layer.op in CHANGEABLE
        rooms = self._room(after, made)
        self._alive(self._waiting(), self.rooms, rooms)
        self.activations += volume * made
        self._give(box)
        self._move(stride)
        self.sizes, self.rooms = after, rooms

    def _gate(self, layer: Layer) -> None:
        """Squeeze-and-excitation: global average, two 1×1 convolutions, and the product."""
        assert isinstance(layer.kernel, int)
        width, waiting = self.context.width, self._waiting()
        point = (1,) * self.machine.axes
        last, before = self._room(point, width), width
        self.activations += width
        self._alive(waiting, self.rooms, last)
        for channels in (width // layer.kernel, width):
            made = self._room(point, channels)
            self._learn(1, before, channels, 1, ("", layer.bias), 1)
            self.activations += channels
            self._alive(waiting, self.rooms, last, made)
            last, before = made, channels
        product = self._in_place()
        self._alive(waiting, self.rooms, last, over=product)
        self.activations += prod(self.sizes) * width
        self.rooms = product

    def _learn(
        self, taps: int, before: int, after: int, groups: int, dress: Dress, volume: int
    ) -> None:
        norm, bias = dress
        learned = (NORM if norm else NO_BIAS) + (BIAS if bias else NO_BIAS)
        self.params += layer_params(taps, before, after, groups, learned, 0, 0, 0, 0)
        self.macs += volume * taps * (before // groups) * after
        self.entropy += log_fixed(max(taps * before // groups, 1))

    # ---- brackets

    def _open(self, join: str, branches: int) -> None:
        kept = join != RESIDUAL or self.machine.wide
        self.opened.append(
            Bracketed(
                join, self.sizes, self.rooms, (1,) * self.machine.axes, branches - 1,
                self.machine.nothing if kept else None,
                peaks=(0, 0) if join == INVERTED else None,
            )
        )  # fmt: skip

    def _end_branch(self, more: bool) -> None:
        inner = self.opened[-1]
        if inner.join in (RESIDUAL, INVERTED):
            self._end_residual(self.opened.pop())
            return
        assert inner.box is not None
        box, ends = inner.box, [self.rooms]
        if inner.done is not None:
            sizes, stride, known, rooms = inner.done
            if sizes != self.sizes or stride != inner.stride:
                raise _Dead
            box, ends = widest(known, box), [*rooms, self.rooms]
        if more:
            self.opened[-1] = inner._replace(
                stride=(1,) * self.machine.axes,
                left=inner.left - 1,
                box=self.machine.nothing,
                done=(self.sizes, inner.stride, box, tuple(ends)),
            )
            self.sizes, self.rooms = inner.sizes, inner.rooms
            return
        self.opened.pop()
        if inner.join == CONCAT:
            # Written side by side, in its branches' own room; what it holds again is copied.
            self.rooms = frozenset().union(*ends)
            if copied := sum(map(values_of, ends)) - values_of(self.rooms):
                self.rooms |= {(self.next_room, copied)}
                self.next_room += 1
            self._alive(self._waiting(), self.rooms)
        else:
            self._sum(ends, self.context.width)
        self._close(box, inner.stride)

    def _end_residual(self, inner: Bracketed) -> None:
        opened = self.context.opened[-1]
        width = self.context.width
        unit = (1,) * self.machine.axes
        plain = width == opened.source and inner.stride == unit
        box = self.machine.nothing if inner.box is None else inner.box
        if inner.join == INVERTED:
            assert inner.peaks is not None
            self._note_peaks(*([inner.peaks[plain]] * 2))
            if not plain:
                self._close(box, inner.stride)
                return
        skip = inner.rooms
        if not plain:
            skip = self._project(inner, opened.source, opened.last)
        elif inner.sizes != self.sizes:
            raise _Dead
        self._sum([self.rooms, skip], width)
        zero = self.machine.zero
        if inner.box is not None:
            start, end, _, variance = box
            box = (tuple(map(min, start, zero)), tuple(map(max, end, zero)), zero, variance)
        self._close(box, inner.stride)

    def _project(self, inner: Bracketed, source: int, last: Dress | None) -> Rooms:
        """The 1×1 convolution of the skip, floor rounding; its room."""
        fits = all(
            recurrence.output_size(n, 0, s, 0, 0, FLOOR) == m
            for n, s, m in zip(inner.sizes, inner.stride, self.sizes, strict=True)
        )
        if last is None or not fits:
            raise _Dead
        width, volume = self.context.width, prod(self.sizes)
        self._learn(1, source, width, 1, last, volume)
        self.depth += 1
        self.activations += volume * width
        made = self._room(self.sizes, width)
        self._alive(self._waiting(), self.rooms, inner.rooms, made)
        return made

    def _sum(self, ends: list[Rooms], width: int) -> None:
        """The sum, in place of an operand for which nothing waits."""
        waiting = self._waiting()
        free = next((rooms for rooms in ends if not rooms & waiting), None)
        made = self._room(self.sizes, width) if free is None else free
        self._alive(waiting, *ends, made)
        self.activations += prod(self.sizes) * width
        self.rooms = made

    def _close(self, box: Box, stride: Sizes) -> None:
        """Hand a closed bracket's box and stride to what is around it."""
        self._give(box)
        self._move(stride)

    # ---- fields

    def _give(self, box: Box) -> None:
        """Add a box, in positions of the tensor before it, to the innermost bracket that keeps."""
        for number in range(len(self.opened) - 1, -1, -1):
            inner = self.opened[number]
            box = scaled(box, inner.stride)
            if inner.box is not None:
                self.opened[number] = inner._replace(box=added(inner.box, box))
                return
            start, end, _, variance = box  # the skip of a residual block adds nothing
            box = (start, end, self.machine.zero, variance)
        self.box = box if self.box is self.machine.nothing else added(self.box, box)

    def _move(self, stride: Sizes) -> None:
        if not self.opened:
            self.stride = tuple(a * b for a, b in zip(self.stride, stride, strict=True))
            return
        inner = self.opened[-1]
        after = tuple(a * b for a, b in zip(inner.stride, stride, strict=True))
        self.opened[-1] = inner._replace(stride=after)

    # ---- tensors

    def _room(self, sizes: Sizes, width: int) -> Rooms:
        self.next_room += 1
        return frozenset(((self.next_room - 1, prod(sizes) * width),))

    def _all_rooms(self) -> list[Rooms]:
        return [rooms for one in self.where.opened for rooms in rooms_of(one)]

    def _waiting(self, skipping: bool = True) -> Rooms:
        """What brackets will still read; `skipping`: an inverted block's input among it."""
        found: set[tuple[int, int]] = set()
        for one in self.opened:
            if one.join == RESIDUAL or (one.join == INVERTED and skipping) or one.left:
                found |= one.rooms
            if one.done is not None:
                found.update(*one.done[3])
        return frozenset(found)

    def _in_place(self) -> Rooms:
        """Room for what is written over its input, a room of its own where that still waits."""
        shared = self.rooms & self._waiting()
        return self._room(self.sizes, self.context.width) if shared else self.rooms

    def _alive(self, waiting: Rooms, *rooms: Rooms, over: Rooms = frozenset()) -> None:
        """Note the values alive: `waiting`, what the step reads and writes, and what it writes
        `over` its input, if that waits."""
        now = frozenset().union(*rooms)
        known = values_of(waiting | now | over)
        if not any(one.join == INVERTED for one in self.opened):
            self._note_peaks(known, known)
            return
        without = self._waiting(skipping=False)
        if self.rooms & without:
            now |= over
        self._note_peaks(values_of(without | now), known)

    def _note_peaks(self, without: int, known: int) -> None:
        for number, one in enumerate(self.opened):
            if one.peaks is not None:
                peaks = (max(one.peaks[0], without), max(one.peaks[1], known))
                self.opened[number] = one._replace(peaks=peaks)
                return
        self.peak = max(self.peak, known)


def _placed(
    layer: Layer, axis: int, n: int, growth: int, stride: int, mode: int
) -> tuple[int, int]:
    """(output size, padding before) of a window on one axis."""
    if layer.padding == SAME:
        size = recurrence.same_output_size(n, growth, stride, mode)
        before = recurrence.same_padding(n, growth, stride) // 2
    else:
        padding = layer.padding
        if isinstance(padding, int):
            before = after = padding
        else:
            assert not isinstance(padding, str)
            before, after = padding[0] if len(padding) == 1 else padding[axis]
        size = recurrence.output_size(n, growth, stride, before, after, mode)
    return size, before
