"""Numbers as people write them: lists `1,2,3`, ranges `1..10`, quantities `300M` and `320KiB`.

Every function takes what a flag (text), a TOML file or a keyword in Python (text, number or list)
holds, and the place it stands at, and returns exact integers. Errors are UsageError: place, value,
what is right.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from operator import index
from typing import TYPE_CHECKING, NoReturn, SupportsIndex

from rfsearch.errors import UsageError, shortened

if TYPE_CHECKING:
    from fractions import Fraction

# A list is held in memory number by number; no list of sizes, kernels or strides is longer.
LONGEST_LIST = 65_536

# Longer digits are a slip of the keyboard, and Python refuses to convert very long ones.
_MOST_DIGITS = 40

_SCALES: dict[str, int] = {"": 1} | {
    prefix + i: base**power
    for i, base in (("", 1000), ("i", 1024))
    for power, prefix in enumerate("KMGTPE", start=1)
}
_QUANTITY = re.compile(r"\s*([0-9]+)(?:\.([0-9]+))?\s*([kKMGTPE]i?)?(B?)\s*\Z")


def whole(
    value: object,
    place: str,
    least: int | None = None,
    most: int | None = None,
    in_bytes: bool = False,
) -> int:
    """One whole number, `224` or `300M`; between `least` and `most` where given.

    Where it is a number of bytes it may say so: `320KiB`.
    """
    if type(value) is int:  # the most of all, at once
        return _within(value, place, least, most)
    right = "a whole number like 224" + (", 300M or 320KiB" if in_bytes else " or 300M")
    number = _exact(value, place, right, in_bytes)
    if number.denominator != 1:
        _wrong(place, value, "is not a whole number")
    return _within(number.numerator, place, least, most)


def fraction(value: object, place: str, in_bytes: bool = False) -> Fraction:
    """One exact number, whole or not: `12`, `2.5` or `1/3`; of bytes it may say so, `320KiB`."""
    if isinstance(value, str) and value.count("/") == 1:
        over, under = (
            _exact(part, place, "a number like 12, 2.5 or 1/3") for part in value.split("/")
        )
        if under == 0:
            _wrong(place, value, "divides by 0")
        return over / under
    return _exact(value, place, "a number like 12, 2.5 or 1/3", in_bytes)


def seconds(value: object, place: str, zero: bool = False) -> Fraction:
    """A time in seconds: `10ms`, `1.5s`, `0.01` or `1/16000`; above 0, or `zero` too."""
    text = value.strip() if isinstance(value, str) else value
    scale = 1
    if isinstance(text, str) and text.endswith("s"):
        scale = 1000 if text.endswith("ms") else 1
        text = text.removesuffix("s").removesuffix("m").strip()
    try:
        time = fraction(text, place) / scale
    except UsageError:
        raise UsageError(
            f"{place}: {shortened(str(value))} is not a time like 10ms or 1/16000 (seconds)"
        ) from None
    if time < 0 or (time == 0 and not zero):
        raise UsageError(f"{place}: {value} is not {'≥' if zero else '>'} 0")
    return time


def wholes(
    value: object, place: str, least: int | None = None, most: int | None = None
) -> tuple[int, ...]:
    """A list of whole numbers: `1,2,3`, `0..5`, `1,3..5`, a number, or a TOML list of these."""
    numbers: list[int] = []
    for part, where in _parts(value, place):
        low, high = span(part, where, least, most)
        if len(numbers) + high - low >= LONGEST_LIST:
            _wrong(where, part, f"makes a list of more than {LONGEST_LIST:,} numbers")
        numbers.extend(range(low, high + 1))
    if not numbers:
        raise UsageError(f"{place}: the list is empty; give at least one number")
    return tuple(dict.fromkeys(numbers))


def span(
    value: object, place: str, least: int | None = None, most: int | None = None
) -> tuple[int, int]:
    """A range, both ends included: `200..240`, `224` for 224..224, or a TOML list of two."""
    ends: Iterable[object]
    if isinstance(value, str) and ".." in value:
        ends = value.split("..")
        if "" in ends:
            _wrong(place, value, "is not a range like 200..240")
    elif isinstance(value, list | tuple):
        ends = value
    else:
        ends = (value, value)
    ends = tuple(ends)
    if len(ends) != 2:
        _wrong(place, value, "is not a range like 200..240")
    low, high = (whole(end, place, least, most) for end in ends)
    if low > high:
        _wrong(place, value, f"is upside down; did you mean {high}..{low}?")
    return low, high


def names(value: object, place: str) -> tuple[str, ...]:
    """A list of words: `memory,macs`, or a TOML list of texts."""
    words = []
    for part, where in _parts(value, place):
        if not isinstance(part, str):
            _wrong(where, part, "is not a name")
        words.append(part.strip())
    if not any(words):
        raise UsageError(f"{place}: the list is empty; give at least one name")
    if "" in words:
        _wrong(place, value, "has an empty place between its commas")
    return tuple(words)


def _parts(value: object, place: str) -> list[tuple[object, str]]:
    """The members of a list, each with its own place: `kernel[1]` in a file, the flag's else."""
    if isinstance(value, list | tuple):
        return [(part, f"{place}[{i}]") for i, part in enumerate(value)]
    if isinstance(value, str):
        if not value.strip():
            return []
        return [(part.strip(), place) for part in value.split(",")]
    return [(value, place)]


def _exact(value: object, place: str, right: str, in_bytes: bool = False) -> Fraction:
    from decimal import Decimal  # --help reads no number
    from fractions import Fraction

    # bool is an int to Python, but `depth = true` is a slip.
    if not isinstance(value, str | bool) and isinstance(value, SupportsIndex):
        return Fraction(index(value))  # numpy's too
    if isinstance(value, float | Decimal) and not math.isfinite(value):  # TOML has nan and inf
        _wrong(place, value, f"is not {right}")
    if isinstance(value, float):  # one that is whole was written as 1e9 or 2.0
        return Fraction(repr(float(value)))
    if isinstance(value, Fraction | Decimal):
        return Fraction(value)
    if isinstance(value, bool) or not isinstance(value, str):
        _wrong(place, value, f"is not {right}")
    negative = value.strip().startswith("-")
    found = _QUANTITY.match(value.strip().removeprefix("-"))
    if not found:
        _wrong(place, value, f"is not {right}")
    digits, decimals, prefix = found.group(1), found.group(2) or "", found.group(3) or ""
    if found.group(4) and not in_bytes:
        _wrong(place, value, f"is in bytes; did you mean {value.strip().removesuffix('B')}?")
    if len(digits) + len(decimals) > _MOST_DIGITS:
        _wrong(place, value[:12] + "…", "is too large")
    size = Fraction(int(digits + decimals), 10 ** len(decimals))
    size *= _SCALES[prefix[:1].upper() + prefix[1:]]
    return -size if negative else size


def _within(number: int, place: str, least: int | None, most: int | None) -> int:
    if least is not None and number < least:
        _wrong(place, number, f"is not ≥ {least}")
    if most is not None and number > most:
        _wrong(place, number, f"is not ≤ {most}")
    return number


def _wrong(place: str, value: object, what: str) -> NoReturn:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    raise UsageError(f"{place}: {shortened(text) or 'nothing'} {what}")


def axes_said(given: object) -> int | None:
    """The axes of `1d:16000`; None where an input says none."""
    found = re.match(r"\s*([123])d:", given) if isinstance(given, str) else None
    return int(found[1]) if found else None
