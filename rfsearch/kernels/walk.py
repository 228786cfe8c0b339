"""Kernels that walk to matches: by number (unrank), or one after another in the order of stacks.

completions[p] counts, in digits (see kernels.count), the ways to go on from a pair p of a state
and a depth at which it is alive, ending there included. Pairs of one state are consecutive.
"""

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.graph import Graph
from rfsearch.kernels.jit import int64
from rfsearch.kernels.step import ONE, is_alive, joined


@jit.inner
def pair_of(pair_first: np.ndarray, alive: np.ndarray, state: int, depth: int) -> int:
    """Number of the pair (state, depth); the start's depth 0 is pair 0."""
    if depth == 0:
        return int64(0)
    word = alive[state] & ((ONE << np.uint64(depth - 1)) - ONE)
    count = int64(0)
    while word:
        word &= word - ONE
        count += 1
    return pair_first[state] + count


@jit.njit
def complete_level(
    first: np.ndarray, to: np.ndarray, alive: np.ndarray, final: np.ndarray, start: int,
    pair_first: np.ndarray, depth: int, may_end: bool, bits: int, completions: np.ndarray,
    low: int, high: int,
) -> bool:  # fmt: skip
    """Fill the completions of the states low..high at `depth` from those at depth + 1.

    Returns whether a digit is missing.
    """
    digits = completions.shape[1]
    mask = (ONE << np.uint64(bits)) - ONE
    overflow = False
    for state in range(low, high):
        if not is_alive(alive, state, depth, start):
            continue
        here = completions[pair_of(pair_first, alive, state, depth)]
        if may_end and final[state]:
            here[0] = ONE
        for edge in range(first[state], first[state + 1]):
            target = to[edge]
            if is_alive(alive, target, depth + 1, start):
                there = completions[pair_of(pair_first, alive, target, depth + 1)]
                for digit in range(digits):
                    here[digit] += there[digit]
        carry = np.uint64(0)
        for digit in range(digits):
            value = here[digit] + carry
            here[digit] = value & mask
            carry = value >> np.uint64(bits)
        if carry:
            overflow = True
    return overflow


@jit.inner
def less(a: np.ndarray, b: np.ndarray) -> bool:
    """a < b, digits with the least first."""
    for i in range(len(a)):
        digit = len(a) - 1 - i
        if a[digit] != b[digit]:
            return a[digit] < b[digit]
    return False


@jit.inner
def subtract(a: np.ndarray, b: np.ndarray, bits: int) -> None:
    """a -= b, where b <= a."""
    borrow = np.uint64(0)
    for digit in range(len(a)):
        take = b[digit] + borrow
        borrow = ONE if a[digit] < take else np.uint64(0)
        a[digit] = a[digit] + (borrow << np.uint64(bits)) - take


@jit.inner
def add(a: np.ndarray, b: np.ndarray, bits: int) -> None:
    """a += b, where the sum has no more digits."""
    carry = np.uint64(0)
    for digit in range(len(a)):
        value = a[digit] + b[digit] + carry
        a[digit] = value & ((ONE << np.uint64(bits)) - ONE)
        carry = value >> np.uint64(bits)


@jit.njit
def unrank(
    first: np.ndarray, to: np.ndarray, arc: np.ndarray, alive: np.ndarray, final: np.ndarray,
    start: int, pair_first: np.ndarray, least_depth: int, bits: int, completions: np.ndarray,
    numbers: np.ndarray, edges: np.ndarray, rows: np.ndarray,
) -> None:  # fmt: skip
    """Write the edges and arcs of the matches `numbers` [n, L] (digits, used up) into [n, D]."""
    one = np.zeros(numbers.shape[1], np.uint64)
    one[0] = ONE
    for i in range(len(numbers)):
        number = numbers[i]
        state = int64(start)
        depth = 0
        while True:
            if depth >= least_depth and final[state]:
                if not number.any():
                    break
                subtract(number, one, bits)
            for edge in range(first[state], first[state + 1]):
                target = to[edge]
                if not is_alive(alive, target, depth + 1, start):
                    continue
                there = completions[pair_of(pair_first, alive, target, depth + 1)]
                if less(number, there):
                    edges[i, depth] = edge
                    rows[i, depth] = arc[edge]
                    state = int64(target)
                    depth += 1
                    break
                subtract(number, there, bits)


@jit.njit
def list_on(
    first: np.ndarray, to: np.ndarray, arc: np.ndarray, alive: np.ndarray, final: np.ndarray,
    least_depth: int, most_depth: int, state: np.ndarray, edge: np.ndarray, depth: int,
    rows: np.ndarray,
) -> tuple[int, int]:  # fmt: skip
    """Write the next matches in order into rows [n, D]; returns (how many, depth to go on at).

    state, edge [D + 2] hold the walk: where it stands at each depth, and the next edge to take
    there. Every step is on a match (states are alive), so that no step is in vain. Depth -1: all
    are listed.
    """
    count = 0
    limit = len(rows)
    while depth >= 0:
        at = state[depth]
        here = edge[depth]
        if here < 0:  # just entered: a prefix stands before what goes on from it
            edge[depth] = first[at]
            if depth >= least_depth and final[at]:
                row = rows[count]
                for d in range(depth):
                    row[d] = arc[edge[d] - 1]
                for d in range(depth, len(row)):
                    row[d] = -1
                count += 1
                if count == limit:
                    return count, depth
            continue
        last = first[at + 1]
        if depth == most_depth:
            depth -= 1
            continue
        bit = np.uint64(depth)
        while here < last and (alive[to[here]] >> bit) & ONE == 0:
            here += 1
        if here == last:
            depth -= 1
            continue
        edge[depth] = here + 1
        depth += 1
        state[depth] = to[here]
        edge[depth] = -1
    return count, depth


@jit.njit
def list_within(
    graph: Graph, begin: np.ndarray, state: np.ndarray, edge: np.ndarray, g: np.ndarray,
    depth: int, rows: np.ndarray,
) -> tuple[int, int]:  # fmt: skip
    """As list_on, within the limits of the criteria; g [D + 2, K] holds the costs so far.

    Bounds ahead cut what must pass a limit; with several limits a step may still be in vain.
    """
    count = 0
    criteria = len(begin)
    while depth >= 0:
        at = state[depth]
        if edge[depth] < 0:
            edge[depth] = graph.first[at]
            if depth >= graph.least_depth and graph.final[at]:
                allowed = True
                for k in range(criteria):
                    allowed = allowed and g[depth, k] <= graph.limit[k]
                if allowed:
                    rows[count, :] = -1
                    for d in range(depth):
                        rows[count, d] = graph.arc[edge[d] - 1]
                    count += 1
                    if count == len(rows):
                        return count, depth
            continue
        entered = False
        while depth < graph.most_depth and edge[depth] < graph.first[at + 1]:
            this = edge[depth]
            edge[depth] += 1
            target = graph.to[this]
            if not is_alive(graph.alive, target, depth + 1, graph.start):
                continue
            allowed = True
            for k in range(criteria):
                added = graph.cost[graph.arc[this], k]
                value = joined(graph.join[k], g[depth, k], added)
                g[depth + 1, k] = value
                ends = joined(graph.join[k], value, graph.least[0, k, target, depth + 1])
                allowed = allowed and ends <= graph.limit[k]
            if allowed:
                depth += 1
                state[depth] = target
                edge[depth] = -1
                entered = True
                break
        if not entered:
            depth -= 1
    return count, depth
