"""Counts under one budget on an adding cost, by RF, without telling all costs apart.

A match is a way from the start to a cut and a way from there to an end. Each half has far fewer
different costs than the whole; where two halves meet, sorted costs and numbers of ways give how
many pairs keep the budget. Both halves grow spot by spot, the smaller first, until they meet.
Only for automata of staged spaces, whose states ascend and whose steps have constant costs.
"""

from __future__ import annotations

from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from rfsearch.automaton.criteria import Criteria
from rfsearch.errors import LimitError
from rfsearch.kernels import halves as kernel
from rfsearch.kernels.step import ADD
from rfsearch.kernels.threads import default_threads
from rfsearch.question.half_nodes import (
    Halves,
    Nodes,
    halves_of,
    range_from_start,
    range_to_end,
)
from rfsearch.question.layered import halves_by_depth, halves_in_all
from rfsearch.request.running import Progress, silent

if TYPE_CHECKING:
    from rfsearch.automaton.automaton import Automaton

BYTES = 16  # of an entry of a list; it stands in a list and in scratch, while they grow twice
MOST_ENTRIES = 1 << 22  # of one half: some seconds
_FINEST = 9  # bits: the first coarser unit is this small a part of what the budget spans
_SIDES = (True, False)  # rounded up, rounded down


def can_halve(criteria: Criteria) -> bool:
    """Whether the budgets are one, on a cost that adds."""
    return len(criteria.names) == 1 and int(criteria.join[0]) == ADD


def that_bind(automaton: Automaton, criteria: Criteria) -> Criteria:
    """Of several budgets, those that some way passes; all where they are not sums.

    A budget that every match keeps tells nothing apart; the one that is left can be halved.
    """
    if len(criteria.names) < 2 or (criteria.join != ADD).any() or not automaton.ascending:
        return criteria
    start, ways = automaton.start, (automaton.first, automaton.to)
    most = [
        range_to_end(*ways, cost[automaton.step], automaton.final)[1][start]
        for cost in criteria.cost.T
    ]
    return _some(criteria, np.flatnonzero(criteria.begin + most > criteria.limit))


def _some(criteria: Criteria, kept: np.ndarray) -> Criteria:
    arrays = {name: getattr(criteria, name)[kept] for name in ("join", "begin", "limit")}
    names = tuple(criteria.names[k] for k in kept)
    return replace(criteria, names=names, cost=criteria.cost[:, kept], **arrays)


@dataclass(frozen=True)
class Counts:
    """{RF, a number for each axis told apart: matches}: at least and at most, RFs with 0 too."""

    at_least: dict[tuple[int, ...], int]
    at_most: dict[tuple[int, ...], int]


def counts_within(
    automaton: Automaton,
    criteria: Criteria,
    memory_limit: int,
    progress: Progress = silent,
    most_entries: int = MOST_ENTRIES,
    threads: int | None = None,
    halves: Halves | None = None,
) -> Counts:
    """Exact counts by RF where the costs told apart are few enough, else proven bounds of them.

    `criteria` are the budgets alone, and can_halve; `halves` those of the automaton, where they
    are made already. Bounds come from costs in coarser units, rounded up for those that are surely
    within the budget, down for those that may be. Raises LimitError where even these do not fit
    `memory_limit` bytes.
    """
    room = min(most_entries, memory_limit // (4 * BYTES))
    halves = halves or halves_of(automaton)
    budget = _Budget.of(criteria)
    threads = threads or default_threads()

    def counted(budget: _Budget) -> dict[tuple[int, ...], int]:
        return _Join(automaton, halves, budget, room).counts(progress, threads)

    try:
        exact = counted(budget)
        return Counts(exact, exact)
    except LimitError:
        least, greatest = range_from_start(automaton.spots, budget.cost)
        span = int(min(greatest.max(), budget.limit) - least.min())
        unit = max(span >> _FINEST, 1)
    from concurrent.futures import ThreadPoolExecutor

    while True:
        try:
            with ThreadPoolExecutor(min(threads, len(_SIDES))) as pool:
                sides = list(pool.map(counted, [budget.in_units(unit, up) for up in _SIDES]))
            return Counts(*sides)
        except LimitError:
            unit *= 4
            if unit > span:
                raise


def count_within(
    automaton: Automaton,
    criteria: Criteria,
    memory_limit: int,
    progress: Progress = silent,
    most_entries: int = MOST_ENTRIES,
    threads: int | None = None,
    by_depth: bool = False,
) -> dict[int, int]:
    """The exact count by depth, or of all at depth 0; RFs are not told apart, so that ways merge.

    As counts_within asks. Raises LimitError where the costs that are told apart are too many.
    """
    if automaton.transitions == 0:
        return {}
    room = min(most_entries, memory_limit // (4 * BYTES))
    halves = halves_by_depth(automaton) if by_depth else halves_in_all(automaton)
    join = _Join(automaton, halves, _Budget.of(criteria), room)
    counts = join.counts(progress, threads or default_threads())
    return {depth: count for (depth,), count in counts.items() if count}


def most_within(
    automaton: Automaton, criteria: Criteria, memory_limit: int, threads: int | None = None
) -> int | None:
    """No more matches keep all budgets: the least count under one of them, those on sums.

    Exact for each, see count_within; None where none can be counted so.
    """
    counts: list[int] = []
    for k in range(len(criteria.names)):
        one = _some(criteria, np.array([k]))
        if automaton.ascending and can_halve(one):
            with suppress(LimitError):
                counted = count_within(automaton, one, memory_limit, threads=threads)
                counts.append(sum(counted.values()))
    return min(counts, default=None)


@dataclass(frozen=True, eq=False)
class _Budget:
    """The limit of a stack and the cost of every step, cost [E]."""

    limit: int
    cost: np.ndarray

    @classmethod
    def of(cls, criteria: Criteria) -> _Budget:
        """The only one of criteria that can_halve."""
        limit = int(criteria.limit[0] - criteria.begin[0])
        return cls(limit, np.ascontiguousarray(criteria.cost[:, 0]))

    def in_units(self, unit: int, up: bool) -> _Budget:
        """The same with each step's cost in whole units, rounded up or down."""
        cost = -(-self.cost // unit) if up else self.cost // unit
        return _Budget(self.limit // unit, cost)


class _Join:
    """Lists of costs of both halves under one budget, grown until they meet, and then joined."""

    def __init__(self, automaton: Automaton, halves: Halves, budget: _Budget, room: int) -> None:
        self.automaton, self.halves, self.room = automaton, halves, room
        self.ahead, self.back = halves.ahead, halves.back
        self.limit, self.spots = budget.limit, len(halves.ahead.spot_first) - 1
        cost = budget.cost
        least, greatest = range_from_start(automaton.spots, cost)
        here, there = range_to_end(
            automaton.first, automaton.to, cost[automaton.step], automaton.final
        )
        here, there = here[halves.states], there[halves.states]
        ahead, back = halves.spots
        # No more than any way there has: what is raised must suit what the other half raises.
        certain = np.minimum(self.limit - there, greatest[ahead])
        self.from_start = _Listed(self.ahead, cost, self.limit - here, certain, room)
        most, certain = self.limit - least[back], self.limit - greatest[back]
        self.to_end = _Listed(self.back, cost, most, certain, room)

    def counts(self, progress: Progress, threads: int) -> dict[tuple[int, ...], int]:
        """{RF: number of matches}. Raises LimitError where the lists outgrow their room."""
        cut = self.meet(progress)
        # One for each of the threads that join, three words a number.
        totals = np.zeros((threads, len(self.halves.ends), 3), np.uint64)
        self.add_ended(cut, totals[0])
        self.add_joined(cut, totals, progress)
        return {rf: _number(totals[:, i]) for i, rf in enumerate(self.halves.rfs)}

    def meet(self, progress: Progress) -> int:
        """Fill both halves, that with fewer entries first; the first spot of the second one."""
        self.from_start.fill_spot(0)
        low, high = 1, self.spots
        while low < high:
            if self.from_start.entries <= self.to_end.entries:
                self.from_start.fill_spot(low)
                low += 1
            else:
                high -= 1
                self.to_end.fill_spot(high)
            progress("budgets", 1 - (high - low) / self.spots)
        return low

    def add_ended(self, cut: int, total: np.ndarray) -> None:
        """Add to total [G, 3] the ways that end before the cut."""
        lists, ahead = self.from_start.lists, self.ahead
        count = int(ahead.spot_first[cut])
        node = np.repeat(np.arange(count), (lists.end - lists.first)[:count])
        listed = slice(1, 1 + len(node))  # one after another, behind the seed
        final = self.automaton.final[self.halves.states[node]]
        ended = final & (lists.g[listed] <= self.limit)
        group = np.searchsorted(self.halves.ends, ahead.position[node[ended]])
        ways = lists.ways[listed][ended]
        for one in np.unique(group).tolist():
            kernel.add_all(total[one], ways[group == one])

    def add_joined(self, cut: int, totals: np.ndarray, progress: Progress) -> None:
        """Add to totals [threads, G, 3] the ways that pass the cut."""
        ahead, back, ends = self.ahead, self.back, self.to_end
        arriving = self.from_start.emptied()
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(len(totals)) as pool:
            for spot in range(cut, self.spots):
                arriving.empty()
                arriving.fill_spot(spot, self.from_start.lists)
                kernel.accumulate(back.spot_first[spot], back.spot_first[spot + 1], ends.lists)
                ends.check()
                low, high = (int(one) for one in ahead.spot_first[spot : spot + 2])
                parts = len(totals) if high - low > len(totals) else 1
                bounds = [low + (high - low) * i // parts for i in range(parts + 1)]
                jobs = [
                    pool.submit(self._join, arriving.lists, *pair, total)
                    for pair, total in zip(pairwise(bounds), totals, strict=False)
                ]
                for job in jobs:
                    job.result()
                progress("budgets", (spot + 1) / self.spots)

    def _join(self, arriving: kernel.Lists, low: int, high: int, total: np.ndarray) -> None:
        halves = self.halves
        kernel.combine(
            low, high, halves.meets, self.ahead.position, arriving, halves.meets_first,
            self.back.position, self.to_end.lists, halves.ends, self.limit, total,
        )  # fmt: skip


def _number(parts: np.ndarray) -> int:
    return sum(int(word) << (64 * i) for part in parts for i, word in enumerate(part))


class _Listed:
    """The lists of a half as far as they are filled."""

    def __init__(
        self, nodes: Nodes, cost: np.ndarray, most: np.ndarray, certain: np.ndarray, room: int
    ) -> None:
        self.nodes, self.room = nodes, room
        self.weight = np.where(nodes.step < 0, 0, cost[nodes.step])
        self.most, self.certain = most, certain
        self._begin()

    def emptied(self) -> _Listed:
        """The same without a list."""
        other = copy(self)
        other._begin()
        return other

    def _begin(self) -> None:
        nodes, room = len(self.nodes.spot), min(1 << 12, self.room)
        self.lists = kernel.Lists(
            first=np.zeros(nodes + 1, np.int64),
            end=np.zeros(nodes + 1, np.int64),
            g=np.zeros(room, np.int64),
            ways=np.zeros(room, np.uint64),
            used=np.array([1, 0]),
        )
        self.lists.end[nodes], self.lists.ways[0] = 1, 1  # the seed: one way at no cost
        self._scratch = np.empty(room, np.int64), np.empty(room, np.uint64)

    @property
    def entries(self) -> int:
        """Costs that were told apart so far."""
        return int(self.lists.used[0])

    def empty(self) -> None:
        """Forget all lists but the seed's."""
        self.lists.used[0] = 1

    def fill_spot(self, spot: int, before: kernel.Lists | None = None) -> None:
        """Make the lists of a spot's nodes, from those of the half or others. LimitError."""
        nodes = self.nodes
        node, high = (int(one) for one in nodes.spot_first[spot : spot + 2])
        while node < high:
            node = kernel.fill(
                node, high, nodes.first, nodes.source, self.weight, self.most, self.certain,
                self.lists if before is None else before, self.lists, *self._scratch,
            )  # fmt: skip
            if node < high:
                self._grow()
        self.check()

    def check(self) -> None:
        """LimitError where a number of ways no longer fits its word."""
        if self.lists.used[1]:
            raise LimitError("the halves of a budget have more than 2^64 ways of one cost")

    def _grow(self) -> None:
        size = 2 * len(self.lists.g)
        if size > self.room:
            raise LimitError(
                f"the costs under a budget are more than {self.room} in one half; loosen or drop "
                "the budget, or reduce repeats or widths"
            )
        self._scratch = np.empty(size, np.int64), np.empty(size, np.uint64)
        self.lists = self.lists._replace(
            g=np.concatenate([self.lists.g, np.zeros_like(self.lists.g)]),
            ways=np.concatenate([self.lists.ways, np.zeros_like(self.lists.ways)]),
        )
