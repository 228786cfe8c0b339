"""Which positions a resize reads: where an output falls among them, and what the mode weighs.

Sources: the ONNX operator Resize (its reference implementation), and torch's interpolate, whose
rules are among these.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

HALF_PIXEL, PYTORCH, SYMMETRIC = "half_pixel", "pytorch_half_pixel", "half_pixel_symmetric"
ALIGN_CORNERS, ASYMMETRIC, NEAREST_HALF = "align_corners", "asymmetric", "tf_half_pixel_for_nn"
PLACES = (HALF_PIXEL, PYTORCH, SYMMETRIC, ALIGN_CORNERS, ASYMMETRIC, NEAREST_HALF)

# Positions on either side that a mode weighs, before antialiasing widens them.
_SUPPORT = {"linear": 1, "cubic": 2}


def place_of(index: int, ratio: Fraction, n: int, m: int, place: str) -> Fraction:
    """Where output `index` of m falls among n positions, `ratio` of them an output."""
    if place == PYTORCH and m == 1:
        return Fraction(0)
    source = index * ratio
    if place in (HALF_PIXEL, PYTORCH, SYMMETRIC):
        source += (ratio - 1) / 2
    if place == SYMMETRIC:
        # Where the size was rounded, what is missing is shared out between both ends.
        source += (n - m * ratio) / 2
    if place == NEAREST_HALF:
        source += ratio / 2
    return source


def positions(source: Fraction, mode: str, rule: str, widened: Fraction) -> range:
    """Positions with a weight that is not 0 around a place.

    rule     of mode "nearest": "floor", "ceil", "round_prefer_floor" or "round_prefer_ceil"
    widened  the factor by which antialiasing widens the other modes, 1 without it
    """
    if mode == "nearest":
        nearest = _nearest(source, rule)
        return range(nearest, nearest + 1)
    reach = _SUPPORT[mode] * widened
    first, last = floor(source - reach) + 1, ceil(source + reach) - 1
    # The cubic's weights are 0 also at a distance of 1, so at a position only that one counts.
    if mode == "cubic" and widened == 1 and source.denominator == 1:
        return range(int(source), int(source) + 1)
    return range(first, last + 1)


def _nearest(source: Fraction, rule: str) -> int:
    if rule == "ceil":
        return ceil(source)
    if rule == "round_prefer_floor":
        return ceil(source - Fraction(1, 2))
    if rule == "round_prefer_ceil":
        return floor(source + Fraction(1, 2))
    return floor(source)
