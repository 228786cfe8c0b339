"""Total stride: which jump a match may have before its head, on each axis.

The jump is how many input positions lie between neighbouring outputs, the output stride of the
segmentation literature (Chen et al., "Rethinking Atrous Convolution", 2017). It is asked for under
either name, as a target or with `min_` and `max_`; what is said holds together.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.quantity import fraction

Ends = tuple[Fraction, Fraction | None]  # least, 0 where open, and greatest, None where open

NAME, OTHER_NAME = "jump", "output_stride"
SETTINGS = tuple(side + name for name in (NAME, OTHER_NAME) for side in ("", "min_", "max_"))
LARGEST_JUMP = 1 << 40


def read_total_stride(axes: int, said: Mapping[str, Any]) -> tuple[Ends, ...] | None:
    """What the settings of `said` (names of SETTINGS; None: not said) leave on each axis.

    None where they leave all. Raises UsageError that names the setting.
    """
    found: list[Ends] = [(Fraction(0), None)] * axes
    for place in SETTINGS:
        given = said.get(place)
        if given is None:
            continue
        ranges = _bound(place, given, axes) if "_" in place.removesuffix(OTHER_NAME) else (
            _ranges(place, given, axes)
        )  # fmt: skip
        found = [_both(place, *pair) for pair in zip(found, ranges, strict=True)]
    return None if all(low == 0 and high is None for low, high in found) else tuple(found)


def ends_text(ends: tuple[Ends, ...]) -> str:
    """The ranges as `--jump` takes them: `16`, `8..32`, `..32x16..`."""
    texts = [_text(*one) for one in ends]
    return texts[0] if len(set(texts)) == 1 else "x".join(texts)


def within(jump: Fraction | int | float, ends: Ends) -> bool:
    """Whether one axis's jump is as asked."""
    low, high = ends
    return low <= jump and (high is None or jump <= high)


def _text(low: Fraction, high: Fraction | None) -> str:
    if low == high:
        return str(low)
    return f"{low or ''}..{'' if high is None else high}" if low or high is not None else "any"


def _bound(place: str, given: Any, axes: int) -> tuple[Ends, ...]:
    number = _number(place, given)
    return ((number, None) if place.startswith("min_") else (Fraction(0), number),) * axes


def _ranges(place: str, given: Any, axes: int) -> tuple[Ends, ...]:
    """A range an axis from a number, a pair, `8..32`, `..16x..8`."""
    if isinstance(given, (list, tuple)) and not any(isinstance(one, str) for one in given):
        if len(given) != 2:
            raise UsageError(f"{place}: {given!r} is not a number or a range of two")
        parts = [f"{given[0]}..{given[1]}"]
    elif isinstance(given, (list, tuple)):
        parts = [str(one) for one in given]
    else:
        parts = given.split("x") if isinstance(given, str) else [given]
    if len(parts) not in (1, axes):
        raise UsageError(f"{place}: {given} has {len(parts)} ranges for {axes} axes")
    ranges = tuple(_range(place, part) for part in parts)
    return ranges * axes if len(ranges) == 1 else ranges


def _range(place: str, given: Any) -> Ends:
    text = given.strip() if isinstance(given, str) else given
    if text == "any":
        return Fraction(0), None
    if not isinstance(text, str) or ".." not in text:
        number = _number(place, text)
        return number, number
    ends = text.split("..")
    if len(ends) != 2:
        raise UsageError(f"{place}: {given!r} is not a number or a range such as 8..32")
    low = _number(place, ends[0]) if ends[0].strip() else Fraction(0)
    high = _number(place, ends[1]) if ends[1].strip() else None
    if high is not None and low > high:
        raise UsageError(f"{place}: the range {low}..{high} is upside down")
    return low, high


def _number(place: str, given: Any) -> Fraction:
    number = fraction(given, place)
    if not 0 < number <= LARGEST_JUMP:
        raise UsageError(f"{place}: {given} is not in 1..2^40, or a part of 1 such as 1/2")
    return number


def _both(place: str, one: Ends, other: Ends) -> Ends:
    low = max(one[0], other[0])
    highs = [high for _, high in (one, other) if high is not None]
    high = min(highs) if highs else None
    if high is not None and low > high:
        raise UsageError(f"{place}: {_text(*other)} leaves nothing of {_text(*one)}")
    return low, high
