"""Dives: straight to a match that has the least of one criterion, along the bounds from the end."""

from __future__ import annotations

import numpy as np

from rfsearch.kernels.bounds import NO_ENDING
from rfsearch.kernels.graph import Graph
from rfsearch.question.pareto import joined_all


def extremes(graph: Graph, begin: np.ndarray) -> np.ndarray:
    """[n, R] vectors of matches, each once: for each ranked criterion of one with the least of it.

    Those beyond a limit are left out, and those that another one beats.
    """
    if graph.least[0, 0, graph.start, 0] >= NO_ENDING:
        return np.empty((0, graph.ranked), np.int64)
    found = np.array([_dive(graph, begin, k) for k in range(graph.ranked)], np.int64)
    within = np.unique(found[(found <= graph.limit).all(axis=1), : graph.ranked], axis=0)
    beaten = [((within <= one).all(axis=1) & (within != one).any(axis=1)).any() for one in within]
    kept: np.ndarray = within[~np.array(beaten, bool)]
    return kept


def _dive(graph: Graph, begin: np.ndarray, k: int) -> np.ndarray:
    """Costs [K] of a match with the least of criterion k.

    Bounds are attained: any step whose bound is the least leads there. Of these that with the least
    of the other criteria in turn, as far as a bound of each alone tells.
    """
    least, state, depth, costs = graph.least[0], graph.start, 0, begin
    order = [other for other in reversed(range(len(begin))) if other != k] + [k]
    while depth < graph.most_depth:
        edges = np.arange(graph.first[state], graph.first[state + 1])
        edges = edges[least[k, graph.to[edges], depth + 1] < NO_ENDING]
        target = graph.to[edges]
        after = joined_all(graph.join, costs, graph.cost[graph.arc[edges]])
        ahead = joined_all(graph.join, after, least[:, target, depth + 1].T)
        may_end = depth >= max(graph.least_depth, 1) and graph.final[state]
        if may_end and (len(edges) == 0 or costs[k] <= ahead[:, k].min()):
            break
        best = np.lexsort(ahead[:, order].T)[0]
        state, depth, costs = int(target[best]), depth + 1, after[best]
    return costs
