"""Kernel of the bounds from the end: the least of every criterion still to come.

Kept by state and depth, so that they are exact under the depth range and also for maximised costs,
which 1x1 layers let grow without end.
"""

import numpy as np

from rfsearch import jit

ADD, GREATEST, LEAST = 0, 1, 2  # as in criteria
# Costs are never negative, so that nothing to come is 0 however criteria join.
ONE = np.uint64(1)

ANY, STRIDED, PLAIN = 0, 1, 2  # which endings: all, with a strided layer yet to come, without


@jit.inner
def joined(join, a, b):
    """a and b along one path."""
    if join == ADD:
        return a + b
    if join == GREATEST:
        return max(a, b)
    return min(a, b)


@jit.inner
def arc_cost(coefficient, in_volume, out_volume, jump2):
    """What one transition adds to one criterion."""
    return (
        coefficient[0]
        + coefficient[1] * in_volume
        + coefficient[2] * out_volume
        + coefficient[3] * jump2
    )


@jit.inner
def is_alive(alive, state, depth, start):
    """Whether `state` is on a match at `depth`."""
    if depth == 0:
        return state == start
    return (alive[state] >> np.uint64(depth - 1)) & ONE != 0


@jit.njit
def bound_level(
    first, to, arc, size, jump, alive, final, start, strided, coefficient, join, lead,
    depth, may_end, endings, bound, low, high,
):  # fmt: skip
    """bound[depth] of the states low..high from bound[depth + 1].

    bound [D+1, S, K, V]: V is 1 (all endings) or 3 (ANY, STRIDED, PLAIN, as `endings` says).
    Of an ending the first `lead` criteria are the least vector in lexicographic order, each other
    one the least among endings that attain it. A first value of 2^62 says that there is none.
    """
    none = np.int64(1 << 62)
    criteria = coefficient.shape[1]
    value = np.empty(criteria, np.int64)
    for state in range(low, high):
        for v in range(endings):
            bound[depth, state, 0, v] = none
        if not is_alive(alive, state, depth, start):
            continue
        if may_end and final[state]:
            for v in range(endings):
                if v == STRIDED:
                    continue
                for k in range(criteria):
                    bound[depth, state, k, v] = 0
        in_volume = np.int64(size[state]) ** 2
        jump2 = jump[state] ** 2
        for edge in range(first[state], first[state + 1]):
            target = to[edge]
            if not is_alive(alive, target, depth + 1, start):
                continue
            out_volume = np.int64(size[target]) ** 2
            for v in range(endings):
                ahead = v
                if strided[arc[edge]] and endings > 1:
                    if v == PLAIN:
                        continue
                    ahead = ANY
                if bound[depth + 1, target, 0, ahead] == none:
                    continue
                for k in range(criteria):
                    added = arc_cost(coefficient[arc[edge], k], in_volume, out_volume, jump2)
                    value[k] = joined(join[k], added, bound[depth + 1, target, k, ahead])
                _lower(bound[depth, state, :, v], value, lead)


@jit.inner
def _lower(kept, value, lead):
    """Put `value` into `kept` where it is less (see bound_level on `lead`)."""
    if kept[0] == np.int64(1 << 62):
        kept[:] = value
        return
    for k in range(lead):
        if value[k] > kept[k]:
            return
        if value[k] < kept[k]:
            kept[:] = value
            return
    for k in range(lead, len(value)):
        kept[k] = min(kept[k], value[k])
