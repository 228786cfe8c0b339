"""Why rungs are impossible, and why possible ones make no ladder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rfsearch.errors import LimitError, UsageError
from rfsearch.request.query import Query
from rfsearch.request.staged_query import StagedQuery
from rfsearch.why.reasons import reasons
from rfsearch.why.reasons.any_target import attainable
from rfsearch.why.reasons.staged import staged_reasons
from rfsearch.why.reasons.wording import listed

if TYPE_CHECKING:
    from rfsearch.ladder.climb import Climb


def impossible_rungs(
    space: Any, queries: Mapping[str, Query | StagedQuery], memory_limit: int
) -> dict[str, list[str]]:
    """Each target's reasons. A staged space's RFs are worked out once for all of them."""
    known: list[int] | None = None
    found = {}
    for target, query in queries.items():
        if isinstance(query, Query):
            found[target] = reasons(space, query)
            continue
        if known is None:
            known = _attainable(space, query, memory_limit)
        if known and target.isdigit() and int(target) not in known:
            found[target] = [f"no stack has RF {target}{_nearest(int(target), known)}"]
        else:
            found[target] = staged_reasons(space, query, memory_limit)
    return found


def _attainable(space: Any, query: StagedQuery, memory_limit: int) -> list[int]:
    """The RFs that some stack has, ascending; none where axes differ or they are too many."""
    without: MappingProxyType[str, tuple[int | None, int | None]] = MappingProxyType({})
    free = replace(query, target_rf=None, budgets=without, output_size=None)
    try:
        some = attainable(space, free, memory_limit)
    except (LimitError, UsageError):
        return []
    return sorted(rf for (rf,) in some) if some and len(some[0]) == 1 else []


def _nearest(target: int, known: Sequence[int]) -> str:
    below = [rf for rf in known if rf < target][-1:]
    above = [rf for rf in known if rf > target][:1]
    return f"; the nearest that some has: {listed([*below, *above])}"


def no_ladder(climb: Climb) -> str:
    """Why rungs that are each possible make no ladder together."""
    names = [name for name, tolerance in climb.held.tolerance_of.items() if not tolerance]
    if not names:
        return "a held cost is 0 in all stacks of some rung and not in others: no ratio holds it"
    text = f"no {listed(name.replace('_', ' ') for name in names)} that all rungs share"
    if climb.lists is None:
        return text
    exact = climb.held.exact
    keys = [{tuple(row) for row in one.vectors[:, :exact].tolist()} for one in climb.lists]
    shared = Counter(key for some in keys for key in some)
    best = min(shared, key=lambda key: (-shared[key], key))
    lacking = [
        f"RF {rung.target}"
        for rung, some in zip(climb.rungs, keys, strict=True)
        if best not in some
    ]
    if not lacking:
        return text
    return f"{text}; at best {shared[best]} of {len(keys)} do, without {listed(lacking)}"
