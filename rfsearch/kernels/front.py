"""Kernels of the Pareto front: labels carried forward depth by depth, pruned from both ends.

A label is a cost vector with which some prefix reaches a state at a depth. It goes when a finished
vector is no worse than the best that can still become of it (its costs joined with the bounds
ahead), or when another label at its state is no worse and its depth permits: the same depth, or
less where whatever completes the deeper one completes the shallower one within the range.
Only vectors are kept here; `first_stack` then finds the first stack in order of each.
"""

from typing import NamedTuple

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.graph import DONE, FULL, PAUSED, Graph
from rfsearch.kernels.jit import int64
from rfsearch.kernels.mix import mixed
from rfsearch.kernels.step import GREATEST, copy, is_alive, joined

MEMO = 1 << 14


class Labels(NamedTuple):
    """Labels [L] and finished vectors [F, R] as growable arrays."""

    state: np.ndarray
    depth: np.ndarray
    dead: np.ndarray
    g: np.ndarray  # [L, K]
    head: np.ndarray  # [S] newest label of a state
    chain: np.ndarray
    finished: np.ndarray
    used: np.ndarray  # labels, next to expand, finished, made
    new_g: np.ndarray  # [K] scratch, and [R]
    new_f: np.ndarray


class Trail(NamedTuple):
    """Scratch of `first_stack`: the way so far, and what was found to fail."""

    g: np.ndarray  # [D + 2, K]
    f: np.ndarray  # [R]
    state: np.ndarray  # [D + 2]
    edge: np.ndarray
    failed_state: np.ndarray  # [MEMO], -1 where none is
    failed_depth: np.ndarray
    failed_g: np.ndarray  # [MEMO, K]


@jit.bare
def _is_beaten(finished: np.ndarray, count: int, f: np.ndarray) -> bool:
    """Whether a finished vector is no worse than f in every criterion."""
    ranked = len(f)
    for i in range(count):
        worse = False
        for r in range(ranked):
            if finished[i, r] > f[r]:
                worse = True
                break
        if not worse:
            return True
    return False


@jit.bare
def _finish(labels: Labels, g: np.ndarray, ranked: int) -> None:
    """Enter a finished vector unless one is no worse; those that it beats go."""
    finished = labels.finished
    count = labels.used[2]
    if _is_beaten(finished, count, g[:ranked]):
        return
    kept = 0
    for i in range(count):
        beaten = True
        for r in range(ranked):
            if finished[i, r] < g[r]:
                beaten = False
                break
        if not beaten:
            for r in range(ranked):
                finished[kept, r] = finished[i, r]
            kept += 1
    for r in range(ranked):
        finished[kept, r] = g[r]
    labels.used[2] = kept + 1


@jit.bare
def _may_end(graph: Graph, g: np.ndarray, state: int, depth: int) -> bool:
    if depth < graph.least_depth or not graph.final[state]:
        return False
    within = True
    for k in range(len(g)):
        within = within and g[k] <= graph.limit[k]
    return within


@jit.bare
def _is_dominated(graph: Graph, labels: Labels, state: int, depth: int, g: np.ndarray) -> bool:
    """Whether a label at the state makes (depth, g) needless; labels that it makes so die."""
    other = labels.head[state]
    while other >= 0:
        if not labels.dead[other]:
            no_worse, no_better = True, True
            for k in range(len(g)):
                if labels.g[other, k] > g[k]:
                    no_worse = False
                if labels.g[other, k] < g[k]:
                    no_better = False
            same = labels.depth[other] == depth
            if no_worse and (same or labels.depth[other] + 1 >= graph.least_depth):
                return True
            if no_better and same:
                labels.dead[other] = True
        other = labels.chain[other]
    return False


@jit.bare
def _step(
    graph: Graph, g_in: np.ndarray, state: int, edge: int, depth: int, g: np.ndarray, f: np.ndarray
) -> bool:
    """Costs g after an edge, bounds f of what may become of it; False where a limit is passed."""
    target = int64(graph.to[edge])
    arc = graph.arc[edge]
    allowed = True
    for k in range(len(g)):
        added = graph.cost[arc, k]
        g[k] = joined(graph.join[k], g_in[k], added)
        ends = joined(graph.join[k], g[k], graph.least[0, k, target, depth + 1])
        if graph.join[k] == GREATEST:
            g[k] = ends  # what is still to come passes smaller maxima anyway
        if k < graph.ranked:
            f[k] = ends
        allowed = allowed and ends <= graph.limit[k]
    return allowed


@jit.bare_njit
def advance(graph: Graph, labels: Labels, begin: np.ndarray, most: int) -> int:
    """Expand labels until none is left (DONE), arrays are FULL, or so many are done (PAUSED)."""
    g, f, used = labels.new_g, labels.new_f, labels.used
    if used[0] == 0:
        labels.state[0] = graph.start
        labels.depth[0] = 0
        copy(begin, labels.g[0])
        labels.chain[0] = -1
        labels.head[graph.start] = 0
        used[0] = 1
    for _ in range(most):
        label = used[1]
        if label == used[0]:
            return DONE
        state, depth = int64(labels.state[label]), int64(labels.depth[label])
        edges = graph.first[state + 1] - graph.first[state]
        if used[0] + edges > len(labels.state) or used[2] + edges > len(labels.finished):
            return FULL
        used[1] += 1
        if labels.dead[label]:
            continue
        if depth > 0:  # a finished vector found since may have made it needless
            for r in range(graph.ranked):
                f[r] = joined(graph.join[r], labels.g[label, r], graph.least[0, r, state, depth])
            if _may_end(graph, labels.g[label], state, depth):
                _finish(labels, labels.g[label], graph.ranked)
            elif _is_beaten(labels.finished, used[2], f):
                continue
        for edge in range(graph.first[state], graph.first[state + 1]):
            target = int64(graph.to[edge])
            if not is_alive(graph.alive, target, depth + 1, graph.start):
                continue
            if not _step(graph, labels.g[label], state, edge, depth, g, f):
                continue
            used[3] += 1
            if _may_end(graph, g, target, depth + 1):
                _finish(labels, g, graph.ranked)
                ends_only = graph.first[target + 1] == graph.first[target]
                if ends_only:
                    continue
            elif _is_beaten(labels.finished, used[2], f):
                continue
            if _is_dominated(graph, labels, target, depth + 1, g):
                continue
            new = used[0]
            used[0] += 1
            labels.state[new] = target
            labels.depth[new] = depth + 1
            labels.dead[new] = False
            copy(g, labels.g[new])
            labels.chain[new] = labels.head[target]
            labels.head[target] = new
    return PAUSED


@jit.bare_njit
def first_stack(
    graph: Graph, begin: np.ndarray, target: np.ndarray, row: np.ndarray, most: int, trail: Trail
) -> bool:
    """Write the arcs of the first stack in order whose ranked costs are `target` into row [D].

    Depth first in the order of stacks; what may no longer reach the target, and what was found to
    fail from the same state, depth and costs, is not entered. `row` must hold -1. Returns whether
    one was found within `most` steps.
    """
    criteria = len(begin)
    high = graph.most_depth
    g, f, state, edge = trail.g, trail.f, trail.state, trail.edge
    failed_state, failed_depth = trail.failed_state, trail.failed_depth
    failed_g = trail.failed_g
    state[0] = graph.start
    copy(begin, g[0])
    edge[0] = graph.first[graph.start]
    depth = int64(0)
    steps = 0
    while depth >= 0 and steps < most:
        steps += 1
        at = state[depth]
        if edge[depth] == graph.first[at] and _may_end(graph, g[depth], at, depth):
            equal = True
            for r in range(graph.ranked):
                equal = equal and g[depth, r] == target[r]
            if equal:
                for d in range(depth):
                    row[d] = graph.arc[edge[d] - 1]
                return True
        entered = False
        while depth < high and edge[depth] < graph.first[at + 1]:
            this = edge[depth]
            edge[depth] += 1
            to = int64(graph.to[this])
            if not is_alive(graph.alive, to, depth + 1, graph.start):
                continue
            if not _step(graph, g[depth], at, this, depth, g[depth + 1], f):
                continue
            hopeless = False
            for r in range(graph.ranked):
                hopeless = hopeless or f[r] > target[r]
            if hopeless:
                continue
            slot = _slot(to, depth + 1, g[depth + 1])
            if failed_state[slot] == to and failed_depth[slot] == depth + 1:
                known = True
                for k in range(criteria):
                    known = known and failed_g[slot, k] == g[depth + 1, k]
                if known:
                    continue
            depth += 1
            state[depth] = to
            edge[depth] = graph.first[to]
            entered = True
            break
        if not entered:
            slot = _slot(at, depth, g[depth])
            failed_state[slot] = at
            failed_depth[slot] = depth
            copy(g[depth], failed_g[slot])
            depth -= 1
    return False


@jit.bare
def _slot(state: int, depth: int, g: np.ndarray) -> int:
    return int64(mixed(state, depth, g) & np.uint64(MEMO - 1))
