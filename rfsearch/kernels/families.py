"""Kernels of the families: how many there are, and how many members one has.

A family is a word: the points (size, channels, jump, RF) after each strided layer, and the final
RF. Different stacks spell the same word, so that words are counted on the automaton made
deterministic: a frontier is the set of states, with the depths at which each can be, that all the
stacks of a word so far have reached at its last point.
"""

from typing import NamedTuple

import numpy as np

from rfsearch import jit
from rfsearch.kernels.graph import DONE, FULL, PAUSED
from rfsearch.kernels.mix import mix
from rfsearch.kernels.step import ONE, is_alive


class Frontiers(NamedTuple):
    """Frontiers [F], their members [M] and the links [E] between them, as growable arrays."""

    first: np.ndarray  # [F + 1] members of a frontier
    state: np.ndarray
    word: np.ndarray  # depths at which the member can be
    earliest: np.ndarray  # least depth of a frontier
    finals: np.ndarray  # families that end without another strided layer
    link_first: np.ndarray  # [F + 1]
    link: np.ndarray
    bucket: np.ndarray
    chain: np.ndarray
    word_at: np.ndarray  # [S] scratch: depths reached by plain layers
    strided_at: np.ndarray  # [S, T] scratch: depths reached by each stride
    seen_rf: np.ndarray  # scratch
    used: np.ndarray  # frontiers, members, links, expanded


@jit.inner
def _enter(frontiers, count):
    """Number of the frontier whose `count` members stand after the last one; new or known."""
    start = frontiers.used[1]
    key = np.uint64(count)
    for i in range(start, start + count):
        key = mix(mix(key, frontiers.state[i]), frontiers.word[i])
    slot = key & np.uint64(len(frontiers.bucket) - 1)
    other = frontiers.bucket[slot]
    while other >= 0:
        a = frontiers.first[other]
        if frontiers.first[other + 1] - a == count:
            same = True
            for i in range(count):
                same = same and frontiers.state[a + i] == frontiers.state[start + i]
                same = same and frontiers.word[a + i] == frontiers.word[start + i]
            if same:
                return other
        other = frontiers.chain[other]
    new = frontiers.used[0]
    frontiers.used[0] += 1
    frontiers.used[1] += count
    frontiers.first[new + 1] = frontiers.used[1]
    words = np.uint64(0)
    for i in range(start, start + count):
        words |= frontiers.word[i]
    earliest = 0
    while words and not words & ONE:
        words >>= ONE
        earliest += 1
    frontiers.earliest[new] = earliest
    frontiers.chain[new] = frontiers.bucket[slot]
    frontiers.bucket[slot] = new
    return new


@jit.njit
def reenter(frontiers):
    """Enter all frontiers anew after the buckets grew."""
    for number in range(frontiers.used[0]):
        key = np.uint64(frontiers.first[number + 1] - frontiers.first[number])
        for i in range(frontiers.first[number], frontiers.first[number + 1]):
            key = mix(mix(key, frontiers.state[i]), frontiers.word[i])
        slot = key & np.uint64(len(frontiers.bucket) - 1)
        frontiers.chain[number] = frontiers.bucket[slot]
        frontiers.bucket[slot] = number


@jit.njit
def expand(
    first, to, arc, alive, final, rf, spot, stride_of, strides, start, depths, frontiers, most
):
    """Expand frontiers until none is left (DONE), arrays are FULL, or so many are done (PAUSED).

    stride_of [A] is the index of an arc's stride among `strides` stride values; index 0 is
    stride 1. Frontier 0 is the start, before any layer.
    """
    used = frontiers.used
    reached = np.empty(len(spot) * strides, np.int64)
    if used[0] == 0:
        frontiers.state[0] = start
        frontiers.word[0] = np.uint64(0)
        _enter(frontiers, 1)
    for _ in range(most):
        if used[3] == used[0]:
            return DONE
        # One frontier cannot make more links or members than there are strided targets.
        room = len(spot) * (strides - 1) + 1
        if (
            used[0] + room >= len(frontiers.first)
            or used[1] + room > len(frontiers.state)
            or used[2] + room > len(frontiers.link)
        ):
            return FULL
        number = used[3]
        used[3] += 1
        low, high = len(spot), -1
        count = 0
        for i in range(frontiers.first[number], frontiers.first[number + 1]):
            state = frontiers.state[i]
            frontiers.word_at[state] |= frontiers.word[i]
            low = min(low, state)
            high = max(high, state)
        finals = 0
        state = low
        while state <= high:
            word = frontiers.word_at[state]
            root = number == 0 and state == start
            if word == 0 and not root:
                state += 1
                continue
            if final[state] and word & depths and not frontiers.seen_rf[rf[state]]:
                frontiers.seen_rf[rf[state]] = True
                finals += 1
            back = state + 1
            for edge in range(first[state], first[state + 1]):
                target = to[edge]
                after = word << ONE
                if root:
                    after |= ONE
                after &= alive[target]
                if after == 0:
                    continue
                s = stride_of[arc[edge]]
                if s == 0:
                    if after & ~frontiers.word_at[target]:
                        frontiers.word_at[target] |= after
                        low = min(low, target)
                        high = max(high, target)
                        if target < back:
                            back = target
                else:
                    if frontiers.strided_at[target, s] == 0:
                        reached[count] = target * strides + s
                        count += 1
                    frontiers.strided_at[target, s] |= after
            state = back
        for state in range(low, high + 1):
            if frontiers.word_at[state]:
                frontiers.word_at[state] = np.uint64(0)
                frontiers.seen_rf[rf[state]] = False
        frontiers.finals[number] = finals
        _link(frontiers, spot, strides, reached[:count])
        frontiers.link_first[number + 1] = used[2]
    return PAUSED


@jit.inner
def _link(frontiers, spot, strides, reached):
    """Make the next frontiers: one for each stride and point among the targets reached."""
    used = frontiers.used
    count = len(reached)
    points = np.empty(count, np.int64)
    for i in range(count):
        points[i] = spot[reached[i] // strides] * strides + reached[i] % strides
    _sort(points, reached)
    i = 0
    while i < count:
        j = i
        while j < count and points[j] == points[i]:
            target = reached[j] // strides
            s = reached[j] % strides
            frontiers.state[used[1] + j - i] = target
            frontiers.word[used[1] + j - i] = frontiers.strided_at[target, s]
            frontiers.strided_at[target, s] = np.uint64(0)
            j += 1
        frontiers.link[used[2]] = _enter(frontiers, j - i)
        used[2] += 1
        i = j


@jit.inner
def _sort(points, reached):
    """Sort by point, then by what was reached (Shell's sort: it compiles in no time)."""
    gap = len(points) // 2
    while gap > 0:
        for i in range(gap, len(points)):
            point, target = points[i], reached[i]
            j = i
            while j >= gap and (
                points[j - gap] > point or (points[j - gap] == point and reached[j - gap] > target)
            ):
                points[j] = points[j - gap]
                reached[j] = reached[j - gap]
                j -= gap
            points[j] = point
            reached[j] = target
        gap //= 2


@jit.njit
def sum_words(order, finals, link_first, link, bits, total):
    """total[f] = finals[f] + the sum of total over its links, in digits (see kernels.count).

    `order` puts every frontier after those that it links to. Returns whether a digit is missing.
    """
    mask = (ONE << np.uint64(bits)) - ONE
    for number in order:
        digits = total[number]
        digits[:] = np.uint64(0)
        digits[0] = np.uint64(finals[number])
        for k in range(link_first[number], link_first[number + 1]):
            for digit in range(len(digits)):
                digits[digit] += total[link[k], digit]
        carry = np.uint64(0)
        for digit in range(len(digits)):
            value = digits[digit] + carry
            digits[digit] = value & mask
            carry = value >> np.uint64(bits)
        if carry:
            return True
    return False


@jit.njit
def members(
    first, to, arc, alive, final, rf, spot, stride, start, low, high,
    path_spot, path_stride, path_rf, last_rf, bits, now, after, total,
):  # fmt: skip
    """Add to `total` [L] the number of stacks that pass the given points and end at RF `last_rf`.

    path_spot, path_stride, path_rf [m] are the points after each strided layer. `now` and `after`
    [S, L] are scratch, all zero before and after.
    """
    states = len(spot)
    digits = len(total)
    segments = len(path_spot) + 1
    entry_state = np.empty(states, np.int64)
    entry_depth = np.empty(states, np.int64)
    entry_count = np.zeros((states, digits), np.uint64)
    entries = 1
    entry_state[0], entry_depth[0] = start, 0
    entry_count[0, 0] = ONE
    active = np.empty(states, np.int64)
    coming = np.empty(states, np.int64)
    for segment in range(segments):
        is_last = segment == segments - 1
        most_rf = last_rf if is_last else path_rf[segment]
        next_state = np.empty(64, np.int64)
        next_depth = np.empty(64, np.int64)
        next_count = np.zeros((64, digits), np.uint64)
        nexts = 0
        actives = 0
        for depth in range(high + 1):
            for i in range(entries):
                if entry_depth[i] == depth:
                    if not now[entry_state[i]].any():
                        active[actives] = entry_state[i]
                        actives += 1
                    for digit in range(digits):
                        now[entry_state[i], digit] += entry_count[i, digit]
            comings = 0
            for i in range(actives):
                state = active[i]
                count = now[state]
                _carry(count, bits)
                if is_last and depth >= low and final[state] and rf[state] == last_rf:
                    for digit in range(digits):
                        total[digit] += count[digit]
                    _carry(total, bits)
                if depth < high:
                    for edge in range(first[state], first[state + 1]):
                        target = to[edge]
                        if rf[target] > most_rf or not is_alive(alive, target, depth + 1, start):
                            continue
                        s = stride[arc[edge]]
                        if s == 1:
                            if not after[target].any():
                                coming[comings] = target
                                comings += 1
                            for digit in range(digits):
                                after[target, digit] += count[digit]
                        elif not is_last and s == path_stride[segment]:
                            if spot[target] != path_spot[segment]:
                                continue
                            place = 0
                            while place < nexts and not (
                                next_state[place] == target and next_depth[place] == depth + 1
                            ):
                                place += 1
                            if place == len(next_state):
                                next_state = np.append(next_state, next_state)
                                next_depth = np.append(next_depth, next_depth)
                                next_count = np.concatenate((next_count, np.zeros_like(next_count)))
                            if place == nexts:
                                next_state[place] = target
                                next_depth[place] = depth + 1
                                nexts += 1
                            for digit in range(digits):
                                next_count[place, digit] += count[digit]
                            _carry(next_count[place], bits)
                count[:] = np.uint64(0)
            now, after = after, now
            active, coming = coming, active
            actives = comings
        entries = nexts
        entry_state, entry_depth, entry_count = next_state, next_depth, next_count


@jit.inner
def _carry(digits, bits):
    mask = (ONE << np.uint64(bits)) - ONE
    carry = np.uint64(0)
    for digit in range(len(digits)):
        value = digits[digit] + carry
        digits[digit] = value & mask
        carry = value >> np.uint64(bits)
