"""The k best by or within arena and flash: bounds first, the interpreter's own figures after.

Candidates come best first by their bounds. Each is worked out exactly; those that do not fit drop
out, the others stand where their own figures put them. The list is proven once its last row comes
before everything that is still to come. Where the first candidates do not fit, a search within
budgets that are narrower by what the others were off finds rows to show in the meantime.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import UNLIMITED, Criteria, criteria_of
from rfsearch.errors import LimitError
from rfsearch.kernels.graph import Graph
from rfsearch.layers.cost import CHARGED
from rfsearch.question.exact import Exact, Ranking, exact, exact_of_rows, totals
from rfsearch.question.in_time import Deadline, Known, gap_in_order
from rfsearch.question.top import DISTINCT, POPS, BestFirst, prepared
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

MOST_WORKED_OUT = 1_000  # candidates, where no time is given
PIECE = 16  # candidates looked at between two looks at the time
GROWTH = 4  # a search for more candidates is for so many times as many
FEW = 32  # candidates after which narrower budgets are tried
DIVE, POPS_AT_ONCE = 20, 10_000  # of a search within narrower budgets
NARROWINGS = 4

Vector = tuple[int, ...]


class ExactTop:
    """A question that can be carried on, as TopInTime; `limit`: no ranked cost may pass its own.

    Neither for families, nor where arena or flash is to be great: bounds say nothing of them.
    """

    def __init__(
        self, automaton: Automaton, ranking: Ranking, wanted: int, distinct: str,
        memory_limit: int = MEMORY_LIMIT, progress: Progress = silent,
        limit: Sequence[int] | None = None,
    ) -> None:  # fmt: skip
        self.automaton, self.ranking, self.wanted = automaton, ranking, wanted
        self.distinct, self.memory_limit, self.progress = distinct, memory_limit, progress
        self.limit = limit
        self.stuck = ""
        self._finished = automaton.transitions == 0 or wanted == 0
        self._looked_at = self._worked_out = self._narrowed = 0
        self._deadline: Deadline | None = None
        self._found: dict[Vector, tuple[Vector, np.ndarray]] = {}  # by order: costs, row
        self._off = np.zeros(len(CHARGED), np.int64)  # the most that a bound was below
        if not self._finished:
            self._walked = self._prepared(automaton)
            self._search = self._begun(self._walked, max(GROWTH * wanted, FEW))

    @property
    def over(self) -> bool:
        """Whether it can do no more."""
        return self._finished or bool(self.stuck)

    def run(self, deadline: Deadline) -> None:
        """Go on until the deadline; at least until something is found or there is nothing."""
        self._deadline = deadline
        try:
            while not self.over and not (deadline.passed and self._found):
                self._piece()
                if deadline.passed and self._narrowed >= NARROWINGS:
                    return
        except KeyboardInterrupt:  # what is known is still to be said
            deadline.cut()

    def known(self) -> Known:
        """The best of what fits, how far it is from what may still come, what is proven."""
        chosen = self._chosen()
        rows = _stacked([row for _, row in chosen], self.automaton)
        if self._finished:
            return Known(rows, (0,) * len(self.ranking), len(rows), True)
        bound = self._bound()
        proven = sum(costs < bound for costs, _ in chosen)
        if not chosen or len(chosen) < self.wanted:
            return Known(rows, (None,) * len(self.ranking), proven, False)
        return Known(rows, gap_in_order(chosen[-1][0], bound), proven, False)

    def _prepared(self, automaton: Automaton) -> tuple[Graph, Criteria]:
        """What a search in the order of bounds walks on."""
        criteria = criteria_of(automaton, self.ranking)
        if self.limit is not None:
            held = criteria.limit.copy()
            held[: len(self.limit)] = np.minimum(held[: len(self.limit)], self.limit)
            criteria = replace(criteria, limit=held)
        running = (self.memory_limit, self.progress)
        return prepared(automaton, criteria, DISTINCT["none"], *running), criteria

    def _begun(self, walked: tuple[Graph, Criteria], wanted: int) -> BestFirst:
        return BestFirst(*walked, wanted, DISTINCT["none"], self.memory_limit)

    def _piece(self) -> None:
        """Some candidates more; whether the list is proven by now."""
        if self._looked_at == self._search.found:
            try:
                self._go_on()
            except LimitError as error:
                self.stuck = str(error)
                return
        first, last = self._looked_at, min(self._search.found, self._looked_at + PIECE)
        if last > first:
            self._look(self._search.rows()[first:last])
            self._looked_at = last
        self.progress("ranking", len(self._chosen()) / self.wanted)
        self._finished = self._closed()
        if not self._finished and self._worked_out >= MOST_WORKED_OUT:
            self.stuck = (
                f"{self._worked_out:,} candidates were worked out, and what comes next could "
                "still come before the last row"
            )
        if not self._finished and self._worked_out >= FEW * (self._narrowed + 1):
            self._narrow()

    def _go_on(self) -> None:
        """Find more candidates. A search for few tells sooner which stacks it needs not follow, so
        that one for more begins anew where all of the few were looked at."""
        if self._ended and self._search.found == self._search.wanted:
            self._search = self._begun(self._walked, GROWTH * self._search.wanted)
            self._ended = False
        while not self._ended and self._search.found <= self._looked_at:
            self._ended = self._search.advance(POPS)
            self.progress("ranking", len(self._chosen()) / self.wanted)
            if self._deadline is not None and self._deadline.passed:
                return

    def _look(self, rows: np.ndarray) -> None:
        """Work out those rows that may still be among the best."""
        worst = self._worst()
        if worst is not None:
            first = totals(self.automaton, self.ranking[:1], rows)[:, 0]
            rows = rows[first <= worst]
        self._worked_out += len(rows)
        if len(rows):
            self._take(self.automaton, rows)

    def _worst(self) -> int | None:
        """The first cost of the last row, where the list is full."""
        chosen = self._chosen()
        return chosen[-1][0][0] if len(chosen) == self.wanted else None

    _ended = False

    def _exhausted(self) -> bool:
        search = self._search
        return self._ended and self._looked_at == search.found < search.wanted

    def _closed(self) -> bool:
        if self._exhausted():
            return True
        chosen = self._chosen()
        return len(chosen) == self.wanted and chosen[-1][0] < self._bound()

    def _bound(self) -> Vector:
        """What everything that was not looked at yet costs at least, in lexicographic order."""
        search = self._search
        if self._looked_at < search.found:
            return tuple(search.costs()[self._looked_at].tolist())
        if self._ended and search.found < search.wanted:
            return (UNLIMITED,) * len(self.ranking)
        if self._ended:
            return tuple(search.costs()[-1].tolist())
        return tuple(search.bound().tolist())

    def _take(self, automaton: Automaton, rows: np.ndarray) -> Exact:
        found = exact(automaton, self.ranking, rows)
        fits = found.fits
        if self.limit is not None:
            fits = fits & (found.exact <= np.array(self.limit)).all(axis=1)
        for at in np.flatnonzero(fits).tolist():
            costs: Vector = tuple(found.exact[at].tolist())
            self._found[_order(automaton, rows[at])] = (costs, rows[at])
        least = totals(automaton, [(name, 1) for name in self._bounded()], rows)
        for at, name in enumerate(self._bounded()):
            k = CHARGED.index(name)
            more = exact_of_rows(automaton, rows)[:, k] - least[:, at]
            self._off[k] = max(self._off[k], int(more.max(initial=0)))
        return found

    def _bounded(self) -> tuple[str, ...]:
        return tuple(name for name in CHARGED if name in self.automaton.query.budgets)

    def _narrow(self) -> None:
        """Rows within budgets narrower by what bounds were off, where too few fit so far."""
        self._narrowed += 1
        if self._narrowed > NARROWINGS or len(self._chosen()) >= self.wanted:
            return
        budgets = dict(self.automaton.query.budgets)
        for name in self._bounded():
            low, high = budgets[name]
            if high is not None:
                budgets[name] = (low, high - int(self._off[CHARGED.index(name)]))
        query = replace(self.automaton.query, budgets=budgets)
        narrower = replace(self.automaton, query=query)
        search = self._begun(self._prepared(narrower), min(GROWTH * self.wanted, FEW))
        for _ in range(DIVE):
            if search.advance(POPS_AT_ONCE):
                break
            self.progress("ranking", 0.0)
        self._take(self.automaton, search.rows())

    def _chosen(self) -> list[tuple[Vector, np.ndarray]]:
        """The best of what fits, ties in the order of stacks."""
        ranked = sorted(
            ((costs, order, row) for order, (costs, row) in self._found.items()),
            key=lambda one: one[:2],
        )
        chosen: list[tuple[Vector, np.ndarray]] = []
        for costs, _, row in ranked:
            if self.distinct != "costs" or not chosen or chosen[-1][0] != costs:
                chosen.append((costs, row))
            if len(chosen) == self.wanted:
                break
        return chosen


def _order(automaton: Automaton, row: np.ndarray) -> Vector:
    """The order of stacks as numbers; a prefix first."""
    return tuple(int(automaton.order[step]) if step >= 0 else -1 for step in row.tolist())


def _stacked(rows: list[np.ndarray], automaton: Automaton) -> np.ndarray:
    width = max([len(row) for row in rows] or [automaton.width])
    found = np.full((len(rows), width), -1, np.int64)
    for number, row in enumerate(rows):
        found[number, : len(row)] = row
    return found
