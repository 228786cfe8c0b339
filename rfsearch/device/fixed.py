"""Fixed point: exact whole numbers for the values of a table, so that ties and proofs stay exact.

A value in decimal digits is kept exactly: all values of one table are multiplied by the same power
of ten, the least that makes each whole. Where that takes more than nine decimals, or numbers of
2^40 and more, as measured floats do, they are rounded (half to even) to as many decimals as that
leaves. From there on everything is whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from rfsearch.errors import UsageError

MOST_DECIMALS = 9
# Sums over the longest stacks stay far below 2^63.
LARGEST = 1 << 40


def exact(value: object, place: str) -> Fraction:
    """A number as it is written; of a float its shortest decimal form.

    UsageError where it is no number, NaN, infinite or negative.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction | Decimal):
        raise UsageError(f"{place}: {value!r} is no number")
    number = Decimal(repr(value)) if isinstance(value, float) else value
    if isinstance(number, Decimal) and not number.is_finite():
        raise UsageError(f"{place}: {value} is no finite number")
    found = Fraction(number)
    if found < 0:
        raise UsageError(f"{place}: {value} is negative")
    return found


def scaled(values: Sequence[Fraction], place: str) -> tuple[int, list[int]]:
    """(scale, whole numbers): each value is its number divided by the scale.

    UsageError where the largest value is 2^40 or more.
    """
    largest = max(values, default=Fraction(0))
    if largest >= LARGEST:
        raise UsageError(f"{place}: {largest} is beyond 2^40; choose a larger unit")
    scale = 1
    for _ in range(MOST_DECIMALS):
        if all((value * scale).denominator == 1 for value in values):
            break
        if largest * scale * 10 >= LARGEST:
            break
        scale *= 10
    return scale, [round(value * scale) for value in values]
