"""Kernels of reach: numbers of prefixes and their least costs, carried forward.

Depth by depth; or state by state, where states ascend along transitions and every depth may end.
"""

import numpy as np

from rfsearch import jit
from rfsearch.kernels.step import ONE, is_alive, joined

NONE = np.int64(1 << 62)


@jit.njit
def advance(
    first, to, arc, volume, jump, alive, start, depth, coefficient, join, adds, bits, here, there,
    least, least_next,
):  # fmt: skip
    """Carry counts [S, L] and least costs [S, K] of depth `depth` on to the next.

    coefficient [A, 5, K], and the first `adds` criteria add, so that they are vectors for the
    processor. `there` must hold 0 and `least_next` NONE. Counts are digits of `bits` bits, which
    leave room for a state's sources. Returns whether a further digit is needed.
    """
    digits, criteria = here.shape[1], least.shape[1]
    mask = (ONE << np.uint64(bits)) - ONE
    for state in range(len(first) - 1):
        if not is_alive(alive, state, depth, start):
            continue
        v, j = volume[state], jump[state]
        before, jj = least[state], j * j
        if criteria > 0 and before[0] == NONE:
            continue  # where a budget is part of the states, some are never reached
        for edge in range(first[state], first[state + 1]):
            target = to[edge]
            if not is_alive(alive, target, depth + 1, start):
                continue
            for digit in range(digits):
                there[target, digit] += here[state, digit]
            c, w, after = coefficient[arc[edge]], volume[target], least_next[target]
            for k in range(adds):
                added = c[0, k] + c[1, k] * v + c[2, k] * w + c[3, k] * jj + c[4, k] * j
                after[k] = min(after[k], before[k] + added)
            for k in range(adds, criteria):
                added = c[0, k] + c[1, k] * v + c[2, k] * w + c[3, k] * jj + c[4, k] * j
                after[k] = min(after[k], joined(join[k], before[k], added))
    overflow = False
    for state in range(len(first) - 1):
        carry = np.uint64(0)
        for digit in range(digits):
            value = there[state, digit] + carry
            there[state, digit] = value & mask
            carry = value >> np.uint64(bits)
        overflow = overflow or carry != 0
    return overflow


@jit.njit
def collect(alive, final, start, depth, group, bits, here, least, total, best):
    """Add the counts of the states that end at `depth` to those of their group.

    total [G, L + 1], best [G, K]; group [S].
    """
    digits, criteria = here.shape[1], least.shape[1]
    mask = (ONE << np.uint64(bits)) - ONE
    for state in range(len(final)):
        if not final[state] or not is_alive(alive, state, depth, start):
            continue
        at = group[state]
        carry = np.uint64(0)
        for digit in range(digits + 1):
            value = total[at, digit] + carry
            if digit < digits:
                value += here[state, digit]
            total[at, digit] = value & mask
            carry = value >> np.uint64(bits)
        for k in range(criteria):
            best[at, k] = min(best[at, k], least[state, k])


@jit.njit
def ascend(first, to, arc, final, group, coefficient, join, adds, bits, here, least, total, best):
    """Both of them for an automaton whose states ascend, all depths at once.

    `here` [S, L] must hold 0 but for the start, `least` [S, K] NONE. Costs are constants of arcs,
    coefficient [A, K]. Returns whether a further digit is needed.
    """
    digits, criteria = here.shape[1], least.shape[1]
    mask = (ONE << np.uint64(bits)) - ONE
    for state in range(len(final)):
        before = least[state]
        if criteria > 0 and before[0] == NONE:
            continue  # where a budget is part of the states, some are never reached
        carry = np.uint64(0)
        for digit in range(digits):
            value = here[state, digit] + carry
            here[state, digit] = value & mask
            carry = value >> np.uint64(bits)
        if carry != 0:
            return True
        if final[state]:
            at = group[state]
            for digit in range(digits + 1):
                value = total[at, digit] + carry
                if digit < digits:
                    value += here[state, digit]
                total[at, digit] = value & mask
                carry = value >> np.uint64(bits)
            for k in range(criteria):
                best[at, k] = min(best[at, k], before[k])
        for edge in range(first[state], first[state + 1]):
            c, after = coefficient[arc[edge]], least[to[edge]]
            for digit in range(digits):
                here[to[edge], digit] += here[state, digit]
            for k in range(adds):
                after[k] = min(after[k], before[k] + c[k])
            for k in range(adds, criteria):
                after[k] = min(after[k], joined(join[k], before[k], c[k]))
    return False
