"""How the explanations say a target, a difference and a list of numbers."""

from __future__ import annotations

from collections.abc import Iterable

from rfsearch.request.query import Query


def listed(numbers: Iterable[object]) -> str:
    """`2`, `2 and 4`, `2, 4 and 6`."""
    words = [str(number) for number in numbers]
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + " and " + words[-1]


def counted(number: int, noun: str) -> str:
    """`1 layer`, `10 layers`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def strides(values: Iterable[int]) -> str:
    """`stride 2`, `strides 2 and 4`."""
    known = sorted(values)
    return f"stride{'' if len(known) == 1 else 's'} {listed(known)}"


def target(query: Query) -> str:
    """`224`, or `200..240`."""
    low, high = query.target_rf
    return str(low) if low == high else f"{low}..{high}"


def difference(query: Query) -> str:
    """`227 − 224 = 3`, or `227 − RF` where the target is a range."""
    low, high = query.target_rf
    if low == high:
        return f"{query.input} − {low} = {query.input - low}".replace("-", "−")
    return f"{query.input} − RF"
