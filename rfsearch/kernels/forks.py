"""Kernels that walk to matches where an automaton forks: one prefix leads to several states.

They stand at the prefix together, each with the costs by which it was reached, and go on together
by the least arc that any of them may take (see Automaton.order): so matches come in the order of
stacks, whichever state they belong to. Beyond the fork every state has one way to go on by an arc,
and a stack is a match of one of them at most.
"""

from typing import NamedTuple

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.jit import int64
from rfsearch.kernels.step import ONE, is_alive, joined
from rfsearch.kernels.walk import add, less, pair_of, subtract

NONE_LEFT = int64(1 << 62)


class Ways(NamedTuple):
    """An automaton whose arcs add constants, and the limits within which to walk (K of them)."""

    first: np.ndarray
    to: np.ndarray
    arc: np.ndarray
    order: np.ndarray  # [A]
    alive: np.ndarray
    final: np.ndarray
    start: int
    least_depth: int
    most_depth: int
    added: np.ndarray  # [A, K]
    join: np.ndarray
    limit: np.ndarray
    least: np.ndarray  # [K, S, D + 1] still to come


class Walk(NamedTuple):
    """The prefix walked so far: the states [D + 2, M] it leads to at each depth.

    edge: the next to take from each; came, by: from which of the states before, by which edge.
    """

    states: np.ndarray  # [D + 2] how many
    state: np.ndarray
    edge: np.ndarray
    came: np.ndarray
    by: np.ndarray
    g: np.ndarray  # [D + 2, M, K]


@jit.inner
def begin_at(ways: Ways, walk: Walk, begin: np.ndarray) -> None:
    """Stand before any layer."""
    walk.states[0] = 1
    walk.state[0, 0] = ways.start
    walk.edge[0, 0] = ways.first[ways.start]
    walk.g[0, 0] = begin


@jit.inner
def _next_order(ways: Ways, walk: Walk, depth: int) -> int:
    """The least arc, by order, that is still to be taken; NONE_LEFT after the last."""
    least = NONE_LEFT
    if depth == ways.most_depth:
        return least
    for m in range(walk.states[depth]):
        edge = walk.edge[depth, m]
        if edge < ways.first[walk.state[depth, m] + 1]:
            least = min(least, int64(ways.order[ways.arc[edge]]))
    return least


@jit.inner
def _take(ways: Ways, walk: Walk, depth: int, order: int) -> bool:
    """Go on by an arc, so that what is still to be taken comes after it; whether it leads on."""
    count = 0
    for m in range(walk.states[depth]):
        state = walk.state[depth, m]
        edge = walk.edge[depth, m]
        while edge < ways.first[state + 1] and ways.order[ways.arc[edge]] <= order:
            to = int64(ways.to[edge])
            arc = ways.arc[edge]
            edge += 1
            if ways.order[arc] < order or not is_alive(ways.alive, to, depth + 1, ways.start):
                continue
            allowed = True
            for k in range(len(ways.join)):
                g = joined(ways.join[k], walk.g[depth, m, k], ways.added[arc, k])
                ends = joined(ways.join[k], g, ways.least[k, to, depth + 1])
                allowed = allowed and ends <= ways.limit[k]
                walk.g[depth + 1, count, k] = g
            if allowed:
                walk.state[depth + 1, count] = to
                walk.edge[depth + 1, count] = ways.first[to]
                walk.came[depth + 1, count] = m
                walk.by[depth + 1, count] = edge - 1
                count += 1
        walk.edge[depth, m] = edge
    walk.states[depth + 1] = count
    return count > 0


@jit.inner
def _ending(ways: Ways, walk: Walk, depth: int) -> int:
    """Which of the states makes the prefix a match; -1 of none."""
    if depth < ways.least_depth:
        return -1
    for m in range(walk.states[depth]):
        if ways.final[walk.state[depth, m]]:
            within = True
            for k in range(len(ways.join)):
                within = within and walk.g[depth, m, k] <= ways.limit[k]
            if within:
                return m
    return -1


@jit.inner
def _write(walk: Walk, depth: int, m: int, edges: np.ndarray) -> None:
    """Write the edges by which a state was reached, -1 after them."""
    edges[depth:] = -1
    for d in range(depth, 0, -1):
        edges[d - 1] = walk.by[d, m]
        m = walk.came[d, m]


@jit.njit
def begin_with(ways: Ways, walk: Walk, begin: np.ndarray, arcs: np.ndarray) -> int:
    """Stand at the prefix `arcs` [d], all before it listed; returns its depth."""
    begin_at(ways, walk, begin)
    for depth in range(len(arcs)):
        _take(ways, walk, depth, ways.order[arcs[depth]])
    return len(arcs)


@jit.njit
def list_on(ways: Ways, walk: Walk, depth: int, entered: int, edges: np.ndarray) -> tuple[int, int]:
    """Write the edges [n, D] of the next matches in order; returns (how many, depth to go on at).

    `entered`: the prefix was just come to and may be a match itself. Depth -1: all are listed.
    """
    count = 0
    while depth >= 0:
        if entered:
            entered = False
            m = _ending(ways, walk, depth)
            if m >= 0:
                _write(walk, depth, m, edges[count])
                count += 1
                if count == len(edges):
                    return count, depth
        order = _next_order(ways, walk, depth)
        if order == NONE_LEFT:
            depth -= 1
        elif _take(ways, walk, depth, order):
            depth += 1
            entered = True
    return count, depth


@jit.njit
def unrank(
    ways: Ways, walk: Walk, begin: np.ndarray, pair_first: np.ndarray, bits: int,
    completions: np.ndarray, numbers: np.ndarray, edges: np.ndarray,
) -> None:  # fmt: skip
    """Write the edges of the matches `numbers` [n, L] (digits, used up) into [n, D].

    The ways are without limits; see kernels.walk for the other arguments.
    """
    one = np.zeros(numbers.shape[1], np.uint64)
    one[0] = ONE
    total = np.zeros_like(one)
    for i in range(len(numbers)):
        number = numbers[i]
        begin_at(ways, walk, begin)
        depth = 0
        while True:
            m = _ending(ways, walk, depth)
            if m >= 0:
                if not number.any():
                    _write(walk, depth, m, edges[i])
                    break
                subtract(number, one, bits)
            while True:
                _take(ways, walk, depth, _next_order(ways, walk, depth))
                depth += 1
                total[:] = np.uint64(0)
                for m in range(walk.states[depth]):
                    state = int64(walk.state[depth, m])
                    add(total, completions[pair_of(pair_first, ways.alive, state, depth)], bits)
                if less(number, total):
                    break
                subtract(number, total, bits)
                depth -= 1
