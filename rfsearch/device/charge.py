"""Charge: a cost that a user declares, by table, formula or function, and how a network has it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from rfsearch.device.source import Source, value
from rfsearch.device.unit import factor, shown, unit_named
from rfsearch.errors import UsageError
from rfsearch.layers.layer import Item

Combine = Literal["sum", "max"]
_COMBINES: dict[str, Combine] = {"sum": "sum", "max": "max"}


@dataclass(frozen=True)
class Charge:
    """One declared cost.

    combine      how the items of a network are joined
    per_network  added once to the sum or maximum, in constants
    """

    name: str
    source: Source
    combine: Combine
    per_network: int

    def constant(self, item: Item, channels: int, sizes: tuple[int, ...]) -> int | None:
        """What an item adds (or is compared with), times the source's scale; None: no choice."""
        return self.source.constant(item, channels, sizes)

    def total(self, constants: Iterable[int]) -> int:
        """The constant of a whole network from those of its items."""
        joined = sum(constants) if self.combine == "sum" else max(constants, default=0)
        return joined + self.per_network

    def text(self, total: int) -> str:
        """A total as it is shown: `12.3 ms`."""
        return shown(value(total, self.source), self.source.unit)

    def constant_of(self, amount: Fraction, unit: str | None, place: str) -> Fraction:
        """A budget in constants; it may have a unit of its own: `max_latency = "12ms"`."""
        own = self.source.unit
        times = Fraction(1) if unit is None else factor(unit_named(unit, place), own, place)
        return amount * times * self.source.scale


def charge(
    name: str, source: Source, *, combine: str = "sum", per_network: Fraction | int = 0
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
    return Charge(name, source, _COMBINES[combine], once.numerator)
