"""Why nothing matches, or why only some things do: integer mathematics on a space and a query.

`reasons` names every independent obstruction, each of which alone proves that there is no match.
`why` says what the numbers force where there are matches, and which choices stand in none.
"""

from __future__ import annotations

from collections.abc import Iterable

from rfsearch.request.query import Query
from rfsearch.space.plain import Move, Space
from rfsearch.why.reasons.left_out import left_out
from rfsearch.why.reasons.never import never
from rfsearch.why.reasons.reach import reach_reasons
from rfsearch.why.reasons.residues import divisor_reasons, identity, residue_notes
from rfsearch.why.reasons.sizes import size_reasons

__all__ = ["identity", "obstructions", "reasons", "why"]


def obstructions(space: Space, query: Query) -> list[str]:
    """What divisibility and reach forbid; quick, and each line alone is a proof."""
    return [*divisor_reasons(space, query), *reach_reasons(space, query)]


def reasons(space: Space, query: Query) -> list[str]:
    """Every obstruction that alone proves that nothing matches, or a line that there is none.

    Only for a query that is known to have no match.
    """
    found = [*obstructions(space, query), *size_reasons(space, query)]
    within = " within the budgets" if query.budgets else ""
    return found or [
        "no single rule forbids it: sizes and receptive field are each possible, but no sequence "
        f"of these layers meets both{within}"
    ]


def why(space: Space, query: Query, used: Iterable[Move]) -> list[str]:
    """What the numbers force on every match, and what was left out with its flag; a line each.

    `used` are the layer choices that stand in some match.
    """
    return [
        *residue_notes(space, query),
        *never(space, query, used),
        *left_out(space, query),
    ]
