"""One transition as every question sees it: what it costs, how costs join, who is alive."""

import numpy as np

from rfsearch import jit

ADD, GREATEST, LEAST = 0, 1, 2  # how a criterion joins along a path
ONE = np.uint64(1)


@jit.inner
def joined(join, a, b):
    """a and b along one path."""
    if join == ADD:
        return a + b
    if join == GREATEST:
        return max(a, b)
    return min(a, b)


@jit.inner
def cost_of(coefficient, volume, jump2, state, target, arc, k):
    """What the transition adds to criterion k: affine in the volumes and in the squared jump."""
    c = coefficient[arc, k]
    return c[0] + c[1] * volume[state] + c[2] * volume[target] + c[3] * jump2[state]


@jit.inner
def is_alive(alive, state, depth, start):
    """Whether `state` is on a match at `depth`."""
    if depth == 0:
        return state == start
    return (alive[state] >> np.uint64(depth - 1)) & ONE != 0
