"""Kernels of the twins: how many members a family has, for many families that begin alike.

The members of a family pass the same points. From one to the next lead layers of stride 1 and a
strided one, so that stacks are counted on from point to point, at all depths at once.
"""

from typing import NamedTuple

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.jit import int64
from rfsearch.kernels.step import ONE, copy, turns_back


class Paths(NamedTuple):
    """The arrays of an automaton, and the stacks that stand at its states.

    Counts are digits (see kernels.count). Those of a state and depth stand at
    (at[state] + depth) * digits; `at` leaves room for depths on a match alone.
    """

    first: np.ndarray
    to: np.ndarray
    arc: np.ndarray
    final: np.ndarray
    rf: np.ndarray
    spot: np.ndarray
    stride: np.ndarray  # [A]
    block: np.ndarray  # see kernels.bounds
    low: np.ndarray  # [S] least depth on a match
    high: np.ndarray
    at: np.ndarray  # [S]
    now: np.ndarray  # [., ] all zero before and after
    touched: np.ndarray  # [S] likewise
    least_depth: int
    digits: int
    bits: int


class Wanted(NamedTuple):
    """The next points [W] of some families, the RFs [R] at which others end, and room for both."""

    first_of: np.ndarray  # [spots] first wanted point at a spot, -1 where none
    other: np.ndarray  # [W] next wanted point at the same spot
    stride: np.ndarray  # [W]
    row: np.ndarray  # [W + 1] rows of a wanted point, one for each state of its spot
    state: np.ndarray  # [N] of a row, -1 while free
    stacks: np.ndarray  # [N, (D + 1) * L]
    end_rf: np.ndarray  # [R]
    end: np.ndarray  # [R, L]
    most_rf: int


@jit.bare_njit
def passed_states(
    first: np.ndarray, to: np.ndarray, arc: np.ndarray, start: int, rows: np.ndarray,
    states: np.ndarray,
) -> None:  # fmt: skip
    """Write the states that stacks of arcs [k, D] come to into `states` [k, D]."""
    for row in range(len(rows)):
        state = start
        for depth in range(rows.shape[1]):
            if rows[row, depth] < 0:
                break
            edge = first[state]
            while arc[edge] != rows[row, depth]:
                edge += 1
            state = to[edge]
            states[row, depth] = state


@jit.bare_njit
def follow(paths: Paths, entry_state: np.ndarray, entry: np.ndarray, wanted: Wanted) -> None:
    """Count on from stacks `entry` [N, (D + 1) * L] at the states of a point to what is wanted."""
    low, high = len(paths.low), -1
    for i in range(len(entry_state)):
        state = int64(entry_state[i])
        if state < 0:
            continue
        a, z = paths.low[state] * paths.digits, (paths.high[state] + 1) * paths.digits
        at = paths.at[state] * paths.digits
        copy(entry[i, a:z], paths.now[at + a : at + z])
        paths.touched[state] = True
        low, high = min(low, state), max(high, state)
    b = 0
    while paths.block[b + 1] <= low:
        b += 1
    while paths.block[b] <= high:
        begin, end = paths.block[b], paths.block[b + 1]
        back = turns_back(paths.first, paths.to, begin, end)
        if back:
            for depth in range(entry.shape[1] // paths.digits):
                for state in range(begin, end):
                    if paths.low[state] <= depth <= paths.high[state] and paths.touched[state]:
                        high = max(high, _move(paths, state, depth, depth + 1, wanted, back))
        else:
            for state in range(begin, end):
                if paths.touched[state]:
                    _stay(paths, state)
                    until = paths.high[state] + 1
                    high = max(high, _move(paths, state, paths.low[state], until, wanted, back))
        for state in range(begin, end):
            if paths.touched[state]:
                _finish(paths, state, wanted)
        b += 1


@jit.bare
def _stay(paths: Paths, state: int) -> None:
    """Let stacks stay at a state for a layer, and another."""
    staying = np.uint64(0)
    for edge in range(paths.first[state], paths.first[state + 1]):
        if paths.to[edge] == state and paths.stride[paths.arc[edge]] == 1:
            staying += ONE
    if staying == 0:
        return
    for depth in range(paths.low[state], paths.high[state]):
        _carry(paths, state, depth)
        at = (paths.at[state] + depth) * paths.digits
        for i in range(at, at + paths.digits):
            paths.now[i + paths.digits] += staying * paths.now[i]


@jit.bare
def _move(paths: Paths, state: int, depth: int, until: int, wanted: Wanted, back: bool) -> int:
    """Go on by every layer from the depths depth..until-1; returns the last state come to."""
    last = state
    for d in range(depth, until):
        _carry(paths, state, d)
    for edge in range(paths.first[state], paths.first[state + 1]):
        target = int64(paths.to[edge])
        if paths.rf[target] > wanted.most_rf:
            continue
        a = max(depth, paths.low[target] - 1) * paths.digits
        count = min(until, paths.high[target]) * paths.digits - a
        if count <= 0:
            continue
        stride = paths.stride[paths.arc[edge]]
        here = paths.at[state] * paths.digits + a
        if stride == 1:
            if target == state and not back:
                continue
            there = (paths.at[target] + 1) * paths.digits + a
            for i in range(count):
                paths.now[there + i] += paths.now[here + i]
            paths.touched[target] = True
            last = max(last, target)
            continue
        w = wanted.first_of[paths.spot[target]]
        while w >= 0:
            if wanted.stride[w] == stride:
                row = wanted.row[w]
                while wanted.state[row] >= 0 and wanted.state[row] != target:
                    row += 1
                wanted.state[row] = target
                for i in range(count):
                    wanted.stacks[row, a + paths.digits + i] += paths.now[here + i]
            w = wanted.other[w]
    return last


@jit.bare
def _finish(paths: Paths, state: int, wanted: Wanted) -> None:
    """Add the stacks that end at a state where such are wanted, and leave it."""
    if paths.final[state]:
        r = 0
        while r < len(wanted.end_rf) and wanted.end_rf[r] != paths.rf[state]:
            r += 1
        if r < len(wanted.end_rf):
            for depth in range(max(paths.low[state], paths.least_depth), paths.high[state] + 1):
                at = (paths.at[state] + depth) * paths.digits
                carry = np.uint64(0)
                for digit in range(paths.digits):
                    value = wanted.end[r, digit] + paths.now[at + digit] + carry
                    wanted.end[r, digit] = value & ((ONE << np.uint64(paths.bits)) - ONE)
                    carry = value >> np.uint64(paths.bits)
    at = paths.at[state] * paths.digits
    a, z = paths.low[state] * paths.digits, (paths.high[state] + 1) * paths.digits
    paths.now[at + a : at + z] = np.uint64(0)
    paths.touched[state] = False


@jit.bare
def _carry(paths: Paths, state: int, depth: int) -> None:
    """Bring digits that were added to back below 2^bits."""
    at = (paths.at[state] + depth) * paths.digits
    carry = np.uint64(0)
    for i in range(at, at + paths.digits):
        value = paths.now[i] + carry
        paths.now[i] = value & ((ONE << np.uint64(paths.bits)) - ONE)
        carry = value >> np.uint64(paths.bits)
