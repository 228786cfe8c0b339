"""Places: many items, each with what flows into it, as arrays, so that all are priced at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rfsearch.device.place import Place
from rfsearch.layers.layer import Item


@dataclass(frozen=True, eq=False)
class Places:
    """N places; one may stand there more than once.

    kind [N] numbers `items`, channels [N], size [N] numbers `sizes`, of one entry an axis.
    """

    items: Sequence[Item]
    kind: np.ndarray
    channels: np.ndarray
    sizes: Sequence[tuple[int, ...]]
    size: np.ndarray

    @classmethod
    def of(cls, places: Iterable[Place]) -> Places:
        """Places that are known one by one."""
        places = list(places)
        items: dict[Item, int] = {}
        sizes: dict[tuple[int, ...], int] = {}
        kind = [items.setdefault(place.item, len(items)) for place in places]
        size = [sizes.setdefault(place.sizes, len(sizes)) for place in places]
        channels = [place.channels for place in places]
        numbers = (np.array(column, np.int64) for column in (kind, channels, size))
        kinds, widths, at = numbers
        return cls(tuple(items), kinds, widths, tuple(sizes), at)

    @cached_property
    def each(self) -> tuple[Place, ...]:
        """One by one."""
        columns = (self.kind.tolist(), self.channels.tolist(), self.size.tolist())
        return tuple(
            Place(self.items[kind], channels, self.sizes[size])
            for kind, channels, size in zip(*columns, strict=True)
        )

    @property
    def distinct(self) -> tuple[Place, ...]:
        """Each once, in order."""
        return tuple(dict.fromkeys(self.each))

    def __len__(self) -> int:
        return len(self.kind)

    def at(self, numbers: np.ndarray) -> Places:
        """Some of them, in the order of their numbers."""
        kind, channels, size = (one[numbers] for one in (self.kind, self.channels, self.size))
        return Places(self.items, kind, channels, self.sizes, size)

    def joined(self, other: Places) -> Places:
        """These, then others."""
        return Places(
            (*self.items, *other.items),
            np.concatenate([self.kind, other.kind + len(self.items)]),
            np.concatenate([self.channels, other.channels]),
            (*self.sizes, *other.sizes),
            np.concatenate([self.size, other.size + len(self.sizes)]),
        )
