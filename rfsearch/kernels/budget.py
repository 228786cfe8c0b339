"""Kernel of budgets on adding costs: the automaton unfolded by cost where the cost still matters.

A label is (state, depth, costs so far). Labels that agree merge; one that must pass a limit is
dropped, and one that cannot pass any more is the plain state itself. Only the undecided are kept,
and of these only the costs that may still pass: others are raised as far as they may be.
"""

from typing import NamedTuple

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.graph import DONE, FULL, PAUSED, Graph
from rfsearch.kernels.mix import mixed
from rfsearch.kernels.step import ADD, is_alive, joined


class Unfolded(NamedTuple):
    """Labels [L] and their transitions [E] as growable arrays."""

    state: np.ndarray
    depth: np.ndarray
    g: np.ndarray  # [L, K]
    first: np.ndarray  # [L + 1]
    to: np.ndarray  # below S a plain state, S + l for label l
    arc: np.ndarray
    bucket: np.ndarray
    chain: np.ndarray
    used: np.ndarray  # labels, edges, expanded


@jit.inner
def _label(labels: Unfolded, state: int, depth: int, g: np.ndarray) -> int:
    """Number of the label; new or known."""
    slot = mixed(state, depth, g) & np.uint64(len(labels.bucket) - 1)
    other = labels.bucket[slot]
    while other >= 0:
        if labels.state[other] == state and labels.depth[other] == depth:
            same = True
            for k in range(len(g)):
                same = same and labels.g[other, k] == g[k]
            if same:
                return other
        other = labels.chain[other]
    new = labels.used[0]
    labels.used[0] += 1
    labels.state[new] = state
    labels.depth[new] = depth
    labels.g[new] = g
    labels.chain[new] = labels.bucket[slot]
    labels.bucket[slot] = new
    return new


@jit.njit
def relabel(labels: Unfolded) -> None:
    """Enter all labels anew after the buckets grew."""
    for number in range(labels.used[0]):
        slot = mixed(labels.state[number], labels.depth[number], labels.g[number])
        slot &= np.uint64(len(labels.bucket) - 1)
        labels.chain[number] = labels.bucket[slot]
        labels.bucket[slot] = number


@jit.njit
def unfold(
    graph: Graph, labels: Unfolded, begin: np.ndarray, greatest: np.ndarray, most: int
) -> int:
    """Expand labels until none is left (DONE), arrays are FULL, or so many are done (PAUSED).

    graph.least and `greatest` [1, K, S, D+1] bound what is still to come, `greatest` negated.
    """
    criteria = len(begin)
    states = len(graph.final)
    g = np.empty(criteria, np.int64)
    used = labels.used
    if used[0] == 0:
        _label(labels, graph.start, 0, begin)
    for _ in range(most):
        number = used[2]
        if number == used[0]:
            return DONE
        state = labels.state[number]
        depth = labels.depth[number]
        room = graph.first[state + 1] - graph.first[state]
        if used[0] + room >= len(labels.state) or used[1] + room > len(labels.to):
            return FULL
        used[2] += 1
        for edge in range(graph.first[state], graph.first[state + 1]):
            target = graph.to[edge]
            if not is_alive(graph.alive, target, depth + 1, graph.start):
                continue
            possible, certain = True, True
            for k in range(criteria):
                added = graph.cost[graph.arc[edge], k]
                join = graph.join[k]
                g[k] = joined(join, labels.g[number, k], added)
                if joined(join, g[k], graph.least[0, k, target, depth + 1]) > graph.limit[k]:
                    possible = False
                if joined(join, g[k], -greatest[0, k, target, depth + 1]) > graph.limit[k]:
                    certain = False
                elif g[k] <= graph.limit[k]:
                    # Never passes: raised to the most of which that is true, labels are one.
                    g[k] = graph.limit[k]
                    if join == ADD:
                        g[k] += greatest[0, k, target, depth + 1]
            if not possible:
                continue
            if certain:
                labels.to[used[1]] = target
            else:
                labels.to[used[1]] = states + _label(labels, target, depth + 1, g)
            labels.arc[used[1]] = graph.arc[edge]
            used[1] += 1
        labels.first[number + 1] = used[1]
    return PAUSED
