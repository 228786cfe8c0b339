"""Place: one item of a stack with what flows into it, all that its own cost can depend on."""

from __future__ import annotations

from dataclasses import dataclass

from rfsearch.layers.layer import Item, Stack
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


def places_of(stack: Stack, channels: int, sizes: tuple[int, ...]) -> tuple[Place, ...]:
    """The items of a stack, each with what flows into it. UsageError where one does not fit."""
    if len(stack) == 1:
        return (Place(stack[0], channels, sizes),)
    from rfsearch.network.from_notation import describe

    found = []
    for item in stack:
        found.append(Place(item, channels, sizes))
        last = describe((item,), sizes, channels).finish()[-1]
        channels, sizes = last.channels, last.sizes
    return tuple(found)


def together(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """One number where all axes agree."""
    return sizes[:1] if len(set(sizes)) == 1 else sizes
