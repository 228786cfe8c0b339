"""One change of a question: in words, as flags, and as option values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rfsearch.request.options import OPTIONS
from rfsearch.request.query import LARGEST_RF, ROUNDINGS
from rfsearch.space.plain import LARGEST_NUMBER, Space

# The keyword arguments of Space.search: what is asked, budgets included.
Question = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """`values` holds the options that change, None where one is taken back.

    `label` is for people ("RF 225"), `flags` what to type for it. `way` names the direction that
    the change goes in, so that only the nearest of a direction is kept.
    """

    label: str
    flags: str
    values: Mapping[str, Any]
    way: str

    def space(self, space: Space) -> Space:
        """The space after the change."""
        own = {name: value for name, value in self.values.items() if hasattr(space, name)}
        return replace(space, **own) if own else space

    def question(self, space: Space, question: Question) -> dict[str, Any]:
        """The question after the change, options that were taken back left out."""
        own = {name: value for name, value in self.values.items() if not hasattr(space, name)}
        return {name: value for name, value in {**question, **own}.items() if value is not None}


def target_of(question: Question) -> tuple[int, int]:
    """The least and greatest RF asked for."""
    given = question["target_rf"]
    return given if isinstance(given, tuple) else (given, given)


def target_change(question: Question, offset: int) -> Change | None:
    """The same question `offset` pixels of RF further; None where no such RF can be asked."""
    low, high = target_of(question)
    low, high = low + offset, high + offset
    if low < 1 or high > LARGEST_RF:
        return None
    target = low if low == high else (low, high)
    text = str(low) if low == high else f"{low}..{high}"
    return Change(f"RF {text}", f"--target-rf {text}", {"target_rf": target}, _way("RF", offset))


def all_targets(question: Question, farthest: int, sign: int) -> Change:
    """Every target up to `farthest` pixels further (sign 1) or nearer (-1), as one range."""
    low, high = target_of(question)
    nearest, last = (low + 1, high + farthest) if sign > 0 else (low - farthest, high - 1)
    target = (max(1, nearest), min(last, LARGEST_RF))
    way = _way("RF", sign)
    return Change("", "", {"target_rf": target}, way)


def input_change(question: Question, offset: int) -> Change | None:
    """The same question for an input `offset` pixels larger; None where there is no such input."""
    size = question["input"] + offset
    if not 1 <= size <= LARGEST_NUMBER:
        return None
    return Change(f"input {size}", f"--input {size}", {"input": size}, _way("input", offset))


def rounding_changes(space: Space, question: Question) -> list[Change]:
    """The other roundings; floor and ceil are one question where there are no pools."""
    now = question.get("rounding", "exact")
    others = [rounding for rounding in ROUNDINGS if rounding != now]
    if all(move.is_conv for move in space.moves):
        same = {"floor", "ceil"}
        others = [r for r in others if not (r == "ceil" or {r, now} == same)]
    return [
        Change(f"rounding {r}", f"--rounding {r}", {"rounding": r}, f"rounding {r}") for r in others
    ]


def relaxations(space: Space, question: Question) -> list[Change]:
    """Conditions taken back one by one: the output size, each budget, the rule against gaps."""
    changes = []
    for name in question:
        if name == "output_size" or name.startswith(("min_", "max_")):
            flag = OPTIONS[name].flag
            changes.append(Change(f"without {flag}", f"without {flag}", {name: None}, name))
    if not space.allow_gaps:
        changes.append(Change("gaps allowed", "--allow-gaps", {"allow_gaps": True}, "gaps"))
    return changes


def _way(what: str, offset: int) -> str:
    return f"{what} {'above' if offset > 0 else 'below'}"
