"""Rung: one target of a ladder, compiled; it lists the held vectors of its stacks in a window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import Criteria, criteria_of
from rfsearch.kernels import listing as kernel
from rfsearch.kernels.bounds import NO_ENDING
from rfsearch.kernels.graph import DONE, FULL
from rfsearch.kernels.step import ADD, GREATEST
from rfsearch.ladder.held import JUMP, Held
from rfsearch.ladder.jump import jump_codes
from rfsearch.question.bounds import bounds_of
from rfsearch.question.room import doubled

UNLIMITED = 1 << 62
LABELS = 20_000  # expanded between two looks at the clock and at Ctrl-C
MOST_SCOPES = 3  # of which the bounds are kept
BOUNDS_A_STEP = 4  # of a bound's transitions and depths, as long as one step of a listing

Look = Callable[[], None]


@dataclass(frozen=True, eq=False)
class Listing:
    """Distinct vectors [N, C] of stacks, in lexicographic order; complete: of every stack."""

    vectors: np.ndarray
    parent: np.ndarray = field(repr=False)
    arc: np.ndarray = field(repr=False)
    ends: np.ndarray = field(repr=False)
    steps: int
    complete: bool = True

    def row(self, number: int) -> tuple[int, ...]:
        """The arcs of a stack with the vector of that number."""
        arcs, at = [], int(self.ends[number])
        while at > 0:
            arcs.append(int(self.arc[at]))
            at = int(self.parent[at])
        return tuple(reversed(arcs))


@dataclass(eq=False)
class Rung:
    """One target. `shape` [S] numbers what a stack that ends in a state has as its shape."""

    target: str
    automaton: Automaton
    held: Held
    shape: np.ndarray
    criteria: Criteria = field(init=False)
    low: np.ndarray = field(init=False)
    high: np.ndarray = field(init=False)
    steps: int = 0
    _ways: dict[Any, kernel.Ways] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        budgets = self.automaton.query.budgets
        more = [
            name
            for name in budgets
            if name not in self.held.costs and name not in self.automaton.in_states
        ]
        names = (*self.held.costs, *more)
        self.criteria = _criteria(self.automaton, names)
        ends = [budgets.get(name, (None, None)) for name in names]
        self.low = np.array([0 if low is None else low for low, _ in ends], np.int64)
        self.high = np.array([UNLIMITED if high is None else high for _, high in ends], np.int64)

    def scoped(self, shape: int | None = None, depth: int | None = None) -> Automaton:
        """The automaton of stacks that end in a shape, of `depth` layers where a step is one."""
        made = self.automaton
        if shape is not None:
            made = replace(made, final=made.final & (self.shape == shape))
        if depth is not None and made.spots.loops:
            reached = made.alive & np.uint64((1 << depth) - 1)
            made = replace(made, alive=reached, depths=(depth, depth))
        return made

    def ways(self, shape: int | None = None, depth: int | None = None) -> kernel.Ways:
        """The automaton with the bounds of what is to come, for the kernel."""
        key = (shape, depth)
        if key not in self._ways:
            made = self.scoped(shape, depth)
            self.steps += (
                made.transitions * made.depth[1] * len(self.criteria.names) // BOUNDS_A_STEP
            )
            if len(self._ways) >= MOST_SCOPES:
                self._ways.pop(list(self._ways)[1])  # that of all stacks stays
            self._ways[key] = _ways(made, self.criteria)
        return self._ways[key]

    def figures(self, row: Sequence[int], criteria: Criteria) -> tuple[int, ...]:
        """What a stack of these arcs has of every criterion."""
        return self._walked(row, criteria)[1]

    def vector(self, row: Sequence[int]) -> tuple[int, ...]:
        """The held coordinates of a stack of these arcs."""
        state, figures = self._walked(row, self.criteria)
        shape = (int(self.shape[state]),) if self.held.shapes else ()
        return shape + figures[: len(self.held.costs)]

    def _walked(self, row: Sequence[int], criteria: Criteria) -> tuple[int, tuple[int, ...]]:
        made, state = self.automaton, self.automaton.start
        totals = [int(value) for value in criteria.begin]
        for arc in row:
            low, high = int(made.first[state]), int(made.first[state + 1])
            target = int(made.to[low + int(np.flatnonzero(made.step[low:high] == arc)[0])])
            pairs = zip(criteria.join.tolist(), criteria.cost[arc].tolist(), strict=True)
            for k, (join, added) in enumerate(pairs):
                totals[k] = {ADD: totals[k] + added, GREATEST: max(totals[k], added)}.get(
                    join, min(totals[k], added)
                )
            state = target
        return state, tuple(totals)

    def range(
        self, shape: int | None = None, depth: int | None = None
    ) -> tuple[list[int], list[int]] | None:
        """The least and the greatest of every held cost alone; None where no stack is left."""
        ways = self.ways(shape, depth)
        held = range(len(self.held.costs))
        if any(ways.least[k, ways.start, 0] >= NO_ENDING for k in held):
            return None
        begin = self.criteria.begin
        least = [int(begin[k] + ways.least[k, ways.start, 0]) for k in held]
        greatest = [int(begin[k] - ways.most[k, ways.start, 0]) for k in held]
        least = [max(value, int(self.low[k])) for k, value in enumerate(least)]
        greatest = [min(value, int(self.high[k])) for k, value in enumerate(greatest)]
        return None if any(a > b for a, b in zip(least, greatest, strict=True)) else (
            least, greatest
        )  # fmt: skip

    def listing(
        self,
        low: Sequence[int],
        high: Sequence[int],
        cap: int,
        look: Look,
        shape: int | None = None,
        depth: int | None = None,
        whole: bool = False,
    ) -> Listing:
        """The vectors within low..high [of the held costs], of a sample beyond `cap` a level.

        `whole`: give up where there are more.
        """
        automaton = self.scoped(shape, depth)
        ways = self.ways(shape, depth)
        held = len(self.held.costs)
        least, most = self.low.copy(), self.high.copy()
        least[:held] = np.maximum(least[:held], np.array(low, np.int64))
        most[:held] = np.minimum(most[:held], np.array(high, np.int64))
        labels = _labels(automaton.start, self.criteria)
        begins = [0]
        for level in range(automaton.depth[1]):
            begins.append(int(labels.used[0]))
            if begins[-1] == begins[-2]:
                break
            labels.used[1], labels.used[2] = begins[-1], begins[-2]
            kernel.rehash(labels)
            labels.threshold[0] = kernel.ALL
            while True:
                outcome = kernel.widen(ways, labels, level, least, most, cap, LABELS)
                look()
                if outcome == DONE:
                    break
                if outcome == FULL:
                    labels = _grown(labels)
                if whole and labels.used[4]:
                    self.steps += int(labels.used[3])
                    none = np.empty((0, 1), np.int64)
                    return Listing(none, none, none, none, int(labels.used[3]), complete=False)
        begins.append(int(labels.used[0]))
        self.steps += int(labels.used[3])
        return self._ended(automaton, labels, begins, least, most)

    def _ended(
        self, automaton: Automaton, labels: kernel.Labels, begins: list[int],
        least: np.ndarray, most: np.ndarray,
    ) -> Listing:  # fmt: skip
        """The labels that may end, one for each vector."""
        count = begins[-1]
        depth = np.repeat(np.arange(len(begins) - 1), np.diff(begins))
        state, g = labels.state[:count], labels.g[:count]
        ends = automaton.final[state] & (depth >= max(automaton.depth[0], 1))
        ends &= (g >= least).all(axis=1) & (g <= most).all(axis=1)
        numbers = np.flatnonzero(ends)
        vectors = g[numbers, : len(self.held.costs)]
        if self.held.shapes:
            vectors = np.column_stack([self.shape[state[numbers]], vectors])
        order = np.lexsort((numbers, *vectors.T[::-1]))
        vectors = vectors[order]
        new = np.ones(len(order), bool)
        new[1:] = (vectors[1:] != vectors[:-1]).any(axis=1)
        return Listing(
            np.ascontiguousarray(vectors[new]), labels.parent[:count].copy(),
            labels.arc[:count].copy(), numbers[order][new], int(labels.used[3]),
            complete=not labels.used[4],
        )  # fmt: skip


def _criteria(automaton: Automaton, names: Sequence[str]) -> Criteria:
    """Costs, and the code of the jump, as criteria without limits."""
    without: dict[str, tuple[int | None, int | None]] = {}
    free = replace(automaton, query=replace(automaton.query, budgets=without))
    costs = [name for name in names if name != JUMP]
    made = criteria_of(free, [(name, 1) for name in costs])
    if JUMP not in names:
        return made
    at = list(names).index(JUMP)
    return replace(
        made,
        names=tuple(names),
        ranked=len(names),
        cost=np.ascontiguousarray(np.insert(made.cost, at, jump_codes(automaton), axis=1)),
        join=np.insert(made.join, at, ADD),
        begin=np.insert(made.begin, at, 0),
        limit=np.insert(made.limit, at, UNLIMITED),
    )


def _ways(automaton: Automaton, criteria: Criteria) -> kernel.Ways:
    negated = replace(criteria, cost=-criteria.cost, join=np.where(criteria.join == ADD, ADD, 2))
    return kernel.Ways(
        automaton.first, automaton.to, automaton.step, automaton.alive, automaton.start,
        criteria.cost, criteria.join,
        bounds_of(automaton, criteria, 0, threads=1)[0],
        bounds_of(automaton, negated, 0, threads=1)[0],
    )  # fmt: skip


def _labels(start: int, criteria: Criteria, capacity: int = 1 << 10) -> kernel.Labels:
    def numbers(kind: Any) -> np.ndarray:
        return np.zeros(capacity, kind)

    labels = kernel.Labels(
        state=numbers(np.int32),
        g=np.zeros((capacity, len(criteria.names)), np.int64),
        parent=np.full(capacity, -1, np.int32),
        arc=numbers(np.int32),
        key=numbers(np.uint64),
        chain=np.full(capacity, -1, np.int32),
        bucket=np.full(capacity, -1, np.int32),
        threshold=np.array([kernel.ALL]),
        used=np.array([1, 0, 0, 0, 0], np.int64),
    )
    labels.state[0], labels.g[0] = start, criteria.begin
    return labels


def _grown(labels: kernel.Labels) -> kernel.Labels:
    bucket = np.full(2 * len(labels.bucket), -1, np.int32)
    grown = doubled(labels, ("bucket", "threshold", "used"))._replace(bucket=bucket)
    kernel.rehash(grown)
    return grown
