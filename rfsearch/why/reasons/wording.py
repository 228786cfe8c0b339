"""How the explanations say a target, a difference and a list of numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rfsearch.request.query import Query, Range

if TYPE_CHECKING:
    from rfsearch.why.reasons.axis import Axis

LONGEST_QUOTED = 60  # characters of what is quoted


def listed(numbers: Iterable[object]) -> str:
    """`2`, `2 and 4`, `2, 4 and 6`."""
    words = [str(number) for number in numbers]
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + " and " + words[-1]


def counted(number: int, noun: str) -> str:
    """`1 layer`, `10 layers`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def cut(text: str) -> str:
    """A quotation, its end left out where it is long."""
    return text if len(text) <= LONGEST_QUOTED else text[: LONGEST_QUOTED - 1] + "…"


def strides(values: Iterable[int]) -> str:
    """`stride 2`, `strides 2 and 4`."""
    known = sorted(values)
    return f"stride{'' if len(known) == 1 else 's'} {listed(known)}"


def span(one: Range) -> str:
    """`224`, `200..240`, or `96..` where the range is open."""
    low, high = one
    if low == high:
        return str(low)
    return f"{low}..{'' if high is None else high}"


def target(query: Query) -> str:
    """The target of all axes: `224`, `200..240`, or `64x20` where the axes differ."""
    texts = [span(one) for one in query.target_rf or ()]
    return texts[0] if len(set(texts)) == 1 else "x".join(texts)


def difference(axis: Axis) -> str:
    """`227 − 224 = 3`, or `227 − RF` where the target is a range."""
    (size,), (low, high) = axis.inputs, axis.target
    if low == high:
        return f"{size} − {low} = {size - low}".replace("-", "−")
    return f"{size} − RF"
