"""The sizes that a found stack passes through: `227 → 55 → 27`."""

from __future__ import annotations

from itertools import groupby


def arrows(sizes: str) -> str:
    """The column `sizes` as one line; runs of one size are written once, with their length."""
    parts = []
    for size, run in groupby(sizes.replace("x", "×").split(",")):
        count = sum(1 for _ in run)
        parts.append(size if count == 1 else f"{size} ×{count}")
    return " → ".join(parts)
