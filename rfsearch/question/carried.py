"""A search and its incumbents carried on in turns, until finished or until time is over."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import Criteria
from rfsearch.errors import LimitError
from rfsearch.question.in_time import Deadline, Known, Pace, Search
from rfsearch.question.incumbents import Incumbents

CHEAP = 0.1  # seconds for cheap means that need not be tried


class Carried:
    """`finished`: the search has found all. `stuck`: at which limit it was given up."""

    def __init__(
        self,
        search: Search,
        incumbents: Incumbents,
        pace: Pace,
        share: float,
        tell: Callable[[], None],
    ) -> None:
        """`share` of the search's own time goes to incumbents; `tell` is called between pieces."""
        self.search, self.incumbents, self.pace = search, incumbents, pace
        self.finished, self.stuck = False, ""
        self._share, self._tell = share, tell
        self._searched, self._looked = 0.0, 0.0

    @property
    def over(self) -> bool:
        """Whether nothing is left to do."""
        done = self.finished or self.incumbents.none
        return done or (bool(self.stuck) and self.incumbents.exhausted)

    def run(self, deadline: Deadline, have: Callable[[], bool]) -> None:
        """Go on until the deadline; beyond it until `have` something or the cheap means end.

        Cheap means that turn out quick are tried all, whatever they find.
        """
        try:
            while not self.over:
                self._advance()
                late = deadline.passed
                quick = 0 < self._looked < CHEAP
                if self.finished or (
                    late and (not self.incumbents.cheap or (have() and not quick))
                ):
                    return
                if late or self.stuck or self._looked <= self._searched * self._share:
                    self._look(deadline)
        except KeyboardInterrupt:  # what is known is still to be said
            deadline.cut()

    def _advance(self) -> None:
        if self.stuck:
            return
        began = monotonic()
        try:
            self.finished = self.search.advance(self.pace.amount)
        except LimitError as error:
            self.stuck = str(error)
        took = monotonic() - began
        self.pace.took(took)
        self._searched += took
        self._tell()

    def _look(self, deadline: Deadline) -> None:
        began = monotonic()
        if not self.incumbents.exhausted:
            self.incumbents.look(deadline)
        self._looked += monotonic() - began


class CarriedOn:
    """A question that is carried on so; `_nothing`: there is none to be found from the start."""

    automaton: Automaton
    _criteria: Criteria
    _nothing: bool
    _incumbents: Incumbents
    _carried: Carried

    def _has_found(self) -> bool:
        """Whether the search itself has found something."""
        return False

    def _known_so_far(self) -> Known:
        """What is known before the search has finished."""
        raise NotImplementedError

    def _found_rows(self) -> np.ndarray:
        """Steps [n, D] of what the search has found."""
        raise NotImplementedError

    def run(self, deadline: Deadline) -> None:
        """Go on until the deadline; at least one piece, and until cheap means have been tried."""
        if not self._nothing:
            self._carried.run(deadline, lambda: self._has_found() or bool(self._incumbents.kept))

    def known(self) -> Known:
        """What is proven in order, then incumbents; see the class for the gap."""
        none = self._nothing or self._incumbents.none
        if not (none or self._carried.finished):
            return self._known_so_far()
        rows = self.automaton.no_rows() if none else self._found_rows()
        return Known(rows, (0,) * self._criteria.ranked, len(rows), True)

    @property
    def over(self) -> bool:
        """Whether it can do no more."""
        return self._nothing or self._carried.over

    @property
    def stuck(self) -> str:
        """At which memory limit the search was given up, if it was."""
        return "" if self._nothing else self._carried.stuck
