"""Rows of bits: receptive fields (RF) as bits of 64-bit words, several axes in mixed radix.

Between the places of one axis and the next there is room for one axis more, so that a field that
grows past its own radix lands on a bit that stands for none; a mask takes these away.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def bits_of(number: int, words: int) -> np.ndarray:
    """uint64 [W] of a whole number's bits."""
    return np.frombuffer(number.to_bytes(words * 8, "little"), np.uint64).copy()


def range_bits(low: int, high: int) -> int:
    """The bits low..high; none where the range is empty."""
    return ((1 << (high - low + 1)) - 1) << low if high >= low else 0


def weights(radix: Sequence[int]) -> list[int]:
    """Where an RF of 1 stands on each axis: bit weight * rf."""
    found = [1]
    for one in radix[:-1]:
        found.append(found[-1] * 2 * one)
    return found


def width(radix: Sequence[int]) -> int:
    """How many bits a row needs."""
    return weights(radix)[-1] * radix[-1]


def box(ends: Sequence[tuple[int, int]], radix: Sequence[int]) -> int:
    """The bits of all RFs within low..high on every axis; none where one is empty."""
    if any(high < low for low, high in ends):
        return 0
    bits = 1
    for (low, high), weight in zip(ends, weights(radix), strict=True):
        # The bits so far, repeated at every position low..high of this axis.
        count = high - low + 1
        bits = bits * (((1 << (count * weight)) - 1) // ((1 << weight) - 1)) << (low * weight)
    return bits


def unpacked(position: np.ndarray, radix: Sequence[int]) -> np.ndarray:
    """int64 [n, axes] the RFs that positions stand for."""
    columns = []
    for one in radix[:-1]:
        columns.append(position % (2 * one))
        position = position // (2 * one)
    return np.stack([*columns, position], axis=1)
