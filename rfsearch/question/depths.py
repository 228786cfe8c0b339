"""Depths: from the least to the greatest at which each state is on a match."""

from __future__ import annotations

import numpy as np

from rfsearch.automaton.automaton import Automaton

HALF = np.uint64(32)


def depth_hull(automaton: Automaton) -> tuple[np.ndarray, np.ndarray]:
    """int64 [S], [S]: least and greatest depth of every state; (1, 0) where there is none.

    The start is at depth 0 besides.
    """
    alive = automaton.alive
    lowest = alive & (~alive + np.uint64(1))
    most = _highest_bit(alive)
    least = np.where(alive == 0, 1, _highest_bit(lowest))
    least[automaton.start] = 0
    return least, most


def _highest_bit(word: np.ndarray) -> np.ndarray:
    """1 + the number of the highest bit, 0 of no bit: halves are exact as floats."""
    upper, lower = word >> HALF, word & np.uint64(0xFFFFFFFF)
    upper_bits = np.frexp(upper.astype(np.float64))[1]
    lower_bits = np.frexp(lower.astype(np.float64))[1]
    return np.where(upper > 0, upper_bits + 32, lower_bits).astype(np.int64)
