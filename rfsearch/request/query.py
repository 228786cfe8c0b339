"""Query: what is asked of a space. Inputs, target per axis, rounding, budgets, bytes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, Unpack

from rfsearch.errors import UsageError, shortened
from rfsearch.layers.cost import RANKED, RF, Cost, scale_of
from rfsearch.layers.limits import LARGEST_NUMBER, LARGEST_SIGNAL
from rfsearch.layers.recurrence import ROUNDINGS
from rfsearch.quantity import axes_said, fraction, seconds, span, whole
from rfsearch.request.declared import charges_of
from rfsearch.request.keywords import Amount, Budgets, Costs, Input, Target, TotalStride
from rfsearch.request.total_stride import SETTINGS, Ends, ends_text, read_total_stride

if TYPE_CHECKING:
    from rfsearch.device.charge import Charge

Sizes = tuple[int, ...]
Range = tuple[int, int | None]  # least and greatest; None where open
OPEN: Range = (1, None)
_SECONDS = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*(ms|s)\s*\Z")
LARGEST_VOLUME = LARGEST_NUMBER**2
LARGEST_RF = 1 << 25  # above twice the longest signal
NO_WORSE = ("memory", "macs")  # where `better` names no costs
LARGEST_BUDGET = 1 << 62  # of any cost: int64 sums of two such numbers do not wrap


@dataclass(frozen=True)
class Query:
    """One question's fixed part; sequences have one entry an axis.

    inputs      the input sizes to choose from, ascending
    target_rf   RF range of each axis; None where the RF is not asked about
    jump        range of the jump on each axis; None where it is not asked about
    budgets     cost: (low, high) in the cost's whole numbers, None for an open end
    hop         seconds from one position of the axis `hop_axis` to the next, where it is time
    charges     costs that are declared beside the others, by name
    itemised    whether the items of matches will be asked for
    better      costs, `max:` before those to be great, in which matches are to be no worse than
                the network that they are like; rfsearch.question.better makes budgets of them
    """

    inputs: tuple[Sizes, ...]
    target_rf: tuple[Range, ...] | None
    rounding: str = "exact"
    output_size: tuple[Range, ...] | None = None
    weight_bytes: int = 4
    activation_bytes: int = 4
    reserve: int = 0
    hop: Fraction | None = None
    jump: tuple[Ends, ...] | None = None
    hop_axis: int = 0
    budgets: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict, hash=False)
    charges: Mapping[str, Charge] = field(default_factory=dict, hash=False)
    itemised: bool = False
    better: tuple[str, ...] = ()

    @property
    def tells_axes_apart(self) -> bool:
        """Whether an input, or what is asked of it, is not the same on every axis."""
        asked = (*self.inputs, self.target_rf or (), self.output_size or (), self.jump or ())
        return any(len(set(one)) > 1 for one in asked)

    @classmethod
    def of(
        cls,
        axes: int,
        input: Input,
        target_rf: Target = None,
        *,
        rounding: str = "exact",
        output_size: Target = None,
        jump: TotalStride = None,
        output_stride: TotalStride = None,
        bytes_per_value: int = 4,
        bytes: Mapping[str, int] | None = None,
        reserve: int | str = 0,
        hop: Amount | None = None,
        costs: Costs | None = None,
        better: bool | Sequence[str] = False,
        **bounds: Unpack[Budgets],
    ) -> Query:
        """A checked query; `bounds` are min_COST and max_COST, and those of the jump.

        `costs` are declared costs by name, see rfsearch.request.declared.charges_of. `better`:
        True for memory and MACs, or the costs' names.
        Raises UsageError.
        """
        charges = charges_of(costs) if costs else {}
        if rounding not in ROUNDINGS:
            raise UsageError(f"rounding: {rounding!r} is not one of {', '.join(ROUNDINGS)}")
        weight, activation = _bytes(bytes, bytes_per_value)
        kept = whole(reserve, "reserve", 0, LARGEST_BUDGET, in_bytes=True)
        every, hop_axis = (None, 0) if hop is None else read_hop(hop, axes, target_rf)
        said: dict[str, Any] = dict(bounds)
        strides = {name: said.pop(name) for name in SETTINGS if name in said}
        strides |= {"jump": jump, "output_stride": output_stride}
        return cls(
            inputs=_inputs(input, axes),
            target_rf=_ranges("target_rf", target_rf, axes, LARGEST_RF, every, hop_axis),
            rounding=rounding,
            output_size=_ranges("output_size", output_size, axes, LARGEST_SIGNAL * 2, None),
            weight_bytes=weight,
            activation_bytes=activation,
            reserve=kept,
            hop=every,
            hop_axis=hop_axis,
            jump=read_total_stride(axes, strides),
            budgets=_without(kept, read_budgets(_amounts(said, charges), scales(axes, charges))),
            charges=charges,
            better=_better(better),
        )

    def within(self, bounds: Mapping[str, Any]) -> Query:
        """The question with min_COST and max_COST more; of two bounds the tighter one holds."""
        known = scales(len(self.inputs[0]), self.charges)
        more = read_budgets(_amounts(bounds, self.charges), known)
        budgets = dict(self.budgets)
        for name, (low, high) in more.items():
            least, most = budgets.get(name, (None, None))
            lows = [one for one in (least, low) if one is not None]
            highs = [one for one in (most, high) if one is not None]
            budgets[name] = (max(lows, default=None), min(highs, default=None))
        return replace(self, budgets=budgets)

    @property
    def by_items(self) -> bool:
        """Whether whole items matter, not only what they add up to."""
        return bool(self.charges) or self.itemised

    @cached_property
    def costs(self) -> Mapping[str, Cost]:
        """Every cost that may be ranked by: the declared ones stand last."""
        return {**RANKED, **{name: charge.cost for name, charge in self.charges.items()}}

    def __repr__(self) -> str:
        asked = {
            "input": shortened(" or ".join(self.input_texts())),
            "target_rf": self.target_text(),
            "rounding": self.rounding,
        }
        if self.output_size is not None:
            asked["output_size"] = ranges_text(self.output_size)
        if self.jump is not None:
            asked["jump"] = ends_text(self.jump)
        if self.budgets:
            asked["budgets"] = ", ".join(self.budgets)
        if self.charges:
            asked["costs"] = shortened(", ".join(self.charges))
        return f"<Query {'; '.join(f'{name} {text}' for name, text in asked.items())}>"

    def target_text(self) -> str:
        """The target as `--target-rf` takes it; `any` where it is left out."""
        return "any" if self.target_rf is None else ranges_text(self.target_rf)

    def input_texts(self) -> list[str]:
        """The inputs as `--input` takes them."""
        return [size_text(sizes) for sizes in self.inputs]


def scales(axes: int, charges: Mapping[str, Charge]) -> dict[str, int]:
    """How many times as large as shown each cost that may be budgeted is kept."""
    return {
        name: scale_of(name, axes)
        for name, cost in RANKED.items()
        if name != RF.name and not cost.of_neighbourhoods
    } | {name: charge.source.scale for name, charge in charges.items()}


def _better(given: bool | Sequence[str]) -> tuple[str, ...]:
    """The costs in which matches are to be no worse; UsageError where it is no list of names."""
    if isinstance(given, bool):
        return NO_WORSE if given else ()
    if isinstance(given, str) or not all(isinstance(one, str) for one in given):
        raise UsageError(f"better: {given!r} is not True, False or a list of costs")
    return tuple(given)


def _amounts(bounds: Mapping[str, Any], charges: Mapping[str, Charge]) -> dict[str, Any]:
    """The bounds, those of declared costs in the unit of their cost."""
    found = dict(bounds)
    for key, given in bounds.items():
        charge = charges.get(key.partition("_")[2])
        if charge is not None and given is not None:
            found[key] = charge.amount(given, key)
    return found


def size_text(sizes: Sizes) -> str:
    """`224`, or `128x431` where the axes differ."""
    return str(sizes[0]) if len(set(sizes)) == 1 else "x".join(map(str, sizes))


def ranges_text(ranges: tuple[Range, ...]) -> str:
    """One range where all axes have it, else one an axis, as `--target-rf` takes them."""
    texts = [range_text(one) for one in ranges]
    return texts[0] if len(set(texts)) == 1 else "x".join(texts)


def range_text(one: Range) -> str:
    """`224`, `64..160`, `96..` or `any`."""
    low, high = one
    if high is None:
        return f"{low}.." if low > 1 else "any"
    if low == high:
        return str(low)
    return f"{low}..{high}"


def _inputs(given: Any, axes: int) -> tuple[Sizes, ...]:
    if isinstance(given, str):
        parts: list[Any] = given.split(",")
    elif isinstance(given, Iterable):
        parts = list(given)
    else:
        parts = [given]
    most = LARGEST_SIGNAL if axes == 1 else LARGEST_NUMBER
    found: set[Sizes] = set()
    for part in parts:
        part = _of_axes(part, axes) if isinstance(part, str) else part
        if isinstance(part, str) and ".." in part:
            low, high = span(part, "input", 1, most)
            found.update((n,) * axes for n in range(low, high + 1))
            continue
        words = part.split("x") if isinstance(part, str) else [part]
        numbers = tuple(whole(word, "input", 1, most) for word in words)
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


def _of_axes(part: str, axes: int) -> str:
    """`16000` of `1d:16000`; UsageError where the space has other axes."""
    said = axes_said(part)
    if said not in (None, axes):
        raise UsageError(f"input: {part} has {said} axes, and the space {axes} (see axes)")
    return part if said is None else part.partition(":")[2]


def _ranges(
    place: str, given: Any, axes: int, most: int, hop: Fraction | None, hop_axis: int = 0
) -> tuple[Range, ...] | None:
    """A range an axis from a number, a pair, `96..`, `64..160x20..40`; None where all is open."""
    if given is None:
        return None
    if isinstance(given, str):
        parts = given.split("x")
        if len(parts) not in (1, axes):
            raise UsageError(f"{place}: {given} has {len(parts)} ranges for {axes} axes")
        if not all(part.strip() for part in parts):
            raise UsageError(f"{place}: {given!r} is not a number or a range such as 64..160")
        ranges = [
            _range(place, part.strip(), most, hop, i == hop_axis) for i, part in enumerate(parts)
        ]
        if len(parts) == 1:
            ranges *= axes
    elif isinstance(given, (list, tuple)) and any(isinstance(one, str) for one in given):
        return _ranges(place, "x".join(str(one) for one in given), axes, most, hop, hop_axis)
    else:
        ranges = [span(given, place, 1, most)] * axes
    return None if all(one == OPEN for one in ranges) else tuple(ranges)


def _range(place: str, text: str, most: int, hop: Fraction | None, is_time: bool) -> Range:
    if text in ("any", ".."):
        return OPEN
    ends = text.split("..") if ".." in text else [text, text]
    if not text or len(ends) != 2:
        raise UsageError(f"{place}: {text!r} is not a number or a range such as 64..160")
    if any(_SECONDS.match(end) for end in ends):
        return _in_positions(place, text, ends, most, hop, is_time)
    low = whole(ends[0], place, 1, most) if ends[0].strip() else 1
    high = whole(ends[1], place, 1, most) if ends[1].strip() else None
    if high is not None and low > high:
        raise UsageError(f"{place}: the range {low}..{high} is upside down")
    return low, high


def _in_positions(
    place: str, text: str, ends: list[str], most: int, hop: Fraction | None, is_time: bool
) -> Range:
    """A range in seconds as positions: those r with low <= r * hop <= high."""
    if hop is None:
        raise UsageError(
            f"{place}: {text} is in seconds, which takes hop, the seconds between two positions "
            'of the axis that is time (hop = "10ms", or 1/16000; of the second axis "2:10ms")'
        )
    if not is_time:
        raise UsageError(f"{place}: {text} is in seconds, but hop is of another axis")
    first, last = (_seconds(end) if end.strip() else None for end in ends)
    low = 1 if first is None else max(1, math.ceil(first / hop))
    high = None if last is None else math.floor(last / hop)
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


def read_hop(given: Any, axes: int, target_rf: Any = None) -> tuple[Fraction, int]:
    """(seconds, axis from 0) of `10ms`, or of `2:10ms` on the second axis. Raises UsageError.

    Where no axis is named it is the only one, or the one whose target is in seconds.
    """
    if isinstance(given, str) and ":" in given:
        number, _, given = given.partition(":")
        return seconds(given, "hop"), whole(number, "hop, its axis", 1, axes) - 1
    parts = target_rf.split("x") if isinstance(target_rf, str) else target_rf
    parts = list(parts) if isinstance(parts, (list, tuple)) else []
    timed = [i for i, part in enumerate(parts) if str(part).strip().endswith("s")]
    if axes > 1 and len(timed) != 1:
        raise UsageError(
            f"hop: {given}: which of the {axes} axes is time is not said; as 1:{given} the first "
            f"is, as {axes}:{given} the last"
        )
    return seconds(given, "hop"), timed[0] if timed else 0


def _bytes(given: Any, both: Any) -> tuple[int, int]:
    """(of a weight, of an activation)."""
    if given is None:
        given = {}
    if not isinstance(given, Mapping) or set(given) - {"weight", "activation"}:
        raise UsageError(f"bytes: {given!r} is not like {{ weight = 1, activation = 1 }}")
    found = [
        whole(given.get(key, both), f"bytes.{key}" if key in given else "bytes_per_value", 1, 1024)
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


def read_budgets(
    bounds: Mapping[str, Any], scales: Mapping[str, int]
) -> dict[str, tuple[int | None, int | None]]:
    """{cost: (low, high)} in whole units from min_COST and max_COST. Raises UsageError.

    `scales` says how many times as large as shown each cost is kept.
    """
    budgets: dict[str, tuple[int | None, int | None]] = {}
    for key, given in bounds.items():
        side, _, name = key.partition("_")
        if side not in ("min", "max") or name not in scales:
            raise UsageError(
                f"{key}: not a known setting; budgets are min_COST and max_COST with COST one of "
                f"{', '.join(scales)}"
            )
        if given is None:
            continue
        low, high = budgets.get(name, (None, None))
        scale = scales[name]
        amount = _amount(key, given, scale, name in RANKED and RANKED[name].in_bytes)
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


def _amount(place: str, given: Any, scale: int, in_bytes: bool) -> Fraction:
    amount = fraction(given, place, in_bytes) * scale
    if amount < 0:
        raise UsageError(f"{place}: {given} is not ≥ 0")
    if amount > LARGEST_BUDGET:
        raise UsageError(f"{place}: {given} is not ≤ {LARGEST_BUDGET // scale}")
    return amount
