"""The table in which the kernel of evaluate numbers the reasons that candidates have no figures.

A row [4] is a reason: two of its numbers, the rest of it as bits, and its number from 1; 0 while
the row is free. The rows are a power of two.
"""

from __future__ import annotations

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.jit import int64

FAULT_BITS, LAYER_BITS = 5, 13  # room for the codes of price_codes and for MOST_LAYERS

# Random odd words: the high half of a sum of multiples of them spreads three numbers well.
ODD = (
    np.uint64(0xA0761D6478BD642F),
    np.uint64(0xE7037ED1A0B428DB),
    np.uint64(0x9E3779B97F4A7C15),
)


@jit.inner
def _word(number: int) -> np.uint64:
    """The bits of a number; plain Python's own refuses what is negative."""
    return np.uint64(int64(number))


@jit.bare
def _slot(a: int, b: int, rest: int, table: np.ndarray) -> int:
    """The row of a reason, or the free one where it would stand."""
    last = len(table) - 1
    key = _word(a) * ODD[0] + _word(b) * ODD[1] + _word(rest) * ODD[2]
    slot = int64(key >> np.uint64(32)) & last
    while table[slot, 0] != a or table[slot, 1] != b or table[slot, 2] != rest:
        if table[slot, 3] == 0:
            break
        slot = (slot + 1) & last
    return slot


@jit.bare
def number_of(
    fault: int, layer: int, a: int, b: int, c: int, table: np.ndarray, known: np.ndarray
) -> int:
    """The number of a reason: a fault, its layer and three numbers, of which c is below 2^45.

    One not seen before gets the next of `known` [1], how many there are. 0 where it would pass half
    the table.
    """
    rest = ((c << LAYER_BITS) | layer) << FAULT_BITS | fault
    slot = _slot(a, b, rest, table)
    if table[slot, 3] == 0:
        if 2 * known[0] >= len(table):
            return 0
        known[0] += 1
        table[slot, 0], table[slot, 1], table[slot, 2], table[slot, 3] = a, b, rest, known[0]
    return table[slot, 3]


@jit.bare_njit
def move(table: np.ndarray, to: np.ndarray) -> None:
    """Copy the reasons of a table into a larger one."""
    for row in range(len(table)):
        if table[row, 3] != 0:
            slot = _slot(table[row, 0], table[row, 1], table[row, 2], to)
            for column in range(4):
                to[slot, column] = table[row, column]
