"""Found: a space compiled for one query, ready for questions. The Python face of the engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rfsearch import automaton as automata
from rfsearch.automaton import MEMORY_LIMIT, Automaton, Progress
from rfsearch.criteria import parse_ranking
from rfsearch.query import Query
from rfsearch.space import Move, Space

if TYPE_CHECKING:
    import polars as pl

DEFAULT_RANKING = ("memory", "macs")


def _silent(stage: str, done: float) -> None:
    """No progress shown."""


@dataclass(frozen=True, eq=False)
class Found:
    """Every question, exact over the whole space. Made by Space.search.

    Costs are named as in rfsearch.cost; a leading `max:` maximises. Questions raise UsageError for
    what cannot be asked and LimitError for what outgrows `memory_limit`.
    """

    automaton: Automaton
    threads: int | None = None
    memory_limit: int = MEMORY_LIMIT
    progress: Progress = field(default=_silent, repr=False)

    @classmethod
    def build(
        cls,
        space: Space,
        query: Query,
        threads: int | None = None,
        memory_limit: int = MEMORY_LIMIT,
        progress: Progress = _silent,
    ) -> Found:
        """Compile `space` for `query` within `memory_limit` bytes."""
        built = automata.build(space, query, memory_limit, progress)
        return cls(built, threads, memory_limit, progress)

    @property
    def space(self) -> Space:
        """What may be built."""
        return self.automaton.space

    @property
    def query(self) -> Query:
        """What is asked of it."""
        return self.automaton.query

    @property
    def states(self) -> int:
        """States of the automaton."""
        return self.automaton.states

    @property
    def transitions(self) -> int:
        """Transitions of the automaton."""
        return self.automaton.transitions

    @property
    def _running(self) -> dict[str, Any]:
        return {
            "threads": self.threads,
            "memory_limit": self.memory_limit,
            "progress": self.progress,
        }

    def moves_used(self) -> frozenset[Move]:
        """Layer choices that stand in some match, whatever their width."""
        moves = self.space.moves
        arcs = np.unique(self.automaton.arc)
        return frozenset(moves[int(number)] for number in self.automaton.arcs.move[arcs])
