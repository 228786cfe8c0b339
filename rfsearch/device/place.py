"""Place: one item of a stack with what flows into it, all that its own cost can depend on."""

from __future__ import annotations

from dataclasses import dataclass

from rfsearch.layers.layer import Item, Layer, Stack
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
    found: list[Place] = []
    for item in stack:
        if found:
            channels, sizes = _behind(found[-1])
        found.append(Place(item, channels, sizes))
    return tuple(found)


def _behind(place: Place) -> tuple[int, tuple[int, ...]]:
    """(channels, sizes) of what an item makes."""
    if isinstance(place.item, Layer) and place.item.op in ("GAP", "FC"):  # as heads are made of
        return place.item.channels or place.channels, (1,) * len(place.sizes)
    from rfsearch.network.from_notation import describe

    last = describe((place.item,), place.sizes, place.channels).finish()[-1]
    return last.channels, last.sizes


def together(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """One number where all axes agree."""
    return sizes[:1] if len(set(sizes)) == 1 else sizes
