"""Source: where the constants of a cost come from, one whole number for an item at a place."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from rfsearch.device.unit import Unit
from rfsearch.errors import UsageError
from rfsearch.layers.layer import Item

# Bounds of an int64, with room for the sums of the longest stacks.
LARGEST_CONSTANT = 1 << 53


class Source(Protocol):
    """A table, a formula or a function.

    scale   constants are values times this
    unit    of the values
    """

    @property
    def scale(self) -> int: ...

    @property
    def unit(self) -> Unit: ...

    def constant(self, item: Item, channels: int, sizes: tuple[int, ...]) -> int | None:
        """The value of an item on an input of these channels and sizes, times `scale`.

        None where the item is no choice there; UsageError where it has no value.
        """


def value(constant: int, source: Source) -> Fraction:
    """The value in the source's unit, as it is shown."""
    return Fraction(constant, source.scale)


def within(constant: int, place: str) -> int:
    """The constant itself; UsageError beyond 2^53."""
    if abs(constant) > LARGEST_CONSTANT:
        raise UsageError(f"{place}: {constant} passes 2^53")
    return constant
