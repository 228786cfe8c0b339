"""Narrowed: the automaton of a narrower target, from that of a wider one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rfsearch.automaton.automaton import Automaton, nothing
from rfsearch.kernels.states import finish_spots
from rfsearch.request.query import Query


def narrowed(automaton: Automaton, query: Query) -> Automaton:
    """The matches of a `query` that differs in its target alone, all of which are matches here.

    States ascend, with RFs told apart. Every state was reached, so that those from which an end can
    be reached are on a match.
    """
    assert automaton.ascending and automaton.tracked and query.target_rf is not None
    fields = automaton.fields_at(np.arange(automaton.states))
    kept = automaton.final.copy()
    for column, axis in zip(fields.T, automaton.axes, strict=True):
        low, high = query.target_rf[axis]
        kept &= column >= low
        if high is not None:
            kept &= column <= high
    final = kept.copy()
    source = np.repeat(np.arange(automaton.states), np.diff(automaton.first))
    finish_spots(source, automaton.to.astype(np.int64), kept)
    if not kept[automaton.start]:
        return nothing(automaton.space, query, automaton.spots)
    edges = np.flatnonzero(kept[source] & kept[automaton.to])
    number = (np.cumsum(kept) - 1).astype(np.int32)
    return replace(
        automaton,
        query=query,
        **{name: getattr(automaton, name)[kept] for name in ("spot", "rf", "alive")},
        final=final[kept],
        first=np.searchsorted(source[edges], np.append(np.flatnonzero(kept), automaton.states)),
        to=number[automaton.to[edges]],
        step=automaton.step[edges],
    )
