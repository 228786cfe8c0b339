"""Kernel of the bounds from the end: the least of every criterion still to come.

Kept by state and depth, so that they are exact under the depth range and also for maximised costs,
which 1x1 layers let grow without end.
"""

import numpy as np

from rfsearch import jit
from rfsearch.kernels.step import ADD, cost_of, joined

NO_ENDING = np.int64(1 << 62)

ANY, STRIDED, PLAIN = 0, 1, 2  # which endings: all, with a strided layer yet to come, without


@jit.njit
def bound_states(
    first, to, arc, volume, jump2, final, strided, coefficient, join, lead, block,
    least_depth, most_depth, bound,
):  # fmt: skip
    """Fill bound [V, K, S, D+1] from the end.

    V is 1 (all endings) or 3 (ANY, STRIDED, PLAIN). Of an ending at depth d or deeper the first
    `lead` criteria are the least vector in lexicographic order, each other one the least among the
    endings that attain it. NO_ENDING or more in the first criterion says that there is none.

    `block` [B+1] delimits the states of one (jump, RF): transitions lead to later blocks, or stay.
    Where they stay but never go back, states from the last to the first see every target done and
    a transition's cost is computed once for all depths; else a block is done depth by depth.
    """
    endings, criteria = bound.shape[:2]
    added = np.empty(criteria, np.int64)
    bound[:] = NO_ENDING
    for b in range(len(block) - 2, -1, -1):
        low, high = block[b], block[b + 1]
        back = False
        for state in range(low, high):
            if final[state]:  # costs are never negative: nothing to come is 0 however they join
                for v in range(endings):
                    if v != STRIDED:
                        bound[v, :, state, least_depth : most_depth + 1] = 0
            for edge in range(first[state], first[state + 1]):
                back = back or low <= to[edge] < state
        if back:
            for depth in range(most_depth - 1, -1, -1):
                for state in range(low, high):
                    for edge in range(first[state], first[state + 1]):
                        _cost(added, volume, jump2, coefficient, state, to[edge], arc[edge])
                        strides = strided[arc[edge]]
                        _through_at(bound, state, to[edge], strides, added, join, lead, depth)
            continue
        for state in range(high - 1, low - 1, -1):
            stays = False
            for edge in range(first[state], first[state + 1]):
                if to[edge] == state:
                    stays = True
                    continue
                _cost(added, volume, jump2, coefficient, state, to[edge], arc[edge])
                strides = strided[arc[edge]]
                _through(bound, state, to[edge], strides, added, join, lead)
            if not stays:
                continue
            for depth in range(most_depth - 1, -1, -1):
                for edge in range(first[state], first[state + 1]):
                    if to[edge] == state:  # several: on one pixel every stride of a 1x1 stays
                        _cost(added, volume, jump2, coefficient, state, state, arc[edge])
                        strides = strided[arc[edge]]
                        _through_at(bound, state, state, strides, added, join, lead, depth)


@jit.inner
def _cost(added, volume, jump2, coefficient, state, target, arc):
    """What a transition adds to every criterion."""
    for k in range(len(added)):
        added[k] = cost_of(coefficient, volume, jump2, state, target, arc, k)


@jit.inner
def _through(bound, state, target, strides, added, join, lead):
    """Lower the bounds of a state at every depth by going through one transition."""
    endings, criteria = bound.shape[:2]
    for v in range(endings):
        ahead = _ending_ahead(endings, v, strides)
        if ahead < 0:
            continue
        if lead == 0:
            for k in range(criteria):
                _lower_each(bound[v, k, state], bound[ahead, k, target], added[k], join[k])
        elif lead == 2 and criteria == 2 and added[0] >= 0:
            _lower_pair(
                bound[v, 0, state], bound[v, 1, state],
                bound[ahead, 0, target], bound[ahead, 1, target], added[0], added[1],
            )  # fmt: skip
        else:
            for depth in range(bound.shape[3] - 1):
                _lower_vector(bound, v, ahead, state, target, depth, added, join, lead)


@jit.inner
def _through_at(bound, state, target, strides, added, join, lead, depth):
    """Lower the bounds of a state at one depth by going through one transition."""
    endings = bound.shape[0]
    for v in range(endings):
        ahead = _ending_ahead(endings, v, strides)
        if ahead < 0:
            continue
        if lead > 0:
            _lower_vector(bound, v, ahead, state, target, depth, added, join, lead)
            continue
        for k in range(len(added)):
            there = bound[ahead, k, target, depth + 1]
            if there < NO_ENDING:
                value = joined(join[k], added[k], there)
                bound[v, k, state, depth] = min(bound[v, k, state, depth], value)


@jit.inner
def _ending_ahead(endings, v, strides):
    """Which endings follow a transition of the endings v; -1 where none do."""
    if endings == 1 or not strides:
        return v
    return -1 if v == PLAIN else ANY


@jit.inner
def _lower_each(here, there, added, join):
    if join == ADD and added >= 0:  # NO_ENDING only grows: no branch, so that this is vectors
        for i in range(len(here) - 1):
            here[i] = min(here[i], there[i + 1] + added)
    else:
        for i in range(len(here) - 1):
            if there[i + 1] < NO_ENDING:
                here[i] = min(here[i], joined(join, added, there[i + 1]))


@jit.inner
def _lower_pair(here, here_next, there, there_next, added, added_next):
    """The common case of two criteria that add, the first not maximised: vectors again."""
    for i in range(len(here) - 1):
        value = there[i + 1] + added
        value_next = there_next[i + 1] + added_next
        kept = here[i]
        kept_next = here_next[i]
        less = (value < kept) | ((value == kept) & (value_next < kept_next))
        here[i] = value if less else kept
        here_next[i] = value_next if less else kept_next


@jit.inner
def _lower_vector(bound, v, ahead, state, target, depth, added, join, lead):
    if bound[ahead, 0, target, depth + 1] >= NO_ENDING:
        return
    order = -1 if bound[v, 0, state, depth] >= NO_ENDING else 0
    for k in range(lead):
        if order == 0:
            value = bound[ahead, k, target, depth + 1] + added[k]
            if value != bound[v, k, state, depth]:
                order = -1 if value < bound[v, k, state, depth] else 1
    if order > 0:
        return
    for k in range(len(added)):
        value = joined(join[k], added[k], bound[ahead, k, target, depth + 1])
        if order < 0 or value < bound[v, k, state, depth]:
            bound[v, k, state, depth] = value
