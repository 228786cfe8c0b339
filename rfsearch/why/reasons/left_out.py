"""What the defaults leave out, and the flag that brings each back."""

from __future__ import annotations

from dataclasses import replace

from rfsearch.request.query import Query
from rfsearch.space.plain import SAME, Space
from rfsearch.why.reasons.wording import counted


def left_out(space: Space, query: Query) -> list[str]:
    """One line for each rule that keeps layers out of this space."""
    lines = []
    if not space.allow_gaps:
        gaps = len(replace(space, allow_gaps=True).moves) - len(space.moves)
        if gaps:
            lines.append(
                f"left out: {counted(gaps, 'choice')} of a layer that skips input pixels "
                "(stride above the window): --allow-gaps"
            )
    if space.padding is None:
        lines.append("left out: paddings above (d(k−1)+1)//2: --padding LIST --allow-wide-padding")
    elif not space.allow_wide_padding and _wide(space):
        lines.append(
            f"left out: {counted(_wide(space), 'choice')} of a layer padded above "
            "(d(k−1)+1)//2: --allow-wide-padding"
        )
    if query.rounding == "exact":
        lines.append("left out: sizes that leave a remainder: --rounding floor")
    return lines


def _wide(space: Space) -> int:
    if all(padding == SAME for padding in space.padding or ()):
        return 0
    return len(replace(space, allow_wide_padding=True).moves) - len(space.moves)
