"""Counts under one budget on an adding cost, by RF, without telling all costs apart.

A match is a way from the start to a cut and a way from there to an end. Each half has far fewer
different costs than the whole; where two halves meet, sorted costs and numbers of ways give how
many pairs keep the budget. Both halves grow spot by spot, the smaller first, until they meet.
Only for automata of staged spaces, whose states ascend and whose steps have constant costs.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from rfsearch.automaton import Progress
from rfsearch.criteria import Criteria
from rfsearch.errors import LimitError
from rfsearch.kernels import halves as kernel
from rfsearch.kernels.step import ADD
from rfsearch.threads import default_threads

if TYPE_CHECKING:
    from rfsearch.stages.closure import StagedAutomaton
    from rfsearch.stages.spots import Spots

NEVER = 1 << 61
BYTES = 16  # of an entry of a list; it stands in a list and in scratch, while they grow twice
MOST_ENTRIES = 1 << 22  # of one half: some seconds
_FINEST = 11  # bits of the first coarser units
_SIDES = (True, False)  # rounded up, rounded down


@dataclass(frozen=True, eq=False)
class _Half:
    """One half's nodes, in the order of their spots, and what leads to each of them.

    A node of the first half is a state; one of the second is a spot and the growth from there on.
    """

    spot: np.ndarray  # [N]
    spot_first: np.ndarray  # [P + 1] nodes by spot
    position: np.ndarray  # [N] packed RF or growth
    first: np.ndarray  # [N + 1] of source and weight
    source: np.ndarray
    weight: np.ndarray
    most: np.ndarray  # [N] greatest cost of the half with which some match keeps the budget
    certain: np.ndarray  # [N] greatest cost with which all do


def can_halve(criteria: Criteria) -> bool:
    """Whether the budgets are one, on a cost that adds."""
    return len(criteria.names) == 1 and int(criteria.join[0]) == ADD


@dataclass(frozen=True)
class Counts:
    """{RF, a number for each axis told apart: matches}: at least and at most, RFs with 0 too."""

    at_least: dict[tuple[int, ...], int]
    at_most: dict[tuple[int, ...], int]


def counts_within(
    automaton: StagedAutomaton,
    criteria: Criteria,
    memory_limit: int,
    progress: Progress = lambda stage, done: None,
    most_entries: int = MOST_ENTRIES,
) -> Counts:
    """Exact counts by RF where the costs told apart are few enough, else proven bounds of them.

    `criteria` are the budgets alone, and can_halve. Bounds come from costs in coarser units,
    rounded up for those that are surely within the budget, down for those that may be. Raises
    LimitError where even these do not fit `memory_limit` bytes.
    """
    room = min(most_entries, memory_limit // (4 * BYTES))
    graph = _Graph.of(automaton, criteria)
    try:
        exact = _counted(automaton, graph, room, progress)
        return Counts(exact, exact)
    except LimitError:
        span = int(graph.greatest.max() - graph.least.min())
        unit = max(span >> _FINEST, 1)
    while True:
        try:
            with ThreadPoolExecutor(len(_SIDES)) as pool:
                graphs = [graph.in_units(unit, up) for up in _SIDES]
                sides = [pool.submit(_counted, automaton, one, room, progress) for one in graphs]
                return Counts(*(side.result() for side in sides))
        except LimitError:
            unit *= 4
            if unit > span:
                raise


def _counted(
    automaton: StagedAutomaton, graph: _Graph, room: int, progress: Progress
) -> dict[tuple[int, ...], int]:
    fields = automaton.fields_at(np.arange(automaton.states))
    places = _places(automaton.arcs.spots, graph.growth)
    position, shift = fields @ places, graph.growth @ places
    ends, first = np.unique(position[automaton.final], return_index=True)
    ahead, back = _ahead(automaton, graph, position), _back(automaton, graph, shift)
    halves = _Halves(graph.limit, ahead, back, room)
    cut = halves.meet(progress)
    # One for each of the threads that join, three words a number.
    totals = np.zeros((default_threads(), len(ends), 3), np.uint64)
    halves.add_ended(cut, automaton.final, ends, totals[0])
    halves.add_joined(cut, ends, totals, progress)
    rfs = fields[automaton.final][first].tolist()
    return {tuple(rf): _number(totals[:, i]) for i, rf in enumerate(rfs)}


def _number(parts: np.ndarray) -> int:
    return sum(int(word) << (64 * i) for part in parts for i, word in enumerate(part))


@dataclass(frozen=True, eq=False)
class _Graph:
    """The spots' steps with the one cost and the growth of each."""

    spots: Spots
    limit: int
    cost: np.ndarray  # [E]
    growth: np.ndarray  # [E, axes told apart]
    least: np.ndarray  # [P] cost of the ways from the start
    greatest: np.ndarray  # [P]

    @classmethod
    def of(cls, automaton: StagedAutomaton, criteria: Criteria) -> _Graph:
        spots = automaton.arcs.spots
        growth = np.zeros((len(spots.source), 1), np.int64)
        if automaton.tracked:
            growth = (spots.end - spots.start)[:, list(automaton.axes)]
        limit = int(criteria.limit[0] - criteria.begin[0])
        cost = np.ascontiguousarray(criteria.coefficient[:, 0, 0])
        return cls(spots, limit, cost, growth, *_from_start(spots, cost))

    def in_units(self, unit: int, up: bool) -> _Graph:
        """The same with each step's cost in whole units, rounded up or down."""
        cost = -(-self.cost // unit) if up else self.cost // unit
        ends = _from_start(self.spots, cost)
        return _Graph(self.spots, self.limit // unit, cost, self.growth, *ends)


def _from_start(spots: Spots, cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest cost [P] of the ways from the start: to an end, all turned round."""
    count = len(spots.place)
    order = np.argsort(-spots.target, kind="stable")
    first = np.searchsorted(-spots.target[order], np.arange(-count + 1, 2))
    start = np.zeros(count, bool)
    start[-1] = True
    least, greatest = _range(first, count - 1 - spots.source[order], cost[order], start)
    return least[::-1].copy(), greatest[::-1].copy()


def _range(
    first: np.ndarray, to: np.ndarray, cost: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    least, greatest = np.full(len(ends), NEVER), np.full(len(ends), -NEVER)
    kernel.cost_range(first.astype(np.int64), to.astype(np.int64), cost, ends, least, greatest)
    return least, greatest


def _places(spots: Spots, growth: np.ndarray) -> np.ndarray:
    """[axes] what one pixel of an axis counts in a packed RF, so that none reaches the next."""
    most = np.ones((len(spots.place), growth.shape[1]), np.int64)
    steps = np.unique(np.column_stack([spots.source, spots.target, growth]), axis=0)
    for source, target, *more in steps.tolist():
        most[target] = np.maximum(most[target], most[source] + more)
    return np.concatenate([[1], np.cumprod(most.max(axis=0) + 1)[:-1]]).astype(np.int64)


def _ahead(automaton: StagedAutomaton, graph: _Graph, position: np.ndarray) -> _Half:
    """From the start: nodes are the states."""
    states = automaton.states
    cost = graph.cost[automaton.arc]
    least, greatest = _range(automaton.first, automaton.to, cost, automaton.final)
    # The start comes from the seed, which is the node after the last.
    to = np.append(automaton.to, automaton.start)
    order = np.argsort(to, kind="stable")
    source = np.append(np.repeat(np.arange(states), np.diff(automaton.first)), states)[order]
    spot = automaton.spot.astype(np.int64)
    return _Half(
        spot=spot,
        spot_first=np.searchsorted(spot, np.arange(len(graph.least) + 1)),
        position=position,
        first=np.searchsorted(to[order], np.arange(states + 1)),
        source=source,
        weight=np.append(cost, 0)[order],
        most=graph.limit - least,
        # No more than any way there has: what is raised must suit what the other half raises.
        certain=np.minimum(graph.limit - greatest, graph.greatest[spot]),
    )


def _back(automaton: StagedAutomaton, graph: _Graph, shift: np.ndarray) -> _Half:
    """From the ends: nodes are spots, each once for every growth from there on."""
    spots = automaton.arcs.spots
    count = len(spots.place)
    ends = np.zeros(count, bool)
    ends[automaton.spot[automaton.final]] = True
    first_step = np.searchsorted(spots.source, np.arange(count + 1))
    grown: list[np.ndarray] = [np.empty(0, np.int64)] * count
    for at in range(count - 1, -1, -1):
        steps = slice(first_step[at], first_step[at + 1])
        pairs = np.unique(np.column_stack([spots.target[steps], shift[steps]]), axis=0)
        parts = [grown[to] + more for to, more in pairs.tolist()]
        grown[at] = np.unique(np.concatenate([*parts, np.zeros(int(ends[at]), np.int64)]))
    sizes = np.array([len(some) for some in grown])
    spot_first = np.concatenate([[0], np.cumsum(sizes)])
    position = np.concatenate(grown)
    spot = np.repeat(np.arange(count), sizes)
    # One entry for each step and each growth beyond it.
    many = sizes[spots.target]
    step = np.repeat(np.arange(len(many)), many)
    within = np.arange(len(step)) - np.repeat(np.cumsum(many) - many, many)
    source = spot_first[spots.target[step]] + within
    width = int(position.max(initial=0)) + 1
    keys = spot * width + position
    node = np.searchsorted(keys, spots.source[step] * width + position[source] + shift[step])
    # Ends come from the seed, which is the node after the last.
    ended = np.searchsorted(keys, np.flatnonzero(ends) * width)
    node = np.concatenate([node, ended])
    source = np.concatenate([source, np.full(len(ended), len(spot))])
    weight = np.concatenate([graph.cost[step], np.zeros(len(ended), np.int64)])
    order = np.argsort(node, kind="stable")
    return _Half(
        spot=spot,
        spot_first=spot_first,
        position=position,
        first=np.searchsorted(node[order], np.arange(len(spot) + 1)),
        source=source[order],
        weight=weight[order],
        most=graph.limit - graph.least[spot],
        certain=graph.limit - graph.greatest[spot],
    )


class _Halves:
    """Lists of costs of both halves, grown until they meet."""

    def __init__(self, limit: int, ahead: _Half, back: _Half, room: int) -> None:
        self.limit, self.ahead, self.back, self.room = limit, ahead, back, room
        self.from_start = _Listed(ahead, room)
        self.to_end = _Listed(back, room)
        self.spots = len(ahead.spot_first) - 1

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

    def add_ended(self, cut: int, final: np.ndarray, groups: np.ndarray, total: np.ndarray) -> None:
        """Add to total [G, 3] the ways that end before the cut."""
        lists = self.from_start.lists
        for state in np.flatnonzero(final[: self.ahead.spot_first[cut]]).tolist():
            here = slice(lists.first[state], lists.end[state])
            within = lists.g[here] <= self.limit
            kernel.add_all(
                total[np.searchsorted(groups, self.ahead.position[state])], lists.ways[here][within]
            )

    def add_joined(
        self, cut: int, groups: np.ndarray, totals: np.ndarray, progress: Progress
    ) -> None:
        """Add to totals [threads, G, 3] the ways that pass the cut."""
        ahead, back, ends = self.ahead, self.back, self.to_end
        arriving = _Listed(ahead, self.room)
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
                    pool.submit(self._join, arriving.lists, *pair, groups, total)
                    for pair, total in zip(pairwise(bounds), totals, strict=False)
                ]
                for job in jobs:
                    job.result()
                progress("budgets", (spot + 1) / self.spots)

    def _join(
        self, arriving: kernel.Lists, low: int, high: int, groups: np.ndarray, total: np.ndarray
    ) -> None:
        ahead, back = self.ahead, self.back
        kernel.combine(
            low, high, ahead.spot, ahead.position, arriving, back.spot_first, back.position,
            self.to_end.lists, groups, self.limit, total,
        )  # fmt: skip


class _Listed:
    """The lists of a half as far as they are filled."""

    def __init__(self, half: _Half, most: int) -> None:
        self.half, self.most = half, most
        nodes, room = len(half.spot), min(1 << 12, most)
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
        half = self.half
        node, high = (int(one) for one in half.spot_first[spot : spot + 2])
        while node < high:
            node = kernel.fill(
                node, high, half.first, half.source, half.weight, half.most, half.certain,
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
        if size > self.most:
            raise LimitError(
                f"the costs under a budget are more than {self.most} in one half; loosen or drop "
                "the budget, or reduce repeats or widths"
            )
        self._scratch = np.empty(size, np.int64), np.empty(size, np.uint64)
        self.lists = self.lists._replace(
            g=np.concatenate([self.lists.g, np.zeros_like(self.lists.g)]),
            ways=np.concatenate([self.lists.ways, np.zeros_like(self.lists.ways)]),
        )
