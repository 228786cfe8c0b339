"""How many matches, by depth: exact integers of any size."""

from __future__ import annotations

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.kernels.count import count_level
from rfsearch.kernels.layers import count_layers
from rfsearch.kernels.threads import shards
from rfsearch.request.running import Progress, silent


def digit_bits(automaton: Automaton) -> int:
    """Bits a digit may hold so that one state's transitions can be added without a carry."""
    most = int(np.diff(automaton.first).max(initial=1))
    return 63 - most.bit_length()


def join(digits: np.ndarray, bits: int) -> int:
    """The integer whose digits of `bits` bits stand in `digits`, least first."""
    return sum(int(digit) << (bits * place) for place, digit in enumerate(digits))


def join_rows(digits: np.ndarray, bits: int) -> list[int]:
    """The integers of the rows of `digits` [n, L], likewise."""
    if not digits[:, 1:].any():
        whole: list[int] = digits[:, 0].tolist()
        return whole
    return [join(row, bits) for row in digits]


def count_by_depth(
    automaton: Automaton, threads: int | None = None, progress: Progress = silent
) -> dict[int, int]:
    """Exact number of matches at every depth that some match has.

    Backward by remaining depth: B_0 says where a stack may end, B_t(s) is the sum of B_(t-1) over
    the transitions of s, and B_t(start) the matches of depth t.
    """
    if automaton.transitions == 0:
        return {}
    if automaton.ascending:
        return _by_layers(automaton)
    low, high = automaton.depth
    bits = digit_bits(automaton)
    before = automaton.final.astype(np.uint64).reshape(-1, 1)
    after = np.zeros_like(before)
    found: dict[int, int] = {}
    with shards(automaton.states, threads) as run:
        for remaining in range(1, high + 1):
            while True:
                overflow = run(
                    count_level, automaton.first, automaton.to, automaton.alive, automaton.start,
                    np.uint64(_window(low, high, remaining)), low <= remaining, bits, before, after,
                )  # fmt: skip
                if not any(overflow):
                    break
                before, after = _one_more_digit(before), _one_more_digit(after)
            number = join(after[automaton.start], bits) if remaining >= low else 0
            if number:
                found[remaining] = number
            before, after = after, before
            progress("count", remaining / high)
    return found


def _by_layers(automaton: Automaton) -> dict[int, int]:
    """Where states ascend a transition may be several layers; only depths that occur."""
    layers = np.ascontiguousarray(automaton.cost("depth"))
    bits = digit_bits(automaton)
    longest = _longest(automaton, layers)
    digits = 1
    while True:
        counts = np.zeros((automaton.states, longest + 1, digits), np.uint64)
        most = np.zeros(automaton.states, np.int64)
        if not count_layers(
            automaton.first,
            automaton.to,
            automaton.step,
            automaton.final,
            layers,
            most,
            bits,
            counts,
        ):
            break
        digits += 1
    found = [join(row, bits) for row in counts[automaton.start]]
    return {depth: number for depth, number in enumerate(found) if number}


def _longest(automaton: Automaton, layers: np.ndarray) -> int:
    """No way through an ascending automaton has more layers."""
    if automaton.most_layers is not None:
        return automaton.most_layers
    steps = int(np.bitwise_or.reduce(automaton.alive)).bit_length() + 1
    return int(layers.max(initial=0)) * steps


def _window(low: int, high: int, remaining: int) -> int:
    """Word of the depths from which `remaining` more layers end inside low..high."""
    word = (1 << high) - (1 << max(low - 1, 0))
    return word >> remaining


def _one_more_digit(digits: np.ndarray) -> np.ndarray:
    return np.concatenate([digits, np.zeros((len(digits), 1), np.uint64)], axis=1)
