"""The best of a cost for every RF under one budget, from both halves of the ways.

The least cost of the ways with one RF is wanted of all that keep the budget, so that a half must
keep every way that is better in either. Where both halves meet, two short sets stand for a long
one. Only for automata of staged spaces, whose states ascend and whose steps have constant costs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from rfsearch.automaton.criteria import Criteria
from rfsearch.kernels import within as kernel
from rfsearch.question.half_nodes import Halves, Nodes
from rfsearch.question.suffix_sets import SuffixSets, Ways, ways_of

if TYPE_CHECKING:
    from rfsearch.automaton.automaton import Automaton

NONE = 1 << 62  # where no way keeps the budget
FEW = 3  # labels a state, up to which the first half goes on alone: joining costs as much


class BestWithin:
    """Asked for one criterion after another, each in its own part of the memory."""

    def __init__(self, automaton: Automaton, halves: Halves) -> None:
        self.automaton, self.halves = automaton, halves
        self._ways = ways_of(automaton)
        self._ahead = self._ways.turned_round(automaton.start)
        nodes, position = halves.back, halves.ahead.position
        self._behind = _behind(nodes, automaton)
        self._at_start = np.zeros(len(nodes.spot), bool)
        self._at_start[nodes.spot == automaton.spot[automaton.start]] = True
        self._group = np.searchsorted(halves.ends, position)
        found = halves.ends[np.minimum(self._group, len(halves.ends) - 1)]
        self._group[found != position] = -1

    def best(self, criteria: Criteria, memory_limit: int, check: Callable[[], None]) -> np.ndarray:
        """int64 [G] for the RFs of the halves: the least of the first criterion, NONE for none.

        The last criterion carries the budget, and adds; it may be the first. `check` is called now
        and then. Raises LimitError beyond `memory_limit` bytes, and what `check` raises.
        """
        automaton, nodes, arrivals = self.automaton, self.halves.back, self.halves.ahead
        ends = automaton.final[::-1]
        ahead = SuffixSets(self._ahead, ends, criteria, memory_limit // 2)
        behind = SuffixSets(self._behind, self._at_start, criteria, memory_limit // 2)
        states = _meet(ahead, behind, arrivals.spot_first, nodes.spot_first, check)
        best = np.full(len(self.halves.ends), NONE, np.int64)
        limits = criteria.join, criteria.begin, criteria.limit, best
        kernel.best_ended(automaton.final, states, self._group, ahead.labels, *limits)
        kernel.best_joined(
            tuple(self._ways), states, arrivals.spot, arrivals.position, ahead.labels,
            nodes.spot_first, nodes.position, behind.labels, self.halves.ends, ahead.added, *limits,
        )  # fmt: skip
        return best


def _behind(nodes: Nodes, automaton: Automaton) -> Ways:
    """The second half's nodes as a graph: each leads on to the nodes that its entries come from."""
    node = np.repeat(np.arange(len(nodes.spot)), np.diff(nodes.first))
    steps = nodes.step >= 0
    final = np.zeros(len(nodes.spot), bool)
    final[node[~steps]] = True
    return Ways(
        np.searchsorted(node[steps], np.arange(len(nodes.spot) + 1)),
        nodes.source[steps].astype(automaton.to.dtype),
        nodes.step[steps].astype(automaton.step.dtype),
        final,
    )


def _meet(
    ahead: SuffixSets, behind: SuffixSets, state_first: np.ndarray, node_first: np.ndarray,
    check: Callable[[], None],
) -> int:  # fmt: skip
    """Fill both halves spot by spot, that with fewer labels first; how many states are ahead.

    Often a few labels are all that there are, and the first half is the whole.
    """
    spots, last = len(state_first) - 1, int(state_first[-1])
    low, high = 0, spots
    while low < high:
        if ahead.labels.used[0] <= max(behind.labels.used[0], FEW * last):
            low += 1
            _fill(ahead, last - int(state_first[low]), check)
        else:
            high -= 1
            _fill(behind, int(node_first[high]), check)
    return int(state_first[low])


def _fill(sets: SuffixSets, until: int, check: Callable[[], None]) -> None:
    check()
    while not sets.advance(until=until):
        check()
