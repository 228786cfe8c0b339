"""Along given stacks: the states they pass, what they cost, and what tells them apart."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import Criteria
from rfsearch.kernels.step import ADD, GREATEST
from rfsearch.kernels.top import COSTS, FAMILY


def states_along(automaton: Automaton, rows: np.ndarray) -> np.ndarray:
    """[n, D+1] the states that stacks [n, D] of arcs pass, -1 after each end."""
    states = np.full((len(rows), rows.shape[1] + 1), -1, np.int64)
    states[:, 0] = automaton.start
    for depth in range(rows.shape[1]):
        going = np.flatnonzero(rows[:, depth] >= 0)
        if len(going) == 0:
            break
        wanted = rows[going, depth]
        low = automaton.first[states[going, depth]].astype(np.int64)
        high = automaton.first[states[going, depth] + 1].astype(np.int64)
        while (open_ := low < high).any():  # a state's arcs ascend
            middle = (low + high) // 2
            before = automaton.step[np.minimum(middle, automaton.transitions - 1)] < wanted
            low = np.where(open_ & before, middle + 1, low)
            high = np.where(open_ & ~before, middle, high)
        states[going, depth + 1] = automaton.to[low]
    return states


def costs_along(
    automaton: Automaton, criteria: Criteria, rows: np.ndarray, states: np.ndarray
) -> np.ndarray:
    """int64 [n, K] every criterion of stacks [n, D] that pass these states."""
    used = rows >= 0
    added = criteria.cost[np.where(used, rows, 0)]  # [n, D, K]
    totals = np.empty((len(rows), len(criteria.names)), np.int64)
    for k, join in enumerate(criteria.join.tolist()):
        begin = int(criteria.begin[k])
        if join == ADD:
            totals[:, k] = begin + np.where(used, added[:, :, k], 0).sum(axis=1)
        elif join == GREATEST:
            totals[:, k] = np.where(used, added[:, :, k], begin).max(axis=1, initial=begin)
        else:
            totals[:, k] = np.where(used, added[:, :, k], begin).min(axis=1, initial=begin)
    return totals


def keys_along(
    automaton: Automaton, mode: int, costs: np.ndarray, rows: np.ndarray, states: np.ndarray
) -> list[Hashable]:
    """What makes two stacks the same for a list: all, their ranked costs [n, R], their family."""
    if mode == COSTS:
        return [tuple(one) for one in costs.tolist()]
    if mode != FAMILY:
        return [row.tobytes() for row in rows]
    point, rf = automaton.points(), automaton.rf
    strides = np.where(rows >= 0, automaton.stride[np.where(rows >= 0, rows, 0)], 1)
    last = states[np.arange(len(rows)), (rows >= 0).sum(axis=1)]
    keys: list[Hashable] = []
    for n in range(len(rows)):
        strided = np.flatnonzero(strides[n] > 1)
        points = zip(
            point[states[n, strided + 1]].tolist(), strides[n, strided].tolist(), strict=True
        )
        keys.append((tuple(points), int(rf[last[n]])))
    return keys
