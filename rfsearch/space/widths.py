"""Width rules: which widths may follow an input width. Numbers, `keep`, `x2`, `x0.5`, ranges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.layers.channels import LARGEST_CHANNELS, ChannelRule, whole_width
from rfsearch.layers.layer import PerAxis
from rfsearch.quantity import LONGEST_LIST, whole

KEEP = Fraction(1)


@dataclass(frozen=True)
class Widths:
    """What stands in a list of widths: fixed numbers, factors of the input width, or a rule.

    The rule `double` looks at more than the width (see rfsearch.layers.channels), so that only a
    slot of layers can have it.
    """

    fixed: tuple[PerAxis, ...] = ()
    factors: tuple[Fraction, ...] = (KEEP,)
    rule: ChannelRule | None = None

    @classmethod
    def of(cls, given: Any, place: str, least: int = 1, axes: int = 0) -> Widths:
        """From a number, `16,24`, `16..96:8`, `keep`, `x2`, or a list of these; UsageError.

        `least` is 0 for holes of blocks, which may stand for a padding. These have one number an
        axis, `3x1`, where `axes` says how many there are.
        """
        if isinstance(given, Widths):
            return given
        if isinstance(given, str):
            # A range may have a step, as in 16..96:8; another colon is that of a rule.
            if given.strip().startswith("double") or (":" in given and ".." not in given):
                return cls((), (), ChannelRule.parse(given, place))
            parts: Iterable[Any] = given.split(",")
        elif isinstance(given, Iterable):
            parts = given
        else:
            parts = [given]
        fixed: list[PerAxis] = []
        factors: list[Fraction] = []
        for part in parts:
            word = part.strip() if isinstance(part, str) else part
            if word == "keep":
                factors.append(KEEP)
            elif isinstance(word, str) and word.startswith("x"):
                factors.append(_factor(word, place))
            elif axes and isinstance(word, tuple):
                fixed.append(word)
            elif axes and isinstance(word, str) and "x" in word:
                fixed.append(_each_axis(word, place, axes))
            elif isinstance(word, str) and ".." in word:
                fixed.extend(_range(word, place, least))
            else:
                fixed.append(whole_width(word, place) if least else whole(word, place, least))
        if not fixed and not factors:
            raise UsageError(f"{place}: the list is empty; give a width, keep or x2")
        return cls(tuple(sorted(set(fixed), key=_order)), tuple(sorted(set(factors))))

    def __str__(self) -> str:
        if self.rule is not None:
            return str(self.rule)
        factors = ["keep" if one == KEEP else f"x{one}" for one in self.factors]
        fixed = ["x".join(map(str, w)) if isinstance(w, tuple) else str(w) for w in self.fixed]
        return ",".join([*fixed, *factors])

    def __len__(self) -> int:
        """How many values there are at most; of a rule one."""
        return len(self.fixed) + len(self.factors) + (self.rule is not None)

    def after(self, width: int, strided: bool = False, convolved: bool = True) -> tuple[int, ...]:
        """The widths that may follow `width`, ascending; factors only where they are whole.

        A rule asks whether the layer is strided, and whether a convolution came before.
        """
        values = self.values(width, strided, convolved)
        return tuple(value for value in values if isinstance(value, int))

    def values(
        self, width: int, strided: bool = False, convolved: bool = True
    ) -> tuple[PerAxis, ...]:
        """The same of a hole, which may have one number an axis."""
        if self.rule is not None:
            return self.rule.after(width if convolved else None, strided)
        scaled = {
            (width * factor).numerator
            for factor in self.factors
            if (width * factor).denominator == 1
        }
        fits: set[PerAxis] = {w for w in scaled if 1 <= w <= LARGEST_CHANNELS}
        return tuple(sorted(fits | set(self.fixed), key=_order))


def _order(value: PerAxis) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,)


def _each_axis(word: str, place: str, axes: int) -> PerAxis:
    """One number an axis, `3x1`; the number alone where all agree."""
    numbers = tuple(whole(part, place, 0, LARGEST_CHANNELS) for part in word.split("x"))
    if len(numbers) != axes:
        raise UsageError(f"{place}: {word} has {len(numbers)} numbers for {axes} axes")
    return numbers[0] if len(set(numbers)) == 1 else numbers


def _factor(word: str, place: str) -> Fraction:
    try:
        factor = Fraction(word[1:])
    except (ValueError, ZeroDivisionError):
        factor = Fraction(0)
    if not 0 < factor <= LARGEST_CHANNELS:
        raise UsageError(f"{place}: {word} is not a factor like x2 or x0.5")
    return factor


def _range(word: str, place: str, least: int) -> range:
    span, _, step_text = word.partition(":")
    ends = span.split("..")
    if len(ends) != 2:
        raise UsageError(f"{place}: {word} is not a range like 16..96:8")
    low, high = (whole(end, place, least, LARGEST_CHANNELS) for end in ends)
    step = whole(step_text, place, 1, LARGEST_CHANNELS) if step_text else 1
    if low > high:
        raise UsageError(f"{place}: {word} is upside down")
    if (high - low) // step >= LONGEST_LIST:
        raise UsageError(f"{place}: {word} makes a list of more than {LONGEST_LIST:,} numbers")
    return range(low, high + 1, step)
