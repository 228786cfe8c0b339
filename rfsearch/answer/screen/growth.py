"""How the receptive field of a network grows, as a bar of a few characters."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST = 24  # characters of one bar: longer networks have several layers a character
_HEIGHTS = "▁▂▃▄▅▆▇█"
_PARTS = " ▏▎▍▌▋▊▉█"
CELLS = 8  # characters of a full bar that lies


def standing(rfs: Sequence[int]) -> str:
    """A character a layer, `▁▂▃▅█`, as high as its RF beside the last: the last layer's is full.

    Of several layers that share a character the last one's RF is shown.
    """
    count = min(len(rfs), LONGEST)
    last = [rfs[(place + 1) * len(rfs) // count - 1] for place in range(count)]
    most = max(rfs, default=1)
    return "".join(_HEIGHTS[-(-rf * len(_HEIGHTS) // most) - 1] for rf in last)


def lying(rf: int, most: int) -> str:
    """`███▌`: a bar of eighths of a character, CELLS characters where `rf` is the most, or more."""
    eighths = max(1, round(8 * CELLS * min(rf, most) / most))
    return "█" * (eighths // 8) + _PARTS[eighths % 8].strip()
