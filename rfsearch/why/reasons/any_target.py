"""Which receptive fields the stacks of a staged space have, whatever else is asked of them."""

from __future__ import annotations

import numpy as np

from rfsearch.automaton.closure import build
from rfsearch.request.staged_query import StagedQuery
from rfsearch.space.staged import StagedSpace


def attainable(space: StagedSpace, query: StagedQuery, memory_limit: int) -> list[tuple[int, ...]]:
    """Every RF of a match, one number an axis told apart, ascending. Raises LimitError."""
    made = build(space, query, memory_limit, lambda stage, done: None, tracked=True)
    if not made.transitions:
        return []
    rfs = made.fields_at(np.flatnonzero(made.final))
    return [tuple(row) for row in np.unique(rfs, axis=0).tolist()]
