"""Rows of bits in 64-bit words: shifts, the number of a bit among those that are set."""

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.jit import int64

ONE = np.uint64(1)
ZERO = np.uint64(0)

# Which bit a power of two is, by the six bits that its product with a de Bruijn number begins with.
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_BIT_OF = np.zeros(64, np.int64)
for _bit in range(64):
    _BIT_OF[((int(_DE_BRUIJN) << _bit) % (1 << 64)) >> 58] = _bit


@jit.bare
def number_of(power: np.uint64) -> int:
    """Which bit a power of two is."""
    return _BIT_OF[(power * _DE_BRUIJN) >> np.uint64(58)]


@jit.pasted
def how_many(word: np.uint64) -> int:
    """The number of bits that are set."""
    word = word - ((word >> ONE) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + (
        (word >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@jit.pasted
def span_of(row: np.ndarray) -> tuple[int, int]:
    """(first, behind the last) of the words [W] that have a bit; (W, W) where none has."""
    low, high = 0, len(row)
    while low < high and row[low] == ZERO:
        low += 1
    while high > low and row[high - 1] == ZERO:
        high -= 1
    return low, high


@jit.pasted
def shift_on(
    source: np.ndarray, low: int, high: int, by: int, mask: np.ndarray, target: np.ndarray
) -> bool:
    """target |= (source << by) & mask, all [W]; returns whether a bit is left after the mask.

    low, high: source has no bit in other words.
    """
    words = len(source)
    skip, shift = by >> 6, np.uint64(by & 63)
    end = min(high, words - skip)
    some = ZERO
    if shift == ZERO:
        for i in range(low, end):
            word = source[i] & mask[i + skip]
            target[i + skip] |= word
            some |= word
        return some != ZERO
    back = np.uint64(64) - shift
    carried = ZERO
    for i in range(low, end):
        word = ((source[i] << shift) | carried) & mask[i + skip]
        carried = source[i] >> back
        target[i + skip] |= word
        some |= word
    if low < end and end + skip < words:
        word = carried & mask[end + skip]
        target[end + skip] |= word
        some |= word
    return some != ZERO


@jit.pasted
def shift_back(
    source: np.ndarray, low: int, high: int, by: int, mask: np.ndarray, target: np.ndarray
) -> None:
    """target |= (source & mask) >> by, all [W]; source has no bit in other words than low..high."""
    skip, shift = by >> 6, np.uint64(by & 63)
    begin = max(low, skip)
    if shift == ZERO:
        for i in range(begin, high):
            target[i - skip] |= source[i] & mask[i]
        return
    back = np.uint64(64) - shift
    for i in range(begin, high):
        word = source[i] & mask[i]
        target[i - skip] |= word >> shift
        if i > skip:
            target[i - skip - 1] |= word << back


@jit.pasted
def survives(source: np.ndarray, low: int, high: int, by: int, mask: np.ndarray) -> bool:
    """Whether a bit of source << by is in the mask."""
    words = len(source)
    skip, shift = by >> 6, np.uint64(by & 63)
    end = min(high, words - skip)
    if shift == ZERO:
        some = ZERO
        for i in range(low, end):
            some |= source[i] & mask[i + skip]
        return some != ZERO
    back = np.uint64(64) - shift
    carried = ZERO
    for i in range(low, end):
        if ((source[i] << shift) | carried) & mask[i + skip]:
            return True
        carried = source[i] >> back
    return low < end and end + skip < words and carried & mask[end + skip] != ZERO
