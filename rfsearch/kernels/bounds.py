"""Kernel of the bounds from the end: the least of every criterion still to come.

Kept by state and depth, so that they are exact under the depth range and also for maximised costs,
which 1x1 layers let grow without end.
"""

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.jit import int64
from rfsearch.kernels.step import ADD, joined, turns_back

NO_ENDING = int64(1 << 62)

ANY, STRIDED, PLAIN = 0, 1, 2  # which endings: all, with a strided layer yet to come, without


@jit.bare_njit
def bound_states(
    first: np.ndarray, to: np.ndarray, arc: np.ndarray, final: np.ndarray, strided: np.ndarray,
    cost: np.ndarray, join: np.ndarray, lead: int, block: np.ndarray, low: np.ndarray,
    high: np.ndarray, least_depth: int, bound: np.ndarray, added: np.ndarray,
) -> None:  # fmt: skip
    """Lower bound [V, K, S, D+1], NO_ENDING before, each state at its depths low..high [S].

    V is 1 (all endings) or 3 (ANY, STRIDED, PLAIN). Of an ending at depth d or deeper the first
    `lead` criteria are the least vector in lexicographic order, each other one the least among the
    endings that attain it. NO_ENDING or more in the first criterion says that there is none; so it
    stands at every other depth, where a state is on no match.

    `block` [B+1] delimits the states of one (jump, RF): transitions lead to later blocks, or stay.
    Where they stay but never go back, states from the last to the first see every target done and
    a transition's cost is computed once for all depths; else a block is done depth by depth.
    `added` [K] is scratch.
    """
    ends = PLAIN if len(bound) > 1 else ANY
    arrays = (first, to, arc, strided, cost, join, low, high)
    for b in range(len(block) - 2, -1, -1):
        begin, end = block[b], block[b + 1]
        for state in range(begin, end):
            if final[state]:  # costs are never negative: nothing to come is 0 however they join
                for depth in range(max(least_depth, low[state]), high[state] + 1):
                    for k in range(bound.shape[1]):
                        bound[ends, k, state, depth] = 0
        back = turns_back(first, to, begin, end)
        # One place for both orders: a visit is long, and is compiled wherever it is called.
        for depth in range(bound.shape[3] - 1 if back else 0, -1, -1):
            for state in range(end - 1, begin - 1, -1):
                least = depth if back else low[state]
                most = depth if back else high[state]
                if low[state] <= least and most <= high[state]:
                    _visit(arrays, state, least, most, back, lead, added, bound)


@jit.inlined
def _visit(
    arrays: tuple[np.ndarray, ...], state: int, least: int, most: int, back: bool, lead: int,
    added: np.ndarray, bound: np.ndarray,
) -> None:  # fmt: skip
    """Lower the bounds of a state at the depths least..most by every transition.

    All depths at once; but transitions that stay, unless they go `back`, one by one from the last.
    Several may stay: on one pixel every stride of a 1x1 layer does.
    """
    first, to, arc, strided, cost, join, low, high = arrays
    apart = len(bound) > 1
    turn, turns = 0, 1
    while turn < turns:
        begin, end = (most - turn, most - turn) if turn > 0 else (least, most)
        if apart and turn > 0:
            _merge(bound, state, end + 1, lead)
        for edge in range(first[state], first[state + 1]):
            target = int64(to[edge])
            stays = target == state and not back
            if stays:
                turns = most - least + 1
            if stays == (turn > 0):
                from_depth, to_depth = max(begin, low[target] - 1), min(end, high[target] - 1)
                if from_depth <= to_depth:
                    for k in range(len(added)):
                        added[k] = cost[arc[edge], k]
                    strides = strided[arc[edge]]
                    for v in range(STRIDED if apart else ANY, PLAIN + 1 if apart else ANY + 1):
                        ahead = ANY if apart and strides else v
                        if v != PLAIN or not strides:
                            _lower(
                                bound, v, ahead, state, target, added, join, lead, from_depth,
                                to_depth,
                            )  # fmt: skip
        turn += 1
    if apart:
        for depth in range(least, most - turns + 2):
            _merge(bound, state, depth, lead)


@jit.pasted
def _lower(
    bound: np.ndarray, v: int, ahead: int, state: int, target: int, added: np.ndarray,
    join: np.ndarray, lead: int, begin: int, end: int,
) -> None:  # fmt: skip
    """Lower the bounds of endings v at a state by those of the endings ahead of a transition."""
    if lead == 0:
        for k in range(len(added)):
            here, there = bound[v, k, state], bound[ahead, k, target]
            if join[k] == ADD and added[k] >= 0:  # NO_ENDING only grows: no branch
                for depth in range(begin, end + 1):
                    here[depth] = min(here[depth], there[depth + 1] + added[k])
            else:
                for depth in range(begin, end + 1):
                    if there[depth + 1] < NO_ENDING:
                        here[depth] = min(here[depth], joined(join[k], added[k], there[depth + 1]))
    elif lead == 2 and len(added) == 2 and added[0] >= 0:
        here, there = bound[v, 0, state], bound[ahead, 0, target]
        here_next, there_next = bound[v, 1, state], bound[ahead, 1, target]
        for depth in range(begin, end + 1):
            value, value_next = there[depth + 1] + added[0], there_next[depth + 1] + added[1]
            kept, kept_next = here[depth], here_next[depth]
            less = (value < kept) | ((value == kept) & (value_next < kept_next))
            here[depth] = value if less else kept
            here_next[depth] = value_next if less else kept_next
    else:
        for depth in range(begin, end + 1):
            _lower_vector(bound, v, ahead, state, target, depth, added, join, lead)


@jit.pasted
def _lower_vector(
    bound: np.ndarray, v: int, ahead: int, state: int, target: int, depth: int, added: np.ndarray,
    join: np.ndarray, lead: int,
) -> None:  # fmt: skip
    """The first `lead` criteria in lexicographic order, the others each among equals."""
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


@jit.pasted
def _merge(bound: np.ndarray, state: int, depth: int, lead: int) -> None:
    """The bounds of ANY ending from those of STRIDED and PLAIN ones."""
    less = ANY
    for k in range(lead):
        strided, plain = bound[STRIDED, k, state, depth], bound[PLAIN, k, state, depth]
        if less == ANY and strided != plain:
            less = STRIDED if strided < plain else PLAIN
    for k in range(bound.shape[1]):
        least = min(bound[STRIDED, k, state, depth], bound[PLAIN, k, state, depth])
        bound[ANY, k, state, depth] = least if less == ANY else bound[less, k, state, depth]
