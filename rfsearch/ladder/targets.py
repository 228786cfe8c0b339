"""The rungs asked for: `23..400:16` with a step, `23,39,55`, or per axis `64x20,96x30`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rfsearch.errors import UsageError, shortened
from rfsearch.quantity import span, whole
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
    numbers, colon, step = part.partition(":")
    low, high = span(numbers, place, 1, LARGEST_RF)
    if colon and ".." not in numbers:
        raise UsageError(f"{place}: {part} has a step but no range; write 23..151:16")
    return range(low, high + 1, whole(step, place, 1) if colon else 1)
