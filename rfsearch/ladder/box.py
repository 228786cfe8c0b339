"""Boxes of corners, and the windows in which ladders with their corner there lie.

A ladder's corner is its least value of every coordinate. A box is a range of corners; a ladder of
some tightness with its corner in the box lies whole in the box's window: from the box's low end to
its high end times the ratio allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from rfsearch.ladder.held import DEPTH, SHAPE, Held
from rfsearch.ladder.ratio import farthest, ratio_of
from rfsearch.ladder.rung import UNLIMITED, Rung

CLOSING_LABELS = 1 << 15

Window = tuple[list[int], list[int]]  # least and greatest of every held cost


@dataclass(frozen=True)
class Box:
    """Corners from low to high, both included, of every coordinate."""

    low: tuple[int, ...]
    high: tuple[int, ...]
    labels: int = CLOSING_LABELS

    @classmethod
    def whole(cls, held: Held) -> Box:
        """Every corner."""
        return cls((0,) * len(held.names), (UNLIMITED,) * len(held.names))

    def cut(self, at: int, middle: int) -> tuple[Box, Box]:
        """The corners up to `middle` on one coordinate, and those beyond."""
        high = (*self.high[:at], middle, *self.high[at + 1 :])
        low = (*self.low[:at], middle + 1, *self.low[at + 1 :])
        return Box(self.low, high, self.labels), Box(low, self.high, self.labels)

    def scope(self, held: Held) -> tuple[int | None, int | None]:
        """The shape and the depth of all stacks of the box's ladders, where it says them."""
        fixed = {
            name: low
            for name, low, high, tolerance in zip(
                held.names, self.low, self.high, held.tolerances, strict=True
            )
            if low == high and not tolerance
        }
        return fixed.get(SHAPE), fixed.get(DEPTH)

    def window(self, held: Held, tightness: Fraction | None, strict: bool) -> Window:
        """Where ladders of that tightness (below it where `strict`) lie; None: of any."""
        first = len(held.names) - len(held.costs)
        low, high = list(self.low[first:]), list(self.high[first:])
        for k in range(len(high)):
            ratio = allowed(held, first + k, tightness)
            high[k] = (
                UNLIMITED if ratio is None else min(farthest(high[k], ratio, strict), UNLIMITED)
            )
        return low, high


def allowed(held: Held, coordinate: int, tightness: Fraction | None) -> Fraction | None:
    """The ratio within which a ladder lies; None where anything is allowed."""
    tolerance = held.tolerances[coordinate]
    if not tolerance:
        return Fraction(1)
    return None if tightness is None else ratio_of(tolerance, tightness)


def narrowed(
    box: Box, rungs: Sequence[Rung], held: Held, tightness: Fraction | None, scoped: bool = True
) -> tuple[Box, Fraction] | None:
    """The box as far as every rung's ranges allow it, and a bound on its ladders' tightness.

    None where no ladder of that tightness has its corner there. `scoped`: by the ranges of the
    stacks of the box's own shape and depth.
    """
    scope = box.scope(held) if scoped else (None, None)
    ranges = []
    for rung in rungs:
        one = rung.range(*scope)
        if one is None:
            return None
        ranges.append(one)
    low, high, bound = list(box.low), list(box.high), Fraction(0)
    first = len(held.names) - len(held.costs)
    for k in range(len(held.costs)):
        c = first + k
        least, greatest = [one[0][k] for one in ranges], [one[1][k] for one in ranges]
        ratio = allowed(held, c, tightness)
        low[c] = max(low[c], min(least))
        if ratio is not None:
            low[c] = max(low[c], ceil(max(least) / ratio))
        high[c] = min(high[c], min(greatest))
        if low[c] > high[c]:
            return None
        if held.tolerances[c] and max(least) > high[c]:
            if not high[c]:
                return None
            bound = max(bound, Fraction(max(least) - high[c], high[c]) / held.tolerances[c])
    return Box(tuple(low), tuple(high), box.labels), bound
