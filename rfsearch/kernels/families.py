"""Kernels of the number of families, by words counted on the automaton made deterministic.

A family is a word: the points (size, channels, jump, RF) after each strided layer, and the final
RF. Different stacks spell the same word, so what counts is the frontier: the states, with the
depths at which each can be, that all the stacks of a word so far have reached at its last point.
Frontiers that differ by so many layers alike go on alike; they share a shape, which is a frontier
with its depths counted from the least, and are told apart by that least depth.

Shapes are few where stacks are many, but each looks at thousands of transitions: so hundreds of
them go through the automaton together, a lane of one bit each, jump by jump, and the numbers of
words that lead to them are passed on by depth.
"""

from typing import NamedTuple

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.bits import number_of
from rfsearch.kernels.graph import DONE, FULL, PAUSED
from rfsearch.kernels.jit import int64
from rfsearch.kernels.lanes import (
    LANES,
    Steps,
    Sweep,
    clear,
    go_through,
    lowest,
    place_of,
    span,
    take_step,
)
from rfsearch.kernels.step import ONE

# Of a count: all lanes at all depths can be added to a leading digit as WIDEST without wrapping.
DIGIT_BITS = 47
WIDEST = np.uint64(1 << 47)
WIDE = 4  # beside DONE, FULL and PAUSED: a leading digit calls for one more


class Room(NamedTuple):
    """Scratch of the lanes of a sweep; `ends` is zero between sweeps."""

    counts: np.ndarray  # [lanes, (D + 1) * L] of the frontiers of a lane's shape, by depth
    sums: np.ndarray  # [(D + 1) * L] of a part's lanes
    parts: np.ndarray  # [lanes, words] lanes that arrive alike
    ends: np.ndarray  # [D + 1, words] lanes that end at one RF, by layers


class Shapes(NamedTuple):
    """Shapes [F], their members [M] and their frontiers [C], by depth, as growable arrays."""

    point: np.ndarray  # [F]
    first: np.ndarray  # [F + 1] members of a shape
    at: np.ndarray  # [F + 1] frontiers of a shape: the first at the least depth of its point
    chain: np.ndarray  # [F] next of the same point
    head: np.ndarray  # [P]
    row: np.ndarray  # [M]
    word: np.ndarray  # [M] layers after the least depth at which the member can be
    leading: np.ndarray  # [C, L] words that lead to a frontier, in digits; the leading one is open
    finals: np.ndarray  # [C] families that end there without another strided layer
    used: np.ndarray  # shapes; next to expand; next point and part of its sweep; whether WIDE


@jit.bare_njit
def expand(
    steps: Steps, shapes: Shapes, sweep: Sweep, room: Room, todo: np.ndarray, low: int, high: int,
    most: int,
) -> int:  # fmt: skip
    """Expand the frontiers of the shapes `todo` at depths low..high, in at most so many sweeps.

    Returns DONE, PAUSED, FULL where arrays must grow, or WIDE where counts need a digit more. None
    of the frontiers may lead to another of them.
    """
    counts, sums, parts, ends = room
    used = shapes.used
    for _ in range(most):
        chosen = todo[used[1] : used[1] + LANES * sweep.words]
        if len(chosen) == 0:
            return DONE
        first, last = _load(steps, shapes, chosen, low, high, counts)
        if used[2] == 0 and first <= last:
            at, to = _begin(steps, shapes, sweep, chosen, first, last, counts)
            at, to = go_through(steps, sweep, at, to, first, last)
            _leave(steps, shapes, sweep, chosen, at, to, first, last, counts, ends)
        for point in range(used[2], len(steps.point_low)):
            begin, end = steps.point_first[point], steps.point_first[point + 1]
            touched = False
            for row in range(begin, end):
                touched = touched or sweep.row_touched[row]
            if not touched:
                continue
            count = _part(steps, sweep, begin, end, first, last, parts)
            for part in range(used[3], count):
                if not _has_room(steps, shapes, point, last - first + 1):
                    used[2], used[3] = point, part
                    return FULL
                _arrive(steps, shapes, sweep, point, parts[part], first, last, counts, sums)
            for row in range(begin, end):
                clear(
                    steps,
                    sweep.row_reach,
                    row,
                    int64(steps.row_state[row]),
                    first,
                    last,
                    sweep.words,
                )
                sweep.row_touched[row] = False
            used[3] = 0
        used[1] += len(chosen)
        used[2] = 0
        if used[4]:
            used[4] = 0
            return WIDE
    return PAUSED


@jit.pasted
def _load(
    steps: Steps, shapes: Shapes, chosen: np.ndarray, low: int, high: int, counts: np.ndarray
) -> tuple[int, int]:
    """Copy the counts of the chosen by lane and depth; returns the least and greatest depth."""
    first, last = steps.most_depth, 0
    digits = shapes.leading.shape[1]
    for lane in range(len(chosen)):
        shape = chosen[lane]
        counts[lane] = np.uint64(0)
        least = steps.point_low[shapes.point[shape]]
        for place in range(shapes.at[shape], shapes.at[shape + 1]):
            depth = least + place - shapes.at[shape]
            if low <= depth <= high and _any(shapes.leading[place]):
                first, last = min(first, depth), max(last, depth)
                for digit in range(digits):
                    counts[lane, depth * digits + digit] = shapes.leading[place, digit]
    return first, last


@jit.pasted
def _any(digits: np.ndarray) -> bool:
    """Whether a number is not 0."""
    any_bit = np.uint64(0)
    for digit in range(len(digits)):
        any_bit |= digits[digit]
    return any_bit != 0


@jit.pasted
def _begin(
    steps: Steps, shapes: Shapes, sweep: Sweep, chosen: np.ndarray, first: int, last: int,
    counts: np.ndarray,
) -> tuple[int, int]:  # fmt: skip
    """Put the chosen into lanes; returns the first and last state where one is."""
    low, high = len(steps.low), -1
    depths, words = steps.most_depth + 1, sweep.words
    for lane in range(len(chosen)):
        bit = ONE << np.uint64(lane % LANES)
        if not _any(counts[lane]):  # its time comes, or is over
            continue
        for i in range(shapes.first[chosen[lane]], shapes.first[chosen[lane] + 1]):
            state = int64(steps.row_state[shapes.row[i]])
            word = shapes.word[i]
            at = place_of(sweep, state) * depths * words + lane // LANES
            for layers in range(span(steps, state, first, last)[1] + 1):
                if (word >> np.uint64(layers)) & ONE:
                    sweep.reach[at + layers * words] |= bit
            sweep.touched[state] = True
            low, high = min(low, state), max(high, state)
    return low, high


@jit.pasted
def _leave(
    steps: Steps, shapes: Shapes, sweep: Sweep, chosen: np.ndarray, low: int, high: int,
    first: int, last: int, counts: np.ndarray, ends: np.ndarray,
) -> None:  # fmt: skip
    """End the lanes at the states low..high, or take them one strided layer further."""
    depths, words = steps.most_depth + 1, sweep.words
    rf = int64(-1)
    for state in range(low, high + 1):
        if not sweep.touched[state]:
            continue
        if steps.final[state]:
            if steps.rf[state] != rf:  # states of one RF stand together
                _finish(steps, shapes, chosen, ends, first, last, counts)
                rf = int64(steps.rf[state])
            least, most = span(steps, state, first, last)
            for layers in range(least, most + 1):
                for word in range(words):
                    at = (place_of(sweep, state) * depths + layers) * words + word
                    ends[layers, word] |= sweep.reach[at]
        for step in range(steps.strided_first[state], steps.strided_first[state + 1]):
            row = int64(steps.strided_row[step])
            target = int64(steps.row_state[row])
            take_step(steps, sweep, state, target, sweep.row_reach, row, first, last)
            sweep.row_touched[row] = True
        clear(steps, sweep.reach, place_of(sweep, state), state, first, last, words)
        sweep.touched[state] = False
    _finish(steps, shapes, chosen, ends, first, last, counts)


@jit.pasted
def _finish(
    steps: Steps, shapes: Shapes, chosen: np.ndarray, ends: np.ndarray, first: int, last: int,
    counts: np.ndarray,
) -> None:  # fmt: skip
    """One family more ends in each frontier whose lane reached an end; the ends are spent."""
    digits = shapes.leading.shape[1]
    for lane in range(len(chosen)):
        bit, word = ONE << np.uint64(lane % LANES), lane // LANES
        ended = np.uint64(0)
        for layers in range(len(ends)):
            ended |= ends[layers, word] & bit
        if ended == 0:
            continue
        shape = chosen[lane]
        at = shapes.at[shape] - steps.point_low[shapes.point[shape]]
        for depth in range(first, last + 1):
            if not _any(counts[lane, depth * digits : (depth + 1) * digits]):
                continue
            for layers in range(max(steps.least_depth - depth, 0), steps.most_depth - depth + 1):
                if ends[layers, word] & bit:
                    shapes.finals[at + depth] += 1
                    break
    ends[:] = np.uint64(0)


@jit.pasted
def _part(
    steps: Steps, sweep: Sweep, begin: int, end: int, first: int, last: int, parts: np.ndarray
) -> int:
    """Part the lanes by where and when they reached the rows of a point; how many parts."""
    words = sweep.words
    parts[0] = ~np.uint64(0)
    count = 1
    for row in range(begin, end):
        low, high = span(steps, int64(steps.row_state[row]), first, last)
        for layers in range(max(low, 1), high + 1):
            at = (row * (steps.most_depth + 1) + layers) * words
            bits = sweep.row_reach[at : at + words]
            for part in range(count):
                inside, outside = np.uint64(0), np.uint64(0)
                for word in range(words):
                    inside |= parts[part, word] & bits[word]
                    outside |= parts[part, word] & ~bits[word]
                if inside != 0 and outside != 0:
                    for word in range(words):
                        parts[count, word] = parts[part, word] & ~bits[word]
                        parts[part, word] &= bits[word]
                    count += 1
    return count


@jit.pasted
def _has_room(steps: Steps, shapes: Shapes, point: int, depths: int) -> bool:
    """Whether a part with frontiers at so many depths can be entered at a point."""
    shape = shapes.used[0]
    rows = steps.point_first[point + 1] - steps.point_first[point]
    places = steps.point_high[point] - steps.point_low[point] + 1
    return (
        shape + depths < len(shapes.point)
        and shapes.first[shape] + (depths + 1) * rows <= len(shapes.row)
        and shapes.at[shape] + depths * places <= len(shapes.leading)
    )


@jit.pasted
def _arrive(
    steps: Steps, shapes: Shapes, sweep: Sweep, point: int, part: np.ndarray, first: int,
    last: int, counts: np.ndarray, sums: np.ndarray,
) -> None:  # fmt: skip
    """Enter the frontiers in which the lanes of a part arrive at a point."""
    word = 0
    while part[word] == 0:
        word += 1
    one = lowest(part[word])  # any of them, here the first
    begin, end = steps.point_first[point], steps.point_first[point + 1]
    arrived = np.uint64(0)
    for row in range(begin, end):
        low, high = span(steps, int64(steps.row_state[row]), first, last)
        layers = np.uint64(0)
        for i in range(max(low, 1), high + 1):
            at = (row * (steps.most_depth + 1) + i) * sweep.words + word
            if sweep.row_reach[at] & one:
                layers |= ONE << np.uint64(i - 1)
        sweep.relative[row - begin] = layers
        arrived |= layers
    if arrived == 0:
        return
    sums[:] = np.uint64(0)
    digits = shapes.leading.shape[1]
    for word in range(sweep.words):
        bits = part[word]
        while bits:
            bit = lowest(bits)
            bits ^= bit
            lane = LANES * word + number_of(bit)
            for i in range(first * digits, (last + 1) * digits):
                sums[i] += counts[lane, i]
    for depth in range(first, min(last, steps.most_depth - 1) + 1):
        if _any(sums[depth * digits : (depth + 1) * digits]):
            place = _enter(steps, shapes, sweep.relative, point, depth)
            if place >= 0:
                _add(shapes, place, sums[depth * digits : (depth + 1) * digits])


@jit.pasted
def _enter(steps: Steps, shapes: Shapes, relative: np.ndarray, point: int, depth: int) -> int:
    """Place of the frontier, new or known, that is so many layers away from a depth; -1 of none.

    Where a layer may stay, a member that can be at a depth can be at all that are greater: shapes
    differ less if that is said of it at once, even of depths from which nothing can finish.
    """
    begin, end = steps.point_first[point], steps.point_first[point + 1]
    words = np.uint64(0)
    for row in range(begin, end):
        words |= (relative[row - begin] << np.uint64(depth)) & steps.alive[steps.row_state[row]]
    if words == 0:
        return -1
    least = number_of(lowest(words))
    new = shapes.used[0]
    members = shapes.first[new]
    for row in range(begin, end):
        state = steps.row_state[row]
        word = (relative[row - begin] << np.uint64(depth)) & steps.alive[state]
        if word != 0:
            word >>= np.uint64(least)
            if steps.loops[state]:
                word = ~lowest(word) + ONE
            shapes.row[members] = row
            shapes.word[members] = word
            members += 1
    shape = _known(shapes, point, members)
    if shape < 0:
        shape = new
        shapes.used[0] += 1
        shapes.point[new] = point
        shapes.first[new + 1] = members
        shapes.at[new + 1] = shapes.at[new] + steps.point_high[point] - steps.point_low[point] + 1
        shapes.chain[new] = shapes.head[point]
        shapes.head[point] = new
    return shapes.at[shape] + least + 1 - steps.point_low[point]


@jit.pasted
def _known(shapes: Shapes, point: int, end: int) -> int:
    """The shape whose members are those from the end of the last shape up to `end`; -1 of none."""
    start = shapes.first[shapes.used[0]]
    shape = shapes.head[point]
    while shape >= 0:
        first = shapes.first[shape]
        same = shapes.first[shape + 1] - first == end - start
        if same:
            for i in range(end - start):
                same = same and shapes.row[first + i] == shapes.row[start + i]
                same = same and shapes.word[first + i] == shapes.word[start + i]
        if same:
            break
        shape = shapes.chain[shape]
    return shape


@jit.pasted
def _add(shapes: Shapes, place: int, digits: np.ndarray) -> None:
    """Add digits to the count at a place."""
    last = len(digits) - 1
    for digit in range(last + 1):
        shapes.leading[place, digit] += digits[digit]
        if digit < last:
            carry = shapes.leading[place, digit] >> np.uint64(DIGIT_BITS)
            shapes.leading[place, digit + 1] += carry
            shapes.leading[place, digit] &= (ONE << np.uint64(DIGIT_BITS)) - ONE
    if shapes.leading[place, last] > WIDEST:
        shapes.used[4] = 1
