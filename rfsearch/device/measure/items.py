"""The items to measure: a table with the columns item, channels and sizes, as `items` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rfsearch.device.place import Place
from rfsearch.device.table import Row, place_of
from rfsearch.errors import UsageError

NEEDED = ("item", "channels", "sizes")


@dataclass(frozen=True)
class Wanted:
    """An item at a place, and how many matches use it (None where the table does not say)."""

    place: Place
    uses: object = None


def wanted(rows: Sequence[Row], name: str, axes: int = 2) -> list[Wanted]:
    """What the rows ask for, each place once; UsageError names the row and the value.

    A size that is one number is that of all `axes`: `32` is an image of 32×32.
    """
    if not rows:
        raise UsageError(f"{name}: no rows in it")
    for column in NEEDED:
        if column not in rows[0]:
            raise UsageError(f"{name}: no column {column}; needed are {', '.join(NEEDED)}")
    found: dict[object, Wanted] = {}
    for number, row in enumerate(rows, start=1):
        place = place_of(row, f"{name}: row {number}")
        if len(place.sizes) == 1:
            place = replace(place, sizes=place.sizes * axes)
        found.setdefault(place.key, Wanted(place, row.get("uses")))
    return list(found.values())
