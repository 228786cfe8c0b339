"""Index: the rows of a table by numbers, so that thousands of places are looked up at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rfsearch.device.place import together
from rfsearch.device.places import Places
from rfsearch.layers.layer import Item
from rfsearch.layers.notation.format import format_item

Key = tuple[str, int, tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Index:
    """Rows R, ascending by key [R]: (number of the item, of the channels, of the sizes) as one
    number; value [R]. What stands in no row has the number beyond the last, which is in no key.
    An item is looked up as it was read, which is quick, and else by its notation.
    """

    read: Mapping[Item, str]
    items: Mapping[str, int]
    channels: np.ndarray
    sizes: Mapping[tuple[int, ...], int]
    key: np.ndarray
    value: np.ndarray

    @classmethod
    def of(cls, rows: Mapping[Key, int], read: Mapping[Item, str]) -> Index:
        """The rows of a table."""
        items: dict[str, int] = {}
        sizes: dict[tuple[int, ...], int] = {}
        kind = np.array([items.setdefault(text, len(items)) for text, _, _ in rows], np.int64)
        size = np.array([sizes.setdefault(some, len(sizes)) for _, _, some in rows], np.int64)
        channels, width = np.unique([width for _, width, _ in rows], return_inverse=True)
        key = _joined(kind, width.reshape(-1), size, len(channels), len(sizes))
        order = np.argsort(key)
        value = np.array(list(rows.values()), np.int64)
        return cls(read, items, channels, sizes, key[order], value[order])

    def found(self, places: Places) -> tuple[np.ndarray, np.ndarray]:
        """(int64 [N] the value of each place, 0 where it has no row; [N] whether it has one)."""
        kind = np.full(len(places.items), len(self.items))
        known: dict[int, int] = {}  # one item often stands at many widths: it is looked up once
        for number in np.unique(places.kind).tolist():
            item = places.items[number]
            if id(item) not in known:
                text = self.read.get(item) or format_item(item)
                known[id(item)] = self.items.get(text, len(self.items))
            kind[number] = known[id(item)]
        size = np.full(len(places.sizes), len(self.sizes))
        for number in np.unique(places.size).tolist():
            size[number] = self.sizes.get(together(places.sizes[number]), len(self.sizes))
        width = np.searchsorted(self.channels, places.channels)
        there = self.channels[np.minimum(width, len(self.channels) - 1)] == places.channels
        width = np.where(there, width, len(self.channels))
        key = _joined(
            kind[places.kind], width, size[places.size], len(self.channels), len(self.sizes)
        )
        at = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
        listed: np.ndarray = self.key[at] == key
        return np.where(listed, self.value[at], 0), listed


def _joined(
    kind: np.ndarray, width: np.ndarray, size: np.ndarray, widths: int, sizes: int
) -> np.ndarray:
    joined: np.ndarray = (kind * (widths + 1) + width) * (sizes + 1) + size
    return joined
