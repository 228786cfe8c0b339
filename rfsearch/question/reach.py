"""Reach: every receptive field that the matches have, how many have it, and at which least costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rfsearch.automaton import MEMORY_LIMIT, Automaton, Progress
from rfsearch.criteria import Criteria, criteria_of
from rfsearch.errors import LimitError
from rfsearch.kernels import reach as kernel
from rfsearch.question.count import join


@dataclass(frozen=True)
class Reached:
    """Receptive fields ascending; rf [G, axes], best [G, K] in the order of the criteria."""

    rf: np.ndarray
    matches: list[int]
    best: np.ndarray


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
