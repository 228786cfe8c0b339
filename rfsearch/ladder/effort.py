"""Effort: how long a search may go on. Counted in steps, so that it ends at the same place always,
or in seconds where a person says so."""

from __future__ import annotations

from fractions import Fraction
from math import inf

from rfsearch.question.in_time import Deadline
from rfsearch.request.running import Progress, silent

# Transitions looked at for each rung where no time is set, a second of one processor; of more
# rungs than these all share what they would have.
STEPS_A_RUNG = 1 << 25
MOST_RUNGS = 16


class TimeIsUpError(Exception):
    """The time is over, or someone cut the search short; what was found before stands."""


class Effort:
    """Steps spent, and the clock. `look` is called every few milliseconds."""

    def __init__(self, seconds: float | None = None, progress: Progress = silent) -> None:
        self.seconds, self.progress = seconds, progress
        self.deadline = Deadline(inf if seconds is None else seconds)
        self.steps, self.rungs = 0, 1
        self.begun = False  # the first answer is given whatever the clock says

    def look(self) -> None:
        """Raise TimeIsUpError when the time is over; the progress may raise KeyboardInterrupt."""
        self.progress("ladder", self._done())
        if self.begun and self.deadline.passed:
            raise TimeIsUpError

    def _done(self) -> float:
        """The part of the effort that is spent, 0..1."""
        if self.seconds is None:
            return min(self.steps / self.part(Fraction(1)), 1.0)
        return 1.0 - self.deadline.remaining / max(self.seconds, 1e-9)

    def allows(self, part: Fraction = Fraction(1), steps: int = 1) -> bool:
        """Whether so many steps more stay within a part of the effort; always where time is set."""
        return self.seconds is not None or self.steps + steps <= self.part(part)

    def part(self, part: Fraction) -> int:
        """The steps that a part of the whole effort is, where no time is set."""
        return int(part * STEPS_A_RUNG * min(self.rungs, MOST_RUNGS))
