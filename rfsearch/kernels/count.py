"""Kernel of exact counting: one level of remaining depth, in digits of any length.

A count is a row of L digits of `bits` bits, least first, in 64-bit words. `bits` leaves room for a
whole row of transitions to be added before carries are moved on, so that the inner loop is plain
addition; no residues and no joining afterwards.
"""

import numpy as np

from rfsearch.kernels import jit

ONE = np.uint64(1)


@jit.bare_njit
def count_level(
    first: np.ndarray, to: np.ndarray, alive: np.ndarray, start: int, window: np.uint64,
    at_start: bool, bits: int, before: np.ndarray, after: np.ndarray, low: int, high: int,
) -> bool:  # fmt: skip
    """after[s] = sum of before[t] over the transitions s -> t, for the states low..high.

    before, after [S, L]. States without a depth in `window` get 0 (the start: by `at_start`).
    Returns whether a digit beyond L would be needed; `after` is then void.
    """
    digits = before.shape[1]
    mask = (ONE << np.uint64(bits)) - ONE
    shift = np.uint64(bits)
    overflow = False
    for state in range(low, high):
        for digit in range(digits):
            after[state, digit] = np.uint64(0)
        if (alive[state] & window) == 0 and not (at_start and state == start):
            continue
        if digits == 1:
            total = np.uint64(0)
            for edge in range(first[state], first[state + 1]):
                total += before[to[edge], 0]
            after[state, 0] = total
            if total > mask:
                overflow = True
            continue
        for edge in range(first[state], first[state + 1]):
            target = to[edge]
            for digit in range(digits):
                after[state, digit] += before[target, digit]
        carry = np.uint64(0)
        for digit in range(digits):
            value = after[state, digit] + carry
            after[state, digit] = value & mask
            carry = value >> shift
        if carry:
            overflow = True
    return overflow
