"""Walks to the matches of an automaton that forks, in the one order of stacks all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import Criteria, criteria_of
from rfsearch.kernels import forks as kernel
from rfsearch.question.bounds import bounds_of
from rfsearch.request.running import MEMORY_LIMIT


@dataclass(frozen=True, eq=False)
class Forked:
    """What the kernels walk on, and the costs before any layer [K]; see kernels.forks."""

    automaton: Automaton
    ways: kernel.Ways
    walk: kernel.Walk
    begin: np.ndarray

    @classmethod
    def whole(cls, automaton: Automaton) -> Forked:
        """Without limits."""
        states, arcs = automaton.states, automaton.steps
        none = np.empty(0, np.int64)
        criteria = Criteria((), 0, np.empty((arcs, 0), np.int64), none, none, none)
        return cls._of(automaton, criteria, np.empty((0, states, automaton.depth[1] + 1), np.int64))

    @classmethod
    def within_budgets(cls, automaton: Automaton, memory_limit: int = MEMORY_LIMIT) -> Forked:
        """Within the budgets that are not part of the states. Raises LimitError."""
        criteria = criteria_of(automaton, [])
        least = bounds_of(automaton, criteria, 0, memory_limit=memory_limit)
        return cls._of(automaton, criteria, least[0])

    @classmethod
    def _of(cls, automaton: Automaton, criteria: Criteria, least: np.ndarray) -> Forked:
        low, high = automaton.depth
        first = automaton.first[automaton.start : automaton.start + 2]
        order = automaton.order
        states = int(np.bincount(order[automaton.step[first[0] : first[1]]]).max())
        ways = kernel.Ways(
            automaton.first, automaton.to, automaton.step, order, automaton.alive,
            automaton.final, automaton.start, low, high,
            np.ascontiguousarray(criteria.cost), criteria.join, criteria.limit,
            least,
        )  # fmt: skip
        shape = (high + 2, states)
        walk = kernel.Walk(
            states=np.zeros(high + 2, np.int64),
            state=np.empty(shape, np.int32),
            edge=np.empty(shape, np.int64),
            came=np.empty(shape, np.int32),
            by=np.empty(shape, np.int64),
            g=np.empty((*shape, len(criteria.names)), np.int64),
        )
        return cls(automaton, ways, walk, criteria.begin)

    def list_rows(
        self, batch: int, first_edges: np.ndarray | None = None, stop: int | None = None
    ) -> Iterator[np.ndarray]:
        """As question.walk.list_rows."""
        edges = np.full(0, -1) if first_edges is None else first_edges[first_edges >= 0]
        prefix = self.automaton.step[edges].astype(np.int64)
        depth = kernel.begin_with(self.ways, self.walk, self.begin, prefix)
        entered = True
        while depth >= 0 and (stop is None or stop > 0):
            size = batch if stop is None else min(batch, stop)
            edges = np.empty((size, max(self.ways.most_depth, 1)), np.int64)
            count, depth = kernel.list_on(self.ways, self.walk, depth, entered, edges)
            entered = False
            if stop is not None:
                stop -= count
            if count:
                yield self.steps_of(edges[:count]).astype(np.int32)

    def unrank(
        self, pair_first: np.ndarray, bits: int, completions: np.ndarray, numbers: np.ndarray
    ) -> np.ndarray:
        """Edges [n, D] of the matches with these numbers [n, L], in digits of `bits` bits."""
        edges = np.full((len(numbers), max(self.ways.most_depth, 1)), -1, np.int64)
        kernel.unrank(
            self.ways, self.walk, self.begin, pair_first, bits, completions, numbers, edges
        )
        return edges

    def steps_of(self, edges: np.ndarray) -> np.ndarray:
        """Steps [n, D] of edges, -1 after each end."""
        return np.where(edges >= 0, self.automaton.step[edges], -1)
