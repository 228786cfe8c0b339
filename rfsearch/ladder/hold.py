"""What a ladder holds: costs within a tolerance of each other, and how tight a ladder is.

For the values v of a held cost over the rungs, spread = max v / min v - 1. The tightness of a
ladder is the greatest spread / tolerance of its held costs; at most 1 is within the tolerance.
Where the tolerance is 0 the values are equal. All of it in exact fractions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.layers.cost import CHARGED, LISTED
from rfsearch.quantity import fraction

SHAPES = ("output_size", "jump")  # not costs: held equal, or not at all
DEFAULT_HOLD = {"params": "3%", "macs": "3%"}
LARGEST_TOLERANCE = 1000


def read_hold(given: Any, place: str = "hold", declared: Iterable[str] = ()) -> dict[str, Fraction]:
    """{name: tolerance} from `params:3%,depth:0` or a mapping. Raises UsageError.

    `declared`: costs beside those that every search has.
    """
    known = (*LISTED, *CHARGED, *declared, *SHAPES)
    pairs = _pairs(given, place)
    held: dict[str, Fraction] = {}
    for name, amount in pairs:
        if name not in known:
            names = ", ".join(known)
            raise UsageError(f"{place}: {name} is not something to hold; one of {names}")
        if name in held:
            raise UsageError(f"{place}: {name} stands twice")
        held[name] = _tolerance(amount, f"{place}: {name}")
        if name in SHAPES and held[name]:
            raise UsageError(f"{place}: {name}:{amount}: {name} is held equal: {name}:0")
    if not held:
        raise UsageError(f"{place}: nothing is held; give for example params:3%,macs:3%")
    return held


def _pairs(given: Any, place: str) -> Iterable[tuple[str, Any]]:
    if isinstance(given, Mapping):
        return [(str(name), amount) for name, amount in given.items()]
    if not isinstance(given, str):
        raise UsageError(f"{place}: {given!r} is not like params:3%,macs:3%")
    pairs = []
    for word in filter(None, (part.strip() for part in given.split(","))):
        name, colon, amount = word.partition(":")
        if not colon or not amount.strip():
            raise UsageError(f"{place}: {word} names no tolerance; write {name}:3%, or {name}:0")
        pairs.append((name.strip(), amount.strip()))
    return pairs


def _tolerance(given: Any, place: str) -> Fraction:
    """`3%`, or a ratio such as 0.03 or 1/50; 1 and more only as a percentage or a Fraction."""
    if isinstance(given, Fraction):
        amount = given
    elif isinstance(given, str) and given.strip().endswith("%"):
        amount = fraction(given.strip().removesuffix("%"), place) / 100
    else:
        amount = fraction(given, place)
        if amount >= 1:
            raise UsageError(
                f"{place}: {given} is a ratio of 1 or more; write {given}% for per cent"
            )
    if not 0 <= amount <= LARGEST_TOLERANCE:
        raise UsageError(f"{place}: {given} is not in 0..{LARGEST_TOLERANCE * 100}%")
    return amount


def spread(values: Iterable[int]) -> Fraction | None:
    """max / min - 1; None where only the least is 0: no ratio holds it."""
    some = list(values)
    least, most = min(some), max(some)
    if least == most:
        return Fraction(0)
    return Fraction(most - least, least) if least > 0 else None


def tightness(columns: Sequence[Sequence[int]], tolerances: Sequence[Fraction]) -> Fraction | None:
    """The greatest spread / tolerance over the columns; None where nothing finite is."""
    worst = Fraction(0)
    for values, tolerance in zip(columns, tolerances, strict=True):
        wide = spread(values)
        if wide is None or (wide and not tolerance):
            return None
        if wide:
            worst = max(worst, wide / tolerance)
    return worst
