"""Ties: of all ladders that are equally tight the one whose rungs, in turn, rank best.

First the lowest rung is the best by the ranking that any such ladder has, ties in the order of
stacks; then the next one among those that go with it, and so on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import Criteria, criteria_of
from rfsearch.kernels import top as kernel
from rfsearch.kernels.graph import Graph
from rfsearch.kernels.step import ADD, GREATEST, LEAST
from rfsearch.ladder.climb import Best, Climb
from rfsearch.ladder.held import JUMP
from rfsearch.ladder.narrowest import Lists, Window, windows
from rfsearch.ladder.rung import Rung
from rfsearch.question.bounds import bounds_of
from rfsearch.question.top import best, graph_of

MOST_WINDOWS = 1_000  # beyond these a tie is decided among the first

Ranking = Sequence[tuple[str, int]]
Row = tuple[int, ...]


def ranked(climb: Climb, ranking: Ranking) -> Best | None:
    """The best by ranking among the ladders as tight as the best; all vectors must be known."""
    if climb.best is None or climb.lists is None:
        return climb.best
    tightness = climb.best.tightness
    lists = Lists([one.vectors for one in climb.lists], climb.held.tolerances, climb.effort.look)
    open_windows = list(islice(windows(lists, tightness), MOST_WINDOWS))
    vectors, rows = [], []
    for rung, listing in zip(climb.rungs, climb.lists, strict=True):
        row = _first(rung, listing.vectors, open_windows, ranking)
        vector = rung.vector(row)
        open_windows = [window for window in open_windows if window.holds(vector)]
        vectors.append(vector)
        rows.append(row)
    return Best(tightness, tuple(vectors), tuple(rows))


def _first(
    rung: Rung, vectors: np.ndarray, open_windows: Sequence[Window], ranking: Ranking
) -> Row:
    """The best stack of a rung whose vector lies in one of the windows."""
    graphs: dict[int | None, tuple[Graph, Criteria]] = {}
    found: list[tuple[tuple[int, ...], Row]] = []
    for low, high in sorted(_hulls(vectors, open_windows)):
        shape = low[0] if rung.held.shapes else None
        if shape not in graphs:
            graphs[shape] = _ranked_graph(rung.scoped(shape), rung, ranking)
        graph, criteria = graphs[shape]
        held = len(rung.held.costs)
        limit = criteria.limit.copy()
        if held:  # else sizes or strides alone are
            limit[-2 * held :: 2] = high[-held:]
            limit[-2 * held + 1 :: 2] = [-value for value in low[-held:]]
        rows = best(graph._replace(limit=limit), replace(criteria, limit=limit), 1, kernel.NONE)
        row = tuple(rows[0][rows[0] >= 0].tolist())
        found.append((rung.figures(row, criteria)[: len(ranking)], row))
    return min(found)[1]


def _hulls(
    vectors: np.ndarray, open_windows: Sequence[Window]
) -> set[tuple[tuple[int, ...], tuple[int, ...]]]:
    """(least, greatest) of a rung's vectors in each window."""
    hulls = set()
    for window in open_windows:
        inside = vectors[((vectors >= window.low) & (vectors <= window.high)).all(axis=1)]
        if len(inside):
            hulls.add((tuple(inside.min(axis=0).tolist()), tuple(inside.max(axis=0).tolist())))
    return hulls


def _ranked_graph(automaton: Automaton, rung: Rung, ranking: Ranking) -> tuple[Graph, Criteria]:
    """What a search by the ranking walks on, with two criteria more for every held cost."""
    criteria = _with_ends(criteria_of(automaton, ranking), rung)
    ahead = bounds_of(automaton, criteria, criteria.lead)
    least = bounds_of(automaton, criteria, 0)
    return graph_of(automaton, criteria, ahead, least, False), criteria


def _with_ends(criteria: Criteria, rung: Rung) -> Criteria:
    """The criteria, and of every held cost its value and the negated one, to be limited."""
    if not rung.held.costs:
        return criteria
    names, parts, joins, begins = [], [], [], []
    for k, name in enumerate(rung.held.costs):
        part = rung.criteria.cost[:, k]
        adds = rung.criteria.join[k] == ADD
        for sign, join in ((1, GREATEST), (-1, LEAST)):
            names.append(name)
            parts.append(sign * part)
            joins.append(ADD if adds else join)
            begins.append(0 if name == JUMP else rung.automaton.begin(name, sign))
    return Criteria(
        names=(*criteria.names, *names),
        ranked=criteria.ranked,
        cost=np.ascontiguousarray(np.concatenate([criteria.cost, np.stack(parts, axis=1)], axis=1)),
        join=np.append(criteria.join, joins),
        begin=np.append(criteria.begin, begins),
        limit=np.append(criteria.limit, [0] * len(names)),
    )
