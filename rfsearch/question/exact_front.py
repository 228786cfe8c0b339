"""The front by or within arena and flash, of two costs: a stair, its points proven one by one.

Where neither arena nor flash is among the costs, a point of the bounds' own front that fits is on
the front: it is not dominated even within bounds. Between such points, where others did not fit,
the next one is the best by the first cost, then the second, of all that is better by the second
cost; each is proven as the first row of a list is (exact_top). Of more costs the points of the
bounds that fit are known, and they are the whole front where all do.
"""

from __future__ import annotations

import operator

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import UNLIMITED
from rfsearch.layers.cost import CHARGED
from rfsearch.question.exact import Ranking, exact
from rfsearch.question.exact_top import ExactTop
from rfsearch.question.in_time import Deadline, Known
from rfsearch.question.pareto import front_by_suffixes
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

PIECE = 16  # points worked out between two looks at the time

Costs = tuple[int, ...]
Point = tuple[Costs, np.ndarray]


class ExactFront:
    """A question that can be carried on, as FrontInTime."""

    def __init__(
        self, automaton: Automaton, ranking: Ranking, memory_limit: int = MEMORY_LIMIT,
        progress: Progress = silent, threads: int | None = None,
    ) -> None:  # fmt: skip
        self.automaton, self.ranking = automaton, ranking
        self.memory_limit, self.progress = memory_limit, progress
        self.stuck = ""
        self._certain = not any(name in CHARGED for name, _ in ranking)
        self._points: list[Point] = []  # in the order of the first cost
        self._proven = 0
        self._given: np.ndarray | None = None  # the front within bounds that is not worked out yet
        self._refused: list[Costs] = []  # points of it that do not fit
        self._regions: list[Costs] | None = None  # greatest costs of points that are still open
        self._asked: ExactTop | None = None
        self._finished = automaton.transitions == 0

    @property
    def over(self) -> bool:
        """Whether it can do no more."""
        return self._finished or bool(self.stuck)

    def run(self, deadline: Deadline) -> None:
        """Go on until the deadline, at least until the first point."""
        while not self.over and not (deadline.passed and self._points):
            if self._given is None or len(self._given):
                self._work_out()
            elif len(self.ranking) > 2:
                self._end_of_many()
            else:
                self._fill(deadline)
            if deadline.was_cut:
                return

    def known(self) -> Known:
        """The points so far."""
        rows = np.concatenate([self.automaton.no_rows(), *(row[None] for _, row in self._points)])
        gap = ((0 if self._finished else None),) * len(self.ranking)
        proven = len(rows) if self._finished else self._proven
        return Known(rows, gap, proven, self._finished)

    def _work_out(self) -> None:
        """Some points of the front within bounds: those that fit are on the front."""
        if self._given is None:
            running = (self.memory_limit, self.progress)
            rows = front_by_suffixes(self.automaton, self.ranking, *running)
            # Where arena or flash is a cost its bound says too little of a point.
            useful = self._certain or len(self.ranking) > 2
            self._given = rows if useful else rows[:0]
        found = exact(self.automaton, self.ranking, self._given[:PIECE])
        self._given = self._given[PIECE:]
        for row, costs, fits in zip(
            found.rows, found.exact.tolist(), found.fits.tolist(), strict=True
        ):
            if fits:
                self._points.append((tuple(costs), row))
                self._proven += self._certain
            else:
                self._refused.append(tuple(costs))
        self.progress("front", 0.0)

    def _end_of_many(self) -> None:
        """Of more than two costs: whether the points that fit are all."""
        self._points = _undominated(self._points)
        self._finished = self._certain and not self._refused
        if not self._finished:
            self.stuck = (
                f"{len(self._points)} points of the bounds' front fit; only a front of two costs "
                "is proven whole"
            )

    def _fill(self, deadline: Deadline) -> None:
        """One point more where some are open, or one region less."""
        if self._regions is None:
            self._regions = self._open()
        if not self._regions:
            self._finished = not self._unproven
            self.stuck = "" if self._finished else self._unproven
            return
        if self._asked is None:
            self._asked = ExactTop(
                self.automaton, self.ranking, 1, "none", self.memory_limit, self.progress,
                self._regions[-1],
            )  # fmt: skip
        asked = self._asked
        asked.run(deadline)
        if not asked.over:
            return
        self._asked = None
        known = asked.known()
        first, _ = self._regions.pop()
        if asked.stuck:
            self._unproven = asked.stuck
            if not self._certain and len(known.rows):
                self._add(known.rows[0])
            return
        if len(known.rows):
            self._proven += 1
            self._regions.append((first, self._add(known.rows[0])[1] - 1))

    _unproven = ""

    def _add(self, row: np.ndarray) -> Costs:
        found = exact(self.automaton, self.ranking, row[None])
        costs: Costs = tuple(found.exact[0].tolist())
        self._points.append((costs, row))
        self._points.sort(key=lambda one: one[0])
        self.progress("front", 0.0)
        return costs

    def _open(self) -> list[Costs]:
        """Where points of the bounds' front did not fit: between which of those that do."""
        if not self._certain:
            return [(UNLIMITED, UNLIMITED)]
        regions: list[Costs] = []
        before = UNLIMITED
        refused = sorted(self._refused)
        for costs, _ in [*self._points, ((UNLIMITED, -UNLIMITED), None)]:
            if refused and refused[0][0] < costs[0]:
                regions.append((costs[0] - 1 if costs[0] < UNLIMITED else UNLIMITED, before))
            refused = [one for one in refused if one[0] >= costs[0]]
            before = costs[1] - 1
        return regions


def _undominated(points: list[Point]) -> list[Point]:
    """The points that no other dominates; their own figures may differ from their bounds."""
    return [
        (costs, row)
        for costs, row in points
        if not any(other != costs and all(map(operator.le, other, costs)) for other, _ in points)
    ]
