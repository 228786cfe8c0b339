"""Climb: the search for the tightest ladder, filled in as it goes; whoever stops it has the best.

whole      every rung's vectors, where they fit: the optimum, proven, and its ties
sample     else some vectors of every rung, the same ones always, and the tightest among them
descent    all stacks near that ladder, or more of them than before, until nothing is tighter
boxes      the rest of the costs' ranges, cut into windows small enough to be listed whole;
           what cannot hold a tighter ladder is closed, and what stays open bounds it
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from rfsearch.ladder.boxes import Box, Boxes
from rfsearch.ladder.effort import Effort, TimeIsUpError
from rfsearch.ladder.narrowest import Lists, narrowest
from rfsearch.ladder.ratio import ratio_of
from rfsearch.ladder.rung import UNLIMITED, Held, Listing, Rung
from rfsearch.threads import default_threads

FIRST_LABELS = 256  # a level, for a first answer at once
WHOLE_LABELS = 1 << 13
MOST_LABELS = 1 << 18
OVERHEAD = 1 << 14  # steps that a listing costs beside its labels
SHARED = 4  # rungs listed together, whatever the number of threads
STARTS = 3  # shapes from which a descent begins
SAMPLE = Fraction(1, 8)  # of the effort
DESCENT = Fraction(1, 2)  # of the effort, at most
NOT_MUCH = Fraction(9, 10)  # of the tightness before: more labels are needed


@dataclass(frozen=True)
class Best:
    """A ladder: its tightness, and of every rung the vector and the arcs of its stack."""

    tightness: Fraction
    vectors: tuple[tuple[int, ...], ...]
    rows: tuple[tuple[int, ...], ...]


@dataclass(eq=False)
class Climb:
    """`best` is the tightest so far, `bound` a proven lower bound on every ladder's tightness.

    proven: nothing is tighter than the best, or there is no ladder at all. `lists` are all vectors
    of all rungs, where they are known.
    """

    rungs: list[Rung]
    held: Held
    effort: Effort
    threads: int | None = None
    best: Best | None = None
    bound: Fraction = Fraction(0)
    proven: bool = False
    stopped: bool = False
    lists: list[Listing] | None = None
    _pool: ThreadPoolExecutor | None = field(default=None, init=False)

    def run(self) -> None:
        """Search until it is proven, the effort is spent or the time is up."""
        if not self.rungs:
            self.proven = True
            return
        with ThreadPoolExecutor(self.threads or default_threads()) as self._pool:
            try:
                self._run()
            except TimeIsUpError:
                self.stopped = True

    def _run(self) -> None:
        self._sampled(FIRST_LABELS)
        self.effort.begun = True
        self.effort.look()
        some = self._sampled(self._labels())
        if self.proven:
            return
        for start in self._starts(some):
            self._descend(start)
        self._close()

    # Whole, or a sample

    def _labels(self) -> int:
        """How many labels a level make a sample of SAMPLE of the effort, judging by the first."""
        most = FIRST_LABELS * self.effort.part(SAMPLE) // max(self.effort.steps, 1)
        return max(FIRST_LABELS, min(most, WHOLE_LABELS))

    def _sampled(self, labels: int) -> list[Listing]:
        """Vectors of all rungs, whole where they fit; the tightest choice among them is kept."""
        found = self._listed(range(len(self.rungs)), labels)
        self._solve(found)
        if all(one.complete for one in found):
            self.lists, self.proven = found, True
            self.bound = self.best.tightness if self.best else self.bound
        return found

    def _listed(
        self,
        numbers: Sequence[int],
        labels: int,
        box: Box | None = None,
        window: tuple[Sequence[int], Sequence[int]] | None = None,
        whole: bool = False,
    ) -> list[Listing]:
        """Listings of some rungs, side by side."""
        costs = len(self.held.costs)
        low, high = window or ([0] * costs, [UNLIMITED] * costs)
        scope = (None, None) if box is None else self.scope(box)
        before = sum(rung.steps for rung in self.rungs)
        assert self._pool is not None
        jobs = [
            self._pool.submit(
                self.rungs[i].listing, low, high, labels, self.effort.look, *scope, whole
            )
            for i in numbers
        ]
        found = [job.result() for job in jobs]
        self.effort.steps += sum(rung.steps for rung in self.rungs) - before
        self.effort.steps += len(numbers) * OVERHEAD
        return found

    def scope(self, box: Box) -> tuple[int | None, int | None]:
        """The shape and depth of all stacks of a box, where it says them."""
        fixed = {
            name: low
            for name, low, high in zip(self.held.names, box.low, box.high, strict=True)
            if low == high
        }
        return fixed.get("shape"), fixed.get("depth")

    def _solve(self, found: Sequence[Listing]) -> Best | None:
        """The tightest choice of these listings, if it is tighter than the best."""
        below = self.best.tightness if self.best else None
        best = self._tightest(found, below)
        if best is not None:
            self.best = best
        return best

    def _tightest(self, found: Sequence[Listing], below: Fraction | None) -> Best | None:
        if not all(len(one.vectors) for one in found):
            return None
        lists = Lists([one.vectors for one in found], self.held.tolerances, self.effort.look)
        chosen = narrowest(lists, below)
        if chosen is None:
            return None
        tightness, numbers = chosen
        return Best(
            tightness,
            tuple(tuple(one.vectors[i].tolist()) for one, i in zip(found, numbers, strict=True)),
            tuple(one.row(i) for one, i in zip(found, numbers, strict=True)),
        )

    # Descent

    def _starts(self, some: Sequence[Listing]) -> list[Best]:
        """Ladders to begin from: the best, and those of other values of what is held equal."""
        exact = self.held.exact
        starts = [self.best] if self.best else []
        if not exact or not self.best:
            return starts
        keys = [np.unique(one.vectors[:, :exact], axis=0, return_counts=True) for one in some]
        shared: dict[tuple[int, ...], int] = {}
        for number, (rows, counts) in enumerate(keys):
            here = dict(zip(map(tuple, rows.tolist()), counts.tolist(), strict=True))
            before = here if number == 0 else shared
            shared = {key: min(before[key], here[key]) for key in here if key in before}
        shared.pop(self.best.vectors[0][:exact], None)
        for key in sorted(shared, key=lambda key: (-shared[key], key))[: STARTS - 1]:
            kept = [_having(one, key) for one in some]
            start = self._tightest(kept, None)
            if start is not None:
                starts.append(start)
        return starts

    def _descend(self, start: Best) -> None:
        """Look closer and closer about a ladder, until more labels find nothing tighter."""
        labels, cost = WHOLE_LABELS, 0
        while (
            labels <= MOST_LABELS
            and start.tightness > self.bound
            and self.effort.allows(DESCENT, cost)
        ):
            columns = list(zip(*start.vectors, strict=True))
            low, high = [], []
            for values, tolerance in zip(columns, self.held.tolerances, strict=True):
                half = ratio_of(tolerance, start.tightness / 2)
                low.append(int(min(values) / half))
                high.append(int(max(values) * half))
            costs = len(self.held.costs)
            exact = Box(tuple(map(min, columns)), tuple(map(max, columns)))
            before = self.effort.steps
            found = self._listed(
                range(len(self.rungs)), labels, exact, (low[-costs:], high[-costs:])
            )
            cost = self.effort.steps - before
            tighter = self._tightest(found, start.tightness)
            if tighter is None or tighter.tightness > NOT_MUCH * start.tightness:
                if all(one.complete for one in found):
                    return
                labels, cost = 4 * labels, 4 * cost
            if tighter is not None:
                start = tighter
                if self.best is None or start.tightness < self.best.tightness:
                    self.best = start

    # Boxes

    def _close(self) -> None:
        """Close what cannot hold a tighter ladder, box by box."""
        boxes = Boxes(self)
        while self.effort.allows():
            self.bound = boxes.bound()
            if boxes.done():
                self.proven = True
                return
            if boxes.exhausted():
                return
            start = boxes.advance()
            if start is not None:
                self._descend(start)
        self.bound = boxes.bound()


def _having(listing: Listing, key: tuple[int, ...]) -> Listing:
    """The part of a listing with these leading coordinates."""
    from dataclasses import replace

    chosen = (listing.vectors[:, : len(key)] == key).all(axis=1)
    return replace(listing, vectors=listing.vectors[chosen], ends=listing.ends[chosen])
