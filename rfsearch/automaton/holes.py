"""Holes: whether a question minds positions of the receptive field that no output reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.errors import UsageError
from rfsearch.layers.cost import COVERAGE_SCALE
from rfsearch.layers.nodes import Join
from rfsearch.layers.recurrence import ROUNDINGS
from rfsearch.layers.seen import windows_are_safe
from rfsearch.request.query import Query
from rfsearch.request.running import Progress

if TYPE_CHECKING:
    from rfsearch.automaton.plan import Body
    from rfsearch.space.edits.space import Neighbourhood
    from rfsearch.space.space import Space

ANY_SHARE, ALL_OF_IT = (0, COVERAGE_SCALE), (COVERAGE_SCALE, COVERAGE_SCALE)


def share_of(
    space: Space | Neighbourhood, query: Query, asked: tuple[str, ...], memory_limit: int,
    progress: Progress,
) -> tuple[int, int] | None:  # fmt: skip
    """What share of an RF must be seen, in units of COVERAGE_SCALE; None where it is not asked.

    A budget on `coverage` says it. Else all of it, unless the space allows holes or gaps; and it
    is not asked where no stack can have a hole. Raises UsageError for neighbourhoods, LimitError.
    """
    from rfsearch.automaton.makers import body_of_space

    budget, body = query.budgets.get("coverage"), body_of_space(space, query)
    if body is None or body.is_finer:
        if budget is not None or "coverage" in asked:
            undefined = (
                "a cost of the networks like one"
                if body is None
                else "defined where layers may be transposed or resized"
            )
            raise UsageError(
                f"coverage: not {undefined}; `rfsearch show` names the holes of each network"
            )
        return None
    if budget is not None:
        low, high = budget
        return low or 0, COVERAGE_SCALE if high is None else high
    if space.allow_holes or space.allow_gaps:
        return ANY_SHARE if "coverage" in asked else None
    if "coverage" in asked:
        return ALL_OF_IT
    return ALL_OF_IT if can_have_holes(space, body, query, memory_limit, progress) else None


def dense_only(query: Query, share: tuple[int, int] | None) -> bool:
    """Whether stacks with holes are left out though the question does not say so."""
    return share == ALL_OF_IT and "coverage" not in query.budgets


def can_have_holes(
    space: Space | Neighbourhood, body: Body, query: Query, memory_limit: int, progress: Progress
) -> bool:
    """Whether some stack of the space might have a hole, on some axis at some size."""
    from rfsearch.automaton.makers import spots_of

    key = ("windows are safe", query.rounding)
    if key not in space.memo:
        space.memo[key] = _windows_are_safe(body, space.axes, query)
    plain = space.memo[key]
    if plain is not None:
        return not plain
    from rfsearch.automaton.seen import may_have_holes

    return may_have_holes(spots_of(space, query, memory_limit, progress, ()), query)


def _windows_are_safe(body: Body, axes: int, query: Query) -> bool | None:
    """Returns None where it depends on sizes, as it may where branches meet."""
    open_end, rounding = False, ROUNDINGS[query.rounding]
    for geometry, end in body.geometries:
        if any(isinstance(node, Join) for node in geometry):
            open_end = True
            continue
        for axis in range(axes):
            if not windows_are_safe(geometry, end, axis, axes, rounding):
                return False
    return None if open_end else True
