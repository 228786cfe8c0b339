"""One change of a question: in words, as flags, as option values, and the question after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Any, NamedTuple

from rfsearch.layers.limits import LARGEST_NUMBER, LARGEST_SIGNAL
from rfsearch.layers.recurrence import ROUNDINGS
from rfsearch.request.query import LARGEST_RF, LARGEST_VOLUME, Query, Range, size_text
from rfsearch.why.reasons.axis import axes_of
from rfsearch.why.reasons.wording import target


class Change(NamedTuple):
    """`values` holds the options that change, None where one is taken back.

    `label` is for people ("RF 225"), `flags` what to type for it. `way` names the direction that
    the change goes in, so that only the nearest of a direction is kept. `space` and `query` are
    those after the change.
    """

    label: str
    flags: str
    values: Mapping[str, Any]
    way: str
    space: Any
    query: Query


def target_change(space: Any, query: Query, offset: int) -> Change | None:
    """The same question `offset` pixels of RF further; None where no such RF can be asked."""
    if query.target_rf is None:
        return None
    moved = tuple(
        (low + offset, None if high is None else high + offset) for low, high in query.target_rf
    )
    if any(low < 1 or max(low, high or 0) > LARGEST_RF for low, high in moved):
        return None
    after = replace(query, target_rf=moved)
    text = target(after)
    values = {"target_rf": _target_value(moved, text)}
    way = _way("RF", offset)
    return Change(f"RF {text}", f"--target-rf {text}", values, way, space, after)


def _target_value(moved: tuple[Range, ...], text: str) -> Any:
    """A number or a pair, as a file holds them; text where ends are open or axes differ."""
    low, high = moved[0]
    if len(set(moved)) > 1 or high is None:
        return text
    return low if low == high else (low, high)


def all_targets(query: Query, farthest: int, sign: int) -> Query | None:
    """Every target up to `farthest` pixels further (sign 1) or nearer (-1), as one range.

    None where there is none.
    """
    assert query.target_rf is not None
    first, last = (1, farthest) if sign > 0 else (-farthest, -1)
    ranges = tuple(
        (max(low + first, 1), None if high is None else min(high + last, LARGEST_RF))
        for low, high in query.target_rf
    )
    if any(high is not None and low > high for low, high in ranges):
        return None
    return replace(query, target_rf=ranges)


def input_change(space: Any, query: Query, offset: int) -> Change | None:
    """The same question for an input `offset` pixels larger; None where there is no such input.

    None also where there are several inputs to choose from.
    """
    if len(query.inputs) > 1:
        return None
    sizes = tuple(size + offset for size in query.inputs[0])
    most = LARGEST_SIGNAL if len(sizes) == 1 else LARGEST_NUMBER
    if not all(1 <= size <= most for size in sizes) or prod(sizes) > LARGEST_VOLUME:
        return None
    text = size_text(sizes)
    values = {"input": int(text) if text.isdigit() else text}
    after = replace(query, inputs=(sizes,))
    return Change(f"input {text}", f"--input {text}", values, _way("input", offset), space, after)


def rounding_changes(space: Any, query: Query) -> list[Change]:
    """The other roundings; floor and ceil are one question where there are no pools."""
    others = [rounding for rounding in ROUNDINGS if rounding != query.rounding]
    axes = [axis for _, _, axis in axes_of(space, query)]
    if axes and not any(axis.choices.has_pools for axis in axes):
        same = {"floor", "ceil"}
        others = [r for r in others if not (r == "ceil" or {r, query.rounding} == same)]
    return [
        Change(
            f"rounding {r}", f"--rounding {r}", {"rounding": r}, f"rounding {r}", space,
            replace(query, rounding=r),
        )
        for r in others
    ]  # fmt: skip


def relaxations(space: Any, query: Query) -> list[Change]:
    """Conditions taken back one by one: output size, jump, each budget, and rules of the space."""
    changes = []

    def without(name: str, after: Query) -> None:
        words = f"without --{name.replace('_', '-')}"
        changes.append(Change(words, words, {name: None}, name, space, after))

    if query.output_size is not None:
        without("output_size", replace(query, output_size=None))
    if query.jump is not None:
        without("jump", replace(query, jump=None))
    for cost, (low, high) in query.budgets.items():
        if low is not None:
            without(f"min_{cost}", _bounded(query, cost, None, high))
        if high is not None:
            without(f"max_{cost}", _bounded(query, cost, low, None))
    return changes + [
        Change(one.label, one.flags, one.values, one.way, one.space, query)
        for one in space._wider()
    ]


def _bounded(query: Query, cost: str, low: int | None, high: int | None) -> Query:
    """The question with other bounds of one cost, or none."""
    budgets = {name: ends for name, ends in query.budgets.items() if name != cost}
    if (low, high) != (None, None):
        budgets[cost] = (low, high)
    return replace(query, budgets=budgets)


def _way(what: str, offset: int) -> str:
    return f"{what} {'above' if offset > 0 else 'below'}"
