"""Which condition forbids a match, where no arithmetic says so: searches with some left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from rfsearch.automaton.closure import build
from rfsearch.errors import LimitError, UsageError
from rfsearch.request.query import Query, range_text
from rfsearch.request.total_stride import ends_text
from rfsearch.why.reasons.wording import listed

if TYPE_CHECKING:
    from rfsearch.space.space import Space


def probed(space: Space, query: Query, memory_limit: int) -> list[str]:
    """Which of sizes, output size, jump, target and budgets forbids it, with the nearest RFs.

    Raises LimitError.
    """
    free = _free(query)
    if not _any(space, free, memory_limit):
        return [
            f"no stack of the space has valid {query.rounding} sizes on input "
            f"{' or '.join(query.input_texts())}"
        ]
    lines = []
    if query.output_size is not None and not _any(
        space, replace(free, output_size=query.output_size), memory_limit
    ):
        texts = [range_text(one) for one in query.output_size]
        wanted = texts[0] if len(set(texts)) == 1 else "x".join(texts)
        lines.append(f"no stack ends at output size {wanted}")
    if query.jump is not None and not _any(space, replace(free, jump=query.jump), memory_limit):
        lines.append(f"no stack has jump {ends_text(query.jump)}")
    if query.target_rf is not None and not _any(
        space, replace(free, target_rf=query.target_rf), memory_limit
    ):
        near = nearest_rfs(query, reachable_rfs(space, query, memory_limit))
        lines.append(f"no stack has RF {query.target_text()}{near}")
    if not lines and query.budgets:
        lines.append(
            "there are stacks with these sizes and this RF, but none within the budgets on "
            + listed(name.replace("_", " ") for name in query.budgets)
        )
    return lines or ["each condition can be met, but no stack meets all of them together"]


def reachable_rfs(space: Space, query: Query, memory_limit: int) -> list[int]:
    """The RFs that some stack of valid sizes has, ascending, whatever else is asked.

    Empty where axes differ, or they are too many to be told apart.
    """
    try:
        made = build(space, _free(query), memory_limit, tracked=True)
    except (LimitError, UsageError):
        return []
    rfs = np.unique(made.fields_at(np.flatnonzero(made.final)), axis=0)
    return rfs[:, 0].tolist() if made.transitions and rfs.shape[1] == 1 else []


def nearest_rfs(query: Query, known: list[int]) -> str:
    """The known RFs nearest to the target on either side, in words; of one target for all axes."""
    if not known or query.target_rf is None or len(set(query.target_rf)) != 1:
        return ""
    low, high = query.target_rf[0]
    below = [rf for rf in known if rf < low]
    above = [rf for rf in known if high is not None and rf > high]
    near = [*below[-1:], *above[:1]]
    return f"; the nearest that some has: {listed(near)}" if near else ""


def _free(query: Query) -> Query:
    """The question with only its inputs and rounding left."""
    return replace(query, target_rf=None, budgets={}, output_size=None, jump=None)


def _any(space: Space, query: Query, memory_limit: int) -> bool:
    return build(space, query, memory_limit).transitions > 0
