"""Ratios as the kernels compare them: fractions of numbers that fit a word, exact for all vectors.

For whole numbers v >= m >= 0 up to `most`, v <= m * ratio holds if and only if m * under >= v *
over, with over / under the least fraction not below 1 / ratio whose denominator is at most `most`:
no m / v lies between the two.
"""

from __future__ import annotations

from fractions import Fraction


def ratio_of(tolerance: Fraction, tightness: Fraction) -> Fraction:
    """The greatest v / m at a tightness: 1 + tightness * tolerance."""
    return 1 + tightness * tolerance


def nearness(ratio: Fraction, most: int, strict: bool) -> tuple[int, int]:
    """(over, under) of a ratio >= 1; with `strict` v < m * ratio, but equal ones are near always.

    Where ratio is 1 nothing but equality is near, strict or not.
    """
    least = 1 / ratio
    if strict and ratio > 1:
        least += Fraction(1, 2 * least.denominator * most)
    found = _not_below(min(least, Fraction(1)), most)
    return found.numerator, found.denominator


def farthest(least: int, ratio: Fraction, strict: bool) -> int:
    """The greatest whole number v with v <= least * ratio (v < where `strict` and ratio > 1)."""
    bound = least * ratio
    if strict and ratio > 1 and bound.denominator == 1:
        return max(bound.numerator - 1, least)
    return bound.numerator // bound.denominator


def _not_below(number: Fraction, most: int) -> Fraction:
    """The least fraction >= number whose denominator is at most `most`.

    The two neighbours of a number among such fractions are its last convergent and a mediant
    (as in Fraction.limit_denominator, which takes the nearer one).
    """
    if number.denominator <= most:
        return number
    p0, q0, p1, q1 = 0, 1, 1, 0
    n, d = number.numerator, number.denominator
    while True:
        a = n // d
        if q0 + a * q1 > most:
            break
        p0, q0, p1, q1 = p1, q1, p0 + a * p1, q0 + a * q1
        n, d = d, n - a * d
    k = (most - q0) // q1
    sides = (Fraction(p1, q1), Fraction(p0 + k * p1, q0 + k * q1))
    return max(sides)
