"""The Pareto-optimal completions of every state, from the last state on, in pieces."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import Criteria
from rfsearch.errors import LimitError
from rfsearch.kernels import pareto as kernel
from rfsearch.kernels.graph import DONE, FULL

LABELS = 2_000_000  # made between two looks at the progress and at Ctrl-C


class Ways(NamedTuple):
    """A graph whose states (S) ascend along transitions (E): first [S + 1], to, arc [E], final [S].

    What a transition adds to a cost is a constant of its arc.
    """

    first: np.ndarray
    to: np.ndarray
    arc: np.ndarray
    final: np.ndarray

    @property
    def states(self) -> int:
        """How many states."""
        return len(self.final)

    def turned_round(self, start: int) -> Ways:
        """Every transition reversed, states numbered from the last: ends lead to the start."""
        last = self.states - 1
        source = np.repeat(np.arange(self.states), np.diff(self.first))
        new_source = last - self.to.astype(np.int64)
        order = np.argsort(new_source, kind="stable")
        final = np.zeros(self.states, bool)
        final[last - start] = True
        first = np.searchsorted(new_source[order], np.arange(self.states + 1))
        return Ways(first, (last - source[order]).astype(np.int32), self.arc[order], final)


def ways_of(automaton: Automaton) -> Ways:
    """Those of an automaton whose states ascend."""
    return Ways(automaton.first, automaton.to, automaton.step, automaton.final)


class SuffixSets:
    """For each state, the Pareto-optimal cost vectors of all completions.

    `starts` [S]: the states where stacks begin. Left out are completions that pass a limit even
    behind the cheapest prefix.
    """

    def __init__(
        self, ways: Ways, starts: np.ndarray, criteria: Criteria, memory_limit: int
    ) -> None:
        self.ways, self.criteria, self.memory_limit = ways, criteria, memory_limit
        width = len(criteria.names)
        self.added = np.ascontiguousarray(criteria.cost)
        self.least = np.empty((ways.states, width), np.int64)
        kernel.prefixes(*ways[:3], starts, self.added, criteria.join, criteria.begin, self.least)
        self.labels = kernel.Suffixes(
            g=np.empty((1 << 12, width), np.int64),
            first=np.zeros(ways.states, np.int64),
            end=np.zeros(ways.states, np.int64),
            used=np.array([0, ways.states - 1, 0], np.int64),
        )
        self._candidates = 1 << 12
        self._room = _room(self._candidates, width)

    @property
    def done(self) -> float:
        """How many of the states have their labels, of all."""
        return 1 - (int(self.labels.used[1]) + 1) / self.ways.states

    def advance(self, labels: int = LABELS, until: int = 0) -> bool:
        """Make about `labels` labels; returns True when the states from `until` on have theirs.

        Raises LimitError.
        """
        criteria = self.criteria
        outcome = kernel.suffixes(
            *self.ways, self.added, criteria.join, criteria.limit, self.least, self.labels,
            *self._room, labels, until,
        )  # fmt: skip
        if outcome == FULL:
            wanted = self._wanted()
            if wanted >= self._candidates:
                self._candidates = 1 << (wanted + 1).bit_length()
                self._room = _room(self._candidates, len(criteria.names))
            if int(self.labels.used[0]) + wanted > len(self.labels.g):
                self.labels = _grown(self.labels, wanted, self.memory_limit)
        return bool(outcome == DONE)

    def _wanted(self) -> int:
        """How many candidates the next state has."""
        state, labels = int(self.labels.used[1]), self.labels
        to = self.ways.to[self.ways.first[state] : self.ways.first[state + 1]]
        return 1 + int((labels.end[to] - labels.first[to]).sum())


def _room(candidates: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    return np.empty((candidates, width), np.int64), np.empty((4, candidates), np.int64)


def _grown(labels: kernel.Suffixes, wanted: int, memory_limit: int) -> kernel.Suffixes:
    length = max(2 * len(labels.g), len(labels.g) + wanted)
    size = length * labels.g.shape[1] * 8
    if size > memory_limit:
        raise LimitError(
            f"the front holds {int(labels.used[0])} labels so far; {size / 2**30:.1f} GiB for more "
            f"pass the limit of {memory_limit / 2**30:.1f} GiB; ask for fewer costs or a tighter "
            "budget"
        )
    more = np.empty((length - len(labels.g), labels.g.shape[1]), np.int64)
    return labels._replace(g=np.concatenate([labels.g, more]))
