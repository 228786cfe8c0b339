"""Kernel of listings: the cost vectors that the stacks of one automaton have within a window.

Level by level of depth; labels that agree on state and costs so far merge. A label stays while
some ending could bring it into the window. Where a level would hold more than `cap` labels, those
with the least hashes stay: a sample that does not depend on the order in which they came.
"""

from typing import NamedTuple

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.bounds import NO_ENDING
from rfsearch.kernels.graph import DONE, FULL, PAUSED
from rfsearch.kernels.mix import mixed
from rfsearch.kernels.step import ADD, is_alive, joined

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
ONE = np.uint64(1)


class Ways(NamedTuple):
    """The automaton, its costs (K), and what is still to come: least, and greatest negated."""

    first: np.ndarray
    to: np.ndarray
    arc: np.ndarray
    alive: np.ndarray
    start: int
    cost: np.ndarray  # [steps, K]
    join: np.ndarray  # [K]
    least: np.ndarray  # [K, S, D+1]
    most: np.ndarray  # [K, S, D+1]


class Labels(NamedTuple):
    """Labels [L] of all levels so far, the newest level last; growable."""

    state: np.ndarray
    g: np.ndarray  # [L, K]
    parent: np.ndarray
    arc: np.ndarray
    key: np.ndarray
    chain: np.ndarray
    bucket: np.ndarray  # of the newest level
    threshold: np.ndarray  # [1] hashes above it are dropped
    used: np.ndarray  # labels, end of the level before, next of it, transitions seen, dropped


@jit.inner
def _enter(labels: Labels, number: int) -> None:
    """Put a label into the buckets."""
    slot = labels.key[number] & np.uint64(len(labels.bucket) - 1)
    labels.chain[number] = labels.bucket[slot]
    labels.bucket[slot] = number


@jit.inner
def _is_known(labels: Labels, key: np.uint64, state: int, g: np.ndarray) -> bool:
    other = labels.bucket[key & np.uint64(len(labels.bucket) - 1)]
    while other >= 0:
        if labels.key[other] == key and labels.state[other] == state:
            same = True
            for k in range(len(g)):
                same = same and labels.g[other, k] == g[k]
            if same:
                return True
        other = labels.chain[other]
    return False


@jit.inner
def _thin(labels: Labels, cap: int) -> None:
    """Halve the hashes that stay until the newest level is within `cap`."""
    begin = labels.used[1]
    while labels.used[0] - begin > cap:
        labels.threshold[0] >>= ONE
        kept = begin
        for number in range(begin, labels.used[0]):
            if labels.key[number] <= labels.threshold[0]:
                labels.state[kept] = labels.state[number]
                for k in range(labels.g.shape[1]):
                    labels.g[kept, k] = labels.g[number, k]
                labels.parent[kept] = labels.parent[number]
                labels.arc[kept] = labels.arc[number]
                labels.key[kept] = labels.key[number]
                kept += 1
        labels.used[0] = kept
        labels.used[4] = 1
    for slot in range(len(labels.bucket)):
        labels.bucket[slot] = -1
    for number in range(begin, labels.used[0]):
        _enter(labels, number)


@jit.njit
def rehash(labels: Labels) -> None:
    """Enter the newest level anew after the arrays grew."""
    for slot in range(len(labels.bucket)):
        labels.bucket[slot] = -1
    for number in range(labels.used[1], labels.used[0]):
        _enter(labels, number)


@jit.njit
def widen(
    ways: Ways, labels: Labels, depth: int, low: np.ndarray, high: np.ndarray, cap: int, most: int
) -> int:
    """Go on from the level at `depth` to the next; DONE, arrays FULL, or PAUSED after `most`.

    low, high [K]: the window.
    """
    criteria = len(low)
    used = labels.used
    g = np.empty(criteria, np.int64)
    for _ in range(most):
        number = used[2]
        if number == used[1]:
            return DONE
        state = labels.state[number]
        room = ways.first[state + 1] - ways.first[state]
        if used[0] + room > len(labels.state):
            return FULL
        used[2] += 1
        used[3] += room
        for edge in range(ways.first[state], ways.first[state + 1]):
            target = ways.to[edge]
            if not is_alive(ways.alive, target, depth + 1, ways.start):
                continue
            possible = True
            for k in range(criteria):
                least = ways.least[k, target, depth + 1]
                if least >= NO_ENDING:
                    possible = False
                    break
                added = ways.cost[ways.arc[edge], k]
                g[k] = joined(ways.join[k], labels.g[number, k], added)
                greatest = -ways.most[k, target, depth + 1]
                if ways.join[k] == ADD:
                    possible = g[k] + least <= high[k] and g[k] + greatest >= low[k]
                else:
                    possible = g[k] <= high[k] and least <= high[k]
                    possible = possible and max(g[k], greatest) >= low[k]
                if not possible:
                    break
            if not possible:
                continue
            key = mixed(target, depth + 1, g)
            if key > labels.threshold[0]:
                continue
            if _is_known(labels, key, target, g):
                continue
            new = used[0]
            used[0] += 1
            labels.state[new] = target
            for k in range(criteria):
                labels.g[new, k] = g[k]
            labels.parent[new] = number
            labels.arc[new] = ways.arc[edge]
            labels.key[new] = key
            _enter(labels, new)
        if used[0] - used[1] > cap:
            _thin(labels, cap)
    return PAUSED
