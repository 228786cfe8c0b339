"""An answer under --time-limit: every question for a share of the time, front and list to its end.

The automaton is always built. Counting and families, which know nothing until they end, are given
up when their share is over; the front and the list then take turns for what is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from rfsearch.answer.answer import (
    Answer,
    add_identity,
    count_listed,
    explain,
    filter_listed,
    look_around,
)
from rfsearch.errors import LimitError
from rfsearch.question.in_time import Deadline, take_turns
from rfsearch.question.timed import Gap, Timed, timed_front, timed_top
from rfsearch.request.running import Progress

if TYPE_CHECKING:
    from rfsearch.question.found import Found

SHARE = 0.25  # of the time left, for counting and for families each
LEAST = 0.2  # seconds that each of them has in any case


class Told:
    """The progress of a question that knows nothing until it ends: past its time it is given up."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._until: Deadline | None = None

    def __call__(self, stage: str, done: float, count: int = 0, /) -> None:
        self._progress(stage, done, count)
        if self._until is not None and self._until.passed:
            raise LimitError("its time is over (--time-limit)")

    @contextmanager
    def until(self, deadline: Deadline) -> Iterator[None]:
        """Within this, questions that report are given up at the deadline."""
        self._until = deadline
        try:
            yield
        finally:
            self._until = None


def ask_in_time(answer: Answer, found: Found, progress: Progress, deadline: Deadline) -> None:
    """Fill the answer by the deadline, or soon after where that is over at once."""
    told = Told(progress)
    found = replace(found, progress=told)
    with answer.stage("count"), told.until(_share(deadline)):
        answer.at_least, answer.at_most = found.count_bounds()
        if answer.at_least == answer.at_most:
            answer.matches = answer.at_least
            answer.by_depth = found.count_by_depth() if found.decided else None
    if not answer.only_counts:
        if not answer.nothing:
            with answer.stage("families"), told.until(_share(deadline)):
                answer.families = found.families()
        front_and_list(answer, found, deadline)
    explain(answer, found)
    add_identity(answer)
    if answer.only_counts:
        return
    if not deadline.passed:
        with told.until(deadline):
            look_around(answer, found, told)
    if deadline.passed and not any(line.startswith("nearby: ") for line in answer.stopped):
        answer.stopped.append(f"nearby: {_when(deadline)}")


def _share(deadline: Deadline) -> Deadline:
    share = deadline.remaining * SHARE
    return deadline.part(share) if share > LEAST else Deadline(LEAST)


def front_and_list(answer: Answer, found: Found, deadline: Deadline) -> None:
    """Front and list in turns, and how far they are proven."""
    request = answer.request
    asked: dict[str, Timed] = {}
    if request["front"]:
        with answer.stage("front"):
            asked["front"] = timed_front(found, request["front"])
    if request["top"]:
        with answer.stage("top"):
            asked["results"] = timed_top(
                found, request["top"], request["rank_by"], request["distinct"]
            )
    with answer.stage("front, top"):
        take_turns(list(asked.values()), deadline)
    for name, question in asked.items():
        with answer.stage("top" if name == "results" else name):
            known = question.answer()
            setattr(answer, name, known.rows)
            answer.gaps[name], answer.proven[name] = known.gap, known.proven
            if not known.finished:
                answer.cut.add(name)
                raise LimitError(question.stuck or _when(deadline))
            if len(known.rows) == 0:
                answer.matches = answer.at_least = answer.at_most = 0
    if answer.results is not None:
        answer.listed = len(answer.results)
    count_listed(answer)
    filter_listed(answer)


def _when(deadline: Deadline) -> str:
    return "interrupted" if deadline.was_cut else f"the limit of {deadline.seconds:g} s is over"


def joint_gap(gaps: dict[str, Gap]) -> Gap:
    """One distance a cost: the greatest of those that are known, None where none is."""
    joint: Gap = {}
    for gap in gaps.values():
        for cost, distance in gap.items():
            known = [one for one in (joint.get(cost), distance) if one is not None]
            joint[cost] = max(known) if known else None
    return joint
