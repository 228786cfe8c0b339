"""How many matches have each number of changes from the network that they are like."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.edits.plan import plan_for
from rfsearch.question.count import count_by_depth
from rfsearch.space.edits.space import Neighbourhood


def changes_counted(automaton: Automaton, threads: int | None = None) -> dict[int, int]:
    """Exact number of matches with each number of changes that some match has."""
    changes = np.full(len(automaton.spots.ends), -1)
    assert isinstance(automaton.space, Neighbourhood)
    for number, place in plan_for(automaton.space, automaton.query.rounding).ends.items():
        changes[place] = number
    ends = changes[automaton.spots.place[automaton.spot]]
    found = {}
    for number in np.unique(ends[automaton.final]).tolist():
        ending = replace(automaton, final=automaton.final & (ends == number))
        found[number] = sum(count_by_depth(ending, threads).values())
    return {number: matches for number, matches in found.items() if matches}
