"""A proven upper bound on the score of every network in a box of choices.

The convex problem of deepmad_relaxation is solved nearly, by a primal-dual interior point method.
Its multipliers m >= 0 prove the bound wherever the method stopped: the Lagrangian
F(z) = gains·z + constant - sum of m h(z) is concave and nowhere below the score of a network within
the budgets, so that in the box it lies below its tangent at any point, and a tangent's greatest
value in a box is read off its signs. What 64-bit floats lose of such a sum (a few ulp of each
term, 2^-52 of it) is far below the 1e-10 of all terms' sizes that is added.
"""

from __future__ import annotations

import math

import numpy as np
from deepmad_relaxation import constraints, objective, ranges, sums

from rfsearch.kernels import jit

WARM = 16  # entries of a start: ten z, six multipliers

_ROUNDS = 40
_ROUNDING = 1e-10
_CENTRED = 30.0  # the first product of every slack and its multiplier
_LEAST_MULTIPLIER = 30.0  # of a start: smaller ones leave the first steps short
_SOLVED, _MET = 0.2, 1e-5  # the gap, in score, and the worst residual that end it
_SHRINK, _STAY = 0.1, 0.99


@jit.inner
def _certificate(constant, gains, low, high, free, z, m, h, slopes):
    """What the tangent at z of the Lagrangian with multipliers m reaches in the box."""
    value, size = constant, abs(constant)
    for j in range(6):
        value -= m[j] * h[j]
        # A row's slopes (at most L or 2 each) times the ranges (6.1 at most) stay below 1000.
        size += m[j] * (abs(h[j]) + 1000.0)
    for k in range(10):
        value += gains[k] * z[k]
        size += 4 * abs(gains[k] * z[k])
        if free[k]:
            slope = gains[k]
            for j in range(6):
                slope -= m[j] * slopes[j, k]
            value += max(slope * (high[k] - z[k]), slope * (low[k] - z[k]))
    return value + _ROUNDING * size


@jit.inner
def _gap(low, high, free, z, down, up, m, s):
    """The sum of all slacks times their multipliers, and how many there are."""
    gap, count = 0.0, 6
    for j in range(6):
        gap += m[j] * s[j]
    for k in range(10):
        if free[k]:
            gap += down[k] * (z[k] - low[k]) + up[k] * (high[k] - z[k])
            count += 2
    return gap, count


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
def _direction(gains, low, high, free, z, down, up, m, s, h, slopes, curvatures, mu, matrix, d):
    """d [10] := Newton's step of z towards slacks times multipliers of mu."""
    for a in range(10):
        d[a] = gains[a]
        for b in range(a + 1):
            matrix[a, b] = m[0] * curvatures[0, a, b] + m[1] * curvatures[1, a, b]
        if free[a]:
            below, above = z[a] - low[a], high[a] - z[a]
            d[a] += mu / below - mu / above
            matrix[a, a] += down[a] / below + up[a] / above
    for j in range(6):
        ratio = m[j] / s[j]
        push = mu / s[j] + ratio * (h[j] + s[j])
        for a in range(10):
            if slopes[j, a] != 0.0:
                d[a] -= slopes[j, a] * push
                for b in range(a + 1):
                    matrix[a, b] += ratio * slopes[j, a] * slopes[j, b]
    _solve(matrix, d, free)


@jit.inner
def _reach(value, change, reach):
    """How much of `change`, `reach` at most, leaves a positive value positive."""
    return min(reach, -_STAY * value / change) if change < 0 else reach


@jit.inner
def _advance(low, high, free, z, down, up, m, s, h, slopes, mu, d, moves):
    """Step along d, slacks and multipliers with it, as far as every one stays positive.

    moves [2, 16] is room for their changes.
    """
    primal, dual = 1.0, 1.0
    for k in range(10):
        if free[k]:
            below, above = z[k] - low[k], high[k] - z[k]
            moves[0, k] = mu / below - down[k] - down[k] / below * d[k]
            moves[1, k] = mu / above - up[k] + up[k] / above * d[k]
            primal = _reach(above, -d[k], _reach(below, d[k], primal))
            dual = _reach(up[k], moves[1, k], _reach(down[k], moves[0, k], dual))
    for j in range(6):
        along = 0.0
        for k in range(10):
            along += slopes[j, k] * d[k]
        moves[0, 10 + j] = -(h[j] + s[j]) - along
        moves[1, 10 + j] = mu / s[j] - m[j] - m[j] / s[j] * moves[0, 10 + j]
        primal = _reach(s[j], moves[0, 10 + j], primal)
        dual = _reach(m[j], moves[1, 10 + j], dual)
    for k in range(10):
        if free[k]:
            z[k] += primal * d[k]
            down[k] += dual * moves[0, k]
            up[k] += dual * moves[1, k]
    for j in range(6):
        s[j] += primal * moves[0, 10 + j]
        m[j] += dual * moves[1, 10 + j]


@jit.inner
def bound(box, warm, cutoff, gains, errors):
    """A score that no network of the box [FIELDS] within the budgets passes.

    Starts at warm [WARM] and leaves there the z and the multipliers that prove it; stops early
    once the bound is below `cutoff`. gains and errors [10] become the score's slope in each
    variable and what McCormick's products lose by its range.
    """
    low, high, free, narrow = np.empty(10), np.empty(10), np.empty(10, np.bool_), np.empty(5)
    ranges(box, low, high, free, narrow)
    slopes, offsets, needed = np.zeros((6, 10)), np.empty(4), np.empty(4)
    sums(box, slopes[2:], offsets, needed)
    z, down, up, d = np.empty(10), np.zeros(10), np.zeros(10), np.empty(10)
    m, s, h = np.empty(6), np.empty(6), np.empty(6)
    curvatures, matrix, moves = np.empty((2, 10, 10)), np.empty((10, 10)), np.empty((2, 16))
    for k in range(10):
        z[k] = low[k]
        if free[k]:
            margin = 0.05 * (high[k] - low[k])
            z[k] = min(max(warm[k], low[k] + margin), high[k] - margin)
            down[k], up[k] = _CENTRED / (z[k] - low[k]), _CENTRED / (high[k] - z[k])
    constant = objective(box, low, high, z, slopes[2:], offsets, needed, gains, errors)
    slopes[2:] *= -1.0  # S >= needed as needed - S <= 0
    constraints(box, narrow, offsets, needed, z, h, slopes, curvatures)
    for j in range(6):
        m[j] = max(warm[10 + j], _LEAST_MULTIPLIER)
        s[j] = max(-h[j], _CENTRED / m[j])
    best = np.inf
    for _ in range(_ROUNDS):
        value = _certificate(constant, gains, low, high, free, z, m, h, slopes)
        if value < best:
            best = value
            warm[:10] = z
            warm[10:] = m
        gap, count = _gap(low, high, free, z, down, up, m, s)
        if best < cutoff or (gap < _SOLVED and np.abs(h + s).max() < _MET):
            break
        mu = _SHRINK * gap / count
        _direction(gains, low, high, free, z, down, up, m, s, h, slopes, curvatures, mu, matrix, d)
        _advance(low, high, free, z, down, up, m, s, h, slopes, mu, d, moves)
        constraints(box, narrow, offsets, needed, z, h, slopes, curvatures)
    return best
