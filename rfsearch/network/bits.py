"""Sets of positions as the bits of a Python integer: millions of them are moved at once."""

from __future__ import annotations

import re
from collections.abc import Iterator


def positions(mask: int) -> list[int]:
    """The positions whose bits are set, in order."""
    return [found.start() for found in re.finditer("1", _text(mask))]


def runs(mask: int) -> Iterator[tuple[int, int]]:
    """(first, last) of each run of bits that are set, in order."""
    return ((found.start(), found.end() - 1) for found in re.finditer("1+", _text(mask)))


def spread(mask: int, step: int) -> int:
    """Bit i moved to i · step."""
    return mask if step == 1 else int(("0" * (step - 1)).join(f"{mask:b}"), 2)


def every(mask: int, step: int) -> int:
    """Bit i of the result is bit i · step."""
    return mask if step == 1 else int(_text(mask)[::step][::-1], 2)


def moved(mask: int, by: int) -> int:
    """Bit i moved to i + by; what falls below 0 is lost."""
    return mask << by if by >= 0 else mask >> -by


def _text(mask: int) -> str:
    """The bits as text, the lowest first."""
    return f"{mask:b}"[::-1]
