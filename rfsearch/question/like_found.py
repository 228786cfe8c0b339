"""LikeFound: the questions of a neighbourhood. Fewest changes first, and what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from rfsearch.errors import UsageError
from rfsearch.layers.cost import CHANGES
from rfsearch.question.count import count_by_depth
from rfsearch.question.found import Found

if TYPE_CHECKING:
    from rfsearch.automaton.closure import StagedAutomaton
    from rfsearch.question.timed import InTime

DEFAULT_RANKING = (CHANGES.name, "memory", "macs")


@dataclass(frozen=True, eq=False)
class LikeFound(Found):
    """As Found; rows also have `changes` and, in lists and fronts, `changed`."""

    def top(
        self,
        k: int = 20,
        by: Sequence[str] = DEFAULT_RANKING,
        distinct: str = "none",
        time_limit: float | None = None,
    ) -> pl.DataFrame:
        """The k best matches, fewest changes first unless `by` says otherwise.

        distinct: `none`, or `costs` (one network a cost vector). Families are those of a space.
        """
        _check(distinct)
        return super().top(k, by, distinct, time_limit)

    def top_in_time(
        self,
        time_limit: float,
        k: int = 20,
        by: Sequence[str] = DEFAULT_RANKING,
        distinct: str = "none",
    ) -> InTime:
        """As Found.top_in_time."""
        _check(distinct)
        return super().top_in_time(time_limit, k, by, distinct)

    def front(
        self, costs: Sequence[str] = DEFAULT_RANKING, time_limit: float | None = None
    ) -> pl.DataFrame:
        """As Found.front."""
        return super().front(costs, time_limit)

    def families(self) -> int | None:
        """None: families are those of a space."""
        return None

    def count_by_changes(self) -> dict[int, int]:
        """Exact number of matches with each number of changes that some match has."""
        self._decided("counting by changes")
        automaton: StagedAutomaton = self._budgeted.automaton  # type: ignore[assignment]
        place = self._changes_at(automaton)
        found = {}
        for number in np.unique(place[automaton.final]).tolist():
            ending = replace(automaton, final=automaton.final & (place == number))
            found[number] = sum(count_by_depth(ending, self.threads).values())
        return {number: matches for number, matches in found.items() if matches}

    def _changes_at(self, automaton: StagedAutomaton) -> np.ndarray:
        """[S] changes of the networks that end in a state, -1 where none ends."""
        ends = self.space.plan(self.query.rounding).ends
        changes = np.full(len(automaton.arcs.spots.plan.ends), -1)
        for number, place in ends.items():
            changes[place] = number
        return changes[automaton.place]

    def marked(self, frame: pl.DataFrame) -> pl.DataFrame:
        """With a column `changed` behind `changes`."""
        marks = [list(self.space.marks(stack, self.query.rounding)) for stack in frame["stack"]]
        column = pl.Series("changed", marks, dtype=pl.List(pl.String))
        return frame.insert_column(frame.columns.index(CHANGES.name) + 1, column)


def _check(distinct: str) -> None:
    if distinct == "family":
        raise UsageError("distinct: a neighbourhood has no families; none or costs")
