"""Query: what is asked of a space. Input, target, rounding, and budgets on any cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.layers.cost import COSTS
from rfsearch.layers.recurrence import CEIL, EXACT, FLOOR
from rfsearch.space.plain import LARGEST_NUMBER, number_range

ROUNDINGS = {"exact": EXACT, "floor": FLOOR, "ceil": CEIL}
LARGEST_RF = 1 << 18  # four times the largest input
LARGEST_BUDGET = 1 << 62  # of any cost: int64 sums of two such numbers do not wrap


@dataclass(frozen=True)
class Query:
    """One question's fixed part. Ranges hold both ends; budgets are in whole units of a cost.

    `budgets` maps a cost's name to (low, high) in the cost's own whole numbers (twelfths for
    erf_variance), None for an open end.
    """

    input: int
    target_rf: tuple[int, int]
    rounding: str = "exact"
    output_size: tuple[int, int] | None = None
    bytes_per_value: int = 4
    budgets: Mapping[str, tuple[int | None, int | None]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    @classmethod
    def of(
        cls,
        input: Any,
        target_rf: Any,
        *,
        rounding: str = "exact",
        output_size: Any = None,
        bytes_per_value: Any = 4,
        **bounds: Any,
    ) -> Query:
        """A checked query; `bounds` are min_COST and max_COST. Raises UsageError."""
        if rounding not in ROUNDINGS:
            raise UsageError(f"rounding: {rounding!r} is not one of {', '.join(ROUNDINGS)}")
        return cls(
            input=number_range("input", input, 1, LARGEST_NUMBER)[0],
            target_rf=number_range("target_rf", target_rf, 1, LARGEST_RF),
            rounding=rounding,
            output_size=None
            if output_size is None
            else number_range("output_size", output_size, 1, LARGEST_NUMBER * 2),
            bytes_per_value=number_range("bytes_per_value", bytes_per_value, 1, 1024)[0],
            budgets=MappingProxyType(read_budgets(bounds)),
        )


def read_budgets(
    bounds: Mapping[str, Any], scales: Mapping[str, int] | None = None
) -> dict[str, tuple[int | None, int | None]]:
    """{cost: (low, high)} in whole units from min_COST and max_COST. Raises UsageError.

    `scales` says how many times as large as shown each cost is kept, where not as in COSTS.
    """
    budgets: dict[str, tuple[int | None, int | None]] = {}
    for key, given in bounds.items():
        side, _, name = key.partition("_")
        known = COSTS if scales is None else scales
        if side not in ("min", "max") or name not in known:
            raise UsageError(
                f"{key}: not a known setting; budgets are min_COST and max_COST with COST one of "
                f"{', '.join(known)}"
            )
        if given is None:
            continue
        low, high = budgets.get(name, (None, None))
        scale = COSTS[name].scale if scales is None else scales[name]
        amount = _amount(key, given, scale)
        if side == "min":
            low = _least(amount, scale)
        else:
            high = _most(amount, scale)
        if low is not None and high is not None and low > high:
            least, most = low / scale, high / scale
            raise UsageError(f"min_{name}: {least:,.12g} is above max_{name}, {most:,.12g}")
        budgets[name] = (low, high)
    return budgets


def _most(amount: Fraction, scale: int) -> int:
    """The most units that are within an upper bound.

    What is kept in parts is shown as a double, and so it is compared with a bound: a figure that
    is given back as it was shown keeps its stack, though the double may be below the parts.
    """
    if scale == 1:
        return math.floor(amount)
    bound = float(amount / scale)
    most = min(math.floor(Fraction(math.nextafter(bound, math.inf)) * scale), LARGEST_BUDGET)
    while most / scale > bound:
        most -= 1
    return most


def _least(amount: Fraction, scale: int) -> int:
    """The least units that are within a lower bound, as `_most`."""
    if scale == 1:
        return math.ceil(amount)
    bound = float(amount / scale)
    least = max(math.ceil(Fraction(math.nextafter(bound, -math.inf)) * scale), 0)
    while least / scale < bound:
        least += 1
    return least


def _amount(place: str, given: Any, scale: int) -> Fraction:
    try:
        if isinstance(given, bool):
            raise ValueError
        amount = Fraction(given) * scale
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        raise UsageError(f"{place}: {given!r} is not a number") from None
    if amount < 0:
        raise UsageError(f"{place}: {given} is not ≥ 0")
    if amount > LARGEST_BUDGET:
        raise UsageError(f"{place}: {given} is not ≤ {LARGEST_BUDGET // scale}")
    return amount
