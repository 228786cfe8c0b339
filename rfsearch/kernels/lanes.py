"""Lanes: many sets of states taken through an automaton at once, one bit each.

What differs between the sets, the depths at which their stacks stand, is counted from where each
began, so that lanes are kept by state and by layers since.
"""

from typing import NamedTuple

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.jit import int64
from rfsearch.kernels.step import ONE

LANES = 64  # in one machine word
MOST_WORDS = 8  # of lanes side by side: what one vector instruction takes


class Steps(NamedTuple):
    """An automaton's steps without their arcs, states in an order that steps seldom go back.

    A row is a state that strided layers enter; where jumps no longer count, one for each stride.
    Rows of one point stand together. The last is the start before any layer.
    """

    plain_first: np.ndarray  # [S + 1] steps by layers of stride 1, but for those that stay
    plain_to: np.ndarray
    loops: np.ndarray  # [S] whether a layer of stride 1 stays
    strided_first: np.ndarray  # [S + 1]
    strided_row: np.ndarray
    low: np.ndarray  # [S] least depth on a match
    high: np.ndarray
    alive: np.ndarray
    final: np.ndarray
    rf: np.ndarray
    row_state: np.ndarray  # [R]
    point_first: np.ndarray  # [P + 1] rows of a point
    point_low: np.ndarray  # [P] least depth of its rows
    point_high: np.ndarray
    least_depth: int
    most_depth: int


class Sweep(NamedTuple):
    """Lanes in their course: `words` for each state or row and number of layers, side by side.

    From one jump, layers of stride 1 lead to its own states and to those of jumps too great to
    matter, which are the last.
    """

    reach: np.ndarray  # [those states * (D + 1) * words] zero between sweeps, like the rest
    row_reach: np.ndarray  # [R * (D + 1) * words]
    touched: np.ndarray  # [S]
    row_touched: np.ndarray  # [R]
    relative: np.ndarray  # [rows of a point] scratch: layers in which one lane reaches each
    begin: int  # the first state of the jump
    end: int
    merged: int  # the first of the last states
    words: int


@jit.njit
def thin(
    order: np.ndarray, place: np.ndarray, first: np.ndarray, to: np.ndarray, arc: np.ndarray,
    stride_of: np.ndarray, strides: int, jump: np.ndarray, stamp: np.ndarray,
    plain_first: np.ndarray, plain_to: np.ndarray, loops: np.ndarray, strided_first: np.ndarray,
    strided_key: np.ndarray,
) -> int:  # fmt: skip
    """Fill the arrays of Steps, each step once; returns how many are strided.

    order [S] are the states as they come, place [S] its inverse, jump [S] their jumps, stride_of
    [A] the index of an arc's stride, 0 for stride 1; stamp [S * strides] is scratch, all -1. A
    strided step is written to `strided_key` as target * strides + stride, or + 1 where the jump
    tells the stride.
    """
    plain, strided = 0, 0
    for i in range(len(order)):
        for edge in range(first[order[i]], first[order[i] + 1]):
            target = place[to[edge]]
            stride = stride_of[arc[edge]]
            if stride > 0 and jump[to[edge]] > 0:
                stride = 1
            key = target * strides + stride
            if stamp[key] == i:
                continue
            stamp[key] = i
            if stride > 0:
                strided_key[strided] = key
                strided += 1
            elif target == i:
                loops[i] = True
            else:
                plain_to[plain] = target
                plain += 1
        plain_first[i + 1] = plain
        strided_first[i + 1] = strided
    return strided


@jit.pasted
def lowest(word: np.uint64) -> np.uint64:
    """The lowest bit of a word, as a word."""
    return word & (~word + ONE)


@jit.pasted
def place_of(sweep: Sweep, state: int) -> int:
    """Where a state stands in reach."""
    if state < sweep.end:
        return state - sweep.begin
    return sweep.end - sweep.begin + state - sweep.merged


@jit.pasted
def span(steps: Steps, state: int, first: int, last: int) -> tuple[int, int]:
    """After how many layers, at least and at most, lanes from these depths can be at a state."""
    return (
        max(0, steps.low[state] - last),
        min(steps.high[state] - first, steps.most_depth),
    )


@jit.pasted
def go_through(
    steps: Steps, sweep: Sweep, low: int, high: int, first: int, last: int
) -> tuple[int, int]:
    """Take lanes from the states low..high on by all layers of stride 1; how far they come."""
    words = sweep.words
    state = low
    while state <= high:
        after = state + 1
        if sweep.touched[state]:
            if steps.loops[state]:
                least, most = span(steps, state, first, last)
                at = place_of(sweep, state) * (steps.most_depth + 1)
                for i in range((at + least + 1) * words, (at + most + 1) * words):
                    sweep.reach[i] |= sweep.reach[i - words]
            for step in range(steps.plain_first[state], steps.plain_first[state + 1]):
                target = int64(steps.plain_to[step])
                place = place_of(sweep, target)
                if take_step(steps, sweep, state, target, sweep.reach, place, first, last):
                    after = min(after, target)
                sweep.touched[target] = True
                high = max(high, target)
        low = min(low, after)
        state = after
    return low, high


@jit.pasted
def take_step(
    steps: Steps, sweep: Sweep, state: int, target: int, reach: np.ndarray, place: int,
    first: int, last: int,
) -> int:  # fmt: skip
    """Add the lanes of a state to those of a target, which stand at `place` of `reach`.

    Returns whether the target is an earlier state and has more lanes than before.
    """
    depths, words = steps.most_depth + 1, sweep.words
    low, high = span(steps, state, first, last)
    target_low, target_high = span(steps, target, first, last)
    low, high = max(low, target_low - 1), min(high, target_high - 1)
    here = np.uint64((place_of(sweep, state) * depths + low) * words)
    there = np.uint64((place * depths + low + 1) * words)
    count = np.uint64(max(high - low + 1, 0) * words)
    more = False
    if target < state:
        for i in range(count):
            more = more or (sweep.reach[here + i] & ~reach[there + i]) != 0
    for i in range(count):  # unsigned, so that no index counts from the end: this is vectors
        reach[there + i] |= sweep.reach[here + i]
    return more


@jit.pasted
def clear(
    steps: Steps, reach: np.ndarray, place: int, state: int, first: int, last: int, words: int
) -> None:
    low, high = span(steps, state, first, last)
    at = place * (steps.most_depth + 1)
    for i in range((at + low) * words, (at + high + 1) * words):
        reach[i] = np.uint64(0)
