"""Questions of a Found asked for a while: rows of what is known, and how far it is proven."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from rfsearch.automaton.criteria import parse_ranking
from rfsearch.layers.cost import CHARGED
from rfsearch.quantity import seconds
from rfsearch.question.exact import asked_of_device
from rfsearch.question.exact_front import ExactFront
from rfsearch.question.exact_top import ExactTop
from rfsearch.question.front_in_time import FrontInTime
from rfsearch.question.in_time import Deadline
from rfsearch.question.top_in_time import TopInTime

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.automaton.automaton import Automaton
    from rfsearch.question.found import Found
    from rfsearch.question.rows import Rows
    from rfsearch.request.keywords import Amount

Gap = dict[str, int | Fraction | None]


@dataclass(frozen=True, eq=False)
class InTime:
    """An answer given in time: every one of `rows`, as `frame` has them for polars, is a match.

    gap: a proven distance in each ranked cost, in the units shown, 0 where nothing is left to
    prove and None where nothing is known. Of a list: by how much the last row (and so every one)
    may be worse than the exact row of its rank; costs after the first distance above 0 are None.
    Of a front: for every match some row is worse by at most that in each cost.
    proven: how many rows (of a list: the first ones) stand in the exact answer. finished: whether
    this is the exact answer.
    """

    rows: Rows
    gap: Gap
    proven: int
    finished: bool

    @cached_property
    def frame(self) -> pl.DataFrame:
        """The rows as a frame."""
        return self.rows.frame()

    def __repr__(self) -> str:
        return f"<InTime {len(self.rows)} rows, {self._proof}>"

    def _repr_html_(self) -> str:
        """For notebooks: how far it is proven, and the frame."""
        return f"<p>{len(self.rows)} rows, {self._proof}</p>{self.frame._repr_html_()}"

    @property
    def _proof(self) -> str:
        if self.finished:
            return "proven exact"
        gaps = (f"{name} {'unknown' if one is None else one}" for name, one in self.gap.items())
        return f"{self.proven} proven, gap {', '.join(gaps)}"


class Timed:
    """A question that can be carried on, and the rows of what it knows."""

    def __init__(
        self,
        question: TopInTime | FrontInTime | ExactTop | ExactFront,
        ranking: Sequence[tuple[str, int]],
        listed: Callable[[np.ndarray, bool], Rows],
    ) -> None:
        """`listed` makes rows of steps [n, D], and is told whether they are the exact answer."""
        self._question, self._ranking, self._listed = question, ranking, listed

    @property
    def over(self) -> bool:
        """Whether it can do no more."""
        return self._question.over

    @property
    def stuck(self) -> str:
        """At which memory limit the search was given up, if it was."""
        return self._question.stuck

    def run(self, deadline: Deadline) -> None:
        """Go on until the deadline; at least until the cheap means of finding a match are tried."""
        self._question.run(deadline)

    def answer(self) -> InTime:
        """What is known so far."""
        known = self._question.known()
        scales = self._question.automaton.scales()
        gap: Gap = {
            name: None if distance is None else _shown(distance, scales.get(name, 1))
            for (name, _), distance in zip(self._ranking, known.gap, strict=True)
        }
        rows = self._listed(known.rows, known.finished)
        return InTime(rows, gap, known.proven, known.finished)


def timed_top(found: Found, k: int, by: Sequence[str], distinct: str) -> Timed:
    """Found.top, to be carried on."""
    from rfsearch.question.frame import ranked_rows

    ranking = parse_ranking(by, costs=found.query.costs)
    by_bounds = _by_bounds(found, ranking)
    if by_bounds and (distinct == "family" or _turned(ranking)):
        found, by_bounds = found._of_few("this list"), False
    automaton = found._telling(ranking, tracked=distinct == "family")
    running = (found.memory_limit, found.progress)
    question: TopInTime | ExactTop
    if by_bounds:
        question = ExactTop(automaton, ranking, k, distinct, *running)
    else:
        question = TopInTime(automaton, ranking, k, distinct, *running)

    def listed(rows: np.ndarray, finished: bool) -> Rows:
        members, most = found._members(automaton, rows, distinct if finished else "none")
        ranked = ranked_rows(automaton, rows, members, most)
        return found._marked(automaton, ranked, rows)

    return Timed(question, ranking, listed)


def timed_front(found: Found, costs: Sequence[str]) -> Timed:
    """Found.front, to be carried on."""
    from rfsearch.question.frame import rows_of

    ranking = parse_ranking(costs, "front", found.query.costs)
    by_bounds = _by_bounds(found, ranking)
    if by_bounds and _turned(ranking):
        found, by_bounds = found._of_few("this front"), False
    automaton: Automaton = found._telling(ranking)
    running = (automaton, ranking, found.memory_limit, found.progress, found.threads)
    question: FrontInTime | ExactFront
    question = ExactFront(*running) if by_bounds else FrontInTime(*running)

    def listed(rows: np.ndarray, finished: bool) -> Rows:
        return found._marked(automaton, rows_of(automaton, rows), rows)

    return Timed(question, ranking, listed)


def _by_bounds(found: Found, ranking: Sequence[tuple[str, int]]) -> bool:
    """Whether the automaton has bounds of arena and flash only, of which the question is."""
    return not found._worked_out and bool(
        asked_of_device(found.query, (name for name, _ in ranking))
    )


def _turned(ranking: Sequence[tuple[str, int]]) -> bool:
    """Whether arena or flash is to be great, of which bounds say nothing."""
    return any(name in CHARGED and sign < 0 for name, sign in ranking)


def deadline_after(time_limit: Amount) -> Deadline:
    """When these seconds are over; UsageError where that is no number of seconds."""
    return Deadline(float(seconds(time_limit, "time_limit", zero=True)))


def _shown(distance: int, scale: int) -> int | Fraction:
    shown = Fraction(distance, scale)
    return shown.numerator if shown.denominator == 1 else shown
