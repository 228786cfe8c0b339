"""Which input pixels the outputs of a tensor see, along one axis.

Every output sees a box of input pixels. Along a chain of windows the box of output i starts at
i·jump − padding and has one size; after a resize or a transposed convolution the box depends on
the phase of i; over branches it is the hull of their boxes. So a Field keeps one box for each
phase of a period, and the pixels by which they move on from one period to the next. The jump is
that shift over the period, a fraction where the tensor is finer than the input.

Where no period fits into the tensor (a resize whose ratio is no whole number, branches whose
jumps differ) the field lists the box of every output that there is, `listed`.

Boxes ignore the input's borders (they reach into the padding), as receptive fields are published.
Source: Araujo, Norris, Sim, Distill 2019, for windows and branches; the phases are the same
recurrences applied to the first and last position that an output reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import gcd, lcm

from rfsearch.errors import LimitError

Box = tuple[int, int]
Reads = Callable[[int], range]

# Of boxes held in memory: a gigabyte would be some 6 million.
LISTED_LIMIT = 2**20


@dataclass(frozen=True, slots=True)
class Field:
    """Boxes (first, last input pixel) of the outputs 0 … period − 1; the rest by shifting.

    shift   input pixels from one period to the next
    boxes   the hull over all paths; None where an output sees nothing
    paths   the boxes along the shortest path
    listed  where every output has its own box: the jump, which says where padding lies; else None
    """

    shift: int = 1
    boxes: tuple[Box | None, ...] = ((0, 0),)
    paths: tuple[Box | None, ...] = ((0, 0),)
    listed: Fraction | None = None

    @property
    def period(self) -> int:
        return len(self.boxes)

    @property
    def jump(self) -> Fraction:
        """Input pixels from one output to the next, on average over a period."""
        return Fraction(self.shift, self.period) if self.listed is None else self.listed

    @property
    def rf(self) -> int:
        """The largest receptive field of any output, in input pixels."""
        return max(map(_size, self.boxes))

    @property
    def rf_of_phases(self) -> tuple[int, ...]:
        """The sizes of the boxes of one period."""
        return tuple(map(_size, self.boxes))

    @property
    def rf_min(self) -> int:
        """The smallest receptive field along the shortest path."""
        return min(map(_size, self.paths))

    @property
    def mean_centre(self) -> Fraction:
        """The centre of output 0's box, were the phases' offsets shared out evenly."""
        seen = [
            Fraction(sum(box), 2) - index * self.jump
            for index, box in enumerate(self.boxes)
            if box is not None
        ]
        return sum(seen, Fraction(0)) / max(len(seen), 1)

    def box(self, index: int) -> Box | None:
        """The box of output `index`, any whole number; outside a listed field that of padding."""
        return self._at(self.boxes, index)

    def read_by(self, reads: Reads, outputs: int, inputs: int, size: int) -> Field:
        """The field of a tensor of `size` outputs, whose output i reads `reads(i)` of this one.

        `reads` moves on by `inputs` positions for every `outputs` outputs.
        """
        times = self.period // gcd(self.period, inputs)
        period, listed = times * outputs, None
        if self.listed is not None or period > size:
            period, listed = _limited(size), self.jump * Fraction(inputs, outputs)
        spans = [reads(index) for index in range(period)]
        boxes = self._hulls(self.boxes, spans)
        same = self.paths == self.boxes
        paths = boxes if same else self._hulls(self.paths, spans)
        if listed is not None:
            return Field(0, boxes, paths, listed)
        return _reduced(Field(self.shift * (times * inputs // self.period), boxes, paths))

    def over(self, period: int) -> Field:
        """The same field written over a multiple of its period, or over a listed one's outputs."""
        indices = range(period)
        return Field(
            self.shift * period // self.period,
            tuple(self._at(self.boxes, index) for index in indices),
            tuple(self._at(self.paths, index) for index in indices),
            self.listed,
        )

    def _at(self, boxes: tuple[Box | None, ...], index: int) -> Box | None:
        """The box of any index among `boxes`, which are this field's or its paths'."""
        if self.listed is None:
            return _repeated(boxes, self.shift, index)
        nearest = min(max(index, 0), len(boxes) - 1)
        moved = round((index - nearest) * self.listed)
        box = boxes[nearest]
        return box and (box[0] + moved, box[1] + moved)

    def _hulls(self, boxes: tuple[Box | None, ...], spans: list[range]) -> tuple[Box | None, ...]:
        """The hull of the boxes at the positions of each span."""
        if self._only_forward(boxes):
            return tuple(
                union([self._at(boxes, at) for at in (*span[:1], *span[-1:])]) for span in spans
            )
        # Boxes that go back now and then do so within a period; the outermost periods suffice.
        period = len(boxes)
        return tuple(
            union([self._at(boxes, at) for at in (*span[:period], *span[-period:])])
            for span in spans
        )

    def _only_forward(self, boxes: tuple[Box | None, ...]) -> bool:
        """Whether neither end of the boxes ever goes back as the position goes on.

        They may after a transposed convolution with dilation or with a stride over its kernel.
        """
        ends = [self._at(boxes, at) for at in range(len(boxes) + 1)]
        return all(
            one is not None and other is not None and one[0] <= other[0] and one[1] <= other[1]
            for one, other in pairwise(ends)
        )


def merged(fields: list[Field], size: int) -> Field:
    """The field of `size` outputs that each see what the same output of every branch sees."""
    period = lcm(*(field.period for field in fields if field.listed is None))
    jumps = {field.jump for field in fields}
    listed = None
    if len(jumps) > 1 or period > size or any(field.listed is not None for field in fields):
        period = _limited(size)
        # Where one branch keeps whole steps, padding is a matter of these.
        listed = min((field.jump for field in fields), key=lambda jump: jump.denominator)
    spread = [field.over(period) for field in fields]
    boxes = tuple(union([field.boxes[index] for field in spread]) for index in range(period))
    shortest = min(spread, key=lambda field: max(map(_size, field.paths)))
    if listed is not None:
        return Field(0, boxes, shortest.paths, listed)
    return _reduced(Field(spread[0].shift, boxes, shortest.paths))


def _limited(size: int) -> int:
    if size > LISTED_LIMIT:
        raise LimitError(
            f"every one of {size:,} outputs sees something else, more than {LISTED_LIMIT:,}"
        )
    return size


def _size(box: Box | None) -> int:
    return 0 if box is None else box[1] - box[0] + 1


def _repeated(boxes: tuple[Box | None, ...], shift: int, index: int) -> Box | None:
    periods, phase = divmod(index, len(boxes))
    box = boxes[phase]
    return box and (box[0] + periods * shift, box[1] + periods * shift)


def union(boxes: list[Box | None]) -> Box | None:
    """The smallest box around all; None where there is none."""
    seen = [box for box in boxes if box is not None]
    if not seen:
        return None
    return min(first for first, _ in seen), max(last for _, last in seen)


def _reduced(field: Field) -> Field:
    """The same field over its shortest period."""
    for period in range(1, field.period):
        if field.period % period or field.shift * period % field.period:
            continue
        shift = field.shift * period // field.period
        boxes, paths = field.boxes[:period], field.paths[:period]
        if all(
            _repeated(boxes, shift, index) == field.boxes[index]
            and _repeated(paths, shift, index) == field.paths[index]
            for index in range(field.period)
        ):
            return Field(shift, boxes, paths)
    return field
