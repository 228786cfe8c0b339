"""Why nothing matches, or why only some things do: integer mathematics on a space and a query.

`reasons` names every independent obstruction, each of which alone proves that there is no match.
`why` says what the numbers force where there are matches, and which choices stand in none.
"""

from __future__ import annotations

from collections.abc import Iterable

from rfsearch.explain.left_out import left_out
from rfsearch.explain.never import never
from rfsearch.explain.reach import reach_reasons
from rfsearch.explain.residues import divisor_reasons, identity, residue_notes
from rfsearch.explain.sizes import size_reasons
from rfsearch.query import Query
from rfsearch.space import Move, Space

__all__ = ["NO_SINGLE_REASON", "identity", "impossible", "reasons", "why"]

NO_SINGLE_REASON = (
    "no single rule forbids it: sizes and receptive field are each possible, but no sequence of "
    "these layers meets both"
)


def impossible(space: Space, query: Query) -> bool:
    """Whether the quick arguments already prove that nothing matches."""
    return bool(divisor_reasons(space, query) or reach_reasons(space, query))


def reasons(space: Space, query: Query) -> list[str]:
    """Every obstruction that alone leaves no match, one line each; empty where none is found."""
    return [
        *divisor_reasons(space, query),
        *reach_reasons(space, query),
        *size_reasons(space, query),
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
