"""Incumbents: matches found by short searches under other rankings than the one asked for.

A search by one cost alone, or by a weighted sum of adding ones, has bounds from the end that are
attained, so that it dives straight to a match; by the bounded costs first, it stays within budgets.
Each search still honours every budget, so whatever it finds is a match.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from itertools import product
from math import gcd

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import UNLIMITED, Criteria
from rfsearch.errors import LimitError
from rfsearch.kernels.step import ADD
from rfsearch.question.along import costs_along, keys_along, states_along
from rfsearch.question.in_time import Deadline
from rfsearch.question.top import BestFirst, prepared
from rfsearch.request.running import MEMORY_LIMIT

MOST_EACH = 1_000  # matches wanted of one search
POPS = 20_000  # of one search
AT_ONCE = 2_000  # pops between two looks at the time
FINEST = {2: 64, 3: 16, 4: 16}  # parts into which weights of so many criteria divide 1
LARGEST_MIX = 1 << 60  # no weighted sum may pass it


@dataclass(frozen=True, eq=False)
class Try:
    """One search: what it ranks by, and whether it looks at all matches (no limit is tightened).

    weights [K]: the exact whole weights of a sum, None where single criteria rank.
    """

    criteria: Criteria
    complete: bool = True
    weights: np.ndarray | None = None


class Incumbents:
    """The best known match of each key (stack, ranked costs or family, by `mode`).

    `leads` are the ranked criteria that may come first: all for a front, one for a list.
    `none`: it is proven that nothing matches. `bound`: the least that the first criterion can be
    within the budgets, as far as weighted sums prove (Lagrange's relaxation); None so far.
    `cheap`: how many searches are left that need no weighing.
    """

    def __init__(
        self,
        automaton: Automaton,
        criteria: Criteria,
        mode: int,
        wanted: int,
        leads: int,
        memory_limit: int = MEMORY_LIMIT,
    ) -> None:
        self.automaton, self.criteria, self.mode = automaton, criteria, mode
        self.wanted, self.leads = min(wanted, MOST_EACH), leads
        self.memory_limit = memory_limit
        self.kept: dict[Hashable, tuple[tuple[int, ...], bytes]] = {}
        self.none, self.exhausted = False, False
        self.bound: int | None = None
        self._least, self._most = np.empty(0, np.int64), np.empty(0, np.int64)
        limits = criteria.limit < UNLIMITED
        self._limited = [int(k) for k in np.flatnonzero(limits)]
        orders = max(criteria.ranked - 1, 1) if leads == 1 else criteria.ranked
        adding = sum(criteria.join[k] == ADD for k in self._limited)
        self.cheap = len(self._limited) + (adding > 1) + orders
        self._tries = self._all()

    def look(self, deadline: Deadline) -> None:
        """One more search, if any is left; it ends at the deadline."""
        self.cheap = max(self.cheap - 1, 0)
        chosen = next(self._tries, None)
        if chosen is None or self.none:
            self.exhausted, self.cheap = True, 0
            return
        try:
            self._search(chosen, deadline)
        except LimitError:  # no room for more bounds
            self.exhausted, self.cheap = True, 0

    def best(
        self, most: int, without: set[Hashable] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Steps [n, D] and ranked costs [n, R] of the best known in order; n <= most."""
        kept = [one for key, one in self.kept.items() if not without or key not in without]
        order = np.append(self.automaton.order, -1)  # the last, of arc -1: a prefix comes first
        kept.sort(key=lambda one: (one[0], order[np.frombuffer(one[1], np.int64)].tolist()))
        kept = kept[:most]
        rows = [np.frombuffer(row, np.int64) for _, row in kept]
        costs = [costs for costs, _ in kept]
        return (
            np.array(rows, np.int64).reshape(-1, self.automaton.width),
            np.array(costs, np.int64).reshape(-1, self.criteria.ranked),
        )

    def add(self, rows: np.ndarray) -> None:
        """Keep matches given as steps [n, D], those that are the best of their key."""
        if len(rows) == 0:
            return
        ranked = self.criteria.ranked
        states = states_along(self.automaton, rows)
        costs = costs_along(self.automaton, self.criteria, rows, states)
        all_costs = costs if len(self._least) == 0 else np.vstack([costs, self._least, self._most])
        self._least, self._most = all_costs.min(axis=0), all_costs.max(axis=0)
        keys = keys_along(self.automaton, self.mode, costs[:, :ranked], rows, states)
        for key, vector, row in zip(keys, costs[:, :ranked].tolist(), rows, strict=True):
            known = self.kept.get(key)
            if known is None or tuple(vector) < known[0]:
                self.kept[key] = (tuple(vector), row.tobytes())

    def _search(self, chosen: Try, deadline: Deadline) -> None:
        criteria = chosen.criteria
        graph = prepared(self.automaton, criteria, self.mode, self.memory_limit)
        if chosen.weights is not None:
            self._relax(chosen.weights, int(graph.ahead[0, 0, graph.start, 0] + criteria.begin[0]))
        search = BestFirst(graph, criteria, self.wanted, self.mode, self.memory_limit)
        for _ in range(POPS // AT_ONCE):
            if search.advance(AT_ONCE):
                self.none = self.none or (chosen.complete and search.found == 0)
                break
            if deadline.passed and (search.found or self.kept):
                break
        self.add(search.rows())

    def _relax(self, weights: np.ndarray, least: int) -> None:
        """What the least weighted sum says of the first criterion where the others keep limits."""
        others = [k for k in np.flatnonzero(weights) if k != 0]
        if weights[0] == 0 or any(k not in self._limited for k in others):
            return
        spent = sum(int(weights[k]) * int(self.criteria.limit[k]) for k in others)
        bound = -((spent - least) // int(weights[0]))
        self.bound = bound if self.bound is None else max(self.bound, bound)

    def _all(self) -> Iterator[Try]:
        """Bounded costs first, then what is asked for, then weighted sums, coarse to fine."""
        criteria, ranked = self.criteria, self.criteria.ranked
        adding = [k for k in self._limited if criteria.join[k] == ADD]
        for k in self._limited:
            yield Try(self._ordered([k]))
        if len(adding) > 1:
            yield self._mixed(dict.fromkeys(adding, 1.0), {})
        if self.leads == 1:
            for length in range(1, max(ranked, 2)):
                yield Try(self._ordered(list(range(length))))
        else:
            for first in range(ranked):
                yield Try(self._ordered([first, *(k for k in range(ranked) if k != first)]))
        members = list(dict.fromkeys([*range(self.leads), *self._limited]))
        summed = [k for k in members if criteria.join[k] == ADD]
        cut = [k for k in members if criteria.join[k] != ADD and k < self.leads > 1]
        if not summed or len(summed) + len(cut) < 2:
            return
        parts = 2
        while parts <= FINEST.get(len(summed) + len(cut), 4):
            for shares in _shares(len(summed) + len(cut), parts, len(cut)):
                weights = dict(zip(summed, shares, strict=False))
                levels = dict(zip(cut, shares[len(summed) :], strict=True))
                yield self._mixed(weights, levels)
            parts *= 2

    def _ordered(self, order: list[int]) -> Criteria:
        """Ranked by these criteria in order, within the limits."""
        rest = [k for k in self._limited if k not in order]
        return _chosen(self.criteria, [*order, *rest], len(order))

    def _mixed(self, weights: dict[int, float], levels: dict[int, float]) -> Try:
        """Ranked by a weighted sum, each criterion in units of its spread; maxima held down.

        `levels`: how far in its spread a criterion that does not add may go, 1 for all of it.
        """
        criteria = self.criteria
        whole = np.zeros(len(criteria.names), np.int64)
        totals = _largest_totals(self.automaton, criteria)
        scaled = {k: weight / self._spread(k) for k, weight in weights.items() if weight}
        room = min(
            (LARGEST_MIX / len(scaled) / (weight * totals[k]) for k, weight in scaled.items()),
            default=0.0,
        )
        for k, weight in scaled.items():
            whole[k] = int(weight * room)
        tight = {k: level for k, level in levels.items() if level < 1 and len(self._least)}
        limits = criteria.limit.copy()
        for k, level in tight.items():
            least, most = int(self._least[k]), int(self._most[k])
            limits[k] = min(int(limits[k]), least + int((most - least) * level))
        rest = list(dict.fromkeys([*self._limited, *tight]))
        mixed = _chosen(criteria, [0, *rest], 1)
        mixed.cost[:, 0] = criteria.cost @ whole
        mixed.join[0], mixed.begin[0] = ADD, int((whole * criteria.begin).sum())
        mixed.limit[:] = [UNLIMITED, *limits[rest]]
        return Try(mixed, complete=not tight, weights=whole)

    def _spread(self, k: int) -> float:
        if len(self._least) == 0:
            return max(abs(float(self.criteria.limit[k])), 1.0)
        return max(float(self._most[k] - self._least[k]), 1.0)


def _chosen(criteria: Criteria, order: list[int], ranked: int) -> Criteria:
    """Some of the criteria, in another order."""
    return Criteria(
        names=tuple(criteria.names[k] for k in order),
        ranked=ranked,
        cost=np.ascontiguousarray(criteria.cost[:, order]),
        join=criteria.join[order],
        begin=criteria.begin[order],
        limit=criteria.limit[order],
    )


def _largest_totals(automaton: Automaton, criteria: Criteria) -> np.ndarray:
    """float [K] what no sum along a stack passes, in absolute value."""
    layer = np.abs(criteria.cost.astype(np.float64)).max(axis=0, initial=0)
    largest: np.ndarray = layer * automaton.width + np.abs(criteria.begin) + 1.0
    return largest


def _shares(count: int, parts: int, levels: int) -> Iterator[tuple[float, ...]]:
    """Weights of a sum in so many parts, and `levels` levels in 1/parts .. 1; none seen coarser."""
    for numbers in product(range(parts + 1), repeat=count):
        summed, cut = numbers[: count - levels], numbers[count - levels :]
        if sum(summed) != parts or 0 in cut:
            continue
        common = gcd(parts, *numbers)
        if common == 1 or parts == 2:
            yield tuple(number / parts for number in numbers)
