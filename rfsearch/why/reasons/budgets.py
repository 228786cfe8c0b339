"""Which budgets no stack keeps, and what would pass: the least or greatest that some stack has.

Each bound is asked about alone first, the budgets on all other costs left out. Where some stack
keeps each, they stay, and one cost is let go at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from rfsearch.automaton.effectiveness import extreme
from rfsearch.automaton.expressive import extreme_score
from rfsearch.errors import LimitError, UsageError
from rfsearch.layers.cost import CHARGED, SCORES
from rfsearch.question.budget import has_budget_on_sums
from rfsearch.question.found import Found
from rfsearch.question.in_time import Deadline
from rfsearch.question.timed import timed_top
from rfsearch.request.query import LARGEST_BUDGET, Query, read_budgets, scales

if TYPE_CHECKING:
    from rfsearch.space.space import Space

SECONDS = 20  # for the network that takes least of a device
MOST_DIGITS = 20
HALF = Decimal("0.5")

Ends = tuple[int | None, int | None]

# Limits that every stack keeps, where none would not tell the costs apart; any coverage is met.
FREE: dict[str, Ends] = dict.fromkeys((*SCORES, *CHARGED), (None, LARGEST_BUDGET)) | {
    "coverage": (0, None)
}


@dataclass(frozen=True)
class Bound:
    """One end of a budget in whole units: sign 1 of an upper one, -1 of a lower one."""

    name: str
    sign: int
    value: int

    @property
    def option(self) -> str:
        """As a file names it."""
        return f"{'max' if self.sign > 0 else 'min'}_{self.name}"

    @property
    def ranked(self) -> str:
        """What to rank by to come nearest to it."""
        return self.name if self.sign > 0 else f"max:{self.name}"


@dataclass(frozen=True)
class Extreme:
    """The least of a cost, or the greatest; `proven`: some stack has it, else none has better."""

    value: int
    proven: bool


def unkept(space: Space, query: Query, memory_limit: int) -> list[str]:
    """A line for each bound that no stack keeps; where there is none, that others keep from it.

    Only for a query that is known to have no match.
    """
    bounds = [
        Bound(name, sign, value)
        for name, ends in query.budgets.items()
        for sign, value in zip((-1, 1), ends, strict=True)
        if value is not None
    ]
    alone = list(_lines(space, query, bounds, {}, memory_limit))
    if alone or len(query.budgets) == 1:
        return alone
    return list(_lines(space, query, bounds, query.budgets, memory_limit))


def _lines(
    space: Space, query: Query, bounds: list[Bound], kept: Mapping[str, Ends], memory_limit: int
) -> Iterator[str]:
    """One for each bound that no stack keeps which is within the `kept` budgets on other costs."""
    for bound in bounds:
        others = {name: ends for name, ends in kept.items() if name != bound.name}
        free = {bound.name: FREE[bound.name]} if bound.name in FREE else {}
        asked = replace(query, budgets={**others, **free})
        try:
            known = _extreme(space, asked, bound, memory_limit)
        except (LimitError, UsageError):  # what is not known is not said
            continue
        if known is not None and bound.sign * known.value > bound.sign * bound.value:
            within = "within the other budgets " if others else ""
            yield f"{within}no stack keeps {bound.option} {_text(query, bound, bound.value)}: " + (
                _best(query, bound, known)
            )


def _best(query: Query, bound: Bound, known: Extreme) -> str:
    word, side = ("least", "at least") if bound.sign > 0 else ("greatest", "at most")
    verb = "is" if known.proven else f"is {side}"
    return f"the {word} that some stack has {verb} {_text(query, bound, known.value)}"


def _extreme(space: Space, asked: Query, bound: Bound, memory_limit: int) -> Extreme | None:
    """The best of all matches; None without any. Raises LimitError, UsageError."""
    found = Found._build(space, asked, memory_limit=memory_limit)
    if found.transitions == 0:
        return None
    if bound.name in CHARGED:
        return _of_device(found, bound)
    if bound.name not in SCORES:
        least = found.least(bound.ranked)[bound.name]
        return None if least is None else Extreme(least, True)
    of_all = extreme_score if bound.name == "deepmad" else extreme
    value = of_all(found.automaton, bound.sign)
    alone = not has_budget_on_sums(found.automaton)
    return None if value is None else Extreme(value, alone)


def _of_device(found: Found, bound: Bound) -> Extreme | None:
    """The first of a list, or how much better another may be where that takes too long."""
    asked = timed_top(found, 1, (bound.name,), "none")
    asked.run(Deadline(SECONDS))
    known = asked.answer()
    gap = known.gap[bound.name]
    if not len(known.rows) or gap is None:
        return None
    (value,) = known.rows.values(bound.name)
    return Extreme(value - int(gap), not gap)


def _text(query: Query, bound: Bound, value: int) -> str:
    """A bound as it is given: the fewest digits that are read as this number."""
    shown = query.reserve if bound.sign > 0 and bound.name in ("memory", "peak_memory") else 0
    known = scales(len(query.inputs[0]), query.charges)
    scale, unit = known[bound.name], " bytes" if query.costs[bound.name].in_bytes else ""
    if scale == 1:
        return f"{value + shown:,}{unit}"
    for digits in range(1, MOST_DIGITS):
        near = Decimal(f"{value / scale:.{digits}g}")
        text = f"{near:f}"
        ends = read_budgets({bound.option: text}, known)[bound.name]
        if ends[max(bound.sign, 0)] == value and abs(near * scale - value) < HALF:
            break
    return text
