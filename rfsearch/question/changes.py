"""How many matches have each number of changes from the network that they are like."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.layers.cost import CHANGES
from rfsearch.question.count import count_by_depth


def changes_counted(automaton: Automaton, threads: int | None = None) -> dict[int, int]:
    """Exact number of matches with each number of changes that some match has."""
    # A network ends by a step that knows its changes, and ends with other changes lie apart.
    ends = np.full(automaton.states, -1)
    ends[automaton.to] = automaton.cost(CHANGES.name)[automaton.step]
    found = {}
    for number in np.unique(ends[automaton.final]).tolist():
        ending = replace(automaton, final=automaton.final & (ends == number))
        found[number] = sum(count_by_depth(ending, threads).values())
    return {number: matches for number, matches in found.items() if matches}
