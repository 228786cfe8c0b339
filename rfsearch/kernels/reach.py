"""Kernels of reach: numbers of prefixes and their least costs, carried forward.

Depth by depth; or state by state, where states ascend along transitions and every depth may end.
"""

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.jit import int64
from rfsearch.kernels.step import ONE, is_alive, joined

NONE = int64(1 << 62)


@jit.bare
def _carry(number: np.ndarray, bits: int) -> bool:
    """Move on what passes `bits` bits of a digit of a number [L]; whether it passes the last."""
    mask = (ONE << np.uint64(bits)) - ONE
    carry = np.uint64(0)
    for digit in range(len(number)):
        value = number[digit] + carry
        number[digit] = value & mask
        carry = value >> np.uint64(bits)
    return carry != 0


@jit.bare
def _enter(
    number: np.ndarray, least: np.ndarray, bits: int, total: np.ndarray, best: np.ndarray
) -> None:
    """Add a number [L] to a total [L + 1], and lower the best [K] of a group by the least."""
    for digit in range(len(number)):
        total[digit] += number[digit]
    _carry(total, bits)
    for k in range(len(least)):
        best[k] = min(best[k], least[k])


@jit.njit
def advance(
    first: np.ndarray, to: np.ndarray, arc: np.ndarray, alive: np.ndarray, start: int, depth: int,
    cost: np.ndarray, join: np.ndarray, adds: int, bits: int, here: np.ndarray, there: np.ndarray,
    least: np.ndarray, least_next: np.ndarray,
) -> bool:  # fmt: skip
    """Carry counts [S, L] and least costs [S, K] of depth `depth` on to the next.

    cost [steps, K], and the first `adds` criteria add, so that they are vectors for the
    processor. `there` must hold 0 and `least_next` NONE. Counts are digits of `bits` bits, which
    leave room for a state's sources. Returns whether a further digit is needed.
    """
    digits, criteria = here.shape[1], least.shape[1]
    for state in range(len(first) - 1):
        if not is_alive(alive, state, depth, start):
            continue
        before = least[state]
        if criteria > 0 and before[0] == NONE:
            continue  # where a budget is part of the states, some are never reached
        for edge in range(first[state], first[state + 1]):
            target = to[edge]
            if not is_alive(alive, target, depth + 1, start):
                continue
            for digit in range(digits):
                there[target, digit] += here[state, digit]
            added, after = cost[arc[edge]], least_next[target]
            for k in range(adds):
                after[k] = min(after[k], before[k] + added[k])
            for k in range(adds, criteria):
                after[k] = min(after[k], joined(join[k], before[k], added[k]))
    overflow = False
    for state in range(len(first) - 1):
        overflow = _carry(there[state], bits) or overflow
    return overflow


@jit.njit
def collect(
    alive: np.ndarray, final: np.ndarray, start: int, depth: int, group: np.ndarray, bits: int,
    here: np.ndarray, least: np.ndarray, total: np.ndarray, best: np.ndarray,
) -> None:  # fmt: skip
    """Add the counts of the states that end at `depth` to those of their group.

    total [G, L + 1], best [G, K]; group [S].
    """
    for state in range(len(final)):
        if not final[state] or not is_alive(alive, state, depth, start):
            continue
        _enter(here[state], least[state], bits, total[group[state]], best[group[state]])


@jit.njit
def ascend(
    first: np.ndarray, to: np.ndarray, arc: np.ndarray, final: np.ndarray, group: np.ndarray,
    cost: np.ndarray, join: np.ndarray, adds: int, bits: int, here: np.ndarray, least: np.ndarray,
    total: np.ndarray, best: np.ndarray,
) -> bool:  # fmt: skip
    """Both of them for an automaton whose states ascend, all depths at once.

    `here` [S, L] must hold 0 but for the start, `least` [S, K] NONE; cost [steps, K].
    Returns whether a further digit is needed.
    """
    digits, criteria = here.shape[1], least.shape[1]
    for state in range(len(final)):
        before = least[state]
        if criteria > 0 and before[0] == NONE:
            continue  # where a budget is part of the states, some are never reached
        if _carry(here[state], bits):
            return True
        if final[state]:
            _enter(here[state], before, bits, total[group[state]], best[group[state]])
        for edge in range(first[state], first[state + 1]):
            c, after = cost[arc[edge]], least[to[edge]]
            for digit in range(digits):
                here[to[edge], digit] += here[state, digit]
            for k in range(adds):
                after[k] = min(after[k], before[k] + c[k])
            for k in range(adds, criteria):
                after[k] = min(after[k], joined(join[k], before[k], c[k]))
    return False
