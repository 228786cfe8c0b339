"""Boxes: where the least values of a tighter ladder could lie, cut until it is known.

A ladder's corner is its least value of every coordinate. A box is a range of corners; a ladder
tighter than the best so far, with its corner in the box, lies whole in the box's window: from the
box's low end to its high end times the ratio allowed.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, isqrt, log
from typing import TYPE_CHECKING

from rfsearch.ladder.ratio import farthest, ratio_of
from rfsearch.ladder.rung import UNLIMITED

if TYPE_CHECKING:
    from rfsearch.ladder.climb import Best, Climb
    from rfsearch.ladder.rung import Listing

CLOSING_LABELS = 1 << 15
SAMPLE_LABELS = 1 << 12
NARROW = 0.5  # of the window's ratio: a box that wide gains little by being cut


@dataclass(frozen=True)
class Box:
    """Corners from low to high, both included, of every coordinate."""

    low: tuple[int, ...]
    high: tuple[int, ...]
    labels: int = CLOSING_LABELS

    def cut(self, at: int, middle: int) -> tuple[Box, Box]:
        """The corners up to `middle` on one coordinate, and those beyond."""
        high = (*self.high[:at], middle, *self.high[at + 1 :])
        low = (*self.low[:at], middle + 1, *self.low[at + 1 :])
        return Box(self.low, high, self.labels), Box(low, self.high, self.labels)


class Boxes:
    """The boxes still open, that with the least bound first."""

    def __init__(self, climb: Climb) -> None:
        self.climb, self.held, self.rungs = climb, climb.held, climb.rungs
        self.open: list[tuple[Fraction, int, Box]] = []
        self.hard: list[Fraction] = []  # bounds of boxes that could not be listed
        self.serial = 0
        self.sizes = [0] * len(self.rungs)
        for box in self._roots():
            # The bounds of each root alone are worked out when its turn comes.
            self._push(box, scoped=False)

    def bound(self) -> Fraction:
        """A proven lower bound on every ladder's tightness."""
        best = self.climb.best
        bounds = [*(entry[0] for entry in self.open[:1]), *self.hard]
        if best is not None:
            bounds.append(best.tightness)
        return max(min(bounds, default=Fraction(0)), self.climb.bound)

    def done(self) -> bool:
        """Whether nothing can be tighter than the best."""
        best = self.climb.best
        if best is not None and self.bound() >= best.tightness:
            return True
        return not self.open and not self.hard

    def exhausted(self) -> bool:
        """Whether no box is left that could be listed."""
        return not self.open

    def advance(self) -> Best | None:
        """Take one box: close it, cut it, or list more of it; a better ladder that it gave."""
        _, _, box = heapq.heappop(self.open)
        narrowed = self._narrowed(box)
        if narrowed is None:
            return None
        box, _ = narrowed
        before = self.climb.best
        complete = self._evaluated(box)
        found = self.climb.best if self.climb.best is not before else None
        if not complete:
            self._cut(box)
        return None if complete else found

    def _roots(self) -> list[Box]:
        """One box, or one for each value of what is held equal where these are few."""
        low, high = [0] * len(self.held.names), [UNLIMITED] * len(self.held.names)
        roots = [Box(tuple(low), tuple(high))]
        if self.held.shapes:
            shared = set.intersection(
                *(set(rung.shape[rung.automaton.final].tolist()) for rung in self.rungs)
            )
            roots = [Box((shape, *low[1:]), (shape, *high[1:])) for shape in sorted(shared)]
        return roots

    def _push(self, box: Box, scoped: bool = True) -> None:
        narrowed = self._narrowed(box, scoped)
        if narrowed is not None:
            box, bound = narrowed
            self.serial += 1
            heapq.heappush(self.open, (bound, self.serial, box))

    def ratio(self, coordinate: int) -> Fraction | None:
        """Within which a tighter ladder lies; None where nothing is known yet."""
        tolerance, best = self.held.tolerances[coordinate], self.climb.best
        if not tolerance:
            return Fraction(1)
        return None if best is None else ratio_of(tolerance, best.tightness)

    def _narrowed(self, box: Box, scoped: bool = True) -> tuple[Box, Fraction] | None:
        """The box as far as every rung allows it, and its bound; None where it is closed."""
        scope = self.climb.scope(box) if scoped else (None, None)
        ranges = [rung.range(*scope) for rung in self.rungs]
        if any(one is None for one in ranges):
            return None
        low, high, bound = list(box.low), list(box.high), Fraction(0)
        first = len(self.held.names) - len(self.held.costs)
        for k in range(len(self.held.costs)):
            c = first + k
            least = [one[0][k] for one in ranges if one is not None]
            greatest = [one[1][k] for one in ranges if one is not None]
            ratio = self.ratio(c)
            low[c] = max(low[c], min(least))
            if ratio is not None:
                low[c] = max(low[c], ceil(max(least) / ratio))
            high[c] = min(high[c], min(greatest))
            if low[c] > high[c]:
                return None
            tolerance = self.held.tolerances[c]
            if tolerance and max(least) > high[c]:
                if not high[c]:
                    return None
                bound = max(bound, Fraction(max(least) - high[c], high[c]) / tolerance)
        best = self.climb.best
        if best is not None and bound >= best.tightness:
            return None
        return Box(tuple(low), tuple(high), box.labels), bound

    def _evaluated(self, box: Box) -> bool:
        """List a box's window rung by rung; whether it is closed now."""
        climb = self.climb
        whole = climb.best is not None
        first = len(self.held.names) - len(self.held.costs)
        low, high = list(box.low[first:]), []
        for c in range(first, len(self.held.names)):
            ratio = self.ratio(c)
            high.append(
                UNLIMITED if ratio is None else min(farthest(box.high[c], ratio, True), UNLIMITED)
            )
        order = sorted(range(len(self.rungs)), key=lambda i: (self.sizes[i], i))
        found: dict[int, Listing] = {}
        labels = box.labels if whole else min(box.labels, SAMPLE_LABELS)
        from rfsearch.ladder.climb import SHARED

        for at in range(0, len(order), SHARED):
            numbers = order[at : at + SHARED]
            for i, one in zip(
                numbers, climb._listed(numbers, labels, box, (low, high), whole), strict=True
            ):
                found[i] = one
                self.sizes[i] = len(one.vectors)
            some = [found[i] for i in numbers]
            if any(one.complete and not len(one.vectors) for one in some):
                return True
            if not all(one.complete for one in some) and (
                whole or any(not len(one.vectors) for one in some)
            ):
                return False
            for one in some:
                if one.complete:
                    self._tighten(one, first, low, high)
        climb._solve([found[i] for i in range(len(self.rungs))])
        return all(one.complete for one in found.values())

    def _tighten(self, listing: Listing, first: int, low: list[int], high: list[int]) -> None:
        """The window as far as one rung, known whole, allows it."""
        least, most = listing.vectors.min(axis=0), listing.vectors.max(axis=0)
        for k in range(len(low)):
            ratio = self.ratio(first + k)
            if ratio is not None:
                low[k] = max(low[k], ceil(int(least[first + k]) / ratio))
                high[k] = min(high[k], farthest(int(most[first + k]), ratio, True))

    def _cut(self, box: Box) -> None:
        """Two halves along the coordinate that is widest for its window, or more labels."""
        from rfsearch.ladder.climb import MOST_LABELS

        widest, width = 0, 0.0
        for c, (low, high) in enumerate(zip(box.low, box.high, strict=True)):
            if low < high:
                ratio = self.ratio(c)
                # Rounded: which coordinate is cut decides nothing but the way.
                wide = log((high + 1) / (low + 1)) / (log(ratio) if ratio and ratio > 1 else 1e-3)
                if wide > width:
                    widest, width = c, wide
        if width > NARROW:
            low, high = box.low[widest], box.high[widest]
            if self.held.tolerances[widest]:
                middle = max(isqrt(low * high), low)
            else:
                middle = (low + high) // 2
            for half in box.cut(widest, min(middle, high - 1)):
                self._push(half)
        elif box.labels < MOST_LABELS:
            self._push(Box(box.low, box.high, 8 * box.labels))
        else:
            narrowed = self._narrowed(box)
            if narrowed is not None:
                self.hard.append(narrowed[1])
