"""Why rungs are impossible, and why possible ones make no ladder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rfsearch.request.query import Query
from rfsearch.why.reasons import reasons
from rfsearch.why.reasons.probing import nearest_rfs, reachable_rfs
from rfsearch.why.reasons.wording import listed

if TYPE_CHECKING:
    from rfsearch.ladder.climb import Climb


def impossible_rungs(
    space: Any, queries: Mapping[str, Query], memory_limit: int
) -> dict[str, list[str]]:
    """Each target's reasons. The RFs that stages have are worked out once for all of them."""
    known: list[int] | None = None
    found = {}
    for target, query in queries.items():
        if space.slot is None and known is None:
            known = reachable_rfs(space, query, memory_limit)
        if known and target.isdigit() and int(target) not in known:
            found[target] = [f"no stack has RF {target}{nearest_rfs(query, known)}"]
        else:
            found[target] = reasons(space, query, memory_limit)
    return found


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
