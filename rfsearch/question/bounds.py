"""Bounds from the end: for every state and depth, the least of each criterion still to come."""

from __future__ import annotations

import numpy as np

from rfsearch.automaton import MEMORY_LIMIT, Automaton, Progress
from rfsearch.criteria import Criteria
from rfsearch.errors import LimitError
from rfsearch.kernels.bounds import bound_level
from rfsearch.threads import shards


def bounds_of(
    automaton: Automaton,
    criteria: Criteria,
    lead: int,
    endings: int = 1,
    threads: int | None = None,
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = lambda stage, done: None,
) -> np.ndarray:
    """int64 [D+1, S, K, endings], see kernels.bounds. Raises LimitError beyond `memory_limit`."""
    low, high = automaton.depth
    shape = (max(high, 0) + 1, automaton.states, len(criteria.names), endings)
    size = 8 * int(np.prod(shape, dtype=np.int64))
    if size > memory_limit:
        raise LimitError(
            f"bounds of {automaton.states} states at {high} depths need {size / 2**30:.1f} GiB, "
            f"above the limit of {memory_limit / 2**30:.1f} GiB; reduce depth or raise the limit"
        )
    bound = np.empty(shape, np.int64)
    strided = automaton.arcs.layer[:, 2] > 1
    with shards(automaton.states, threads) as run:
        for depth in range(high, -1, -1):
            run(
                bound_level, automaton.first, automaton.to, automaton.arc, automaton.size,
                automaton.jump, automaton.alive, automaton.final, automaton.start, strided,
                criteria.coefficient, criteria.join, lead, depth, low <= depth, endings, bound,
            )  # fmt: skip
            progress("bounds", 1 - depth / (high + 1))
    return bound
