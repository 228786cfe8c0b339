"""Bounds from the end: for every state and depth, the least of each criterion still to come."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import Criteria, criteria_of
from rfsearch.errors import LimitError
from rfsearch.kernels.bounds import NO_ENDING, bound_states
from rfsearch.kernels.step import ADD, joined
from rfsearch.kernels.threads import default_threads
from rfsearch.question.depths import depth_hull
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

MOST_IN_ORDER = 2  # criteria of which the least vector is a pass as fast as that of one
LEAST_SHARED = 20_000  # transitions from which another thread is worth its start


def bounds_of(
    automaton: Automaton,
    criteria: Criteria,
    lead: int,
    endings: int = 1,
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = silent,
    threads: int | None = None,
) -> np.ndarray:
    """int64 [endings, K, S, D+1], see kernels.bounds. Raises LimitError beyond `memory_limit`."""
    least, most = automaton.depth
    shape = (endings, len(criteria.names), automaton.states, max(most, 0) + 1)
    size = 8 * int(np.prod(shape, dtype=np.int64))
    if size > memory_limit:
        raise LimitError(
            f"bounds of {automaton.states} states at {most} depths need {size / 2**30:.1f} GiB, "
            f"above the limit of {memory_limit / 2**30:.1f} GiB; reduce depth or raise the limit"
        )
    bound = np.full(shape, NO_ENDING)
    blocks, strided = automaton.blocks(), automaton.stride > 1
    low, high = depth_hull(automaton)
    arrays = (
        automaton.first, automaton.to, automaton.step, automaton.final, strided,
    )  # fmt: skip

    def fill(criterion: slice) -> None:
        bound_states(
            *arrays, np.ascontiguousarray(criteria.cost[:, criterion]),
            criteria.join[criterion], lead, blocks, low, high, least, bound[:, criterion],
            np.empty(len(criteria.join[criterion]), np.int64),
        )  # fmt: skip

    count = len(criteria.names)
    alone = lead == 0 and endings == 1 and count > 1  # no criterion looks at another
    if alone and threads != 1 and automaton.transitions > LEAST_SHARED:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(count, threads or default_threads())) as pool:
            list(pool.map(fill, [slice(k, k + 1) for k in range(count)]))
    else:
        fill(slice(None))
    progress("bounds", 1.0)
    return bound


def least_of(
    automaton: Automaton, ranking: Sequence[tuple[str, int]], memory_limit: int = MEMORY_LIMIT
) -> dict[str, int | None]:
    """The least value of each (cost, sign) over all matches, budgets on adding costs left out."""
    if automaton.transitions == 0:
        return {name: None for name, _ in ranking}
    criteria = criteria_of(automaton, ranking)
    bound = bounds_of(automaton, criteria, 0, memory_limit=memory_limit, threads=1)
    ends = bound[0, :, automaton.start, 0]
    found: dict[str, int | None] = {}
    # In plain Python: called as it is, the function would be compiled anew in every process.
    plain_joined = getattr(joined, "py_func", joined)
    for k, (name, sign) in enumerate(ranking):
        total = plain_joined(int(criteria.join[k]), int(criteria.begin[k]), int(ends[k]))
        found[name] = sign * total
    return found


def least_within(
    automaton: Automaton, one: tuple[str, int], memory_limit: int = MEMORY_LIMIT
) -> int | None:
    """The least value of a (cost, sign) within the only budget on a sum, None where not known.

    Of the stacks with the least cost the bounds know the least sum too, where both add: if that
    is within the budget, so is this stack. None also where no stack is within.
    """
    if automaton.transitions == 0:
        return None
    criteria = criteria_of(automaton, [one])
    names = len(criteria.names)
    if names > MOST_IN_ORDER or (criteria.join != ADD).any():
        return None
    bound = bounds_of(automaton, criteria, names, memory_limit=memory_limit, threads=1)
    total = criteria.begin + bound[0, :, automaton.start, 0]
    return one[1] * int(total[0]) if (total <= criteria.limit).all() else None
