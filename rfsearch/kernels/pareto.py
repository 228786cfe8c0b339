"""Kernels of the front where states ascend along transitions: sets of suffixes from the end.

A label of a state is a vector of costs with which some way from there ends; of two labels the one
that is no better in any criterion goes. A state's candidates come as one sorted run for each
transition, since what a transition adds is a constant, so that they are merged, not sorted, and
one sweep over them leaves the set that nothing dominates.
"""

from typing import NamedTuple

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.graph import DONE, FULL, PAUSED
from rfsearch.kernels.jit import int64
from rfsearch.kernels.step import ADD, GREATEST, joined

NEVER = int64(1 << 62)


class Suffixes(NamedTuple):
    """Labels g [L, K] of every state: those of state s stand at first[s] .. end[s]."""

    g: np.ndarray
    first: np.ndarray
    end: np.ndarray
    used: np.ndarray  # labels, next state (counted down), labels made


@jit.njit
def prefixes(
    first: np.ndarray, to: np.ndarray, arc: np.ndarray, starts: np.ndarray, added: np.ndarray,
    join: np.ndarray, begin: np.ndarray, least: np.ndarray,
) -> None:  # fmt: skip
    """Fill least [S, K]: the least of every criterion from one of the starts [S] to a state."""
    least[:] = NEVER
    for state in range(len(first) - 1):
        if starts[state]:  # and ways from other starts may lead through it
            for k in range(len(join)):
                least[state, k] = min(least[state, k], begin[k])
        for edge in range(first[state], first[state + 1]):
            for k in range(len(join)):
                if least[state, k] < NEVER:
                    value = joined(join[k], least[state, k], added[arc[edge], k])
                    least[to[edge], k] = min(least[to[edge], k], value)


@jit.inner
def _before(a: np.ndarray, b: np.ndarray) -> bool:
    """The order of vectors."""
    for k in range(len(a)):
        if a[k] != b[k]:
            return a[k] < b[k]
    return False


@jit.inner
def _merged(
    g: np.ndarray, order: np.ndarray, spare: np.ndarray, bounds: np.ndarray, runs: int
) -> np.ndarray:
    """Merge the sorted runs of `order` that `bounds` delimits; the array with the result."""
    while runs > 1:
        made = 0
        for run in range(0, runs, 2):
            low, middle = bounds[run], bounds[run + 1]
            high = bounds[run + 2] if run + 2 <= runs else middle
            i, j = low, middle
            for place in range(low, high):
                if i < middle and (j >= high or not _before(g[order[j]], g[order[i]])):
                    spare[place] = order[i]
                    i += 1
                else:
                    spare[place] = order[j]
                    j += 1
            bounds[made] = low
            made += 1
        bounds[made] = bounds[runs]
        runs = made
        order, spare = spare, order
    return order


@jit.inner
def _undominated(
    g: np.ndarray, order: np.ndarray, count: int, stair: np.ndarray, kept: np.ndarray
) -> int:
    """Write into `kept` those of the ordered candidates that no other is no worse than.

    In this order only an earlier one can dominate. Two more criteria than the first are a
    staircase, searched by halves; with more, every kept one is compared. Returns how many.
    """
    criteria = g.shape[1]
    left = 0
    steps = 0
    least = NEVER
    for place in range(count):
        new = order[place]
        if criteria == 1:
            if left == 0:
                kept[0] = new
                left = 1
            continue
        if criteria == 2:
            if left == 0 or g[new, 1] < least:  # the first may be as great as NEVER
                least = g[new, 1]
                kept[left] = new
                left += 1
            continue
        if criteria == 3:
            b, c = g[new, 1], g[new, 2]
            low, high = 0, steps
            while low < high:
                middle = (low + high) // 2
                if stair[middle, 0] <= b:
                    low = middle + 1
                else:
                    high = middle
            if low > 0 and stair[low - 1, 1] <= c:
                continue
            kept[left] = new
            left += 1
            begin = low - 1 if low > 0 and stair[low - 1, 0] == b else low
            end = low
            while end < steps and stair[end, 1] >= c:
                end += 1
            move = 1 - (end - begin)
            if move > 0:
                for k in range(steps - 1, end - 1, -1):
                    stair[k + 1, 0] = stair[k, 0]
                    stair[k + 1, 1] = stair[k, 1]
            elif move < 0:
                for k in range(end, steps):
                    stair[k + move, 0] = stair[k, 0]
                    stair[k + move, 1] = stair[k, 1]
            steps += move
            stair[begin, 0] = b
            stair[begin, 1] = c
            continue
        dominated = False
        for i in range(left - 1, -1, -1):
            no_worse = True
            for k in range(1, criteria):
                if g[kept[i], k] > g[new, k]:
                    no_worse = False
                    break
            if no_worse:
                dominated = True
                break
        if not dominated:
            kept[left] = new
            left += 1
    return left


@jit.njit
def suffixes(
    first: np.ndarray, to: np.ndarray, arc: np.ndarray, final: np.ndarray, added: np.ndarray,
    join: np.ndarray, limit: np.ndarray, least: np.ndarray, labels: Suffixes, g: np.ndarray,
    room: np.ndarray, most: int, until: int,
) -> int:  # fmt: skip
    """Label states from the last to `until`: DONE, FULL (arrays must grow), or `most` labels made.

    added [A, K]; least [S, K] from the start; g [C, K] and room [4, C] take one state's candidates.
    """
    criteria = len(join)
    order, spare, bounds, kept = room[0], room[1], room[2], room[3]
    stair = np.empty((len(order), 2), np.int64)
    used = labels.used
    made = 0
    while used[1] >= until:
        if made > most:
            return PAUSED
        state = used[1]
        wanted = 1
        for edge in range(first[state], first[state + 1]):
            wanted += labels.end[to[edge]] - labels.first[to[edge]]
        if wanted >= len(g) or used[0] + wanted > len(labels.g):
            return FULL
        count, runs = 0, 0
        bounds[0] = 0
        if final[state]:
            for k in range(criteria):
                g[0, k] = _nothing(join[k], least[state, k])
            count, runs = 1, 1
            bounds[1] = 1
        for edge in range(first[state], first[state + 1]):
            before = count
            sorted_run = True
            for label in range(labels.first[to[edge]], labels.end[to[edge]]):
                possible = True
                for k in range(criteria):
                    value = joined(join[k], added[arc[edge], k], labels.g[label, k])
                    ends = joined(join[k], least[state, k], value)
                    if join[k] == GREATEST:
                        value = ends  # what came before passes smaller maxima anyway
                    possible = possible and ends <= limit[k]
                    g[count, k] = value
                if possible:
                    if count > before and _before(g[count], g[count - 1]):
                        sorted_run = False
                    if not sorted_run:
                        # Maxima may break the order: each such label is a run of its own.
                        runs += 1
                        bounds[runs] = count
                        sorted_run = True
                    count += 1
            if count > before:
                runs += 1
                bounds[runs] = count
        made += count
        for i in range(count):
            order[i] = i
        result = _merged(g, order, spare, bounds, runs)
        left = _undominated(g, result, count, stair, kept)
        labels.first[state] = used[0]
        for i in range(left):
            labels.g[used[0] + i] = g[kept[i]]
        used[0] += left
        labels.end[state] = used[0]
        used[1] -= 1
        used[2] += count
    return DONE


@jit.njit
def undominated(g: np.ndarray, order: np.ndarray, kept: np.ndarray) -> int:
    """Those of the vectors g [N, R], sorted by `order`, that no other is no worse than.

    They are written into kept [N]; returns their number.
    """
    stair = np.empty((len(order) + 1, 2), np.int64)
    return _undominated(g, order, len(order), stair, kept)


@jit.inner
def _nothing(join: int, least: int) -> int:
    """A way of no step."""
    if join == ADD:
        return int64(0)
    if join == GREATEST:
        return least
    return NEVER


@jit.njit
def first_ways(
    first: np.ndarray, to: np.ndarray, arc: np.ndarray, final: np.ndarray, start: int,
    added: np.ndarray, join: np.ndarray, limit: np.ndarray, begin: np.ndarray, labels: Suffixes,
    targets: np.ndarray, ranked: int, rows: np.ndarray,
) -> None:  # fmt: skip
    """Write into rows [P, D] the arcs of the first stack in order for every target vector [P, R].

    A way goes on to a state where some label is no worse than what the target leaves: since
    nothing beats the target, such a label attains it.
    """
    criteria = len(join)
    so_far = np.empty(criteria, np.int64)
    after = np.empty(criteria, np.int64)
    for number in range(len(targets)):
        so_far[:] = begin
        state = start
        rows[number] = -1
        for depth in range(rows.shape[1] + 1):
            if final[state]:
                met = True
                for k in range(criteria):
                    met = met and so_far[k] <= (targets[number, k] if k < ranked else limit[k])
                if met:
                    break
            for edge in range(first[state], first[state + 1]):
                for k in range(criteria):
                    after[k] = joined(join[k], so_far[k], added[arc[edge], k])
                if _attained(labels, to[edge], after, join, targets[number], ranked, limit):
                    rows[number, depth] = arc[edge]
                    so_far[:] = after
                    state = to[edge]
                    break


@jit.njit
def attaining(
    labels: Suffixes, states: np.ndarray, after: np.ndarray, join: np.ndarray,
    targets: np.ndarray, ranked: int, limit: np.ndarray, met: np.ndarray,
) -> None:  # fmt: skip
    """Fill met [F, P]: whether some way from states [F], at costs [F, K], attains a target."""
    for i in range(len(states)):
        for number in range(len(targets)):
            met[i, number] = _attained(
                labels, states[i], after[i], join, targets[number], ranked, limit
            )


@jit.inner
def _attained(
    labels: Suffixes, state: int, after: np.ndarray, join: np.ndarray, target: np.ndarray,
    ranked: int, limit: np.ndarray,
) -> bool:  # fmt: skip
    for label in range(labels.first[state], labels.end[state]):
        met = True
        for k in range(len(join)):
            ends = joined(join[k], after[k], labels.g[label, k])
            if ends > (target[k] if k < ranked else limit[k]):
                met = False
                break
        if met:
            return True
    return False
