"""What a person reads when nothing matches: the reasons, and the changes that help."""

from __future__ import annotations

from rfsearch.answer.answer import Answer
from rfsearch.answer.screen.figures import grouped


def rescue_lines(answer: Answer) -> list[str]:
    """The reasons, then each change with its own exact count of matches."""
    lines = ["No stack matches:", *(f"  {reason}" for reason in answer.why)]
    if answer.nearby:
        lines.append("What does match:")
    for near in answer.nearby:
        counts = grouped(near.at_least)
        if near.matches is None:
            counts = f"at least {counts}"
        # What is taken back is in words what it is in flags: without --max-macs.
        flags = "" if near.change.flags == near.change.label else f" ({near.change.flags})"
        lines.append(f"  {near.change.label}: {counts} matches{flags}")
    return lines
