"""The k best as far as they are known: those proven, then incumbents, and a bound on the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import criteria_of
from rfsearch.question.along import keys_along, states_along
from rfsearch.question.carried import Carried, CarriedOn
from rfsearch.question.in_time import Known, Pace, gap_in_order
from rfsearch.question.incumbents import Incumbents
from rfsearch.question.top import DISTINCT, POPS, BestFirst, check, prepared
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

SHARE = 0.5  # of the search's time, for incumbents
LEAST_POPS = 1_000


class TopInTime(CarriedOn):
    """As top_rows, carried on piece by piece; raises what it raises, but no LimitError later.

    The gap compares the last row with what is proven of all that is not: the first cost's
    distance, and the next one's where that is 0; None from the first distance above 0 on. No row
    is worse than the exact one of its rank by more than that.
    """

    def __init__(
        self,
        automaton: Automaton,
        ranking: Sequence[tuple[str, int]],
        wanted: int,
        distinct: str,
        memory_limit: int = MEMORY_LIMIT,
        progress: Progress = silent,
    ) -> None:
        self.automaton, self.wanted = automaton, wanted
        check(wanted, distinct)
        self._mode = DISTINCT[distinct]
        self._criteria = criteria_of(automaton, ranking)
        self._nothing = automaton.transitions == 0 or wanted == 0
        if self._nothing:
            return
        graph = prepared(automaton, self._criteria, self._mode, memory_limit, progress)
        search = BestFirst(graph, self._criteria, wanted, self._mode, memory_limit)
        incumbents = Incumbents(automaton, self._criteria, self._mode, wanted, 1, memory_limit)
        self._search, self._incumbents = search, incumbents
        self._carried = Carried(
            search, incumbents, Pace(LEAST_POPS, POPS), SHARE,
            lambda: progress("ranking", search.found / wanted, search.found),
        )  # fmt: skip

    def _has_found(self) -> bool:
        return self._search.found > 0

    def _found_rows(self) -> np.ndarray:
        return self._search.rows()

    def _known_so_far(self) -> Known:
        search, ranked = self._search, self._criteria.ranked
        rows, proven = search.rows(), search.costs()
        states = states_along(self.automaton, rows)
        keys = set(keys_along(self.automaton, self._mode, proven, rows, states))
        more, costs = self._incumbents.best(self.wanted - len(rows), keys)
        both = np.concatenate([rows, more])
        if len(more) == 0:  # what is listed is proven, but it is not all
            return Known(both, (0,) * ranked if len(both) else (None,) * ranked, len(rows), False)
        return Known(both, gap_in_order(costs[-1], self._bounds()), len(rows), False)

    def _bounds(self) -> list[int]:
        """What is proven of the rest, of the first cost alone where that says more."""
        bounds = [int(value) for value in self._search.bound()]
        relaxed = self._incumbents.bound
        return bounds if relaxed is None or relaxed <= bounds[0] else [relaxed]
