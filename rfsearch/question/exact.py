"""Exact: arena and flash of whole networks, where a search knows only what they take at least.

The engine ranks and bounds by sums of constants that no network falls below (automaton/device.py).
Here the interpreter's planner and the file's writer are followed for every row that may be shown.
A list goes on through the order of the bounds until what is left cannot come before its last row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.errors import UsageError
from rfsearch.kernels.totals import add_up
from rfsearch.layers.cost import CHARGED, MAX
from rfsearch.layers.layer import Stack, with_head
from rfsearch.question.body import body_of, input_of
from rfsearch.request.query import Query

Ranking = Sequence[tuple[str, int]]


def asked_of_device(query: Query, names: Iterable[str] = ()) -> tuple[str, ...]:
    """Which of arena and flash a question is about."""
    named = {*names, *query.budgets}
    return tuple(name for name in CHARGED if name in named)


def check_budgets(query: Query) -> None:
    """UsageError for a lower budget on arena or flash: bounds say nothing of it."""
    for name in CHARGED:
        if query.budgets.get(name, (None, None))[0] is not None:
            raise UsageError(f"min_{name}: only what it takes at most is proven; max_{name}")


@lru_cache(maxsize=1 << 16)
def exact_figures(stack: Stack, sizes: tuple[int, ...], channels: int) -> tuple[int, int]:
    """(arena, flash) of a network in bytes. UsageError where they are not known exactly."""
    from rfsearch.device.tflm import figures

    arena, flash = figures(stack, sizes, channels)
    return arena.total, flash


def exact_of_rows(automaton: Automaton, rows: np.ndarray) -> np.ndarray:
    """int64 [n, 2] arena and flash of matches given as steps [n, D]."""
    head, channels = automaton.space.head_stack, automaton.space.input_channels
    found = np.empty((len(rows), len(CHARGED)), np.int64)
    for number, steps in enumerate(rows):
        row = steps[steps >= 0].tolist()
        stack = with_head(body_of(automaton, row), head)
        found[number] = exact_figures(stack, input_of(automaton, row), channels)
    return found


class Exact(NamedTuple):
    """Rows [n, D] with their ranked costs [n, K], made to be small: as bounded, and as they are.

    figures [n, 2]: arena and flash; fits [n]: whether these keep to their budgets
    """

    rows: np.ndarray
    bounded: np.ndarray
    exact: np.ndarray
    figures: np.ndarray
    fits: np.ndarray


def exact(automaton: Automaton, ranking: Ranking, rows: np.ndarray) -> Exact:
    """What is exact of some rows."""
    bounded = totals(automaton, ranking, rows)
    figures = exact_of_rows(automaton, rows)
    whole = bounded.copy()
    fits = np.ones(len(rows), bool)
    for k, name in enumerate(CHARGED):
        low, high = automaton.query.budgets.get(name, (None, None))
        if low is not None:
            fits &= figures[:, k] >= low
        if high is not None:
            fits &= figures[:, k] <= high
        for at, (ranked, sign) in enumerate(ranking):
            if ranked == name:
                whole[:, at] = sign * figures[:, k]
    return Exact(rows, bounded, whole, figures, fits)


def keeps_to_bounds(automaton: Automaton, rows: np.ndarray) -> np.ndarray:
    """[n] whether rows keep to each budget that no state has in it, by the engine's figures."""
    kept = np.ones(len(rows), bool)
    for name, (low, high) in automaton.query.budgets.items():
        if name not in automaton.in_states:
            figure = totals(automaton, [(name, 1)], rows)[:, 0]
            kept &= (figure >= (low or 0)) & (figure <= (figure if high is None else high))
    return kept


def totals(automaton: Automaton, ranking: Ranking, rows: np.ndarray) -> np.ndarray:
    """int64 [n, K] the ranked costs of rows as the engine has them, made to be small."""
    found = np.empty((len(ranking), len(rows)), np.int64)
    if not len(rows) or not len(ranking):
        return np.ascontiguousarray(found.T)
    names = [name for name, _ in ranking]
    cost = np.stack([automaton.cost(name) for name in names], axis=1)
    greatest = np.array([automaton.query.costs[name].combine == MAX for name in names])
    begin = np.array([automaton.begin(name, 1) for name in names], np.int64)
    steps = np.ascontiguousarray(rows, np.int32)
    mine = np.empty((rows.shape[1] + 1, len(names)), np.int64)
    add_up(steps, cost, greatest, begin, mine, found)
    found *= np.array([[sign] for _, sign in ranking])
    return np.ascontiguousarray(found.T)
