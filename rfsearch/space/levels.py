"""Levels: an encoder with its decoder, written once and put into itself, `{deeper}`.

    stack  = "{c}C3P1-(ID|MP2S2-{deeper}-{c}T2S2)-{c}C3P1"
    bottom = "{c}C3P1"
    levels = "2..4"           # how often the stack stands within itself; each is an alternative
    c      = "double:16:256"  # a rule of turns has the level as its turn, from the outside in
    k      = [3, 5]           # other holes are one value at all levels, or
    each   = ["k"]            # one of their own at each: k0, k1, …

What comes out are alternatives of a block as any other has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from rfsearch.errors import LimitError, UsageError
from rfsearch.quantity import names, span
from rfsearch.space.turns import TurnRule

DEEPER = "{deeper}"
KEYS = ("bottom", "levels", "each")
MOST_LEVELS = 12
MOST_FILLINGS = 1 << 16  # each is a network whose every tensor is followed
_NAME = re.compile(r"[A-Za-z_]\w*")
_HOLE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Levels:
    """The alternatives of a block, and which hole each of their holes is one of.

    stacks      notation with holes, without `{deeper}`
    holes       name in the stacks: name in the table
    """

    stacks: tuple[str, ...]
    holes: Mapping[str, str]

    def check(self, place: str, choices: Mapping[str, int]) -> None:
        """LimitError where fillings are too many; `choices`: how many values a hole has."""
        number = len(self.stacks) * prod(choices[name] for name in self.holes.values())
        if number > MOST_FILLINGS:
            raise LimitError(
                f"{place}: {number:,} fillings of levels are more than {MOST_FILLINGS:,}; give "
                "fewer values, or fewer holes under each"
            )


def levels_of(
    place: str, stacks: Sequence[str], table: Mapping[str, Any], rules: Mapping[str, TurnRule]
) -> Levels:
    """The levels of a block's table. Raises UsageError."""
    for text in stacks:
        if text.count(DEEPER) != 1:
            raise UsageError(f"{place}.stack: {text} holds {DEEPER} once in every alternative")
    if "levels" not in table:
        raise UsageError(f"{place}.levels: not given; say how often the stack holds itself")
    low, high = span(table["levels"], f"{place}.levels", 0, MOST_LEVELS)
    given = table.get("bottom")
    bottoms = [given] if isinstance(given, str) else list(given or ())
    if not bottoms or not all(isinstance(one, str) and one.strip() for one in bottoms):
        raise UsageError(f"{place}.bottom: give notation with holes, what stands on the last level")
    each = names(table["each"], f"{place}.each") if "each" in table else ()
    for name in each:
        if name not in table or name in rules or name in KEYS:
            raise UsageError(f"{place}.each: {name} is no hole with a list of values")
        for level in range(high + 1):
            if f"{name}{level}" in table:
                raise UsageError(f"{place}.{name}{level}: what {name} of level {level} is called")
    for name, rule in rules.items():
        if any(isinstance(value, tuple) for value in rule.values):
            raise UsageError(f"{place}.{name}: {rule}: at levels one number for all axes")
    made: dict[str, None] = {}
    holes: dict[str, str] = {}
    for text in stacks:
        for bottom in bottoms:
            for number in range(low, high + 1):
                made[_nested([text] * number + [bottom], each, rules, holes)] = None
    return Levels(tuple(made), holes)


def _nested(
    texts: Iterable[str], each: Sequence[str], rules: Mapping[str, TurnRule], holes: dict[str, str]
) -> str:
    """Texts within one another, the holes of each level in the words of that level."""
    whole = DEEPER
    for level, text in enumerate(texts):
        whole = whole.replace(DEEPER, _at_level(text, level, each, rules, holes))
    return whole


def _at_level(
    text: str, level: int, each: Sequence[str], rules: Mapping[str, TurnRule], holes: dict[str, str]
) -> str:
    def word(match: re.Match[str]) -> str:
        name = match[0]
        if name in rules:
            return str(rules[name].at(level))
        if name in each:
            holes[f"{name}{level}"] = name
            return f"{name}{level}"
        if name != "in":
            holes[name] = name
        return name

    def hole(match: re.Match[str]) -> str:
        return match[0] if match[0] == DEEPER else f"{{{_NAME.sub(word, match[1])}}}"

    return _HOLE.sub(hole, text)
