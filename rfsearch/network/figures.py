"""How figures are shown: one number where the axes agree, whole numbers where they are whole."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeVar

T = TypeVar("T")
Number = int | float | Fraction
# One number, or one an axis where the axes differ.
Figure = Number | tuple[Number, ...]


def agreed(values: list[T]) -> T | tuple[T, ...]:
    """One value where all axes agree, else one an axis."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def whole(value: Fraction) -> int | Fraction:
    """An int where the fraction is one."""
    return value.numerator if value.denominator == 1 else value


def half(twice: int) -> int | float | Fraction:
    """Half of a whole number: an int, or a float that ends in .5, or a fraction beyond those."""
    if twice % 2 == 0:
        return twice // 2
    return twice / 2 if abs(twice) < 1 << 53 else Fraction(twice, 2)
