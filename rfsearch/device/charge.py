"""Charge: a cost that a user declares, by table, formula or function, and how a network has it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from rfsearch.device.place import Place
from rfsearch.device.source import Source, value
from rfsearch.device.table import Table
from rfsearch.device.unit import factor, in_unit, split_amount
from rfsearch.errors import UsageError
from rfsearch.layers.cost import Cost

if TYPE_CHECKING:
    import numpy as np

    from rfsearch.device.places import Places

Combine = Literal["sum", "max"]
_COMBINES: dict[str, Combine] = {"sum": "sum", "max": "max"}


@dataclass(frozen=True)
class Charge:
    """One declared cost.

    combine      how the items of a network are joined
    per_network  added once to the sum or maximum, in constants
    fill         the command that fills missing rows
    """

    name: str
    source: Source
    combine: Combine
    per_network: int
    fill: str = "rfsearch measure ITEMS -o TABLE, with the frame of found.items() as ITEMS"

    @property
    def cost(self) -> Cost:
        """As the other costs are registered."""
        unit = self.source.unit
        return Cost(
            self.name, unit.name, f"declared, {self.combine} of its items",
            combine=self.combine, scale=self.source.scale,
        )  # fmt: skip

    @property
    def forbids(self) -> bool:
        """Whether there may be items that are no choice."""
        return getattr(self.source, "forbids", False)

    def require(self, places: Iterable[Place]) -> None:
        """UsageError where a table has no row for some of these places."""
        if isinstance(self.source, Table):
            self.source.require(places, self.fill)

    def constant(self, place: Place) -> int | None:
        """What an item adds (or is compared with), times the source's scale; None: no choice."""
        return self.source.constant(place.item, place.channels, place.sizes)

    def values(self, places: Places) -> tuple[np.ndarray, np.ndarray]:
        """(int64 [N] the constant of each place, [N] whether it is a choice). UsageError as
        `require`."""
        if isinstance(self.source, Table):
            values, known = self.source.found(places)
            if not known.all():
                self.require(places.each)
            return values, known
        import numpy as np

        constants = {place: self.constant(place) for place in places.distinct}
        each = [constants[place] for place in places.each]
        known = np.array([one is not None for one in each], bool)
        return np.array([one or 0 for one in each], np.int64), known

    def joined(self, constants: Iterable[int]) -> int:
        """The constant of several items together."""
        return sum(constants) if self.combine == "sum" else max(constants, default=0)

    def total(self, constants: Iterable[int]) -> int:
        """The constant of a whole network from those of its items."""
        return self.joined(constants) + self.per_network

    def text(self, total: int) -> str:
        """A total as it is shown: `12.3 ms`."""
        return in_unit(value(total, self.source), self.source.unit)

    def amount(self, given: object, place: str) -> Fraction:
        """A budget in the source's unit; it may have a unit of its own: `max_latency = "12ms"`."""
        number, unit = split_amount(given, place)
        return number if unit is None else number * factor(unit, self.source.unit, place)


def charge(
    name: str,
    source: Source,
    *,
    combine: str = "sum",
    per_network: Fraction | int = 0,
    fill: str = Charge.fill,
) -> Charge:
    """The cost of this name; `per_network` in the source's unit.

    UsageError for another word than sum or max, for a `per_network` that is negative, or that has
    more decimals than the source's values.
    """
    place = f"cost.{name}"
    if combine not in _COMBINES:
        raise UsageError(f"{place}.combine: {combine} is not one of {', '.join(_COMBINES)}")
    once = Fraction(per_network) * source.scale
    if once < 0:
        raise UsageError(f"{place}.per_network: {per_network} is negative")
    if once.denominator != 1:
        raise UsageError(
            f"{place}.per_network: {per_network} has more decimals than the values, which are "
            f"multiples of 1/{source.scale}"
        )
    return Charge(name, source, _COMBINES[combine], once.numerator, fill)
