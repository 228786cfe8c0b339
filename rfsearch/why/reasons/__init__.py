"""Why nothing matches, or why only some things do: integer mathematics on a space and a query.

`reasons` names every independent obstruction, each of which alone proves that there is no match.
`why` says what the numbers force where there are matches, and which choices stand in none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rfsearch.request.query import Query
from rfsearch.why.reasons import reference
from rfsearch.why.reasons.axis import axes_of
from rfsearch.why.reasons.left_out import holes_left_out, left_out
from rfsearch.why.reasons.reach import reach_reasons
from rfsearch.why.reasons.residues import divisor_reasons, identity_line, residue_notes
from rfsearch.why.reasons.unused import unused

if TYPE_CHECKING:
    from rfsearch.question.found import Found

__all__ = ["identity", "obstructions", "proved", "reasons", "why"]


def obstructions(space: Any, query: Query) -> list[str]:
    """What divisibility and reach forbid; quick, and each line alone is a proof."""
    return [
        named + line
        for named, _, axis in axes_of(space, query)
        for line in (*divisor_reasons(axis), *reach_reasons(axis))
    ]


def proved(space: Any, query: Query) -> list[str]:
    """The obstructions, and what sizes forbid; each line alone is a proof."""
    from rfsearch.why.reasons.sizes import size_reasons

    return [
        *obstructions(space, query),
        *(named + line for named, _, axis in axes_of(space, query) for line in size_reasons(axis)),
    ]


def reasons(space: Any, query: Query, memory_limit: int) -> list[str]:
    """Every obstruction that alone proves that nothing matches, or what searches say instead.

    Only for a query that is known to have no match. Raises LimitError.
    """
    from rfsearch.why.reasons import probing
    from rfsearch.why.reasons.budgets import unkept

    lines = reference.no_match(space, query)
    proofs = proved(space, query)
    if proofs or lines:
        return [*lines, *proofs]
    if space.slot is not None and query.target_rf is not None and query.jump is None:
        within = " within the budgets" if query.budgets else ""
        lines = [
            "no single rule forbids it: sizes and receptive field are each possible, but no "
            f"sequence of these layers meets both{within}"
        ]
    else:
        lines = probing.probed(space, query, memory_limit)
    return [*lines, *unkept(space, query, memory_limit)]


def why(space: Any, query: Query, found: Found) -> list[str]:
    """What the numbers force on every match, and what was left out with its flag; a line each."""
    return [
        *reference.matches(space, query, found),
        *(named + line for named, _, axis in axes_of(space, query) for line in residue_notes(axis)),
        *unused(space, query, found),
        *left_out(space, query),
        *holes_left_out(found),
    ]


def identity(space: Any, query: Query, row: Mapping[str, Any]) -> list[str]:
    """The identity with the numbers of one match, given as a row of results; none where padding
    or rounding void it."""
    return identity_line([(number, axis) for _, number, axis in axes_of(space, query)], row)
