"""StagedSpace: stages of slots, with blocks, stem and head; what architects write down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError
from rfsearch.layers.channels import LARGEST_CHANNELS
from rfsearch.layers.layer import PerAxis, Stack
from rfsearch.layers.notation import parse_stack
from rfsearch.layers.recurrence import CEIL
from rfsearch.quantity import names as read_names
from rfsearch.quantity import span, wholes
from rfsearch.request.query import ROUNDINGS
from rfsearch.space.choices import (
    ANY,
    CAUSAL,
    HALF,
    OPS,
    BlockSlot,
    LayerSlot,
    Setting,
    check_searched,
)
from rfsearch.space.plain import LARGEST_NUMBER, whole_number
from rfsearch.space.template import Template
from rfsearch.space.widths import Widths

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.ladder import Ladder
    from rfsearch.question.found import Found
    from rfsearch.request.staged_query import StagedQuery
    from rfsearch.space.control import Control

MOST_STEPS = 60  # items of a stack; steps are bits of one machine word
NORMS = ("none", "batch")

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


@dataclass(frozen=True)
class StagedSpace:
    """An ordered list of slots and groups of slots, between a fixed stem and head.

    `stages` is a list of tables and `block` a table of tables, as a TOML file holds them under
    `stage` and `block` (see docs/stages.md); the other fields as there, `defaults` what slots hold
    where they do not say. Raises UsageError that names the place, such as
    `stage[1].slot[0].kernel`.
    """

    stages: tuple[Stage, ...]
    block: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    stem: str = ""
    head: str = ""
    axes: int = 2
    input_channels: int = 3
    never_falls: tuple[str, ...] = ()
    never_grows: tuple[str, ...] = ()
    bias: bool = True
    norm: str = "none"
    allow_gaps: bool = False
    allow_wide_padding: bool = False

    def __init__(
        self,
        stages: Any,
        block: Any = None,
        *,
        defaults: Mapping[str, Any] | None = None,
        **said: Any,
    ) -> None:
        put = object.__setattr__
        for name in (
            "stem", "head", "axes", "input_channels", "never_falls", "never_grows", "bias", "norm",
            "allow_gaps", "allow_wide_padding",
        ):  # fmt: skip
            put(self, name, said.pop(name, getattr(type(self), name)))
        if said:
            raise UsageError(f"{next(iter(said))}: no such field of a staged space")
        put(self, "axes", whole_number("axes", self.axes, 1, 3))
        put(
            self,
            "input_channels",
            whole_number("input_channels", self.input_channels, 1, LARGEST_CHANNELS),
        )
        for name in ("bias", "allow_gaps", "allow_wide_padding"):
            if not isinstance(getattr(self, name), bool):
                raise UsageError(f"{name}: {getattr(self, name)!r} is neither true nor false")
        if self.norm not in NORMS:
            raise UsageError(f"norm: {self.norm!r} is not one of {', '.join(NORMS)}")
        put(self, "block", _blocks(block or {}))
        put(self, "stages", self._stages(stages, {**SLOT_DEFAULTS, **(defaults or {})}))
        known = frozenset().union(*(slot.names for stage in self.stages for slot in stage.slots))
        for name in ("never_falls", "never_grows"):
            put(self, name, _properties(name, getattr(self, name), known))
        _ = self.stem_stack, self.head_stack
        most = sum(s.repeat[1] * sum(slot.repeat[1] for slot in s.slots) for s in self.stages)
        if most > 100 * MOST_STEPS:
            raise UsageError(f"stage: repeats of up to {most} steps; at most {MOST_STEPS}")

    def setting(self, ceil: bool) -> Setting:
        """What holds for every slot; `ceil`: pools follow the ceil rule."""
        return Setting(
            self.axes, self.norm, self.bias, self.allow_gaps, self.allow_wide_padding, ceil
        )

    @cached_property
    def stem_stack(self) -> Stack:
        """The stem's items."""
        if not self.stem:
            return ()
        stack = _parsed("stem", self.stem)
        check_searched(stack, self.setting(False), "stem")
        return stack

    @cached_property
    def head_stack(self) -> Stack:
        """The head's items."""
        return _parsed("head", self.head) if self.head else ()

    def control(self, ceil: bool = False) -> Control:
        """All that may follow what, as a minimal automaton of items."""
        from rfsearch.space.control import control_of

        known = self.__dict__.setdefault("_controls", {})
        if ceil not in known:
            known[ceil] = control_of(self, self.setting(ceil))
        return known[ceil]  # type: ignore[no-any-return]

    @property
    def candidates(self) -> int:
        """Every stack that could be written, whatever its sizes."""
        return self.control().stacks

    def candidates_of(self, query: StagedQuery) -> int:
        """Every stack once for each input of a question; with ceil every pool carries U."""
        return self.control(ROUNDINGS[query.rounding] == CEIL).stacks * len(query.inputs)

    def search(self, input: Any, target_rf: Any = None, **question: Any) -> Found:
        """The compiled automaton for one question; takes what `StagedQuery.of` takes.

        Besides `threads`, `memory_limit` and `progress` as `rfsearch.question.found.Found.build`
        does.
        """
        from rfsearch.question.found import Found
        from rfsearch.request.staged_query import StagedQuery

        running = {
            name: question.pop(name)
            for name in ("threads", "memory_limit", "progress")
            if name in question
        }
        return Found.build(self, StagedQuery.of(self.axes, input, target_rf, **question), **running)

    def reach(
        self, input: Any, target_rf: Any = None, *, least: Any = None, greatest: Any = (),
        **question: Any,
    ) -> pl.DataFrame:  # fmt: skip
        """Every RF that networks have, how many have it, and its least and greatest costs.

        As rfsearch.Space.reach, with every RF where `target_rf` is left out.
        """
        from rfsearch.question.found import REACHED_COSTS

        found = self.search(input, target_rf, **question)
        return found.reach(REACHED_COSTS if least is None else least, greatest)

    def ladder(self, input: Any, rfs: Any, **asked: Any) -> Ladder:
        """One network for each RF of `rfs`, all as alike as can be in what is held.

        As rfsearch.Space.ladder; an RF may be one number an axis, such as 64x20.
        """
        from rfsearch.ladder import ladder

        return ladder(self, input, rfs, **asked)

    def _stages(self, given: Any, defaults: Mapping[str, Any]) -> tuple[Stage, ...]:
        if not isinstance(given, Iterable) or isinstance(given, (str, Mapping)):
            raise UsageError(f"stage: {given!r} is not a list of tables")
        stages = tuple(
            one if isinstance(one, Stage) else self._stage(f"stage[{i}]", one, defaults)
            for i, one in enumerate(given)
        )
        if not stages and not self.stem:
            raise UsageError("stage: the list is empty; give at least one stage")
        return stages

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
            _properties(f"{place}.uniform", given.get("uniform", ()), known),
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
        uniform = _properties(f"{place}.uniform", given.get("uniform", ()), slot.names)
        return Slot(place, kinds, slot.repeat, uniform)

    def _layer_slot(self, place: str, said: Mapping[str, Any]) -> LayerSlot:
        ops = _listed(said["op"])
        for op in ops:
            if not isinstance(op, str) or op not in OPS:
                raise UsageError(f"{place}.op: {op!r} is not one of {', '.join(OPS)}")
        return LayerSlot(
            place,
            tuple(op for op in OPS if op in ops),
            self._numbers(f"{place}.kernel", said["kernel"], 1),
            self._numbers(f"{place}.stride", said["stride"], 1),
            self._paddings(f"{place}.padding", said["padding"]),
            self._numbers(f"{place}.dilation", said["dilation"], 1),
            wholes(said["groups"], f"{place}.groups", 1, LARGEST_CHANNELS),
            Widths.of(said["channels"], f"{place}.channels"),
        )

    def _block_slots(
        self, place: str, given: Mapping[str, Any], own: tuple[str, ...]
    ) -> tuple[BlockSlot, ...]:
        kinds = []
        wanted = _listed(given["block"])
        for name in wanted:
            table = self.block.get(name) if isinstance(name, str) else None
            if table is None:
                close = get_close_matches(str(name), self.block, n=1)
                hint = f"; did you mean {close[0]}?" if close else ""
                raise UsageError(f"{place}.block: {name!r} is no block{hint}")
            said = {k: v for k, v in given.items() if k not in (*own, "block")}
            kinds.append(_block_slot(place, name, table, said, len(wanted) > 1))
        return tuple(kinds)

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
            whole_number(place, _digits(place, text, part), least, LARGEST_NUMBER)
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
            elif part == "valid":
                found[0] = None
            elif isinstance(part, str) and "x" in part:
                found[self._per_axis(place, part, 0)] = None
            else:
                found.update(dict.fromkeys(wholes(part, place, 0, LARGEST_NUMBER)))
        if not found:
            raise UsageError(f"{place}: the list is empty; give numbers, half, same, valid or any")
        return tuple(found)


def _block_slot(
    place: str, name: str, table: Mapping[str, Any], said: Mapping[str, Any], one_of_several: bool
) -> BlockSlot:
    """A block with its holes, those that the slot says overridden."""
    stacks = tuple(Template(text, f"block.{name}.stack") for text in _listed(table["stack"]))
    holes = {key: value for key, value in table.items() if key != "stack"}
    needed = frozenset().union(*(template.names for template in stacks)) - {"in"}
    for key in said:
        if key not in holes and key not in needed and not one_of_several:
            _unknown_key(place, key, {*holes, *needed, "repeat", "uniform", "block"})
    values = {**holes, **{k: v for k, v in said.items() if k in holes or k in needed}}
    for key in sorted(needed - set(values)):
        raise UsageError(f"{place}.{key}: block {name} needs a value for it")
    read = tuple((key, Widths.of(values[key], f"{place}.{key}", least=0)) for key in sorted(values))
    for key, widths in read:
        if widths.rule is not None:
            raise UsageError(f"{place}.{key}: {widths.rule} is for slots of layers; give widths")
    return BlockSlot(place, name, stacks, read)


def _blocks(given: Any) -> dict[str, dict[str, Any]]:
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
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(known))}"


def _repeat(place: str, given: Any) -> tuple[int, int]:
    return span(given, place, 0, 1000)


def _properties(place: str, given: Any, known: frozenset[str]) -> tuple[str, ...]:
    if not given:
        return ()
    found = read_names(given, place)
    for name in found:
        if name not in known:
            raise UsageError(f"{place}: {name} is not a property{_near(name, known)}")
    return tuple(dict.fromkeys(found))


def _listed(given: Any) -> list[Any]:
    if isinstance(given, str):
        return [part.strip() for part in given.split(",")] if "{" not in given else [given]
    return list(given) if isinstance(given, Iterable) else [given]


def _digits(place: str, text: str, part: str) -> int:
    try:
        return int(part)
    except ValueError:
        raise UsageError(f"{place}: {text} is not one number an axis, like 3x1") from None


def _parsed(place: str, text: Any) -> Stack:
    if not isinstance(text, str):
        raise UsageError(f"{place}: {text!r} is not notation")
    try:
        return parse_stack(text)
    except UsageError as error:
        raise UsageError(f"{place}: {error}") from None
