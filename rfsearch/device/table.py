"""A cost from a table: one row for an item at a place, from a CSV, Parquet or YAML file.

Columns: `item` (one layer or block in the notation), `channels` and `sizes` that flow into it
(`32`, `49x10`), `value`; `unit` where the file says it. What `rfsearch measure` writes besides
(uses, spread, rounds, machine, …) is passed over; an item that failed there has no row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

from rfsearch.device.fixed import exact, scaled
from rfsearch.device.place import Place
from rfsearch.device.unit import Unit, factor, unit_named
from rfsearch.errors import UsageError
from rfsearch.layers.layer import Item
from rfsearch.layers.notation import parse_stack
from rfsearch.quantity import whole

if TYPE_CHECKING:
    import numpy as np

    from rfsearch.device.index import Index
    from rfsearch.device.places import Places

NEEDED = ("item", "channels", "sizes", "value")
PASSED_OVER = ("uses", "spread", "rounds", "overhead", "machine", "versions", "error")
Missing = Literal["error", "forbid"]
Key = tuple[str, int, tuple[int, ...]]
Row = Mapping[str, object]

_SHOWN = 3


@dataclass(frozen=True)
class Table:
    """A Source. `rows` has the constant of each place by its key, `items` the notation of the items
    as they were read; `name` is for errors."""

    name: str
    rows: Mapping[Key, int]
    scale: int
    unit: Unit
    missing: Missing = "error"
    items: Mapping[Item, str] = field(default_factory=dict, repr=False)

    @property
    def forbids(self) -> bool:
        """Whether items without a row are no choice."""
        return self.missing == "forbid"

    def constant(self, item: Item, channels: int, sizes: tuple[int, ...]) -> int | None:
        """The row's value times `scale`; None or UsageError where there is no row."""
        place = Place(item, channels, sizes)
        found = self.rows.get(place.key)
        if found is None and self.missing == "error":
            raise UsageError(f"{self.name}: no row for {place}")
        return found

    def found(self, places: Places) -> tuple[np.ndarray, np.ndarray]:
        """(int64 [N] the constant of each place, 0 where it has no row; [N] whether it has one)."""
        return self._index.found(places)

    @cached_property
    def _index(self) -> Index:
        from rfsearch.device.index import Index

        return Index.of(self.rows, self.items)

    def require(self, places: Iterable[Place], command: str) -> None:
        """UsageError where any of these places has no row: how many, the first three, and the
        command that fills them. Nothing where missing rows are no choice."""
        if self.missing == "forbid":
            return
        distinct = list(dict.fromkeys(places))
        without = [place for place in distinct if place.key not in self.rows]
        if without:
            first = ", ".join(map(str, without[:_SHOWN]))
            more = ", …" if len(without) > _SHOWN else ""
            raise UsageError(
                f"{self.name}: no row for {len(without):,} of {len(distinct):,} items: "
                f"{first}{more}; fill them with: {command}"
            )


def table(
    rows: Sequence[Row],
    name: str,
    *,
    unit: str | None = None,
    missing: Missing = "error",
) -> Table:
    """The table of these rows. `unit` is what values are to be in; where the rows say theirs, they
    are converted.

    UsageError names the row and the value: an unknown or missing column, an item that is not one,
    a value that is no number, NaN or negative, a unit of another kind, two rows of one place that
    differ.
    """
    if not rows:
        raise UsageError(f"{name}: no rows in it")
    if missing not in ("error", "forbid"):
        raise UsageError(f"{name}: missing: {missing} is not one of error, forbid")
    _check_columns(rows[0], name)
    own = _own_unit(rows, name)
    wanted = own or unit_named("", name) if unit is None else unit_named(unit, f"{name}: unit")
    times = Fraction(1) if own is None else factor(own, wanted, name)
    values: dict[Key, Fraction] = {}
    items: dict[Item, str] = {}
    read = lru_cache(maxsize=None)(_item)  # tables say few items at many places
    for number, row in enumerate(rows, start=1):
        at = f"{name}: row {number}"
        if row["value"] is None and row.get("error"):
            continue  # it could not be measured
        place = place_of(row, at, read)
        value = exact(row["value"], f"{at}: value") * times
        key = place.key
        items[place.item] = key[0]
        if values.setdefault(key, value) != value:
            raise UsageError(f"{at}: {place} is there already with another value")
    scale, constants = scaled(list(values.values()), name)
    return Table(name, dict(zip(values, constants, strict=True)), scale, wanted, missing, items)


def _check_columns(row: Row, name: str) -> None:
    for column in NEEDED:
        if column not in row:
            raise UsageError(f"{name}: no column {column}; needed are {', '.join(NEEDED)}")
    known = (*NEEDED, "unit", *PASSED_OVER)
    for column in row:
        if column not in known:
            raise UsageError(f"{name}: column {column} is not one of {', '.join(known)}")


def _own_unit(rows: Sequence[Row], name: str) -> Unit | None:
    """What the rows say, all the same; None where they say nothing."""
    said = {row.get("unit") for row in rows}
    if said <= {None, ""}:
        return None
    if len(said) > 1:
        texts = ", ".join(sorted(str(one) for one in said))
        raise UsageError(f"{name}: column unit has several: {texts}")
    return unit_named(str(said.pop()), f"{name}: column unit")


def place_of(row: Row, at: str, read: Callable[[str], Item] | None = None) -> Place:
    """The item of a row, and what flows into it. UsageError names what is wrong.

    `read` gives the item of a text where many rows share it.
    """
    text = row["item"]
    if not isinstance(text, str):
        raise UsageError(f"{at}: item: {text!r} is no notation")
    try:
        item = (read or _item)(text)
    except UsageError as error:
        raise UsageError(f"{at}: item: {error}") from None
    channels = whole(row["channels"], f"{at}: channels", 1)
    return Place(item, channels, read_sizes(row["sizes"], f"{at}: sizes"))


def _item(text: str) -> Item:
    stack = parse_stack(text)
    if len(stack) != 1:
        raise UsageError(f"{text} is {len(stack)} items; a row is one layer or block")
    return stack[0]


def read_sizes(value: object, at: str) -> tuple[int, ...]:
    """`32`, `49x10`, a number or a list of numbers."""
    parts: Iterable[object]
    if isinstance(value, str):
        parts = value.split("x")
    elif isinstance(value, list | tuple):
        parts = value
    else:
        parts = (value,)
    sizes = tuple(whole(part, at, 1) for part in parts)
    if not sizes:
        raise UsageError(f"{at}: no sizes")
    return sizes
