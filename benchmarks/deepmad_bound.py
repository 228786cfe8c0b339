"""A proven upper bound on the score of every network in a box of choices.

A box fixes each L, and whether super-blocks 3 and 4 have equal o (then 4 projects nothing), and
gives each option and each o a range. With x = log(k b) and y = log o, all ten of them z,

    half the logarithms up to a stage's end, S = a·z + constant          affine
    effectiveness: S >= D log(D / rho) / 2, D fixed by the L             linear
    log MACs, log parameters                                             convex: log-sum-exp
    score = sum of ratio (y + constant) S                                products of affine terms

Each product w S is at most wU S + sL w - wU sL, and at most wL S + sU w - wL sU, w in [wL, wU] and
S in [sL, sU] (McCormick). What is left is a convex problem, solved nearly by an interior point
method. Its multipliers m >= 0 prove the bound, wherever the method stopped: the Lagrangian
F(z) = objective(z) - sum of m h(z) is concave, so that in the box it lies below its tangent at any
point, and a tangent's greatest value in a box is read off its signs. What 64-bit floats lose of
such a sum (a few ulp of each term) is far below the 1e-10 of all terms' sizes that is added.

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

from rfsearch import jit

FIELDS = 26  # of a box: 5 L, whether o3 = o4, ten least and ten greatest indices of x and y
WARM = 16  # of a start: ten z, six multipliers

_AREA = np.array([float(n * n) for n in SIZES])
_INTO = np.array([float(n * n) for n in (SIZE, *SIZES[:4])])
_VOLUME = 2 * np.log(np.array(SIZES))
_RATIO = np.array(RATIOS)
_LOG_STEM = math.log(STEM)
_FIVES = np.concatenate([[0], np.cumsum(OPTION_K == 5)])  # options with k = 5 before each
_ROUNDS = 40
_ROUNDING = 1e-10


@jit.inner
def grid(k, index):
    """The value of variable k (0..4: x, 5..9: y) at an index."""
    return LOG_U[index] if k < 5 else LOG_O[index]


@jit.inner
def _y(box, i):
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
def _costs(box, narrow, z, logs, gradients, curvatures):
    """Log of MACs and of parameters over what the stem leaves, with two derivatives each."""
    gradients[:2] = 0.0
    curvatures[:] = 0.0
    macs, params = 0.0, 0.0
    before, c = -1, float(STEM)
    for i in range(5):
        L, here = float(box[i]), _y(box, i)
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
def _sums(box, slopes, offsets):
    """The affine sums of logarithms at the four stages' ends: slopes [4, 10], offsets [4]."""
    slopes[:] = 0.0
    row = 0
    offset, before = STEM_LOG + _LOG_STEM / 2, -1
    running = np.zeros(10)
    for i in range(5):
        running[i] += box[i]
        if before >= 0:
            running[before] += 0.5
        running[_y(box, i)] += (box[i] - 1) / 2
        before = _y(box, i)
        if i != 2:
            slopes[row] = running
            offsets[row] = offset
            row += 1


@jit.inner
def _objective(box, low, high, guess, slopes, offsets, needed, gains, errors):
    """Linear gains [10] and the constant that overestimate the score in the box; errors [10]."""
    gains[:] = 0.0
    errors[:] = 0.0
    constant, row = STEM_WEIGHT * STEM_LOG, 0
    for i in range(5):
        if i == 2:
            continue
        y = _y(box, i)
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
def _solve(matrix, right, free):
    """right := the solution of matrix · d = right over the free variables, by Cholesky."""
    for a in range(10):
        if not free[a]:
            right[a] = 0.0
            continue
        for b in range(a):
            if free[b]:
                left = matrix[a, b]
                for c in range(b):
                    if free[c]:
                        left -= matrix[a, c] * matrix[b, c]
                matrix[a, b] = left / matrix[b, b]
        left, value = matrix[a, a], right[a]
        for c in range(a):
            if free[c]:
                left -= matrix[a, c] * matrix[a, c]
                value -= matrix[a, c] * right[c]
        matrix[a, a] = math.sqrt(max(left, 1e-12))
        right[a] = value / matrix[a, a]
    for a in range(9, -1, -1):
        if free[a]:
            value = right[a]
            for c in range(a + 1, 10):
                if free[c]:
                    value -= matrix[c, a] * right[c]
            right[a] = value / matrix[a, a]


@jit.inner
def bound(box, warm, cutoff, gains, errors):
    """A score that no network of the box passes; warm [16] becomes z and multipliers.

    Stops early once the bound is below `cutoff`. `gains` and `errors` [10] are left for `branch`.
    """
    low, high, free, narrow = np.empty(10), np.empty(10), np.empty(10, np.bool_), np.empty(5)
    for k in range(10):
        low[k], high[k] = grid(k, box[6 + k]), grid(k, box[16 + k])
        free[k] = box[16 + k] > box[6 + k] and not (k == 7 and box[5])
    for i in range(5):
        narrow[i] = 0.2 if _FIVES[box[16 + i] + 1] > _FIVES[box[6 + i]] else 1 / 3
    slopes, offsets, needed = np.zeros((6, 10)), np.zeros(4), np.empty(4)
    _sums(box, slopes[2:], offsets)
    blocks, row = 0, 0
    for i in range(5):
        blocks += box[i]
        if i != 2:
            needed[row] = WITHIN_ROUNDED[blocks]
            row += 1
    z, m, s, h = np.empty(10), np.empty(6), np.empty(6), np.empty(6)
    down, up = np.zeros(10), np.zeros(10)
    for k in range(10):
        margin = 0.05 * (high[k] - low[k])
        z[k] = min(max(warm[k], low[k] + margin), high[k] - margin) if free[k] else low[k]
    constant = _objective(box, low, high, z, slopes[2:], offsets, needed, gains, errors)
    # h(z) <= 0: the two budgets, then the four ends; the ends' slopes are those of -S.
    slopes[2:] *= -1.0
    curvatures, matrix, right = np.zeros((2, 10, 10)), np.empty((10, 10)), np.empty(10)
    _costs(box, narrow, z, h, slopes, curvatures)
    mu, best = 30.0, np.inf
    for j in range(6):
        if j >= 2:
            h[j] = needed[j - 2] - offsets[j - 2]
            for k in range(10):
                h[j] += slopes[j, k] * z[k]
        m[j] = max(warm[10 + j], 1e-3 * 3.0e4)
        s[j] = max(-h[j], mu / m[j])
    for k in range(10):
        if free[k]:
            down[k], up[k] = mu / (z[k] - low[k]), mu / (high[k] - z[k])
    for _ in range(_ROUNDS):
        # The certificate, from any z and multipliers.
        value, size = constant, abs(constant)
        for k in range(10):
            value += gains[k] * z[k]
            size += abs(gains[k] * z[k])
        for j in range(6):
            value -= m[j] * h[j]
            size += m[j] * (abs(h[j]) + 100.0)
        for k in range(10):
            slope = gains[k]
            for j in range(6):
                slope -= m[j] * slopes[j, k]
            right[k] = slope
            if free[k]:
                value += max(slope * (high[k] - z[k]), slope * (low[k] - z[k]))
        value += _ROUNDING * size
        if value < best:
            best = value
            warm[:10] = z
            warm[10:] = m
        gap, count = 0.0, 6
        worst = 0.0
        for j in range(6):
            gap += m[j] * s[j]
            worst = max(worst, abs(h[j] + s[j]))
        for k in range(10):
            if free[k]:
                gap += down[k] * (z[k] - low[k]) + up[k] * (high[k] - z[k])
                count += 2
        if best < cutoff or (gap < 0.2 and worst < 1e-5):
            break
        mu = 0.1 * gap / count
        # Newton's step.
        for a in range(10):
            right[a] += down[a] - up[a]
            for b in range(a + 1):
                matrix[a, b] = m[0] * curvatures[0, a, b] + m[1] * curvatures[1, a, b]
            if free[a]:
                right[a] += mu / (z[a] - low[a]) - down[a] - mu / (high[a] - z[a]) + up[a]
                matrix[a, a] += down[a] / (z[a] - low[a]) + up[a] / (high[a] - z[a])
        for j in range(6):
            ratio = m[j] / s[j]
            push = mu / s[j] - m[j] + ratio * (h[j] + s[j])
            for a in range(10):
                if slopes[j, a] != 0.0:
                    right[a] -= slopes[j, a] * push
                    for b in range(a + 1):
                        matrix[a, b] += ratio * slopes[j, a] * slopes[j, b]
        _solve(matrix, right, free)
        # As far as every positive number stays so.
        primal, dual = 1.0, 1.0
        for k in range(10):
            if free[k]:
                d = right[k]
                below, above = z[k] - low[k], high[k] - z[k]
                if d < 0:
                    primal = min(primal, -0.99 * below / d)
                elif d > 0:
                    primal = min(primal, 0.99 * above / d)
                change = mu / below - down[k] - down[k] / below * d
                if change < 0:
                    dual = min(dual, -0.99 * down[k] / change)
                change = mu / above - up[k] + up[k] / above * d
                if change < 0:
                    dual = min(dual, -0.99 * up[k] / change)
        ds, dm = np.empty(6), np.empty(6)
        for j in range(6):
            along = 0.0
            for a in range(10):
                along += slopes[j, a] * right[a] if free[a] else 0.0
            ds[j] = -(h[j] + s[j]) - along
            dm[j] = mu / s[j] - m[j] - m[j] / s[j] * ds[j]
            if ds[j] < 0:
                primal = min(primal, -0.99 * s[j] / ds[j])
            if dm[j] < 0:
                dual = min(dual, -0.99 * m[j] / dm[j])
        for k in range(10):
            if free[k]:
                d = right[k]
                below, above = z[k] - low[k], high[k] - z[k]
                down[k] += dual * (mu / below - down[k] - down[k] / below * d)
                up[k] += dual * (mu / above - up[k] + up[k] / above * d)
                z[k] += primal * d
        for j in range(6):
            s[j] += primal * ds[j]
            m[j] += dual * dm[j]
        _costs(box, narrow, z, h, slopes, curvatures)
        for j in range(2, 6):
            h[j] = needed[j - 2] - offsets[j - 2]
            for k in range(10):
                h[j] += slopes[j, k] * z[k]
    return best
