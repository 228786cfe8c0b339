"""Reach: every receptive field that matches have, how many have it, and their best costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import Criteria, criteria_of
from rfsearch.errors import LimitError
from rfsearch.kernels import reach as kernel
from rfsearch.kernels.step import ADD
from rfsearch.kernels.threads import default_threads, pool_of
from rfsearch.question.best_within import BestWithin
from rfsearch.question.count import join_rows
from rfsearch.question.half_nodes import halves_of
from rfsearch.question.halves import counts_within
from rfsearch.question.suffix_sets import SuffixSets, ways_of
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

if TYPE_CHECKING:
    from rfsearch.automaton.automaton import Automaton

Check = Callable[[], None]  # raises where the question was interrupted

PARTS = 2  # of the criteria, each swept by a thread of its own
AT_ONCE = 2  # criteria, each in its part of the memory: whatever the threads, the same limits


@dataclass(frozen=True)
class Reached:
    """Receptive fields ascending; rf [G, axes], best [G, K] in the order of the criteria.

    `matches` are exact; where a budget makes that infeasible they are at least these, and at most
    `at_most`, which is None otherwise.
    """

    rf: np.ndarray
    matches: list[int]
    best: np.ndarray
    at_most: list[int] | None = None


def reach(
    automaton: Automaton,
    ranking: Sequence[tuple[str, int]],
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = silent,
    threads: int | None = None,
) -> Reached:
    """Passes forward over the automaton. Raises LimitError beyond `memory_limit` bytes.

    Budgets must be part of the automaton already (see rfsearch.question.budget).
    """
    criteria = criteria_of(automaton, ranking)
    kept = criteria.ranked  # budgets on sums are in the automaton by now
    rfs, group = _groups(automaton)
    size = automaton.states * (kept + 2) * 16 + len(rfs) * (kept + 2) * 8
    if size > memory_limit:
        raise LimitError(
            f"reach over {automaton.states} states needs {size / 2**30:.1f} GiB, above the limit "
            f"of {memory_limit / 2**30:.1f} GiB; narrow target_rf"
        )
    sweep = _Sweep(automaton, group, len(rfs))
    order = np.argsort(criteria.join[:kept] != ADD, kind="stable")
    parts = np.array_split(order, min(PARTS, kept))
    best = np.empty((len(rfs), kept), np.int64)
    with pool_of(threads or default_threads()) as (pool, check):
        counted = pool.submit(sweep.counts, progress, check)
        columns = [pool.submit(sweep.best, criteria, part, check) for part in parts]
        for part, found in zip(parts, columns, strict=True):
            best[:, part] = found.result()
        total, bits = counted.result()
    some = np.flatnonzero(total.any(axis=1))
    return Reached(rfs[some], join_rows(total[some], bits), best[some])


def _groups(automaton: Automaton) -> tuple[np.ndarray, np.ndarray]:
    """The RFs of all states, ascending [G, axes], and the one of each state [S]."""
    _, states, group = np.unique(automaton.rf, return_index=True, return_inverse=True)
    fields = automaton.fields_at(states)
    order = np.lexsort(fields.T[::-1])
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return fields[order], rank[group]


def reach_by_halves(
    automaton: Automaton,
    budgets: Criteria,
    ranking: Sequence[tuple[str, int]],
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = silent,
    threads: int | None = None,
) -> Reached:
    """The same under one budget on an adding cost, left out of the automaton.

    Counts as rfsearch.question.halves has them; the best costs are exact. Only for automata of
    staged spaces. Raises LimitError.
    """
    halves = halves_of(automaton)
    asked = automaton, budgets, memory_limit, progress
    counts = counts_within(*asked, threads=threads, halves=halves)
    within = BestWithin(automaton, halves)

    def column(one: tuple[str, int], check: Check) -> np.ndarray:
        return within.best(criteria_of(automaton, [one]), memory_limit // AT_ONCE, check)

    best = _columns(column, ranking, progress, threads)
    rfs = np.array(halves.rfs)
    order = np.lexsort(rfs.T[::-1])
    made = _bounded(rfs[order], best[order], counts.at_least, counts.at_most)
    return replace(made, at_most=None) if counts.at_least is counts.at_most else made


def reach_within_bounds(
    automaton: Automaton,
    lower: Automaton,
    upper: Automaton,
    ranking: Sequence[tuple[str, int]],
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = silent,
    threads: int | None = None,
) -> Reached:
    """The same under budgets that do not fit: bounds on the counts, the best costs still exact.

    `lower` and `upper` have at least and at most the matches (see rfsearch.question.budget).
    Only for automata whose states ascend. Raises LimitError.
    """
    at_least, at_most = (
        {tuple(rf): number for rf, number in zip(one.rf.tolist(), one.matches, strict=True)}
        for one in (
            reach(some, ranking[:1], memory_limit, progress, threads) for some in (lower, upper)
        )
    )
    fields = automaton.fields_at(np.arange(automaton.states))
    rfs = np.array(sorted(at_most), np.int64).reshape(-1, fields.shape[1])

    def column(one: tuple[str, int], check: Check) -> np.ndarray:
        return _best_by_field(automaton, one, rfs, fields, memory_limit // AT_ONCE, check)

    return _bounded(rfs, _columns(column, ranking, progress, threads), at_least, at_most)


def _columns(
    column: Callable[[tuple[str, int], Check], np.ndarray],
    ranking: Sequence[tuple[str, int]],
    progress: Progress,
    threads: int | None = None,
) -> np.ndarray:
    """[G, K] a column for each criterion, AT_ONCE at a time."""
    with pool_of(min(threads or default_threads(), AT_ONCE)) as (pool, check):
        columns = []
        for found in [pool.submit(column, one, check) for one in ranking]:
            columns.append(found.result())
            progress("reach", len(columns) / len(ranking))
    return np.stack(columns, axis=1)


def _bounded(
    rfs: np.ndarray,
    best: np.ndarray,
    at_least: dict[tuple[int, ...], int],
    at_most: dict[tuple[int, ...], int],
) -> Reached:
    """Counts by RF with the best costs within the budgets; RFs that no stack has are left out."""
    some = np.flatnonzero(best[:, 0] < kernel.NONE)
    wanted = [tuple(rf) for rf in rfs[some].tolist()]
    # An RF that has a best stack has at least that one.
    known = [max(at_least.get(rf, 0), 1) for rf in wanted]
    return Reached(rfs[some], known, best[some], [at_most[rf] for rf in wanted])


def _best_by_field(
    automaton: Automaton,
    one: tuple[str, int],
    rfs: np.ndarray,
    fields: np.ndarray,
    memory_limit: int,
    check: Check,
) -> np.ndarray:
    """[G] the least of one criterion within the budgets for each of the fields `rfs`.

    Sets of prefixes: those of suffixes of the automaton turned round.
    """
    criteria = criteria_of(automaton, [one])
    ways = ways_of(automaton).turned_round(automaton.start)
    sets = SuffixSets(ways, automaton.final[::-1], criteria, memory_limit)
    while not sets.advance():
        check()
    order = {tuple(rf): number for number, rf in enumerate(rfs.tolist())}
    best = np.full(len(rfs), kernel.NONE, np.int64)
    last, labels = automaton.states - 1, sets.labels
    for state in np.flatnonzero(automaton.final).tolist():
        found = labels.g[labels.first[last - state] : labels.end[last - state]]
        found = found[(criteria.begin + found <= criteria.limit).all(axis=1)]
        group = order.get(tuple(fields[state].tolist()))
        if len(found) and group is not None:
            best[group] = min(best[group], int(found[0, 0] + criteria.begin[0]))
    return best


class _Sweep:
    """Passes over an automaton, forward depth by depth, whose results are sorted by RF.

    group [S] numbers the RF of each state among `groups` ones.
    """

    def __init__(self, automaton: Automaton, group: np.ndarray, groups: int) -> None:
        self.automaton, self.group, self.groups = automaton, group, groups

    def counts(self, progress: Progress, check: Check) -> tuple[np.ndarray, int]:
        """Digits [G, L] of the number of matches of each RF, and the bits of a digit."""
        most = int(np.bincount(self.automaton.to, minlength=1).max(initial=1))
        bits, digits = 62 - most.bit_length(), 1
        no_cost = np.empty((self.automaton.steps, 0), np.int64)
        no_join = np.empty(0, np.int64)
        while True:
            here = np.zeros((self.automaton.states, digits), np.uint64)
            here[self.automaton.start, 0] = 1
            swept = self._swept(no_cost, no_join, no_join, bits, here, progress, check)
            if swept is not None:
                return swept[0], bits
            digits += 1

    def best(self, criteria: Criteria, part: np.ndarray, check: Check) -> np.ndarray:
        """[G, len(part)] the least of some criteria, those that add first."""
        join = criteria.join[part]
        cost = np.ascontiguousarray(criteria.cost[:, part])
        here = np.empty((self.automaton.states, 0), np.uint64)
        begin = criteria.begin[part]
        swept = self._swept(cost, join, begin, 1, here, lambda *told: None, check)
        assert swept is not None  # nothing is counted
        return swept[1]

    def _swept(
        self, cost: np.ndarray, join: np.ndarray, begin: np.ndarray, bits: int,
        here: np.ndarray, progress: Progress, check: Check,
    ) -> tuple[np.ndarray, np.ndarray] | None:  # fmt: skip
        """(counts [G, L + 1], best [G, K]) from those of the start; None: another digit needed."""
        automaton = self.automaton
        least = np.full((automaton.states, len(join)), kernel.NONE, np.int64)
        least[automaton.start] = begin
        total = np.zeros((self.groups, here.shape[1] + 1), np.uint64)
        best = np.full((self.groups, len(join)), kernel.NONE, np.int64)
        adds = int((join == ADD).sum())
        if automaton.ascending:
            more = kernel.ascend(
                automaton.first, automaton.to, automaton.step, automaton.final, self.group,
                cost, join, adds, bits, here, least, total, best,
            )  # fmt: skip
            return None if more else (total, best)
        low, high = automaton.depth
        for depth in range(high):
            check()
            there, least_next = np.zeros_like(here), np.full_like(least, kernel.NONE)
            if kernel.advance(
                automaton.first, automaton.to, automaton.step,
                automaton.alive, automaton.start, depth, cost, join, adds, bits, here,
                there, least, least_next,
            ):  # fmt: skip
                return None
            here, least = there, least_next
            if depth + 1 >= low:
                kernel.collect(
                    automaton.alive, automaton.final, automaton.start, depth + 1, self.group, bits,
                    here, least, total, best,
                )  # fmt: skip
            progress("reach", (depth + 1) / high)
        return total, best
