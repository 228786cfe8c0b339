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
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from rfsearch.kernels.threads import default_threads
from rfsearch.ladder.box import Box, Window, narrowed
from rfsearch.ladder.boxes import MOST_LABELS, SHARED, Boxes
from rfsearch.ladder.effort import Effort, TimeIsUpError
from rfsearch.ladder.held import Held
from rfsearch.ladder.narrowest import Lists, narrowest
from rfsearch.ladder.ratio import ratio_of
from rfsearch.ladder.rung import Listing, Rung

FIRST_LABELS = 256  # a level, for a first answer at once
WHOLE_LABELS = 1 << 13
WORK = 1 << 24  # vectors looked at for one choice, where many coordinates make it hard
WHOLE_WORK = 1 << 27  # the same where all vectors are known
OVERHEAD = 1 << 14  # steps that a listing costs beside its labels
STARTS = 3  # shapes from which a descent begins
GOALS = (Fraction(1), Fraction(8), Fraction(64), None)  # tightnesses; None is any
SAMPLE = Fraction(1, 8)  # of the effort
DESCENT = Fraction(1, 2)  # of the effort, once the tolerance is reached
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
        self.effort.rungs = len(self.rungs)
        with ThreadPoolExecutor(self.threads or default_threads()) as self._pool:
            try:
                self._run()
            except TimeIsUpError:
                self.stopped = True

    def _run(self) -> None:
        first = self._whole(FIRST_LABELS, sample=True)
        self.effort.begun = True
        self.effort.look()
        if not self.proven:
            self._whole(WHOLE_LABELS)
        if self.proven:
            return
        some = self._sampled(first)
        for start in self._starts(some):
            self._descend(start)
        self._close([len(one.vectors) for one in some])

    # Whole, or a sample

    def _whole(self, labels: int, sample: bool = False) -> list[Listing]:
        """All vectors of all rungs, where they fit; else with `sample` some of them."""
        found = []
        for at in range(0, len(self.rungs), SHARED):
            numbers = range(at, min(at + SHARED, len(self.rungs)))
            found += self.listed(numbers, labels, whole=not sample)
            if not sample and not all(one.complete for one in found):
                return found
        if self.solve(found) and all(one.complete for one in found):
            self.lists, self.proven = found, True
            self.bound = self.best.tightness if self.best else self.bound
        return found

    def _sampled(self, first: list[Listing]) -> list[Listing]:
        """Vectors of all rungs, from where ladders of some tightness could lie: of the first such
        tightness at which there is one. The first listings tell how much a label costs."""
        found = first
        most = FIRST_LABELS * self.effort.part(SAMPLE) // max(sum(one.steps for one in first), 1)
        labels = max(FIRST_LABELS, min(most, WHOLE_LABELS))
        for goal in GOALS:
            inside = narrowed(Box.whole(self.held), self.rungs, self.held, goal)
            if inside is None or (goal is not None and inside[1] > goal):
                continue
            window = inside[0].window(self.held, goal, strict=False)
            found = self.listed(range(len(self.rungs)), labels, window=window)
            self.solve(found)
            if self.best and goal is not None and self.best.tightness <= goal:
                break
        return found

    def listed(
        self,
        numbers: Sequence[int],
        labels: int,
        scope: tuple[int | None, int | None] = (None, None),
        window: Window | None = None,
        whole: bool = False,
    ) -> list[Listing]:
        """Listings of some rungs, side by side."""
        low, high = window or Box.whole(self.held).window(self.held, None, strict=False)
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

    def solve(self, found: Sequence[Listing]) -> bool:
        """Keep the tightest choice of these listings; whether nothing in them is tighter."""
        best, proven = self._tightest(found, self.best.tightness if self.best else None)
        if best is not None:
            self.best = best
        return proven

    def _tightest(
        self, found: Sequence[Listing], below: Fraction | None
    ) -> tuple[Best | None, bool]:
        """The tightest choice below a tightness, and whether that is proven."""
        if not all(len(one.vectors) for one in found):
            return None, True
        work = WHOLE_WORK if all(one.complete for one in found) else WORK
        lists = Lists([one.vectors for one in found], self.held.tolerances, self.effort.look, work)
        chosen, proven = narrowest(lists, below)
        self.effort.steps += lists.work
        if chosen is None:
            return None, proven
        pairs = list(zip(found, chosen.numbers, strict=True))
        return Best(
            chosen.tightness,
            tuple(tuple(one.vectors[i].tolist()) for one, i in pairs),
            tuple(one.row(i) for one, i in pairs),
        ), proven

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
            start, _ = self._tightest(kept, None)
            if start is not None:
                starts.append(start)
        return starts

    def _descend(self, start: Best) -> None:
        """Look closer and closer about a ladder, until more labels find nothing tighter."""
        labels, cost = WHOLE_LABELS, 0
        while (
            labels <= MOST_LABELS
            and start.tightness > self.bound
            and self.effort.allows(DESCENT if start.tightness <= 1 else Fraction(1), cost)
        ):
            before = self.effort.steps
            scope, window = self._around(start)
            found = self.listed(range(len(self.rungs)), labels, scope, window)
            cost = self.effort.steps - before
            tighter, _ = self._tightest(found, start.tightness)
            if tighter is None or tighter.tightness > NOT_MUCH * start.tightness:
                if all(one.complete for one in found):
                    return
                labels, cost = 4 * labels, 4 * cost
            if tighter is not None:
                start = tighter
                if self.best is None or start.tightness < self.best.tightness:
                    self.best = start

    def _around(self, start: Best) -> tuple[tuple[int | None, int | None], Window]:
        """The scope of a ladder, and the window about it, half its own ratio to either side."""
        columns = list(zip(*start.vectors, strict=True))
        box = Box(tuple(map(min, columns)), tuple(map(max, columns)))
        low, high = [], []
        for values, tolerance in zip(columns, self.held.tolerances, strict=True):
            half = ratio_of(tolerance, start.tightness / 2)
            low.append(int(min(values) / half))
            high.append(int(max(values) * half))
        inside = narrowed(Box.whole(self.held), self.rungs, self.held, start.tightness, False)
        costs = len(self.held.costs)
        window = (low[-costs:], high[-costs:])
        if inside is not None:
            ends = inside[0].window(self.held, start.tightness, strict=True)
            window = (list(map(max, window[0], ends[0])), list(map(min, window[1], ends[1])))
        return box.scope(self.held), window

    # Boxes

    def _close(self, sizes: Sequence[int]) -> None:
        """Close what cannot hold a tighter ladder, box by box."""
        boxes = Boxes(self, sizes)
        while True:
            self.bound = boxes.bound()
            if boxes.done():
                self.proven = True
                return
            if boxes.exhausted() or not self.effort.allows():
                return
            start = boxes.advance()
            if start is not None:
                self._descend(start)


def _having(listing: Listing, key: tuple[int, ...]) -> Listing:
    """The part of a listing with these leading coordinates."""
    chosen = (listing.vectors[:, : len(key)] == key).all(axis=1)
    return replace(listing, vectors=listing.vectors[chosen], ends=listing.ends[chosen])
