"""The question for a target a pixel away: what does not depend on the target is made once."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from rfsearch.automaton.makers import serve_all
from rfsearch.automaton.narrowed import narrowed
from rfsearch.question.found import Found
from rfsearch.request.query import LARGEST_RF, Query

if TYPE_CHECKING:
    from rfsearch.automaton.spots import Spots


class Targets:
    """Answers for targets up to a pixel from that of `query`, whose own `spots` are known."""

    def __init__(self, space: Any, query: Query, spots: Spots) -> None:
        self._space, self._query, self._spots = space, query, spots
        self._all: Found | None = None
        self._lock = Lock()  # neighbours are asked side by side

    def found(self, query: Query, running: dict[str, Any]) -> Found:
        """Compiled for one target. Raises UsageError and LimitError as Space.search does."""
        spots = self._spots
        if spots.loops or not serve_all(self._space):
            return Found._build(self._space, query, **running)
        if spots.rf is None:
            return Found._build(self._space, query, **running, known=spots)
        # Where spots have RFs, those of both neighbours are made together.
        with self._lock:
            if self._all is None:
                self._all = Found._build(self._space, self._a_pixel_wider(), **running)
        return replace(self._all, automaton=narrowed(self._all.automaton, query))

    def _a_pixel_wider(self) -> Query:
        assert self._query.target_rf is not None
        wider = tuple(
            (max(low - 1, 1), None if high is None else min(high + 1, LARGEST_RF))
            for low, high in self._query.target_rf
        )
        return replace(self._query, target_rf=wider)
