"""How a search shows itself in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.network.html import table

if TYPE_CHECKING:
    from rfsearch.question.found import Found


def found_html(found: Found) -> str:
    """What a search found: the numbers of matches, by depth."""
    low, high = found.count_bounds()
    matches = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    query = found.query
    candidates = found.space._candidates_of(query.rounding, len(query.inputs))
    caption = (
        f"<b>{matches}</b> of {candidates:,} stacks match "
        f"({found.states:,} states, {found.transitions:,} transitions)"
    )
    if low < high or not found.decided:
        return f"<p>{caption}</p>"
    by_depth = [[depth, count] for depth, count in found.count_by_depth().items() if count]
    return f"<p>{caption}</p>{table(['depth', 'matches'], by_depth)}"
