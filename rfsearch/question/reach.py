"""Reach: every receptive field that matches have, how many have it, and their best costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rfsearch.automaton import MEMORY_LIMIT, Automaton, Progress
from rfsearch.criteria import Criteria, criteria_of
from rfsearch.errors import LimitError
from rfsearch.kernels import reach as kernel
from rfsearch.question.count import join
from rfsearch.question.halves import counts_within
from rfsearch.question.pareto import suffixes_of, turned_round


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
    progress: Progress = lambda stage, done: None,
) -> Reached:
    """One pass forward over the automaton. Raises LimitError beyond `memory_limit` bytes.

    Budgets must be part of the automaton already (see rfsearch.question.budget).
    """
    criteria = criteria_of(automaton, ranking)
    kept = criteria.ranked  # budgets on sums are in the automaton by now
    fields = automaton.fields_at(np.arange(automaton.states))
    rfs, group = np.unique(fields, axis=0, return_inverse=True)
    size = automaton.states * (kept + 2) * 16 + len(rfs) * (kept + 2) * 8
    if size > memory_limit:
        raise LimitError(
            f"reach over {automaton.states} states needs {size / 2**30:.1f} GiB, above the limit "
            f"of {memory_limit / 2**30:.1f} GiB; narrow target_rf"
        )
    digits = 1
    while True:
        found = _swept(automaton, criteria, kept, group.reshape(-1), len(rfs), digits, progress)
        if found is not None:
            break
        digits += 1
    total, best, bits = found
    matches = [join(row, bits) for row in total]
    some = [i for i, number in enumerate(matches) if number]
    return Reached(rfs[some], [matches[i] for i in some], best[some])


def reach_by_halves(
    automaton: Automaton,
    budgets: Criteria,
    ranking: Sequence[tuple[str, int]],
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = lambda stage, done: None,
    threads: int | None = None,
) -> Reached:
    """The same under one budget on an adding cost, left out of the automaton.

    Counts as rfsearch.question.halves has them; the best costs are exact. Only for automata of
    staged spaces. Raises LimitError.
    """
    counts = counts_within(automaton, budgets, memory_limit, progress, threads=threads)  # type: ignore[arg-type]
    made = _bounded(automaton, counts.at_least, counts.at_most, ranking, memory_limit)
    return replace(made, at_most=None) if counts.at_least is counts.at_most else made


def reach_within_bounds(
    automaton: Automaton,
    lower: Automaton,
    upper: Automaton,
    ranking: Sequence[tuple[str, int]],
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = lambda stage, done: None,
) -> Reached:
    """The same under budgets that do not fit: bounds on the counts, the best costs still exact.

    `lower` and `upper` have at least and at most the matches (see rfsearch.question.budget).
    Only for automata whose states ascend. Raises LimitError.
    """
    at_least, at_most = (
        {tuple(rf): number for rf, number in zip(one.rf.tolist(), one.matches, strict=True)}
        for one in (reach(some, ranking[:1], memory_limit, progress) for some in (lower, upper))
    )
    return _bounded(automaton, at_least, at_most, ranking, memory_limit)


def _bounded(
    automaton: Automaton,
    at_least: dict[tuple[int, ...], int],
    at_most: dict[tuple[int, ...], int],
    ranking: Sequence[tuple[str, int]],
    memory_limit: int,
) -> Reached:
    """Counts by RF with the best costs within the budgets; RFs that no stack has are left out."""
    fields = automaton.fields_at(np.arange(automaton.states))
    rfs = np.array(sorted(at_most), np.int64).reshape(-1, fields.shape[1])
    columns = [_best_by_field(automaton, one, rfs, fields, memory_limit) for one in ranking]
    best = np.stack(columns, axis=1)
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
) -> np.ndarray:
    """[G] the least of one criterion within the budgets for each of the fields `rfs`.

    Sets of prefixes: those of suffixes of the automaton turned round.
    """
    criteria = criteria_of(automaton, [one])
    turned = turned_round(automaton)
    labels = suffixes_of(
        turned, criteria, memory_limit, lambda stage, done: None, automaton.final[::-1]
    )
    order = {tuple(rf): number for number, rf in enumerate(rfs.tolist())}
    best = np.full(len(rfs), kernel.NONE, np.int64)
    last = automaton.states - 1
    for state in np.flatnonzero(automaton.final).tolist():
        found = labels.g[labels.first[last - state] : labels.end[last - state]]
        group = order.get(tuple(fields[state].tolist()))
        if len(found) and group is not None:
            best[group] = min(best[group], int(found[0, 0] + criteria.begin[0]))
    return best


def _swept(
    automaton: Automaton, criteria: Criteria, kept: int, group: np.ndarray, groups: int,
    digits: int, progress: Progress,
) -> tuple[np.ndarray, np.ndarray, int] | None:  # fmt: skip
    """(counts [G, L + 1], best [G, K], bits of a digit); None where another digit is needed."""
    low, high = automaton.depth
    most = int(np.bincount(automaton.to, minlength=1).max(initial=1))
    bits = 62 - most.bit_length()
    here = np.zeros((automaton.states, digits), np.uint64)
    least = np.full((automaton.states, kept), kernel.NONE, np.int64)
    here[automaton.start, 0] = 1
    least[automaton.start] = criteria.begin[:kept]
    total = np.zeros((groups, digits + 1), np.uint64)
    best = np.full((groups, kept), kernel.NONE, np.int64)
    coefficient = np.ascontiguousarray(criteria.coefficient[:, :kept])
    for depth in range(high):
        there, least_next = np.zeros_like(here), np.full_like(least, kernel.NONE)
        if kernel.advance(
            automaton.first, automaton.to, automaton.arc, automaton.volume, automaton.jump,
            automaton.alive, automaton.start, depth, coefficient, criteria.join[:kept], bits,
            here, there, least, least_next,
        ):  # fmt: skip
            return None
        here, least = there, least_next
        if depth + 1 >= low:
            kernel.collect(
                automaton.alive, automaton.final, automaton.start, depth + 1, group, bits, here,
                least, total, best,
            )  # fmt: skip
        progress("reach", (depth + 1) / high)
    return total, best, bits
