"""Place: one item of a stack with what flows into it, all that its own cost can depend on."""

from __future__ import annotations

from dataclasses import dataclass

from rfsearch.layers.layer import Item
from rfsearch.layers.notation.format import format_item


@dataclass(frozen=True)
class Place:
    """An item on an input of so many channels; `sizes` has one entry an axis."""

    item: Item
    channels: int
    sizes: tuple[int, ...]

    @property
    def key(self) -> tuple[str, int, tuple[int, ...]]:
        """Equal where a row of a table means the same place: `32` and `32x32` are one size."""
        return format_item(self.item), self.channels, together(self.sizes)

    def __str__(self) -> str:
        sizes = "x".join(map(str, together(self.sizes)))
        return f"{format_item(self.item)} on {self.channels}×{sizes}"


def together(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """One number where all axes agree."""
    return sizes[:1] if len(set(sizes)) == 1 else sizes
