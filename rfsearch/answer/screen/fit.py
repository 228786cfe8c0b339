"""Tables in a narrow window: which columns go, the least telling first, and a line that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shutil import get_terminal_size
from typing import TextIO

GAP = 2  # characters between two columns


def window(stream: TextIO | None) -> int | None:
    """The width of the terminal that a stream is, in characters; None where it is none."""
    if stream is None or not stream.isatty():
        return None
    return get_terminal_size().columns


def dropped(
    widths: Mapping[str, int], least_telling: Sequence[str], width: int | None
) -> list[str]:
    """The columns to leave out so that the others fit, the least telling first.

    `widths` are those of all columns in characters; only columns of `least_telling` are left out.
    """
    if width is None:
        return []
    total = sum(widths.values()) + GAP * (len(widths) - 1)
    gone = []
    for name in least_telling:
        if total <= width:
            break
        if name in widths:
            gone.append(name)
            total -= widths[name] + GAP
    return gone


def left_out(headings: Sequence[str]) -> str:
    """`left out in this width: jump, params`."""
    return f"left out in this width: {', '.join(headings)}"
