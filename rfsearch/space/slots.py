"""Slots: the stages, slots and blocks that a space is read from, checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.layers.channels import LARGEST_CHANNELS
from rfsearch.layers.layer import PerAxis
from rfsearch.layers.limits import LARGEST_NUMBER
from rfsearch.quantity import names as read_names
from rfsearch.quantity import span, whole, wholes
from rfsearch.space.choices import ANY, CAUSAL, HALF, OPS, BlockSlot, LayerSlot
from rfsearch.space.levels import DEEPER, KEYS, levels_of
from rfsearch.space.template import template_of
from rfsearch.space.turns import TurnRule, is_rule
from rfsearch.space.widths import Widths

# What a slot holds where neither it, its stage nor the whole space says.
SLOT_DEFAULTS: dict[str, Any] = {
    "op": ["conv"],
    "kernel": [3],
    "stride": [1],
    "padding": [HALF],
    "dilation": [1],
    "groups": [1],
    "channels": "keep",
}


@dataclass(frozen=True)
class Slot:
    """One slot: what may stand there (several where it names several blocks), how often."""

    place: str
    kinds: tuple[LayerSlot | BlockSlot, ...]
    repeat: tuple[int, int] = (1, 1)
    uniform: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The properties that its choices may have."""
        return frozenset().union(*(kind.names for kind in self.kinds))


@dataclass(frozen=True)
class Stage:
    """Slots in order, repeated as a group."""

    place: str
    slots: tuple[Slot, ...]
    repeat: tuple[int, int] = (1, 1)
    uniform: tuple[str, ...] = ()


class Reader:
    """Reads the tables of a space into stages. Raises UsageError that names the place.

    `blocks` holds the blocks' tables by name; `axes` how many numbers a value may have.
    """

    def __init__(self, blocks: Mapping[str, Mapping[str, Any]], axes: int) -> None:
        self.blocks, self.axes = blocks, axes

    def stages(self, given: Any, defaults: Mapping[str, Any]) -> tuple[Stage, ...]:
        if not isinstance(given, Iterable) or isinstance(given, (str, Mapping)):
            raise UsageError(f"stage: {given!r} is not a list of tables")
        return tuple(
            one if isinstance(one, Stage) else self._stage(f"stage[{i}]", one, defaults)
            for i, one in enumerate(given)
        )

    def _stage(self, place: str, given: Any, defaults: Mapping[str, Any]) -> Stage:
        _check_table(place, given)
        slots = given.get("slot")
        if slots is None:  # a stage that is one slot
            slot = self._slot(place, given, defaults, own=("repeat", "uniform"))
            return Stage(place, (slot,))
        inherited = {**defaults, **{k: v for k, v in given.items() if k in SLOT_DEFAULTS}}
        unknown = set(given) - set(SLOT_DEFAULTS) - {"slot", "repeat", "uniform"}
        if unknown:
            _unknown_key(place, min(unknown), {*SLOT_DEFAULTS, "slot", "repeat", "uniform"})
        if not isinstance(slots, (list, tuple)) or not slots:
            raise UsageError(f"{place}.slot: {slots!r} is not a list of slots")
        made = tuple(
            self._slot(f"{place}.slot[{i}]", one, inherited, own=("repeat", "uniform"))
            for i, one in enumerate(slots)
        )
        known = frozenset().union(*(slot.names for slot in made))
        return Stage(
            place,
            made,
            _repeat(f"{place}.repeat", given.get("repeat", 1)),
            read_properties(f"{place}.uniform", given.get("uniform", ()), known),
        )

    def _slot(
        self, place: str, given: Any, defaults: Mapping[str, Any], own: tuple[str, ...]
    ) -> Slot:
        _check_table(place, given)
        kinds: tuple[LayerSlot | BlockSlot, ...]
        if "block" in given:
            kinds = self._block_slots(place, given, own)
        else:
            unknown = set(given) - set(SLOT_DEFAULTS) - set(own)
            if unknown:
                _unknown_key(place, min(unknown), {*SLOT_DEFAULTS, *own, "block"})
            kinds = (self._layer_slot(place, {**defaults, **given}),)
        slot = Slot(place, kinds, _repeat(f"{place}.repeat", given.get("repeat", 1)))
        uniform = read_properties(f"{place}.uniform", given.get("uniform", ()), slot.names)
        return Slot(place, kinds, slot.repeat, uniform)

    def _layer_slot(self, place: str, said: Mapping[str, Any]) -> LayerSlot:
        ops = _listed(said["op"])
        if not ops:
            known = ", ".join(OPS)
            raise UsageError(f"{at(place, 'op')}: the list is empty; give some of {known}")
        for op in ops:
            if not isinstance(op, str) or op not in OPS:
                raise UsageError(f"{at(place, 'op')}: {op!r} is not one of {', '.join(OPS)}")
        rules = {
            name: rule
            for name in ("kernel", "stride", "dilation")
            if (rule := self._rule(at(place, name), said[name], 1)) is not None
        }

        def numbers(name: str) -> tuple[PerAxis, ...]:
            if name in rules:
                return tuple(dict.fromkeys(rules[name].values))
            return self._numbers(at(place, name), said[name], 1)

        return LayerSlot(
            place,
            tuple(op for op in OPS if op in ops),
            numbers("kernel"),
            numbers("stride"),
            self._paddings(at(place, "padding"), said["padding"]),
            numbers("dilation"),
            wholes(said["groups"], at(place, "groups"), 1, LARGEST_CHANNELS),
            Widths.of(said["channels"], at(place, "channels")),
            tuple(rules.items()),
        )

    def _rule(self, place: str, given: Any, least: int) -> TurnRule | None:
        """The rule of turns that a value is, if it is one."""

        def value(text: str) -> PerAxis:
            if "x" in text:
                return self._per_axis(place, text, least)
            return whole(_digits(place, text, text), place, least, LARGEST_NUMBER)

        return TurnRule.of(given, place, value)

    def _block_slots(
        self, place: str, given: Mapping[str, Any], own: tuple[str, ...]
    ) -> tuple[BlockSlot, ...]:
        kinds = []
        wanted = _listed(given["block"])
        for name in wanted:
            table = self.blocks.get(name) if isinstance(name, str) else None
            if table is None:
                from difflib import get_close_matches

                close = get_close_matches(str(name), self.blocks, n=1)
                hint = f"; did you mean {close[0]}?" if close else ""
                raise UsageError(f"{place}.block: {name!r} is no block{hint}")
            said = {k: v for k, v in given.items() if k not in (*own, "block")}
            kinds.append(self._block_slot(place, name, table, said, len(wanted) > 1))
        return tuple(kinds)

    def _block_slot(
        self,
        place: str,
        name: str,
        table: Mapping[str, Any],
        said: Mapping[str, Any],
        one_of_several: bool,
    ) -> BlockSlot:
        """A block with its holes, those that the slot says overridden."""
        where = f"block.{name}.stack"
        texts = _listed(table["stack"])
        nested = any(DEEPER in text for text in texts)
        told = KEYS if nested else ()
        holes = {key: value for key, value in table.items() if key != "stack"}
        bottoms = _listed(holes.get("bottom", ())) if nested else []
        needed = frozenset().union(
            *(template_of(text, where).names for text in [*texts, *bottoms])
        ) - {"in", "deeper"}
        for key in said:
            if key not in holes and key not in needed and not one_of_several:
                _unknown_key(place, key, {*holes, *needed, "repeat", "uniform", "block"})
        values = {**holes, **{k: v for k, v in said.items() if k in holes or k in needed}}
        for key in sorted(needed - set(values)):
            raise UsageError(f"{place}.{key}: block {name} needs a value for it")
        read: dict[str, Widths] = {}
        rules: dict[str, TurnRule] = {}
        for key in sorted(set(values) - set(told)):
            rule = self._rule(f"{place}.{key}", values[key], 0)
            if rule is not None:
                rules[key] = rule
            held = values[key] if rule is None else rule.values
            read[key] = Widths.of(held, f"{place}.{key}", least=0, axes=self.axes)
        if nested:
            levels = levels_of(f"block.{name}", texts, values, rules)
            levels.check(f"block.{name}", {key: len(one) for key, one in read.items()})
            texts = list(levels.stacks)
            read = {made: read[key] for made, key in sorted(levels.holes.items())}
            rules = {}
        stacks = tuple(template_of(text, where) for text in texts)
        return BlockSlot(place, name, stacks, tuple(read.items()), tuple(rules.items()))

    def _numbers(self, place: str, given: Any, least: int) -> tuple[PerAxis, ...]:
        numbers: dict[PerAxis, None] = {}
        for part in _listed(given):
            if isinstance(part, str) and "x" in part:
                numbers[self._per_axis(place, part, least)] = None
            else:
                numbers.update(dict.fromkeys(wholes(part, place, least, LARGEST_NUMBER)))
        if not numbers:
            raise UsageError(f"{place}: the list is empty; give at least one number")
        return tuple(numbers)

    def _per_axis(self, place: str, text: str, least: int) -> PerAxis:
        values = tuple(
            whole(_digits(place, text, part), place, least, LARGEST_NUMBER)
            for part in text.split("x")
        )
        if len(values) != self.axes:
            raise UsageError(f"{place}: {text} has {len(values)} numbers for {self.axes} axes")
        return values[0] if len(set(values)) == 1 else values

    def _paddings(self, place: str, given: Any) -> tuple[PerAxis | str, ...]:
        found: dict[PerAxis | str, None] = {}
        for part in _listed(given):
            if part in ("same", HALF, CAUSAL, ANY):
                found[part] = None
            elif isinstance(part, str) and part.startswith(f"{CAUSAL}:"):
                axis = whole(part.partition(":")[2], f"{place}, axis of {CAUSAL}", 1, self.axes)
                found[CAUSAL if axis == 1 else part] = None
            elif part == "valid":
                found[0] = None
            elif isinstance(part, str) and "x" in part:
                found[self._per_axis(place, part, 0)] = None
            else:
                found.update(dict.fromkeys(wholes(part, place, 0, LARGEST_NUMBER)))
        if not found:
            raise UsageError(f"{place}: the list is empty; give numbers, half, same, valid or any")
        return tuple(found)

    def one_slot(self, said: Mapping[str, Any], repeat: tuple[int, int]) -> Stage:
        """One stage of one slot of layers, as flags and plain keywords say it."""
        return Stage("", (Slot("", (self._layer_slot("", said),), repeat),))


def at(place: str, name: str) -> str:
    """The place of a key in a table; the name alone where there is no table."""
    return f"{place}.{name}" if place else name


def read_blocks(given: Any) -> dict[str, dict[str, Any]]:
    _check_table("block", given)
    blocks: dict[str, dict[str, Any]] = {}
    for name, table in given.items():
        _check_table(f"block.{name}", table)
        stacks = _listed(table.get("stack", ()))
        if not stacks or not all(isinstance(text, str) and text.strip() for text in stacks):
            raise UsageError(f"block.{name}.stack: give notation with holes, or a list of it")
        for key in table:
            if iskeyword(key) or not key.isidentifier():
                raise UsageError(f"block.{name}.{key}: not a name that a hole may have")
        blocks[name] = dict(table)
    return blocks


def _check_table(place: str, given: Any) -> None:
    if not isinstance(given, Mapping):
        raise UsageError(f"{place}: {given!r} is not a table")


def _unknown_key(place: str, key: str, known: Iterable[str]) -> None:
    raise UsageError(f"{place}.{key}: no such key{_near(str(key), known)}")


def _near(name: str, known: Iterable[str]) -> str:
    """What may have been meant, behind the words that a name is not known."""
    from difflib import get_close_matches

    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(known))}"


def _repeat(place: str, given: Any) -> tuple[int, int]:
    return span(given, place, 0, 1000)


def read_properties(place: str, given: Any, known: frozenset[str]) -> tuple[str, ...]:
    if not given:
        return ()
    found = read_names(given, place)
    for name in found:
        if name not in known:
            raise UsageError(f"{place}: {name} is not a property{_near(name, known)}")
    return tuple(dict.fromkeys(found))


def _listed(given: Any) -> list[Any]:
    if isinstance(given, str):
        one = "{" in given or is_rule(given)
        return [given] if one else [part.strip() for part in given.split(",")]
    return list(given) if isinstance(given, Iterable) else [given]


def _digits(place: str, text: str, part: str) -> int:
    try:
        return int(part)
    except ValueError:
        raise UsageError(f"{place}: {text} is not one number an axis, like 3x1") from None
