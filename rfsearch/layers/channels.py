"""Channel rules: which widths a convolution may give, from where it stands.

A rule is a small automaton of its own. Its places are `Width`s: the channels that flow there, and
whether a convolution has occurred. Pools keep the place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rfsearch.errors import UsageError

LARGEST_CHANNELS = 1 << 20


@dataclass(frozen=True)
class ChannelRule:
    """What convolutions give: a `double` rule (first, cap) or a `free` choice among values.

    double: the first convolution gives `values[0]`, each later one with stride above 1 doubles
    it, never above `values[1]`. free: any of `values`, for each convolution; one value is a
    constant width.
    """

    kind: str
    values: tuple[int, ...]

    @classmethod
    def parse(cls, given: object, place: str = "channels") -> ChannelRule:
        """From `double:64:512`, `64`, `32,64,128`, an integer, or a list of integers."""
        if isinstance(given, ChannelRule):
            return given
        if isinstance(given, str) and (given.strip().startswith("double") or ":" in given):
            return cls._parse_double(given.strip(), place)
        if isinstance(given, str):
            parts: Iterable[object] = given.split(",")
        elif isinstance(given, int) and not isinstance(given, bool):
            parts = [given]
        elif isinstance(given, Iterable):
            parts = given
        else:
            raise UsageError(
                f"{place}: {given!r} is not a rule like double:64:512, a number or a list of them"
            )
        values = sorted({whole_width(part, place) for part in parts})
        if not values:
            raise UsageError(f"{place}: the list is empty; give at least one number of channels")
        return cls("free", tuple(values))

    @classmethod
    def _parse_double(cls, text: str, place: str) -> ChannelRule:
        parts = text.split(":")
        if len(parts) != 3 or parts[0] != "double":
            raise UsageError(f"{place}: {text!r} is not of the form double:FIRST:CAP")
        first, cap = (whole_width(part, place) for part in parts[1:])
        if cap < first:
            raise UsageError(f"{place}: in {text!r} the cap {cap} is below the first width {first}")
        return cls("double", (first, cap))

    def __str__(self) -> str:
        if self.kind == "double":
            return f"double:{self.values[0]}:{self.values[1]}"
        return ",".join(map(str, self.values))

    @property
    def choices(self) -> int:
        """How many widths each convolution may choose among."""
        return 1 if self.kind == "double" else len(self.values)

    def widths(self) -> tuple[int, ...]:
        """Every width a convolution may give, ascending."""
        if self.kind == "free":
            return self.values
        first, cap = self.values
        widths = [first]
        while widths[-1] < cap:
            widths.append(min(2 * widths[-1], cap))
        return tuple(widths)

    def after(self, width: int | None, strided: bool) -> tuple[int, ...]:
        """Widths that a convolution may give after `width` (None before the first one)."""
        if self.kind == "free":
            return self.values
        first, cap = self.values
        if width is None:
            return (first,)
        return (min(2 * width, cap),) if strided else (width,)


def whole_width(given: object, place: str) -> int:
    try:
        if isinstance(given, (bool, float)):
            raise ValueError
        width: int = int(given)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        raise UsageError(f"{place}: {given!r} is not a whole number of channels") from None
    if not 1 <= width <= LARGEST_CHANNELS:
        raise UsageError(f"{place}: {width} is not in 1..{LARGEST_CHANNELS}")
    return width
