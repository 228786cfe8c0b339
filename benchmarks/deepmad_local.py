"""Good networks by annealing, then by exchanging up to three choices at once."""

from __future__ import annotations

import numpy as np
from deepmad_network import DEEPEST, LOG_O, LOG_U, judge

from rfsearch.kernels import jit

_LEAST = np.array([1] * 5 + [0] * 10, np.int64)
_MOST = np.array([DEEPEST] * 5 + [len(LOG_U) - 1] * 5 + [len(LOG_O) - 1] * 5, np.int64)
_STEPS = np.array([-4, -3, -2, -1, 1, 2, 3, 4], np.int64)

# A score that one relative unit of a budget (or one unit of logarithms) is worth at most, roughly.
_PENALTY, _LOG_PENALTY = 60_000.0, 400.0


@jit.inner
def _within(v):
    """Score where every budget holds, else -1."""
    score, macs, params, logs = judge(v)
    return score if macs == 0 and params == 0 and logs == 0 else -1.0


@jit.inner
def _penalised(v):
    score, macs, params, logs = judge(v)
    return score - _PENALTY * (macs + params) - _LOG_PENALTY * logs


@jit.inner
def _shift(v, at, step):
    """Move v[at] by a step, as far as it goes; an o3 equal to o4 takes o4 along."""
    both = at == 12 and v[12] == v[13]
    v[at] = min(max(v[at] + step, _LEAST[at]), _MOST[at])
    if both:
        v[13] = v[12]


@jit.inner
def anneal(start, moves, hottest, seed):
    """The best feasible choice [15] met, and its score (-1: none)."""
    np.random.seed(seed)
    v, best, best_score = start.copy(), start.copy(), _within(start)
    value, trial = _penalised(v), start.copy()
    for move in range(moves):
        heat = hottest * np.exp(-7.0 * move / moves)
        trial[:] = v
        for _ in range(np.random.randint(1, 5)):
            at = np.random.randint(15)
            step = np.random.randint(1, 4)
            if at >= 10 and np.random.random() < 0.5:
                step *= np.random.randint(1, 9)
            _shift(trial, at, step if np.random.random() < 0.5 else -step)
        got = _penalised(trial)
        if got >= value or np.random.random() < np.exp((got - value) / heat):
            value = got
            v[:] = trial
            if got > best_score:
                score = _within(v)
                if score > best_score:
                    best_score = score
                    best[:] = v
    return best, best_score


@jit.inner
def exchange(start, first):
    """A choice that no exchange of up to three of its entries from `first` on betters; its score.

    Two at once move by up to four steps, a third by up to two. first = 5 leaves every L as it is.
    """
    v, score = start.copy(), _within(start)
    one, two, three = start.copy(), start.copy(), start.copy()
    improved = True
    while improved:
        improved = False
        start[:] = v
        for a in range(first, 15):
            for s in _STEPS:
                one[:] = start
                _shift(one, a, s)
                for b in range(a, 15):
                    for t in _STEPS if b > a else _STEPS[:1]:
                        two[:] = one
                        if b > a:
                            _shift(two, b, t)
                        for c in range(b, 15) if b > a else range(b, b + 1):
                            for r in _STEPS[2:6] if c > b else _STEPS[:1]:
                                three[:] = two
                                if c > b:
                                    _shift(three, c, r)
                                got = _within(three)
                                if got > score:
                                    score, improved = got, True
                                    v[:] = three
    return v, score
