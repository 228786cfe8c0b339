"""The kernel that tells which candidates have one and the same reason of having no figures."""

from __future__ import annotations

import numpy as np

from rfsearch.jit import njit
from rfsearch.kernels.mix import mix
from rfsearch.kernels.price_codes import VALID

FAULT_BITS, LAYER_BITS = 5, 13  # room for the codes of price_codes and for MOST_LAYERS

ODD = (np.uint64(0xA0761D6478BD642F), np.uint64(0xE7037ED1A0B428DB))  # random 64-bit words


@njit
def number_reasons(faults, fault_layers, a, b, c, table, numbers, count, low, high):
    """Number the reasons of the candidates low..high-1 in the order in which they come.

    A reason is a fault, its layer and the three numbers that the kernel of evaluate leaves for it.
    numbers [all], 0 before, gets each candidate's; that of a valid one stays 0. A row of table
    [a power of two, 4] is a reason: a, b, the others as bits, its number, 0 while free; `count`
    of them are known. Returns how many are then, or -1 where they pass half the table.
    """
    last = len(table) - 1
    for i in range(low, high):
        if faults[i] == VALID:
            continue
        rest = ((c[i] << LAYER_BITS) | fault_layers[i]) << FAULT_BITS | faults[i]
        key = mix(np.uint64(a[i]) * ODD[0] ^ np.uint64(b[i]) * ODD[1], rest)
        slot = np.int64(key) & last
        while table[slot, 3] != 0 and (
            table[slot, 0] != a[i] or table[slot, 1] != b[i] or table[slot, 2] != rest
        ):
            slot = (slot + 1) & last
        if table[slot, 3] == 0:
            if 2 * count > last:
                return -1
            count += 1
            table[slot, 0], table[slot, 1], table[slot, 2], table[slot, 3] = a[i], b[i], rest, count
        numbers[i] = table[slot, 3]
    return count
