"""A front as far as it is known: the points found, and how far any match may be beyond them."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import criteria_of
from rfsearch.kernels.top import NONE
from rfsearch.question.carried import Carried, CarriedOn
from rfsearch.question.front import LABELS, Forward, forward
from rfsearch.question.in_time import AT_ONCE, Known, Pace
from rfsearch.question.incumbents import Incumbents
from rfsearch.question.pareto import Backward, check, undominated
from rfsearch.question.suffix_sets import LABELS as SUFFIXES
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

SHARE = 1.0  # of the search's time, for incumbents
LEAST_LABELS = 200
STEPS = 200_000  # taken at most for the stack of one vector
TAIL = 0.25  # seconds in which to find the stacks of vectors, once time is over
MOST_PAIRS = 1 << 22  # compared at once


class Points:
    """A search for the vectors of a front and then, one after another, their first stacks."""

    def __init__(self, search: Forward | Backward) -> None:
        self.search = search
        self.vectors: np.ndarray | None = None  # [P, R], when all are found
        self.rows: list[np.ndarray] = []

    def advance(self, amount: int) -> bool:
        """Expand up to `amount` labels, then find stacks for a while; returns True when complete.

        Raises LimitError.
        """
        if self.vectors is None:
            if self.search.advance(amount):
                self.vectors = self.search.vectors
            return False
        until = monotonic() + AT_ONCE
        while len(self.rows) < len(self.vectors) and monotonic() < until:
            row = self.search.stack_of(self.vectors[len(self.rows)])
            assert row is not None
            self.rows.append(row)
        return len(self.rows) == len(self.vectors)

    def pending(self) -> np.ndarray:
        """[m, R] what vectors not found yet may be at the least."""
        if self.vectors is None:
            return self.search.pending()
        return self.vectors[len(self.rows) :]

    def seen(self) -> np.ndarray:
        """[n, R] vectors of matches whose stacks are not found yet."""
        if self.vectors is not None:
            return self.vectors[len(self.rows) :]
        if isinstance(self.search, Forward):
            return self.search.vectors
        return np.empty((0, self.search.criteria.ranked), np.int64)


class FrontInTime(CarriedOn):
    """As front_rows or front_by_suffixes, carried on piece by piece.

    The gap: for every match some listed one is worse by at most that in each cost.
    `proven` counts the points that nothing can beat any more.
    """

    def __init__(
        self,
        automaton: Automaton,
        ranking: Sequence[tuple[str, int]],
        memory_limit: int = MEMORY_LIMIT,
        progress: Progress = silent,
        threads: int | None = None,
    ) -> None:
        check(ranking)
        self.automaton = automaton
        self._criteria = criteria_of(automaton, ranking)
        self._nothing = automaton.transitions == 0
        if self._nothing:
            return
        search: Forward | Backward
        if automaton.ascending:
            search = Backward(automaton, self._criteria, memory_limit)
        else:
            search = forward(automaton, self._criteria, memory_limit, progress, threads)
        ranked = self._criteria.ranked
        incumbents = Incumbents(automaton, self._criteria, NONE, 1, ranked, memory_limit)
        self._points, self._incumbents = Points(search), incumbents
        most = SUFFIXES if automaton.ascending else LABELS
        self._carried = Carried(
            self._points, incumbents, Pace(LEAST_LABELS, most), SHARE,
            lambda: progress("front", search.done, int(search.labels.used[0])),
        )  # fmt: skip

    def _found_rows(self) -> np.ndarray:
        return np.array(self._points.rows, np.int64).reshape(-1, self.automaton.width)

    def _known_so_far(self) -> Known:
        rows, points, lost = self._listed()
        pending = undominated(np.concatenate([self._points.pending(), lost]))
        return Known(rows, gap_between(points, pending), _count_proven(points, pending), False)

    def _listed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Steps [n, D] and vectors [n, R] of what nothing known beats; vectors without a stack."""
        kept = self._incumbents
        made, lost = self._points.rows.copy(), []
        known = {vector for vector, _ in kept.kept.values()}
        until = monotonic() + TAIL
        for vector in self._points.seen():
            if tuple(vector.tolist()) not in known:
                row = self._stack_of(vector) if monotonic() < until else None
                if row is None:
                    lost.append(vector)
                else:
                    made.append(row)
        if made:
            kept.add(np.array(made))
        rows, vectors = kept.best(len(kept.kept))
        chosen = _first_undominated(vectors)
        return rows[chosen], vectors[chosen], np.array(lost, np.int64).reshape(-1, vectors.shape[1])

    def _stack_of(self, vector: np.ndarray) -> np.ndarray | None:
        search = self._points.search
        return search.stack_of(vector, STEPS) if isinstance(search, Forward) else None


def _first_undominated(vectors: np.ndarray) -> np.ndarray:
    """Indices of the Pareto-optimal of the sorted vectors [n, R], the first of equal ones."""
    kept: list[int] = []
    for number, vector in enumerate(vectors):
        if not kept or not (vectors[kept] <= vector).all(axis=1).any():
            kept.append(number)
    return np.array(kept, np.int64)


def gap_between(points: np.ndarray, pending: np.ndarray) -> tuple[int | None, ...]:
    """[R] how far any vector that some pending [m, R] bounds may be beyond every point [n, R].

    Each pending vector is held against the point that needs the least shift, costs in units of
    their range, to be no worse than it.
    """
    ranked = int(pending.shape[1])
    if len(points) == 0:
        return (None,) * ranked
    if len(pending) == 0:
        return (0,) * ranked
    unit = np.maximum((points.max(axis=0) - pending.min(axis=0)).astype(np.float64), 1.0)
    gap = np.zeros(ranked, np.int64)
    step = max(MOST_PAIRS // len(points), 1)
    for low in range(0, len(pending), step):
        some = pending[low : low + step]
        beyond = np.maximum(points[None] - some[:, None], 0)  # [m, n, R]
        chosen = (beyond / unit).max(axis=2).argmin(axis=1)
        gap = np.maximum(gap, beyond[np.arange(len(some)), chosen].max(axis=0))
    return tuple(int(one) for one in gap)


def _count_proven(points: np.ndarray, pending: np.ndarray) -> int:
    """How many points no pending vector may still better."""
    proven = 0
    for point in points:
        no_worse = (pending <= point).all(axis=1)
        proven += not (no_worse & (pending < point).any(axis=1)).any()
    return proven
