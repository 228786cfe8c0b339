"""Means with their error bars, rank correlations with their intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RESAMPLES = 2_000


def mean_error(values: Sequence[float]) -> tuple[float, float]:
    """(mean, standard error of the mean); an error of 0 where there is one value only."""
    values = np.asarray(values, float)
    if len(values) == 1:
        return float(values[0]), 0.0
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def shown(values: Sequence[float]) -> str:
    """Mean ± standard error, two decimals."""
    mean, error = mean_error(values)
    return f"{mean:.2f} ± {error:.2f}"


def kendall(x: Sequence[float], y: Sequence[float]) -> float:
    """Kendall's tau-b, by its definition over all pairs (Kendall 1945); 0 where one is constant."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    i, j = np.triu_indices(len(x), 1)
    a, b = np.sign(x[i] - x[j]), np.sign(y[i] - y[j])
    untied = np.sqrt(float((a != 0).sum()) * float((b != 0).sum()))
    return float((a * b).sum() / untied) if untied else 0.0


def kendall_interval(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """95% of tau over resamples of the pairs (percentile bootstrap, seed 0)."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(x), (RESAMPLES, len(x)))
    low, high = np.percentile([kendall(x[draw], y[draw]) for draw in draws], [2.5, 97.5])
    return float(low), float(high)
