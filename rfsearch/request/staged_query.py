"""StagedQuery: what is asked of a staged space. Inputs, target per axis, budgets, bytes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from types import MappingProxyType
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.layers.cost import COSTS, STAGED_COSTS
from rfsearch.quantity import whole
from rfsearch.request.query import LARGEST_BUDGET, LARGEST_RF, ROUNDINGS, read_budgets
from rfsearch.space.plain import LARGEST_NUMBER, number_range

Sizes = tuple[int, ...]
Range = tuple[int, int | None]  # least and greatest; None where open
OPEN: Range = (1, None)
_SECONDS = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*(ms|s)\s*\Z")
LARGEST_VOLUME = LARGEST_NUMBER**2


@dataclass(frozen=True)
class StagedQuery:
    """One question's fixed part; sequences have one entry an axis.

    inputs      the input sizes to choose from, ascending
    target_rf   RF range of each axis; None where the RF is not asked about
    budgets     cost: (low, high) in the cost's whole numbers, None for an open end
    hop         seconds from one position of the first axis to the next, where it is time
    """

    inputs: tuple[Sizes, ...]
    target_rf: tuple[Range, ...] | None
    rounding: str = "exact"
    output_size: tuple[Range, ...] | None = None
    weight_bytes: int = 4
    activation_bytes: int = 4
    reserve: int = 0
    hop: Fraction | None = None
    budgets: Mapping[str, tuple[int | None, int | None]] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )

    @classmethod
    def of(
        cls,
        axes: int,
        input: Any,
        target_rf: Any = None,
        *,
        rounding: str = "exact",
        output_size: Any = None,
        bytes_per_value: Any = 4,
        bytes: Any = None,
        reserve: Any = 0,
        hop: Any = None,
        **bounds: Any,
    ) -> StagedQuery:
        """A checked query; `bounds` are min_COST and max_COST. Raises UsageError."""
        if rounding not in ROUNDINGS:
            raise UsageError(f"rounding: {rounding!r} is not one of {', '.join(ROUNDINGS)}")
        weight, activation = _bytes(bytes, bytes_per_value)
        kept = whole(reserve, "reserve", 0, LARGEST_BUDGET, in_bytes=True)
        seconds = None if hop is None else _hop(hop)
        return cls(
            inputs=_inputs(input, axes),
            target_rf=_ranges("target_rf", target_rf, axes, LARGEST_RF, seconds),
            rounding=rounding,
            output_size=_ranges("output_size", output_size, axes, LARGEST_NUMBER * 2, None),
            weight_bytes=weight,
            activation_bytes=activation,
            reserve=kept,
            hop=seconds,
            budgets=MappingProxyType(_without(kept, read_budgets(bounds, scales(axes)))),
        )

    def target_text(self) -> str:
        """The target as `--target-rf` takes it; `any` where it is left out."""
        if self.target_rf is None:
            return "any"
        texts = [range_text(one) for one in self.target_rf]
        return texts[0] if len(set(texts)) == 1 else "x".join(texts)

    def input_texts(self) -> list[str]:
        """The inputs as `--input` takes them."""
        return [size_text(sizes) for sizes in self.inputs]


def scales(axes: int) -> dict[str, int]:
    """How many times as large as shown each cost is kept; the variance is a mean over the axes."""
    scale = {name: cost.scale for name, cost in {**COSTS, **STAGED_COSTS}.items()}
    if axes > 1:
        scale["erf_variance"] *= axes
    return scale


def size_text(sizes: Sizes) -> str:
    """`224`, or `128x431` where the axes differ."""
    return str(sizes[0]) if len(set(sizes)) == 1 else "x".join(map(str, sizes))


def range_text(one: Range) -> str:
    """`224`, `64..160`, `96..` or `..160`."""
    low, high = one
    if high is None:
        return f"{low}.." if low > 1 else "any"
    if low == high:
        return str(low)
    return f"{low}..{high}" if low > 1 else f"..{high}"


def _inputs(given: Any, axes: int) -> tuple[Sizes, ...]:
    if isinstance(given, str):
        parts: list[Any] = given.split(",")
    elif isinstance(given, Iterable):
        parts = list(given)
    else:
        parts = [given]
    found: set[Sizes] = set()
    for part in parts:
        if isinstance(part, str) and ".." in part:
            low, high = number_range("input", part, 1, LARGEST_NUMBER)
            found.update((n,) * axes for n in range(low, high + 1))
            continue
        words = part.split("x") if isinstance(part, str) else [part]
        numbers = tuple(whole(word, "input", 1, LARGEST_NUMBER) for word in words)
        if len(numbers) not in (1, axes):
            raise UsageError(f"input: {part} has {len(numbers)} numbers for {axes} axes")
        sizes = numbers * axes if len(numbers) == 1 else numbers
        if prod(sizes) > LARGEST_VOLUME:
            raise UsageError(f"input: {part} has more than {LARGEST_VOLUME:,} positions")
        found.add(sizes)
    if not found:
        raise UsageError("input: the list is empty; give at least one size")
    if len(found) > 4096:
        raise UsageError(f"input: {len(found)} choices; at most 4096")
    return tuple(sorted(found))


def _ranges(
    place: str, given: Any, axes: int, most: int, hop: Fraction | None
) -> tuple[Range, ...] | None:
    """A range an axis from a number, a pair, `96..`, `64..160x20..40`; None where all is open."""
    if given is None:
        return None
    if isinstance(given, str):
        parts = given.split("x")
        if len(parts) not in (1, axes):
            raise UsageError(f"{place}: {given} has {len(parts)} ranges for {axes} axes")
        ranges = [_range(place, part.strip(), most, hop, i == 0) for i, part in enumerate(parts)]
        if len(parts) == 1:
            ranges *= axes
    elif isinstance(given, (list, tuple)) and any(isinstance(one, str) for one in given):
        return _ranges(place, "x".join(str(one) for one in given), axes, most, hop)
    else:
        ranges = [number_range(place, given, 1, most)] * axes
    return None if all(one == OPEN for one in ranges) else tuple(ranges)


def _range(place: str, text: str, most: int, hop: Fraction | None, first: bool) -> Range:
    if text in ("any", ".."):
        return OPEN
    ends = text.split("..") if ".." in text else [text, text]
    if not text or len(ends) != 2:
        raise UsageError(f"{place}: {text!r} is not a number or a range such as 64..160")
    if any(_SECONDS.match(end) for end in ends):
        return _in_positions(place, text, ends, most, hop if first else None)
    low = whole(ends[0], place, 1, most) if ends[0].strip() else 1
    high = whole(ends[1], place, 1, most) if ends[1].strip() else None
    if high is not None and low > high:
        raise UsageError(f"{place}: the range {low}..{high} is upside down")
    return low, high


def _in_positions(place: str, text: str, ends: list[str], most: int, hop: Fraction | None) -> Range:
    """A range in seconds as positions: those r with low <= r * hop <= high."""
    if hop is None:
        raise UsageError(
            f"{place}: {text} is in seconds, which takes hop, the seconds between two positions "
            'of the first axis (hop = "10ms", or 1/16000)'
        )
    seconds = [_seconds(end) if end.strip() else None for end in ends]
    low = 1 if seconds[0] is None else max(1, math.ceil(seconds[0] / hop))
    high = None if seconds[1] is None else math.floor(seconds[1] / hop)
    if high is not None and low > high:
        near = float(max(high, 1) * hop), float((high + 1) * hop)
        raise UsageError(
            f"{place}: no whole number of hops lies in {text}; the nearest are {near[0]:g} s and "
            f"{near[1]:g} s"
        )
    if low > most:
        raise UsageError(f"{place}: {text} is more than {most} positions")
    return low, high


def _seconds(text: str) -> Fraction:
    found = _SECONDS.match(text)
    if found is None:
        raise UsageError(f"target_rf: {text.strip()!r} is not a time like 1.5s or 250ms")
    return Fraction(found.group(1)) / (1000 if found.group(2) == "ms" else 1)


def _hop(given: Any) -> Fraction:
    try:
        if isinstance(given, str) and _SECONDS.match(given):
            hop = _seconds(given)
        elif isinstance(given, bool):
            raise ValueError
        else:
            hop = Fraction(given if not isinstance(given, float) else repr(given))
    except (TypeError, ValueError, ZeroDivisionError):
        raise UsageError(f"hop: {given!r} is not a time like 10ms or 1/16000 (seconds)") from None
    if hop <= 0:
        raise UsageError(f"hop: {given} is not > 0")
    return hop


def _bytes(given: Any, both: Any) -> tuple[int, int]:
    """(of a weight, of an activation)."""
    if given is None:
        given = {}
    if not isinstance(given, Mapping) or set(given) - {"weight", "activation"}:
        raise UsageError(f"bytes: {given!r} is not like {{ weight = 1, activation = 1 }}")
    found = [
        number_range(
            f"bytes.{key}" if key in given else "bytes_per_value", given.get(key, both), 1, 1024
        )[0]
        for key in ("weight", "activation")
    ]
    return found[0], found[1]


def _without(
    reserve: int, budgets: dict[str, tuple[int | None, int | None]]
) -> dict[str, tuple[int | None, int | None]]:
    """The budgets with what tensors alone do not show taken off the memory's."""
    names = ("memory", "peak_memory")
    if reserve and all(budgets.get(name, (None, None))[1] is None for name in names):
        raise UsageError(
            f"reserve: {reserve} is taken off max_peak_memory and max_memory, and there is neither"
        )
    for name in names:
        low, high = budgets.get(name, (None, None))
        if reserve and high is not None:
            if high <= reserve:
                raise UsageError(f"reserve: {reserve} leaves nothing of max_{name} {high}")
            budgets[name] = (low, high - reserve)
    return budgets
