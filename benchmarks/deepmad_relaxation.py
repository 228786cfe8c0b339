"""A convex problem whose best value no score in a box of choices passes.

A box fixes each L, and whether super-blocks 3 and 4 have equal o (then 4 projects nothing), and
gives each option and each o a range. With x = log(k b) and y = log o, all ten of them z,

    half the logarithms up to a stage's end, S = a·z + constant          affine
    effectiveness: S >= D log(D / rho) / 2, D fixed by the L             linear
    log MACs, log parameters                                             convex: log-sum-exp
    score = sum of ratio (y + constant) S                                products of affine terms

Each product w S is at most wU S + sL w - wU sL, and at most wL S + sU w - wL sU, w in [wL, wU] and
S in [sL, sU] (McCormick); the one that is nearer at a guess is taken.

In a box 1x1 convolutions are as narrow as any of its options has them for its k b: b = u / 5 where
one has k = 5, else u / 3; a single option is exact.
"""

from __future__ import annotations

import math

import numpy as np
from deepmad_network import (
    LOG_O,
    LOG_U,
    MAC_BUDGET,
    OPTION_K,
    PARAM_BUDGET,
    RATIOS,
    SIZE,
    SIZES,
    STEM,
    STEM_LOG,
    STEM_MACS,
    STEM_PARAMS,
    STEM_WEIGHT,
    WITHIN_ROUNDED,
)

from rfsearch.kernels import jit

FIELDS = 26  # of a box: 5 L, whether o3 = o4, ten least and ten greatest indices of x and y

_AREA = np.array([float(n * n) for n in SIZES])
_INTO = np.array([float(n * n) for n in (SIZE, *SIZES[:4])])
_VOLUME = 2 * np.log(np.array(SIZES))
_RATIO = np.array(RATIOS)
_LOG_STEM = math.log(STEM)
_FIVES = np.concatenate([[0], np.cumsum(OPTION_K == 5)])  # options with k = 5 before each


@jit.inner
def grid(k, index):
    """The value of variable k (0..4: x, 5..9: y) at an index."""
    return LOG_U[index] if k < 5 else LOG_O[index]


@jit.inner
def o_variable(box, i):
    """The variable that is log o of super-block i."""
    return 8 if i == 2 and box[5] else 5 + i


@jit.inner
def _add(total, gradient, curvature, a, b, value):
    """One term exp(z[a] + z[b]) * constant = value; a or b of -1: a constant."""
    if a >= 0:
        gradient[a] += value
        curvature[a, a] += value
    if b >= 0:
        gradient[b] += value
        curvature[b, b] += value
    if a >= 0 and b >= 0:
        curvature[a, b] += value
        curvature[b, a] += value
    return total + value


@jit.inner
def ranges(box, low, high, free, narrow):
    """The range of z, which of it is free, and b / (k b) of each super-block at the least."""
    for k in range(10):
        low[k], high[k] = grid(k, box[6 + k]), grid(k, box[16 + k])
        free[k] = box[16 + k] > box[6 + k] and not (k == 7 and box[5])
    for i in range(5):
        narrow[i] = 0.2 if _FIVES[box[16 + i] + 1] > _FIVES[box[6 + i]] else 1 / 3


@jit.inner
def _costs(box, narrow, z, logs, gradients, curvatures):
    """Log of MACs and of parameters over what the stem leaves, with two derivatives each."""
    gradients[:2] = 0.0
    curvatures[:] = 0.0
    macs, params = 0.0, 0.0
    before, c = -1, float(STEM)
    for i in range(5):
        L, here = float(box[i]), o_variable(box, i)
        u, o = math.exp(z[i]), math.exp(z[here])
        first, square = c * u * narrow[i], L * u * u
        other, projection = (2 * L - 1) * narrow[i] * u * o, c * o
        if i == 3 and box[5]:
            projection = 0.0
        g, h = gradients[0], curvatures[0]
        macs = _add(macs, g, h, before, i, first * _INTO[i])
        macs = _add(macs, g, h, i, i, square * _AREA[i])
        macs = _add(macs, g, h, i, here, other * _AREA[i])
        g, h = gradients[1], curvatures[1]
        params = _add(params, g, h, before, i, first)
        params = _add(params, g, h, i, i, square)
        params = _add(params, g, h, i, here, other)
        params = _add(params, g, h, i, -1, 4 * L * narrow[i] * u)
        params = _add(params, g, h, here, -1, (2 * L + (2 if projection > 0 else 0)) * o)
        if projection > 0:
            macs = _add(macs, gradients[0], curvatures[0], before, here, projection * _AREA[i])
            params = _add(params, g, h, before, here, projection)
        before, c = here, o
    for j in range(2):
        total = macs if j == 0 else params
        for a in range(10):
            gradients[j, a] /= total
        for a in range(10):
            for b in range(10):
                own = gradients[j, a] * gradients[j, b]
                curvatures[j, a, b] = curvatures[j, a, b] / total - own
    logs[0] = math.log(macs / (MAC_BUDGET - STEM_MACS))
    logs[1] = math.log(params / (PARAM_BUDGET - STEM_PARAMS))


@jit.inner
def sums(box, slopes, offsets, needed):
    """The affine sums of logarithms at the four stages' ends, and how great they must be.

    Fills slopes [4, 10], offsets [4] and needed [4].
    """
    row, blocks = 0, 0
    offset, before = STEM_LOG + _LOG_STEM / 2, -1
    running = np.zeros(10)
    for i in range(5):
        running[i] += box[i]
        blocks += box[i]
        if before >= 0:
            running[before] += 0.5
        running[o_variable(box, i)] += (box[i] - 1) / 2
        before = o_variable(box, i)
        if i != 2:
            slopes[row] = running
            offsets[row] = offset
            needed[row] = WITHIN_ROUNDED[blocks]
            row += 1


@jit.inner
def objective(box, low, high, guess, slopes, offsets, needed, gains, errors):
    """Linear gains [10] and the constant that overestimate the score in the box; errors [10]."""
    gains[:] = 0.0
    errors[:] = 0.0
    constant, row = STEM_WEIGHT * STEM_LOG, 0
    for i in range(5):
        if i == 2:
            continue
        y = o_variable(box, i)
        least, most, here = offsets[row], offsets[row], offsets[row]
        for k in range(10):
            least += slopes[row, k] * low[k]
            most += slopes[row, k] * high[k]
            here += slopes[row, k] * guess[k]
        least = max(least, needed[row])
        above = (high[y] - guess[y]) * max(here - least, 0.0)
        below = (guess[y] - low[y]) * max(most - here, 0.0)
        weight, sum_ = (high[y], least) if above <= below else (low[y], most)
        weight += _VOLUME[i]
        # ratio * (weight * S + sum_ * (y + volume) - weight * sum_)
        ratio = _RATIO[i]
        for k in range(10):
            gains[k] += ratio * weight * slopes[row, k]
        gains[y] += ratio * sum_
        constant += ratio * (weight * offsets[row] + sum_ * _VOLUME[i] - weight * sum_)
        errors[y] += ratio * min(above, below)
        row += 1
    return constant


@jit.inner
def constraints(box, narrow, offsets, needed, z, h, slopes, curvatures):
    """h(z) [6], at most 0 within the budgets: MACs, parameters, four ends; their derivatives.

    slopes[2:] are constant, and given.
    """
    _costs(box, narrow, z, h, slopes, curvatures)
    for row in range(4):
        h[2 + row] = needed[row] - offsets[row]
        for k in range(10):
            h[2 + row] += slopes[2 + row, k] * z[k]
