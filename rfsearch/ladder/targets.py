"""The rungs asked for: `23..400:16`, `23,39,55`, per axis `64x20,96x30`, times `0.1s..1s:0.1s`."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from rfsearch.errors import UsageError, shortened
from rfsearch.quantity import seconds, span, whole
from rfsearch.request.query import LARGEST_RF

MOST_RUNGS = 1024


def read_targets(given: Any, place: str = "target_rf", what: str = "rungs") -> list[int | str]:
    """Each target once, in the order given; text is for a staged space to read.

    Errors say `what` the targets are.
    """
    if isinstance(given, str):
        parts: list[Any] = [part.strip() for part in given.split(",") if part.strip()]
    else:
        parts = list(given) if isinstance(given, Iterable) else [given]
    found: dict[int | str, None] = {}
    for part in parts:
        found.update(dict.fromkeys(_rungs(part, place)))
        if len(found) > MOST_RUNGS:
            many = f"more than {MOST_RUNGS} {what}"
            raise UsageError(f"{place}: {shortened(str(given))} makes {many}")
    if not found:
        raise UsageError(f"{place}: no {what}; give for example 23..151:16, or 23,39,55")
    return list(found)


def _rungs(part: Any, place: str) -> Iterable[int | str]:
    if not isinstance(part, str):
        return [whole(part, place, 1, LARGEST_RF)]
    if "x" in part:
        return [part]
    if part.partition(":")[0].strip().endswith("s"):
        return _times(part, place)
    numbers, colon, step = part.partition(":")
    low, high = span(numbers, place, 1, LARGEST_RF)
    if colon and ".." not in numbers:
        raise UsageError(f"{place}: {part} has a step but no range; write 23..151:16")
    return range(low, high + 1, whole(step, place, 1) if colon else 1)


def _times(part: str, place: str) -> list[int | str]:
    """Times of a range with a step, or one time, as text: a query with `hop` reads them."""
    numbers, _, step = part.partition(":")
    ends = numbers.split("..")
    if len(ends) == 1 and not step:
        return [part]
    if len(ends) != 2 or not step:
        raise UsageError(f"{place}: {part}: times are one, or a range with a step, 0.1s..0.5s:0.1s")
    low, high, each = (seconds(one, place) for one in (*ends, step))
    if low > high:
        raise UsageError(f"{place}: {part} is upside down")
    count = (high - low) // each + 1
    if count > MOST_RUNGS:
        raise UsageError(f"{place}: {part} makes more than {MOST_RUNGS} rungs")
    found = [low + number * each for number in range(count)]
    return [f"{Decimal(time.numerator) / Decimal(time.denominator):f}s" for time in found]
