"""Turns: values that follow from how often a slot was filled, such as dilations that double.

`double:1:512` is 1, 2, 4, … 512 and stays there; `cycle:1,2,5` begins anew after its last value, as
`cycle:double:1:512` does. The n-th value is that of the slot's n-th repeat; a slot that stands
once in a round of its stage has that of the round. Sources: van den Oord et al., "WaveNet", 2016;
Wang et al., "Understanding Convolution for Semantic Segmentation" (cycles of dilations), 2018.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.layers.layer import PerAxis
from rfsearch.layers.limits import LARGEST_NUMBER
from rfsearch.quantity import whole

DOUBLE, CYCLE = "double:", "cycle:"
MOST_TURNS = 1000


@dataclass(frozen=True)
class TurnRule:
    """The values of the first turns; then the last of them, or where it `cycles` all anew."""

    text: str
    values: tuple[PerAxis, ...]
    cycles: bool

    def __str__(self) -> str:
        return self.text

    @classmethod
    def of(cls, given: Any, place: str, read: Callable[[str], PerAxis]) -> TurnRule | None:
        """The rule that a text is, or a list that holds nothing else; None where it is none.

        `read` takes one value of a cycle. Raises UsageError.
        """
        text = _alone(given, place)
        if text is None:
            return None
        if text.startswith(DOUBLE):
            return cls(text, _doubled(text, place), False)
        inner = text.removeprefix(CYCLE)
        if inner.startswith(DOUBLE):
            return cls(text, _doubled(inner, place), True)
        words = [word.strip() for word in inner.split(",")]
        if not all(words) or len(words) > MOST_TURNS:
            raise UsageError(f"{place}: {text} is not a cycle of values like cycle:1,2,5")
        return cls(text, tuple(read(word) for word in words), True)

    def turn(self, number: int) -> int:
        """Which of the values the turn of a number, from 0, has."""
        count = len(self.values)
        return number % count if self.cycles else min(number, count - 1)

    def at(self, number: int) -> PerAxis:
        """The value at the turn of a number, from 0."""
        return self.values[self.turn(number)]


def is_rule(given: Any) -> bool:
    """Whether a text is a rule of turns."""
    return isinstance(given, str) and given.strip().startswith((DOUBLE, CYCLE))


def _alone(given: Any, place: str) -> str | None:
    if is_rule(given):
        return str(given).strip()
    if not isinstance(given, (list, tuple)) or not any(map(is_rule, given)):
        return None
    if len(given) > 1:
        rule = next(one for one in given if is_rule(one))
        raise UsageError(f"{place}: {rule} says every value, so that it stands alone")
    return str(given[0]).strip()


def _doubled(text: str, place: str) -> tuple[int, ...]:
    """FIRST, twice that, and so on up to CAP, of `double:FIRST:CAP`."""
    parts = text.removeprefix(DOUBLE).split(":")
    if len(parts) != 2:
        raise UsageError(f"{place}: {text} is not of the form double:FIRST:CAP")
    first, cap = (whole(part, place, 1, LARGEST_NUMBER) for part in parts)
    if cap < first:
        raise UsageError(f"{place}: in {text} the cap {cap} is below the first value {first}")
    values = [first]
    while values[-1] < cap:
        values.append(min(2 * values[-1], cap))
    return tuple(values)
