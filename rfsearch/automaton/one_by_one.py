"""One by one: given matches as an automaton whose paths are these alone.

A prefix is a state, and a spot of its own: nothing is merged but common beginnings. So a match may
have costs that are no sum of its steps, as the last step says them. Every match ends with a step
that ends matches only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from rfsearch.automaton.automaton import Automaton, nothing
from rfsearch.kernels import states as kernel
from rfsearch.kernels.twins import passed_states


def one_by_one(
    automaton: Automaton, rows: np.ndarray, costs: Mapping[str, np.ndarray]
) -> Automaton:
    """The automaton of matches [n, D], given as steps in the order of stacks, with `costs` [n].

    Budgets that are no part of the states are kept by all of them, and asked about no more.
    """
    kept = {name: automaton.query.budgets[name] for name in automaton.in_states
            if name in automaton.query.budgets}  # fmt: skip
    query = replace(automaton.query, budgets=kept)
    if not len(rows):
        return nothing(automaton.space, query, automaton.spots)
    rows = np.ascontiguousarray(rows, np.int64)
    passed = np.zeros(rows.shape, np.int32)
    passed_states(automaton.first, automaton.to, automaton.step, automaton.start, rows, passed)
    lengths = np.count_nonzero(rows >= 0, axis=1)
    state, source, step = [automaton.start], [], []
    at = np.zeros(len(rows), np.int64)  # the node of each match so far
    for depth in range(rows.shape[1]):
        known: dict[tuple[int, int], int] = {}
        for number in np.flatnonzero(lengths > depth).tolist():
            key = (int(at[number]), int(rows[number, depth]))
            if key not in known:
                known[key] = len(state)
                source.append(key[0])
                step.append(key[1])
                state.append(int(passed[number, depth]))
            at[number] = known[key]
    nodes = np.array(state)
    final = np.zeros(len(nodes), bool)
    final[at] = True
    # Node n is reached by step n - 1 alone.
    extra = {name: np.zeros(len(step), np.int64) for name in costs}
    for name, values in costs.items():
        extra[name][at - 1] = values
    sources, targets = np.array(source), np.arange(1, len(nodes))
    made = automaton.spots.unfolded(automaton.spot[nodes], np.array(step), sources, targets, extra)
    spots = replace(made, final=final)
    words = np.zeros(len(nodes), np.uint64)
    first, to = spots.first.astype(np.int64), targets.astype(np.int32)
    kernel.step_words(first, to, words)
    return replace(
        automaton, query=query, spots=spots, start=0, spot=np.arange(len(nodes)),
        rf=automaton.rf[nodes], alive=words, final=final, first=first, to=to,
        step=np.arange(len(step), dtype=np.int32),
    )  # fmt: skip
