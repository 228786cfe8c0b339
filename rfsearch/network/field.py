"""Which input pixels the outputs of a tensor see, along one axis.

Every output sees a box of input pixels. Along a chain of windows the box of output i starts at
i·jump − padding and has one size; after a resize or a transposed convolution the box depends on
the phase of i; over branches it is the hull of their boxes. So a Field keeps one box for each
phase of a period, and the pixels by which they move on from one period to the next. The jump is
that shift over the period, a fraction where the tensor is finer than the input.

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

# Of boxes held in memory; sizes end at 65,536, so only odd ratios of resizes come near.
PERIOD_LIMIT = 2**16


@dataclass(frozen=True, slots=True)
class Field:
    """Boxes (first, last input pixel) of the outputs 0 … period − 1; the rest by shifting.

    shift   input pixels from one period to the next
    boxes   the hull over all paths; None where an output sees nothing
    paths   the boxes along the shortest path
    """

    shift: int = 1
    boxes: tuple[Box | None, ...] = ((0, 0),)
    paths: tuple[Box | None, ...] = ((0, 0),)

    @property
    def period(self) -> int:
        return len(self.boxes)

    @property
    def jump(self) -> Fraction:
        """Input pixels from one output to the next, on average over a period."""
        return Fraction(self.shift, self.period)

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
        """The box of output `index`, any whole number."""
        return _at(self.boxes, self.shift, index)

    def read_by(self, reads: Reads, outputs: int, inputs: int) -> Field:
        """The field of a tensor whose output i reads the positions `reads(i)` of this one.

        `reads` moves on by `inputs` positions for every `outputs` outputs.
        """
        times = self.period // gcd(self.period, inputs)
        period = _limited(times * outputs)
        shift = self.shift * (times * inputs // self.period)
        spans = [reads(index) for index in range(period)]
        boxes = _hulls(self.boxes, self.shift, spans)
        same = self.paths == self.boxes
        return _reduced(
            Field(shift, boxes, boxes if same else _hulls(self.paths, self.shift, spans))
        )

    def over(self, period: int) -> Field:
        """The same field written over a multiple of its period."""
        indices = range(period)
        return Field(
            self.shift * period // self.period,
            tuple(_at(self.boxes, self.shift, index) for index in indices),
            tuple(_at(self.paths, self.shift, index) for index in indices),
        )


def merged(fields: list[Field], size: int) -> Field:
    """The field of `size` outputs that each see what the same output of every branch sees.

    Where the branches' jumps differ no period holds, so one period spans all the outputs.
    """
    period = lcm(*(field.period for field in fields))
    if len({field.jump for field in fields}) > 1:
        period *= -(-size // period)
    _limited(period)
    spread = [field.over(period) for field in fields]
    boxes = tuple(_union([field.boxes[index] for field in spread]) for index in range(period))
    shortest = min(spread, key=lambda field: max(map(_size, field.paths)))
    return _reduced(Field(spread[0].shift, boxes, shortest.paths))


def _limited(period: int) -> int:
    if period > PERIOD_LIMIT:
        raise LimitError(
            f"what outputs see repeats only after {period:,} of them, more than {PERIOD_LIMIT:,}"
        )
    return period


def _size(box: Box | None) -> int:
    return 0 if box is None else box[1] - box[0] + 1


def _at(boxes: tuple[Box | None, ...], shift: int, index: int) -> Box | None:
    periods, phase = divmod(index, len(boxes))
    box = boxes[phase]
    return box and (box[0] + periods * shift, box[1] + periods * shift)


def _hulls(boxes: tuple[Box | None, ...], shift: int, spans: list[range]) -> tuple[Box | None, ...]:
    """The hull of the boxes at the positions of each span."""
    period = len(boxes)
    if _only_forward(boxes, shift):
        return tuple(
            _union([_at(boxes, shift, at) for at in (*span[:1], *span[-1:])]) for span in spans
        )
    # Boxes that go back now and then do so within a period; the outermost periods suffice.
    return tuple(
        _union([_at(boxes, shift, at) for at in (*span[:period], *span[-period:])])
        for span in spans
    )


def _only_forward(boxes: tuple[Box | None, ...], shift: int) -> bool:
    """Whether neither end of the boxes ever goes back as the position goes on.

    They may after a transposed convolution with dilation or with a stride over its kernel.
    """
    ends = [_at(boxes, shift, at) for at in range(len(boxes) + 1)]
    return all(
        one is not None and other is not None and one[0] <= other[0] and one[1] <= other[1]
        for one, other in pairwise(ends)
    )


def _union(boxes: list[Box | None]) -> Box | None:
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
            _at(boxes, shift, index) == field.boxes[index]
            and _at(paths, shift, index) == field.paths[index]
            for index in range(field.period)
        ):
            return Field(shift, boxes, paths)
    return field
