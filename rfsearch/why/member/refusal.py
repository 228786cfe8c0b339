"""Refusal: why no slot takes an item of a described stack, in lines that name slot and property.

Of all slots that could have stood there the nearest ones speak: those that would take the item if
only one repeat were otherwise, or those of which the fewest properties differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rfsearch.layers.layer import Stack
from rfsearch.layers.notation.format import format_item
from rfsearch.space.canonical import canonical
from rfsearch.space.choices import BlockSlot, Choice
from rfsearch.space.rules import Rules, Way
from rfsearch.space.slots import Slot
from rfsearch.space.slots import at as key_at
from rfsearch.why.member.differences import Difference, of_block, of_layer

MOST_REASONS = 3
# How far a slot is that would take the item: only not here, or only not with what came before.
ELSEWHERE, BOUND = 0.2, 0.6
NEAR = 0.3  # reasons this much farther than the nearest speak too


@dataclass(frozen=True)
class Visit:
    """Where a choice began: at which item of the body, at which width, by which way."""

    number: int
    width: int
    at: Way | None = None


@dataclass(frozen=True)
class Reason:
    """A line, the item that it is about, and how far its slot is from taking it."""

    far: float
    number: int
    text: str


def refusals(
    rules: Rules, visits: Mapping[Way, Visit], body: Stack, number: int, width: int, first: int
) -> list[str]:
    """Why item `number` of the body, which reads `width` channels, cannot follow these ways.

    Items are counted from `first` on in the lines.
    """
    found: list[Reason] = []
    for way, visit in visits.items():
        if way.rest:  # within a block: what would have to be another is the whole of it
            assert visit.at is not None
            found += _of_slot(rules, visit.at, body, visit.number, visit.width)
            continue
        strict = [at for at in rules.next_slots(way) if at is not None]
        for at in strict:
            found += _of_slot(rules, at, body, number, width)
        found += _of_repeats(rules, way, strict, canonical(body[number:], width), number, width)
    if not found:
        found = [Reason(0, number, "stage: nothing may follow what is before it")]
    least = min(reason.far for reason in found)
    near = sorted((one for one in found if one.far <= least + NEAR), key=lambda one: one.far)
    lines = dict.fromkeys(
        f"item {first + one.number} ({format_item(body[one.number])}): {one.text}" for one in near
    )
    return list(lines)[:MOST_REASONS]


def ended(rules: Rules, visits: Mapping[Way, Visit], last: int) -> list[str]:
    """Why the body may not end after item `last`."""
    lines: dict[str, None] = {}
    for way in visits:
        if way.rest:
            assert way.stage >= 0
            place = rules.space.stages[way.stage].slots[way.slot].place
            lines[f"{place}: its block goes on with {format_item(way.rest[0])}"] = None
            continue
        if (text := _missing(rules, way, None)) is not None:
            lines[text] = None
    return [f"the body ends after item {last}: {text}" for text in lines][:MOST_REASONS]


def _of_slot(rules: Rules, at: Way, body: Stack, number: int, width: int) -> Iterator[Reason]:
    """Why the slot that `at` is about to fill does not take the items from `number` on."""
    slot = rules.space.stages[at.stage].slots[at.slot]
    items = canonical(body[number:], width)
    fitting = list(_fitting(rules, at, items, width))
    if fitting:
        for text in filter(None, (_bound(rules, at, choice) for choice in fitting)):
            yield Reason(BOUND, number, text)
            return
    for kind in rules.kinds(at):
        if isinstance(kind, BlockSlot):
            differences = of_block(kind, items, width, rules.setting)
        else:
            differences = of_layer(kind, items[0], width, rules.setting, at.convolved)
        if differences:
            yield Reason(
                sum(one.weight for one in differences), number, _joined(slot.place, differences)
            )


def _joined(place: str, differences: Iterable[Difference]) -> str:
    return "; ".join(
        one.text if one.name is None else f"{key_at(place, one.name)}: {one.text}"
        for one in differences
    )


def _fitting(rules: Rules, at: Way, items: Stack, width: int) -> Iterator[Choice]:
    """The choices of a slot that are exactly the next items, uniform and orders aside."""
    for choice in rules.choices(at, width):
        if canonical(choice.items, width) == items[: len(choice.items)]:
            yield choice


def _bound(rules: Rules, at: Way, choice: Choice) -> str | None:
    """Which of uniform, never_falls and never_grows forbids a choice that fits otherwise."""
    if rules.after(at, choice) is not None:
        return None
    stage = rules.space.stages[at.stage]
    slot = stage.slots[at.slot]
    known = dict(choice.properties)
    for place, names, bound in (
        (slot.place, slot.uniform, dict(at.held)),
        (stage.place, stage.uniform, dict(at.kept)),
    ):
        for name in names:
            if name in known and bound.get(name, known[name]) != known[name]:
                other = f"{_text(known[name])} after {_text(bound[name])}"
                return f"{key_at(place, 'uniform')}: {name} {other}"
    last = dict(at.last)
    for rule in ("never_falls", "never_grows"):
        for name in getattr(rules.space, rule):
            alone = at._replace(kept=(), held=(), last=tuple(last.items()))
            if name in known and name in last and known[name] != last[name]:
                only = Choice(choice.items, ((name, known[name]),), choice.width)
                if rules.after(alone, only) is None:
                    return f"{rule}: {name} {_text(known[name])} after {_text(last[name])}"
    return None


def _text(value: object) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _of_repeats(
    rules: Rules, way: Way, strict: list[Way], items: Stack, number: int, width: int
) -> Iterator[Reason]:
    """Slots that would take the items but may not stand here: too often, or too early."""
    open_here = {(at.stage, at.slot) for at in strict}
    for at in _all_slots(rules, way):
        if (at.stage, at.slot) in open_here or not any(
            True for _ in _fitting(rules, at, items, width)
        ):
            continue
        text = _too_often(rules, way, at) or _missing(rules, way, at)
        if text is not None:
            yield Reason(ELSEWHERE, number, text)
            return


def _all_slots(rules: Rules, way: Way) -> Iterator[Way]:
    """Every slot from here on, whatever the repeats say: this one, its round, the next, later."""
    stages = rules.space.stages
    if way.stage >= 0:
        yield way._replace(times=way.times + 1)
        for slot in range(way.slot + 1, len(stages[way.stage].slots)):
            yield way._replace(slot=slot, times=1, held=())
        for slot in range(len(stages[way.stage].slots)):
            yield way._replace(slot=slot, times=1, round=way.round + 1, held=())
    for stage in range(way.stage + 1, len(stages)):
        for slot in range(len(stages[stage].slots)):
            yield Way(stage, 1, slot, 1, last=way.last, convolved=way.convolved)


def _too_often(rules: Rules, way: Way, at: Way) -> str | None:
    """The repeat of a slot or a stage that one more would pass."""
    stage = rules.space.stages[at.stage]
    slot = stage.slots[at.slot]
    if at.stage != way.stage:
        return None
    if at.round == way.round and at.slot == way.slot and at.times > slot.repeat[1]:
        return f"{_repeat(slot.place)}: at most {slot.repeat[1]}, and this would be one more"
    if at.round > way.round and at.round > stage.repeat[1]:
        return f"{_repeat(stage.place)}: at most {stage.repeat[1]}, and this would be one more"
    return None


def _missing(rules: Rules, way: Way, before: Way | None) -> str | None:
    """What has to come first: before the slot `before`, or before the end."""
    stages = rules.space.stages
    then = "has to follow"
    if before is not None:
        then = f"has to come before {_slot(rules, before).place}, which would take it"
    if way.stage >= 0:
        slot = _slot(rules, way)
        if way.times < slot.repeat[0]:
            return f"{_repeat(slot.place)}: {way.times} so far, at least {slot.repeat[0]}"
        stage = stages[way.stage]
        same = before is not None and (before.stage, before.round) == (way.stage, way.round)
        end = before.slot if same and before is not None else len(stage.slots)
        for slot in stage.slots[way.slot + 1 : end]:
            if slot.repeat[0]:
                return f"{slot.place}: {then}"
        if same:
            return None
        if before is None or before.stage > way.stage:
            if way.round < stage.repeat[0]:
                return f"{_repeat(stage.place)}: {way.round} so far, at least {stage.repeat[0]}"
        elif before is not None:
            return _first_needed(stage.slots[: before.slot], then)
    last = len(stages) if before is None else before.stage
    for stage in stages[way.stage + 1 : last]:
        if stage.repeat[0] and (text := _first_needed(stage.slots, then)):
            return text
    return (
        None if before is None else _first_needed(stages[before.stage].slots[: before.slot], then)
    )


def _first_needed(slots: Iterable[Slot], then: str) -> str | None:
    for slot in slots:
        if slot.repeat[0]:
            return f"{slot.place}: {then}"
    return None


def _repeat(place: str) -> str:
    """The key that says how often; a space without stages is one slot, as deep as asked."""
    return f"{place}.repeat" if place else "depth"


def _slot(rules: Rules, way: Way) -> Slot:
    return rules.space.stages[way.stage].slots[way.slot]
