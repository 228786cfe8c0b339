"""The front of an automaton whose states ascend: sets of suffixes, then the first stack of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import Criteria, criteria_of
from rfsearch.errors import UsageError
from rfsearch.kernels import pareto as kernel
from rfsearch.kernels.step import ADD, GREATEST, LEAST
from rfsearch.question.in_time import carry_out
from rfsearch.question.suffix_sets import LABELS, SuffixSets, ways_of
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

MOST_PENDING = 4_000_000  # labels looked at one by one where the front is cut short


def front_by_suffixes(
    automaton: Automaton,
    ranking: Sequence[tuple[str, int]],
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = silent,
) -> np.ndarray:
    """Steps [P, D] of the front, one row a cost vector, in the order of the costs as listed.

    Raises UsageError for other than two to four costs, LimitError beyond `memory_limit` bytes.
    """
    check(ranking)
    if automaton.transitions == 0:
        return automaton.no_rows()
    criteria = criteria_of(automaton, ranking)
    search = Backward(automaton, criteria, memory_limit)
    carry_out(search, LABELS, lambda: progress("front", search.done, int(search.labels.used[0])))
    return search.stacks_of(search.vectors)


def check(ranking: Sequence[tuple[str, int]]) -> None:
    """UsageError for other than two to four costs."""
    if not 2 <= len(ranking) <= 4:
        raise UsageError(f"front: {len(ranking)} costs; give two to four")


def joined_all(join: np.ndarray, some: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """[n, R] costs so far [n, K] or [K] joined with the ends' [n, R], criterion by criterion."""
    joins = {ADD: np.add, GREATEST: np.maximum, LEAST: np.minimum}
    width = ends.shape[1]
    each = [joins[int(join[k])](some[..., k], ends[:, k]) for k in range(width)]
    return np.ascontiguousarray(np.stack(each, axis=1))


def undominated(vectors: np.ndarray) -> np.ndarray:
    """The Pareto-optimal vectors of [n, R], in lexicographic order."""
    order = np.lexsort(vectors.T[::-1])
    kept = np.empty(len(order), np.int64)
    return vectors[kept[: kernel.undominated(vectors, order, kept)]]


class Backward:
    """The sets of suffixes of an automaton, and the front that they make at its start."""

    def __init__(self, automaton: Automaton, criteria: Criteria, memory_limit: int) -> None:
        starts = np.zeros(automaton.states, bool)
        starts[automaton.start] = True
        self.automaton, self.criteria = automaton, criteria
        self.sets = SuffixSets(ways_of(automaton), starts, criteria, memory_limit)

    @property
    def done(self) -> float:
        """How many of the states have their labels, of all."""
        return self.sets.done

    @property
    def labels(self) -> kernel.Suffixes:
        """The labels made so far."""
        return self.sets.labels

    def advance(self, labels: int) -> bool:
        """Make about so many `labels`; True when all states have theirs. Raises LimitError."""
        return self.sets.advance(labels)

    @property
    def vectors(self) -> np.ndarray:
        """[P, R] the cost vectors of the front, in order, once all states have their labels."""
        start, criteria = self.automaton.start, self.criteria
        ends = self.labels.g[self.labels.first[start] : self.labels.end[start], : criteria.ranked]
        return undominated(joined_all(criteria.join, criteria.begin, ends))

    def stacks_of(self, vectors: np.ndarray) -> np.ndarray:
        """Steps [P, D] of the first stack in order of each vector of the front."""
        depth = self.automaton.width
        if self.automaton.forks:
            return self._over_forks(vectors, depth)
        return self._first_ways(self.automaton.start, self.criteria.begin, vectors, depth)

    def _first_ways(
        self, state: int, costs: np.ndarray, vectors: np.ndarray, depth: int
    ) -> np.ndarray:
        """Steps [P, depth] of the first way on from a state, reached at some costs [K]."""
        criteria, rows = self.criteria, np.full((len(vectors), depth), -1, np.int64)
        kernel.first_ways(
            *self.sets.ways, state, self.sets.added, criteria.join, criteria.limit, costs,
            self.labels, vectors, criteria.ranked, rows,
        )  # fmt: skip
        return rows

    def _over_forks(self, vectors: np.ndarray, depth: int) -> np.ndarray:
        """The first of the stacks that begin by any of the first steps, whose arcs part at once."""
        automaton, criteria = self.automaton, self.criteria
        edges = slice(*automaton.first[automaton.start : automaton.start + 2])
        states, arcs = automaton.to[edges].astype(np.int64), automaton.step[edges]
        after = joined_all(criteria.join, criteria.begin, self.sets.added[arcs])
        met = np.zeros((len(states), len(vectors)), np.bool_)
        kernel.attaining(
            self.labels, states, after, criteria.join, vectors, criteria.ranked, criteria.limit, met
        )
        order = np.append(automaton.order, -1)  # the last, of arc -1: a stack that ends comes first
        rows = np.full((len(vectors), depth), -1, np.int64)
        for state, arc, costs, some in zip(states.tolist(), arcs, after, met, strict=True):
            numbers = np.flatnonzero(some)
            if len(numbers) == 0:
                continue
            ways = self._first_ways(state, costs, vectors[numbers], depth - 1)
            for number, way in zip(numbers.tolist(), ways, strict=True):
                row = np.append(arc, way)
                known = rows[number]
                if known[0] < 0 or order[row].tolist() < order[known].tolist():
                    rows[number] = row
        return rows

    def stack_of(self, vector: np.ndarray) -> np.ndarray:
        """Steps [D] of the first stack in order of one vector of the front."""
        found: np.ndarray = self.stacks_of(vector.reshape(1, -1))[0]
        return found

    def pending(self) -> np.ndarray:
        """[m, R] what ways to end may come to at the least, those from the start not made yet.

        Such a way steps once from a state without labels to one with labels, or ends before: the
        least of a prefix with each label there, or for too many labels with the least of all.
        """
        ranked, before = self.criteria.ranked, int(self.labels.used[1]) + 1
        least, automaton = self.sets.least[:, :ranked], self.automaton
        to = automaton.to[: automaton.first[before]]
        border = np.unique(to[to >= before])
        counts = self.labels.end[border] - self.labels.first[border]
        border, counts = border[counts > 0], counts[counts > 0]
        ends = least[:before][automaton.final[:before]]
        if len(border) == 0:
            return np.ascontiguousarray(ends)
        starts = np.cumsum(counts) - counts
        if int(counts.sum()) <= MOST_PENDING:
            label = np.repeat(self.labels.first[border] - starts, counts) + np.arange(counts.sum())
            state, g = np.repeat(border, counts), self.labels.g[label, :ranked]
        else:
            runs = [slice(self.labels.first[s], self.labels.end[s]) for s in border]
            state = border
            g = np.array([self.labels.g[run, :ranked].min(axis=0) for run in runs])
        return np.concatenate([ends, joined_all(self.criteria.join, least[state], g)])
