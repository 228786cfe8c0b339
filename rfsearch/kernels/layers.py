"""Kernel of exact counting by layers, where states ascend and a transition is several layers.

counts[s, d] says, in digits of `bits` bits, how many ways lead from s to an end with d layers.
"""

import numpy as np

from rfsearch.kernels import jit

ONE = np.uint64(1)


@jit.njit
def count_layers(
    first: np.ndarray, to: np.ndarray, arc: np.ndarray, final: np.ndarray, layers: np.ndarray,
    most: np.ndarray, bits: int, counts: np.ndarray,
) -> bool:  # fmt: skip
    """Fill counts [S, D+1, L] from the last state on; whether a digit beyond L is needed.

    layers [A]: of each arc; most [S]: layers of the longest way from a state.
    """
    digits = counts.shape[2]
    mask = (ONE << np.uint64(bits)) - ONE
    shift = np.uint64(bits)
    for state in range(len(first) - 2, -1, -1):
        most[state] = 0
        if final[state]:
            counts[state, 0, 0] = ONE
        for edge in range(first[state], first[state + 1]):
            target = to[edge]
            more = layers[arc[edge]]
            most[state] = max(most[state], most[target] + more)
            for depth in range(most[target] + 1):
                for digit in range(digits):
                    counts[state, depth + more, digit] += counts[target, depth, digit]
        for depth in range(most[state] + 1):
            carry = np.uint64(0)
            for digit in range(digits):
                value = counts[state, depth, digit] + carry
                counts[state, depth, digit] = value & mask
                carry = value >> shift
            if carry:
                return True
    return False
