"""The k best as far as they are known: those proven, then incumbents, and a bound on the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import criteria_of
from rfsearch.question.along import keys_along, states_along
from rfsearch.question.carried import Carried, CarriedOn
from rfsearch.question.in_time import Deadline, Known, Pace
from rfsearch.question.incumbents import Incumbents
from rfsearch.question.top import DISTINCT, POPS, BestFirst, check, prepared
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

SHARE = 0.5  # of the search's time, for incumbents
LEAST_POPS = 1_000


class TopInTime(CarriedOn):
    """As top_arcs, carried on piece by piece; raises what it raises, but no LimitError later.

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

    def run(self, deadline: Deadline) -> None:
        """Go on until the deadline; at least one piece, and until cheap means have been tried."""
        if not self._nothing:
            self._carried.run(deadline, lambda: bool(self._search.found or self._incumbents.kept))

    def known(self) -> Known:
        """The proven rows in order, then the best incumbents; see the class for the gap."""
        ranked = self._criteria.ranked
        none = np.full((0, max(self.automaton.depth[1], 1)), -1, np.int64)
        if self._nothing or self._incumbents.none:
            return Known(none, (0,) * ranked, 0, True)
        search = self._search
        rows = search.rows()
        if self._carried.finished:
            return Known(rows, (0,) * ranked, len(rows), True)
        states = states_along(self.automaton, rows)
        proven = search.costs()
        keys = set(keys_along(self.automaton, self._mode, proven, rows, states))
        more, costs = self._incumbents.best(self.wanted - len(rows), keys)
        both = np.concatenate([rows, more])
        if len(more) == 0:  # what is listed is proven, but it is not all
            return Known(both, (0,) * ranked if len(both) else (None,) * ranked, len(rows), False)
        return Known(both, self._gap(costs[-1]), len(rows), False)

    def _gap(self, last: np.ndarray) -> tuple[int | None, ...]:
        """How far the last row is from what is proven of the rest, in lexicographic order."""
        bounds = [int(value) for value in self._search.bound()]
        relaxed = self._incumbents.bound
        known = len(bounds)
        if relaxed is not None and relaxed > bounds[0]:
            bounds[0], known = relaxed, 1
        gap: list[int | None] = [None] * len(bounds)
        for r in range(known):
            gap[r] = max(int(last[r]) - bounds[r], 0)
            if gap[r]:
                break
        return tuple(gap)
