"""Kernels that make states of spots: a state is a spot with one receptive field (RF).

RFs of a spot are a row of bits [W]; where a control has loops there is one row for each number of
steps so far, and a state keeps the word of these numbers, bit d-1 for d.
"""

from typing import NamedTuple

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.bits import ONE, ZERO, how_many, number_of, shift_back, shift_on, span_of
from rfsearch.kernels.jit import int64


class Steps(NamedTuple):
    """Steps [E] of spots [P]: first [P+1], target, shift and row of `masks` [., W] of each."""

    first: np.ndarray
    target: np.ndarray
    shift: np.ndarray
    mask: np.ndarray
    masks: np.ndarray


@jit.bare_njit
def sweep(
    steps: Steps, final: np.ndarray, wanted: np.ndarray, row: np.ndarray, bits: np.ndarray
) -> None:
    """Keep in bits [P, W] the RFs that can start and finish; spots ascend along steps.

    Spot 0 begins. final [P]: a stack may end there, with an RF of `wanted` [W]; row [W] is
    scratch.
    """
    spots, words = bits.shape
    for spot in range(spots):
        low, high = span_of(bits[spot])
        for step in range(steps.first[spot], steps.first[spot + 1]):
            shift_on(
                bits[spot], low, high, steps.shift[step], steps.masks[steps.mask[step]],
                bits[steps.target[step]],
            )  # fmt: skip
    for spot in range(spots - 1, -1, -1):
        for word in range(words):
            row[word] = wanted[word] if final[spot] else ZERO
        for step in range(steps.first[spot], steps.first[spot + 1]):
            shift_back(
                bits[steps.target[step]], 0, words, steps.shift[step],
                steps.masks[steps.mask[step]], row,
            )  # fmt: skip
        for word in range(words):
            bits[spot, word] &= row[word]


@jit.bare_njit
def finish_by_depth(
    steps: Steps, final: np.ndarray, wanted: np.ndarray, least: int, row: np.ndarray,
    span: np.ndarray, bits: np.ndarray, live: np.ndarray,
) -> None:  # fmt: skip
    """Keep in bits [P, D+1, W] the RFs that can finish, at a depth of `least` or more.

    live [P, D+1] says where a bit is set; row [W], span [P, 2] are scratch.
    """
    spots, depths, words = bits.shape
    for depth in range(depths - 1, -1, -1):
        for spot in range(spots if depth + 1 < depths else 0):
            if live[spot, depth + 1]:
                span[spot, 0], span[spot, 1] = span_of(bits[spot, depth + 1])
        for spot in range(spots):
            if not live[spot, depth]:
                continue
            ends = final[spot] and depth >= least and depth > 0
            for word in range(words):
                row[word] = wanted[word] if ends else ZERO
            if depth + 1 < depths:
                for step in range(steps.first[spot], steps.first[spot + 1]):
                    to = steps.target[step]
                    if to >= 0 and live[to, depth + 1]:
                        mask = steps.masks[steps.mask[step]]
                        low, high = span[to, 0], span[to, 1]
                        shift_back(bits[to, depth + 1], low, high, steps.shift[step], mask, row)
            some = ZERO
            for word in range(words):
                bits[spot, depth, word] &= row[word]
                some |= bits[spot, depth, word]
            live[spot, depth] = some != ZERO


@jit.bare_njit
def united(bits: np.ndarray, live: np.ndarray, kept: np.ndarray) -> None:
    """kept [P, W] = the RFs of every spot at any depth; returns nothing."""
    for spot in range(len(bits)):
        for depth in range(bits.shape[1]):
            if live[spot, depth]:
                for word in range(bits.shape[2]):
                    kept[spot, word] |= bits[spot, depth, word]


@jit.bare_njit
def rank_words(kept: np.ndarray, before: np.ndarray) -> int:
    """before [P, W]: how many bits of kept [P, W] stand before each word; returns all."""
    count = 0
    for spot in range(len(kept)):
        for word in range(kept.shape[1]):
            before[spot, word] = count
            count += how_many(kept[spot, word])
    return count


@jit.pasted
def _rank(kept: np.ndarray, before: np.ndarray, spot: int, bit: int) -> int:
    """The number of a bit that is set among all; below 0 where it is not."""
    word, one = bit >> 6, ONE << np.uint64(bit & 63)
    if kept[spot, word] & one == ZERO:
        return int64(-1)
    return before[spot, word] + how_many(kept[spot, word] & (one - ONE))


@jit.bare_njit
def number_states(
    kept: np.ndarray, before: np.ndarray, group: np.ndarray, counts: np.ndarray,
    number: np.ndarray, spot_of: np.ndarray, bit_of: np.ndarray,
) -> None:  # fmt: skip
    """Number the states: by group, then by RF, then by spot.

    group [P] ascends. number [S]: of the state with a rank; spot_of, bit_of [S]: what it is.
    counts [64 W + 1] is scratch, zero.
    """
    begin, done = 0, 0
    while begin < len(kept):
        end = begin + 1
        while end < len(kept) and group[end] == group[begin]:
            end += 1
        low, high = len(counts), 0
        if end - begin > 1:
            for spot in range(begin, end):
                for word in range(kept.shape[1]):
                    left = kept[spot, word]
                    while left:
                        one = left & (~left + ONE)
                        left ^= one
                        bit = (word << 6) + number_of(one)
                        counts[bit] += 1
                        low, high = min(low, bit), max(high, bit + 1)
            total = done
            for bit in range(low, high):
                counts[bit], total = total, total + counts[bit]
        for spot in range(begin, end):
            for word in range(kept.shape[1]):
                left = kept[spot, word]
                rank = before[spot, word]
                while left:
                    one = left & (~left + ONE)
                    left ^= one
                    bit = (word << 6) + number_of(one)
                    if end - begin > 1:
                        at = counts[bit]
                        counts[bit] += 1
                    else:
                        at = done
                    done += 1
                    number[rank], spot_of[at], bit_of[at] = at, spot, bit
                    rank += 1
        for bit in range(low, high):
            counts[bit] = 0
        begin = end


@jit.bare_njit
def depth_words(
    bits: np.ndarray, live: np.ndarray, kept: np.ndarray, before: np.ndarray, number: np.ndarray,
    alive: np.ndarray,
) -> None:  # fmt: skip
    """alive [S]: word of the depths of every state, bit d-1 for d."""
    for spot in range(len(bits)):
        for depth in range(1, bits.shape[1]):
            if live[spot, depth]:
                for word in range(bits.shape[2]):
                    left = bits[spot, depth, word]
                    while left:
                        one = left & (~left + ONE)
                        left ^= one
                        rank = before[spot, word] + how_many(kept[spot, word] & (one - ONE))
                        alive[number[rank]] |= ONE << np.uint64(depth - 1)


@jit.bare_njit
def step_words(first: np.ndarray, target: np.ndarray, alive: np.ndarray) -> None:
    """alive [P]: word of the numbers of steps after which a spot is reached; spots ascend."""
    for spot in range(len(first) - 1):
        word = ONE if spot == 0 else alive[spot] << ONE
        for step in range(first[spot], first[spot + 1]):
            alive[target[step]] |= word


@jit.bare_njit
def link(
    steps: Steps, kept: np.ndarray, before: np.ndarray, number: np.ndarray, spot_of: np.ndarray,
    bit_of: np.ndarray, alive: np.ndarray, start: int, by_depth: bool, begin: int,
    first: np.ndarray, to: np.ndarray, step_of: np.ndarray,
) -> int:  # fmt: skip
    """Transitions of the states from `begin` on, steps in order, while they fit into to [E].

    first [S+1] says where those of a state stand. Returns the first state that is not done.
    `by_depth`: a transition stays if some depth makes both ends alive.
    """
    count = first[begin]
    last = kept.shape[1] << 6
    for state in range(begin, len(spot_of)):
        spot, bit = spot_of[state], bit_of[state]
        if count + steps.first[spot + 1] - steps.first[spot] > len(to):
            return state
        word = alive[state] << ONE
        if state == start:
            word |= ONE
        for step in range(steps.first[spot], steps.first[spot + 1]):
            aim = bit + steps.shift[step]
            target = steps.target[step]
            if target < 0 or aim >= last:
                continue
            mask = steps.masks[steps.mask[step], aim >> 6]
            if (mask >> np.uint64(aim & 63)) & ONE == ZERO:
                continue
            rank = _rank(kept, before, target, aim)
            if rank < 0:
                continue
            next_state = number[rank]
            if by_depth and alive[next_state] & word == ZERO:
                continue
            to[count], step_of[count] = next_state, step
            count += 1
        first[state + 1] = count
    return len(spot_of)


@jit.bare_njit
def finish_spots(source: np.ndarray, target: np.ndarray, kept: np.ndarray) -> None:
    """Extend kept [P] to all from which a kept spot can be reached; sources before targets."""
    for step in range(len(source) - 1, -1, -1):
        if kept[target[step]]:
            kept[source[step]] = True


@jit.bare_njit
def greatest_along(
    source: np.ndarray, target: np.ndarray, more: np.ndarray, most: np.ndarray
) -> None:
    """most [P] of what is added along steps, from spot 0 on; sources before targets."""
    for step in range(len(source)):
        most[target[step]] = max(most[target[step]], most[source[step]] + more[step])
