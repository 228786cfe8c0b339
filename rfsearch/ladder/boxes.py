"""Boxes: the corners that a tighter ladder could have, cut until it is known."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from fractions import Fraction
from math import ceil, isqrt, log
from typing import TYPE_CHECKING

from rfsearch.ladder.box import Box, allowed, narrowed
from rfsearch.ladder.ratio import farthest

if TYPE_CHECKING:
    from rfsearch.ladder.climb import Best, Climb
    from rfsearch.ladder.rung import Listing

SAMPLE_LABELS = 1 << 12
MOST_LABELS = 1 << 18  # a level
SHARED = 4  # rungs listed together, whatever the number of threads
ALONE = 2  # of the scarcest, which narrow the window for the others
NARROW = 0.5  # of the window's ratio: a box that wide gains little by being cut


class Boxes:
    """The boxes still open, that with the least bound first.

    sizes: how many vectors of each rung were met last, to begin with the scarcest.
    """

    def __init__(self, climb: Climb, sizes: Sequence[int]) -> None:
        self.climb, self.held, self.rungs = climb, climb.held, climb.rungs
        self.open: list[tuple[Fraction, int, Box]] = []
        self.hard: list[Fraction] = []  # bounds of boxes that could not be listed
        self.serial = 0
        self.sizes = list(sizes)
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
        found = self._narrowed(box)
        if found is None:
            return None
        box, _ = found
        before = self.climb.best
        complete = self._evaluated(box)
        if complete:
            return None
        self._cut(box)
        return self.climb.best if self.climb.best is not before else None

    def _roots(self) -> list[Box]:
        """One box, or one for each shape that all rungs have."""
        whole = Box.whole(self.held)
        if not self.held.shapes:
            return [whole]
        shared = set.intersection(
            *(set(rung.shape[rung.automaton.final].tolist()) for rung in self.rungs)
        )
        return [Box((shape, *whole.low[1:]), (shape, *whole.high[1:])) for shape in sorted(shared)]

    def _push(self, box: Box, scoped: bool = True) -> None:
        found = self._narrowed(box, scoped)
        if found is not None:
            box, bound = found
            self.serial += 1
            # Of equal bounds the newest first, which is the smallest.
            heapq.heappush(self.open, (bound, -self.serial, box))

    @property
    def _tightness(self) -> Fraction | None:
        return None if self.climb.best is None else self.climb.best.tightness

    def _narrowed(self, box: Box, scoped: bool = True) -> tuple[Box, Fraction] | None:
        """The part of a box where a tighter ladder could have its corner, and its bound."""
        found = narrowed(box, self.rungs, self.held, self._tightness, scoped)
        if found is None or (self._tightness is not None and found[1] >= self._tightness):
            return None
        return found

    def _evaluated(self, box: Box) -> bool:
        """List a box's window rung by rung; whether it is closed now."""
        climb = self.climb
        whole = climb.best is not None
        first = len(self.held.names) - len(self.held.costs)
        low, high = box.window(self.held, self._tightness, strict=True)
        order = sorted(range(len(self.rungs)), key=lambda i: (self.sizes[i], i))
        found: dict[int, Listing] = {}
        labels = box.labels if whole else min(box.labels, SAMPLE_LABELS)
        for numbers in _batches(order):
            some = climb.listed(numbers, labels, box.scope(self.held), (low, high), whole)
            for i, one in zip(numbers, some, strict=True):
                found[i] = one
                if one.complete or not whole:
                    self.sizes[i] = len(one.vectors)
            if any(one.complete and not len(one.vectors) for one in some):
                return True
            if not all(one.complete for one in some) and (
                whole or any(not len(one.vectors) for one in some)
            ):
                return False
            for one in some:
                if one.complete:
                    self._tighten(one, first, low, high)
        proven = climb.solve([found[i] for i in range(len(self.rungs))])
        return proven and all(one.complete for one in found.values())

    def _tighten(self, listing: Listing, first: int, low: list[int], high: list[int]) -> None:
        """The window as far as one rung, known whole, allows it."""
        least, most = listing.vectors.min(axis=0), listing.vectors.max(axis=0)
        for k in range(len(low)):
            ratio = allowed(self.held, first + k, self._tightness)
            if ratio is not None:
                low[k] = max(low[k], ceil(int(least[first + k]) / ratio))
                high[k] = min(high[k], farthest(int(most[first + k]), ratio, True))

    def _cut(self, box: Box) -> None:
        """Two halves along the coordinate that is widest for its window, or more labels."""
        widest, width = 0, 0.0
        for c, (low, high) in enumerate(zip(box.low, box.high, strict=True)):
            if low < high:
                ratio = allowed(self.held, c, self._tightness)
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
            found = self._narrowed(box)
            if found is not None:
                self.hard.append(found[1])


def _batches(order: Sequence[int]) -> list[Sequence[int]]:
    """The rungs in turn: some alone, the others together."""
    alone = [order[at : at + 1] for at in range(min(ALONE, len(order)))]
    return alone + [order[at : at + SHARED] for at in range(ALONE, len(order), SHARED)]
