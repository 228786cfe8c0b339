"""A cost from a Python function: asked once for each distinct item and place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from rfsearch.device.fixed import exact
from rfsearch.device.place import Place
from rfsearch.device.source import within
from rfsearch.device.unit import Unit, unit_named
from rfsearch.errors import UsageError
from rfsearch.layers.layer import Item
from rfsearch.layers.notation.format import format_item

Value = int | float | Fraction | Decimal | None
Ask = Callable[[str, int, tuple[int, ...]], Value]


@dataclass(frozen=True)
class Function:
    """A Source. `ask(item, channels, sizes)` gets the notation of the item and what flows in, and
    gives a value, not negative, or None where the item is no choice there.

    Values are rounded (half to even) to so many `decimals`, 0 for whole numbers.
    """

    ask: Ask
    name: str
    unit: Unit
    decimals: int
    _known: dict[Place, int | None] = field(default_factory=dict, repr=False, compare=False)

    forbids = True

    @property
    def scale(self) -> int:
        """Ten to the decimals."""
        return int(10**self.decimals)

    def constant(self, item: Item, channels: int, sizes: tuple[int, ...]) -> int | None:
        """The value there, times `scale`. UsageError where it is no number, NaN or negative."""
        place = Place(item, channels, sizes)
        if place not in self._known:
            value = self.ask(format_item(item), channels, sizes)
            at = f"{self.name}: {place}"
            self._known[place] = (
                None if value is None else within(round(exact(value, at) * self.scale), at)
            )
        return self._known[place]


def function(ask: Ask, name: str, *, unit: str = "", decimals: int = 6) -> Function:
    """The source of a function; UsageError for decimals beyond nine or an unknown unit."""
    if not 0 <= decimals <= 9:
        raise UsageError(f"{name}: decimals: {decimals} is not in 0..9")
    return Function(ask, name, unit_named(unit, f"{name}: unit"), decimals)
