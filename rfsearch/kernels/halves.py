"""Kernels of counting in two halves: how many ways have which cost, merged where that is one cost.

A list is the sorted costs of the ways to one node, each with the number of ways that have it.
"""

from typing import NamedTuple

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.jit import int64

LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)


class Lists(NamedTuple):
    """A list for each node, `first` and `end` [N] in g and ways, which are growable arrays."""

    first: np.ndarray
    end: np.ndarray
    g: np.ndarray
    ways: np.ndarray
    used: np.ndarray  # entries; whether a number of ways passed 2^64


@jit.njit
def fill(
    low: int, high: int, first: np.ndarray, source: np.ndarray, weight: np.ndarray,
    most: np.ndarray, certain: np.ndarray, before: Lists, lists: Lists, g: np.ndarray,
    ways: np.ndarray,
) -> int:  # fmt: skip
    """Make the lists of the nodes low..high-1 from those of their sources in `before`.

    first [N + 1], source [M], weight [M]: what leads to each node and at what cost. Costs above
    most [N] are dropped; those below certain [N] never come to a limit, and are raised to it to be
    one. g and ways are scratch. Returns the node whose room did not suffice, or `high`.
    """
    for node in range(low, high):
        room = int64(0)
        least, greatest = most[node], certain[node]
        for i in range(first[node], first[node + 1]):
            begin, end = before.first[source[i]], before.end[source[i]]
            if begin < end:
                room += end - begin
                least = min(least, before.g[begin] + weight[i])
                greatest = max(greatest, before.g[end - 1] + weight[i])
        if room > len(g) or lists.used[0] + room > len(lists.g):
            return node
        least, greatest = max(least, certain[node]), min(greatest, most[node])
        lists.first[node] = lists.used[0]
        if greatest - least < min(2 * room, len(ways)):  # costs lie close: a table, no sorting
            _count_up(node, first, source, weight, least, greatest, before, lists, ways)
        else:
            _sort(node, first, source, weight, most, certain, before, lists, g, ways)
        lists.end[node] = lists.used[0]
    return high


@jit.inner
def _count_up(
    node: int, first: np.ndarray, source: np.ndarray, weight: np.ndarray, least: int,
    greatest: int, before: Lists, lists: Lists, ways: np.ndarray,
) -> None:  # fmt: skip
    """The list of a node by a table of the costs least..greatest; what is less is raised."""
    span = greatest - least + 1
    for place in range(span):
        ways[place] = 0
    for i in range(first[node], first[node + 1]):
        for j in range(before.first[source[i]], before.end[source[i]]):
            cost = before.g[j] + weight[i]
            if cost > greatest:
                break
            place = max(cost, least) - least
            ways[place] += before.ways[j]
            if ways[place] < before.ways[j]:
                lists.used[1] = 1
    at = lists.used[0]
    for place in range(span):
        if ways[place] > 0:
            lists.g[at] = least + place
            lists.ways[at] = ways[place]
            at += 1
    lists.used[0] = at


@jit.inner
def _sort(
    node: int, first: np.ndarray, source: np.ndarray, weight: np.ndarray, most: np.ndarray,
    certain: np.ndarray, before: Lists, lists: Lists, g: np.ndarray, ways: np.ndarray,
) -> None:  # fmt: skip
    """The list of a node by sorting all that its sources bring."""
    count = 0
    for i in range(first[node], first[node + 1]):
        for j in range(before.first[source[i]], before.end[source[i]]):
            cost = before.g[j] + weight[i]
            if cost > most[node]:
                break
            g[count] = max(cost, certain[node])
            ways[count] = before.ways[j]
            count += 1
    order = np.argsort(g[:count])
    begin = at = lists.used[0]
    for i in range(count):
        one = order[i]
        if at > begin and lists.g[at - 1] == g[one]:
            lists.ways[at - 1] += ways[one]
            if lists.ways[at - 1] < ways[one]:
                lists.used[1] = 1
        else:
            lists.g[at] = g[one]
            lists.ways[at] = ways[one]
            at += 1
    lists.used[0] = at


@jit.njit
def accumulate(low: int, high: int, lists: Lists) -> None:
    """Make each number of ways that of all up to its cost."""
    for node in range(low, high):
        for i in range(lists.first[node] + 1, lists.end[node]):
            lists.ways[i] += lists.ways[i - 1]
            if lists.ways[i] < lists.ways[i - 1]:
                lists.used[1] = 1


@jit.bare
def _add(total: np.ndarray, a: np.uint64, b: np.uint64) -> None:
    """Add the product of two words to a number of three words."""
    low, mixed = (a & LOW) * (b & LOW), (a >> HALF) * (b & LOW)
    other, high = (a & LOW) * (b >> HALF), (a >> HALF) * (b >> HALF)
    middle = (low >> HALF) + (mixed & LOW) + (other & LOW)
    low = (low & LOW) | (middle << HALF)
    high += (mixed >> HALF) + (other >> HALF) + (middle >> HALF)
    total[0] += low
    if total[0] < low:
        high += np.uint64(1)  # the product's upper word is below 2^64 - 1
    total[1] += high
    if total[1] < high:
        total[2] += np.uint64(1)


@jit.njit
def add_all(total: np.ndarray, ways: np.ndarray) -> None:
    """Add numbers of ways to a number of three words."""
    for i in range(len(ways)):
        _add(total, ways[i], np.uint64(1))


@jit.njit
def combine(
    low: int, high: int, spot: np.ndarray, position: np.ndarray, lists: Lists,
    spot_first: np.ndarray, end_position: np.ndarray, ends: Lists, groups: np.ndarray, limit: int,
    total: np.ndarray,
) -> None:  # fmt: skip
    """Add to total [G, 3] the ways through the nodes low..high-1 that keep the limit.

    spot, position [N] of the nodes; of a spot lead on the ends spot_first[spot] and following,
    end_position further, with accumulated ways. groups [G]: the positions asked for, ascending.
    """
    for node in range(low, high):
        a, z = lists.first[node], lists.end[node]
        if a == z:
            continue
        for end in range(spot_first[spot[node]], spot_first[spot[node] + 1]):
            wanted = position[node] + end_position[end]
            group = np.searchsorted(groups, wanted)
            if group == len(groups) or groups[group] != wanted:
                continue
            b = ends.first[end]
            last = ends.end[end] - 1
            for i in range(a, z):
                while last >= b and lists.g[i] + ends.g[last] > limit:
                    last -= 1
                if last < b:
                    break
                _add(total[group], lists.ways[i], ends.ways[last])


@jit.njit
def cost_range(
    first: np.ndarray, to: np.ndarray, weight: np.ndarray, ends: np.ndarray, least: np.ndarray,
    greatest: np.ndarray,
) -> None:  # fmt: skip
    """Least and greatest cost [N] of what leads from each node to an end; nodes ascend.

    `least` must hold a large number and `greatest` its negative.
    """
    for node in range(len(first) - 2, -1, -1):
        if ends[node]:
            least[node], greatest[node] = 0, 0
        for i in range(first[node], first[node + 1]):
            least[node] = min(least[node], least[to[i]] + weight[i])
            greatest[node] = max(greatest[node], greatest[to[i]] + weight[i])
