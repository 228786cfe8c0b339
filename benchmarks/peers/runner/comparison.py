"""Comparison: one question asked of rfsearch and of a peer, and when their answers are one."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


class NoAnswer(Exception):
    """The peer stopped at its limit of seconds with nothing proven; says what it had by then."""

    def __init__(self, text: str, seconds: float) -> None:
        super().__init__(text)
        self.seconds = seconds


@dataclass(frozen=True)
class Comparison:
    """Both sides from nothing but the question to the answer; the answers must agree.

    task, question, form   words for the table; `form` is how the peer is asked
    ours, theirs           seconds are measured of these calls
    agree                  of (our answer, their answer), where the peer is exact; None where it
                           is not and only its quality is told
    shown                  an answer as words
    goal                   least ratio of their seconds to ours
    rounds                 how often both are called, in turn
    scale                  their seconds, or ours, for one unit of work: (ours, theirs) units,
                           where the two do not do as much
    more                   further figures of (our answer, their answer)
    """

    task: str
    question: str
    form: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    agree: Callable[[Any, Any], bool] | None = operator.eq
    shown: Callable[[Any], str] = "{:,}".format
    goal: float | None = None
    rounds: int = 5
    scale: Callable[[Any, Any], tuple[float, float]] | None = None
    more: Callable[[Any, Any], Mapping[str, Any]] | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)  # states, transitions, labels, …
    note: str = ""
