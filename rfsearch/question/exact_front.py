"""The front by or within arena and flash: point after point, each the best of what is left.

Of two costs the front is a stair: its first point is the best by the first cost, then the second;
the next one is the best among all that is better by the second cost, and so on. Each is proven as
the first row of a list is (exact_top). Where neither arena nor flash is among the costs, a point
that bounds give is the next one if it fits. Of more costs the points that bounds give are worked
out; where all fit, and neither arena nor flash is among the costs, they are the front.
"""

from __future__ import annotations

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import UNLIMITED
from rfsearch.layers.cost import CHARGED
from rfsearch.question.exact import Ranking, exact, totals
from rfsearch.question.exact_top import ExactTop, check_asked
from rfsearch.question.in_time import Deadline, Known
from rfsearch.question.pareto import front_by_suffixes
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent


class ExactFront:
    """A question that can be carried on, as FrontInTime."""

    def __init__(
        self, automaton: Automaton, ranking: Ranking, memory_limit: int = MEMORY_LIMIT,
        progress: Progress = silent, threads: int | None = None,
    ) -> None:  # fmt: skip
        check_asked(automaton, ranking)
        self.automaton, self.ranking = automaton, ranking
        self.memory_limit, self.progress = memory_limit, progress
        self.stuck = ""
        self._finished = automaton.transitions == 0
        self._rows: list[np.ndarray] = []
        self._proven = True
        self._limit = UNLIMITED
        self._asked: ExactTop | None = None
        self._certain = not any(name in CHARGED for name, _ in ranking)
        self._given: tuple[np.ndarray, np.ndarray] | None = None  # points of bounds: rows, costs

    @property
    def over(self) -> bool:
        """Whether it can do no more."""
        return self._finished or bool(self.stuck)

    def run(self, deadline: Deadline) -> None:
        """Go on until the deadline, at least until the first point."""
        while not self.over and not (deadline.passed and self._rows):
            if len(self.ranking) > 2:
                self._of_bounds()
            else:
                self._point(deadline)
            if deadline.was_cut:
                return

    def known(self) -> Known:
        """The points so far."""
        none = np.full((0, max(self.automaton.depth[1], 1)), -1, np.int64)
        rows = np.concatenate([none, *(row[None] for row in self._rows)])
        done = self._finished and self._proven
        gap = ((0 if done else None),) * len(self.ranking)
        return Known(rows, gap, len(rows) if done else 0, done)

    def _point(self, deadline: Deadline) -> None:
        """The next point of the stair."""
        if self._certain and self._asked is None and self._next_of_bounds():
            return
        if self._asked is None:
            self._asked = ExactTop(
                self.automaton, self.ranking, 1, "none", self.memory_limit, self.progress,
                (UNLIMITED, self._limit),
            )  # fmt: skip
        asked = self._asked
        asked.run(deadline)
        if not asked.over:
            return
        known = asked.known()
        self._asked = None
        if asked.stuck:
            self._proven = False
        if not len(known.rows):
            self._finished = not asked.stuck
            self.stuck = asked.stuck
            return
        found = exact(self.automaton, self.ranking, known.rows[:1])
        self._add(known.rows[0], int(found.exact[0, 1]))

    def _add(self, row: np.ndarray, second: int) -> None:
        self._rows.append(row)
        self._limit = second - 1
        self.progress("front", 0.0)

    def _next_of_bounds(self) -> bool:
        """Whether the next point that bounds give fits, or there is none."""
        rows, costs = self._bounds()
        left = np.flatnonzero(costs[:, 1] <= self._limit)
        if not len(left):
            self._finished = True
            return True
        first = int(left[0])
        if not exact(self.automaton, self.ranking, rows[first : first + 1]).fits[0]:
            return False
        self._add(rows[first], int(costs[first, 1]))
        return True

    def _bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """The front as bounds have it, in the order of the first cost: rows, costs."""
        if self._given is None:
            rows = front_by_suffixes(self.automaton, self.ranking, self.memory_limit, self.progress)
            self._given = rows, totals(self.automaton, self.ranking, rows)
        return self._given

    def _of_bounds(self) -> None:
        """The points that bounds give, as far as they fit."""
        rows, _ = self._bounds()
        found = exact(self.automaton, self.ranking, rows)
        self._rows = list(rows[found.fits])
        self._finished = bool(found.fits.all()) and self._certain
        if not self._finished:
            self.stuck = (
                f"{int(found.fits.sum())} of the {len(rows)} points that bounds give fit; a front "
                "of two costs is proven whole"
            )
