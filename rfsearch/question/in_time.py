"""Answers in time: when to stop, how much to do at once, and what is known of what remains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import NamedTuple, Protocol

import numpy as np

AT_ONCE = 0.05  # seconds between two looks at the time


class Search(Protocol):
    """An exact search in pieces."""

    def advance(self, amount: int) -> bool:
        """Do up to `amount` of the work; returns True when complete. Raises LimitError."""


def carry_out(search: Search, amount: int, tell: Callable[[], None]) -> None:
    """Carry a search on, in pieces of `amount`, until it is complete; call `tell` after each."""
    finished = False
    while not finished:
        finished = search.advance(amount)
        tell()


class Deadline:
    """When to stop: after `seconds`, or as soon as `cut` is called, from any thread."""

    def __init__(self, seconds: float, whole: Deadline | None = None) -> None:
        self.seconds = seconds
        self._end, self._cut, self._whole = monotonic() + seconds, False, whole

    @property
    def passed(self) -> bool:
        """Whether it is time to stop."""
        over = self._cut or monotonic() >= self._end
        return over or (self._whole is not None and self._whole.passed)

    @property
    def remaining(self) -> float:
        """Seconds left."""
        return 0.0 if self.passed else self._end - monotonic()

    @property
    def was_cut(self) -> bool:
        """Whether it was stopped before its time."""
        return self._cut

    def cut(self) -> None:
        """Stop now, and whatever this is a part of."""
        self._cut = True
        if self._whole is not None:
            self._whole.cut()

    def part(self, seconds: float) -> Deadline:
        """A deadline that passes after `seconds`, or with this one."""
        return Deadline(seconds, self)


class Pace:
    """How much a kernel is given at once, so that it returns in about AT_ONCE seconds."""

    def __init__(self, least: int, most: int) -> None:
        self.amount, self._least, self._most = least, least, most

    def took(self, seconds: float) -> None:
        """Adapt to how long the last amount took."""
        if seconds < AT_ONCE / 2:
            self.amount = min(2 * self.amount, self._most)
        elif seconds > 2 * AT_ONCE:
            self.amount = max(self.amount // 2, self._least)


class Known(NamedTuple):
    """What a question knows when it stops.

    rows: steps [n, D] of matches, the exact answer where `finished`. gap: one whole number a ranked
    cost, None where nothing is proven. proven: how many rows certainly stand in the exact answer.
    """

    rows: np.ndarray
    gap: tuple[int | None, ...]
    proven: int
    finished: bool


class Resumable(Protocol):
    """A question that can be carried on."""

    @property
    def over(self) -> bool:
        """Whether it can do no more."""

    def run(self, deadline: Deadline) -> None:
        """Go on until the deadline; at least one piece, and until cheap means have been tried."""


def gap_in_order(last: Sequence[int], bounds: Sequence[int]) -> tuple[int | None, ...]:
    """How far costs are from bounds in lexicographic order: None behind the first distance above 0.

    There may be fewer bounds than costs.
    """
    gap: list[int | None] = [None] * len(last)
    for at, (cost, bound) in enumerate(zip(last, bounds, strict=False)):
        gap[at] = max(int(cost) - bound, 0)
        if gap[at]:
            break
    return tuple(gap)


def take_turns(questions: Sequence[Resumable], deadline: Deadline) -> None:
    """Carry all of them on, in turns that double, until all are over or the time is."""
    turn = 0.0
    while True:
        for question in questions:
            if not question.over:
                question.run(deadline.part(turn))
        if deadline.passed or all(question.over for question in questions):
            return
        turn = max(2 * turn, 0.1)
