"""Rules: the grammar of a staged space, which choices may follow what was chosen so far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from rfsearch.errors import UsageError
from rfsearch.layers.layer import Layer, Stack, spread
from rfsearch.space.choices import BlockSlot, Choice, LayerSlot, Setting, Value

if TYPE_CHECKING:
    from rfsearch.space.space import Space

Bound = tuple[tuple[str, Value], ...]  # by name
Bounds = tuple[Bound, Bound, Bound]  # of a stage, of a slot, the latest under orders


class Way(NamedTuple):
    """One way to have come here: slot `slot` of stage `stage` was filled for the `times`-th time.

    `stage` -1 is before everything. `kept` and `held` are the values that `uniform` binds in the
    stage and in the slot, `last` the latest values under never_falls and never_grows; `rest` are
    the items of the choice that are still to come. `convolved`: a convolution stands before,
    in the stem or inside a block too; a depthwise one, which keeps its width, is none.
    """

    stage: int
    round: int
    slot: int
    times: int
    kept: Bound = ()
    held: Bound = ()
    last: Bound = ()
    rest: Stack = ()
    convolved: bool = False


class Rules:
    """The grammar of a space: which choices may follow a way. Shared with membership."""

    def __init__(self, space: Space, setting: Setting) -> None:
        self.space = space
        self.setting = setting
        self._choices: dict[tuple[Any, ...], tuple[Choice, ...]] = {}

    def begin(self) -> Way:
        """The way before any choice."""
        return Way(-1, 0, 0, 0, convolved=convolves(self.space.stem_stack))

    def choices(self, way: Way, width: int) -> tuple[Choice, ...]:
        """Every choice of the slot that `way` is about to fill, at an input width."""
        key = self._sign(way, width)
        if key not in self._choices:
            self._choices[key] = tuple(
                choice
                for kind in self.kinds(way)
                for choice in kind.choices(width, self.setting, way.convolved)
            )
        return self._choices[key]

    def kinds(self, way: Way) -> tuple[LayerSlot | BlockSlot, ...]:
        """What the slot that `way` is about to fill holds at this turn."""
        turn = self._turn(way)
        return tuple(
            kind.at_turn(turn) for kind in self.space.stages[way.stage].slots[way.slot].kinds
        )

    def _sign(self, way: Way, width: int) -> tuple[Any, ...]:
        """What the choices of a slot depend on."""
        turn = self._turn(way)
        kinds = self.space.stages[way.stage].slots[way.slot].kinds
        at = tuple([kind.turn(turn) if kind.turns else () for kind in kinds])
        return way.stage, way.slot, width, way.convolved, at

    def _turn(self, way: Way) -> int:
        """How often the slot was filled before: in this visit, or in the stage where it is once."""
        repeats = self.space.stages[way.stage].slots[way.slot].repeat[1] > 1
        return max((way.times if repeats else way.round) - 1, 0)

    def next_slots(self, way: Way) -> Iterator[Way | None]:
        """Where the next choice may be made, as the way after it, and None where all may end."""
        seen: set[Way | None] = set()
        for one in self._next_slots(way):
            if one not in seen:
                seen.add(one)
                yield one

    def _next_slots(self, way: Way) -> Iterator[Way | None]:
        if way.stage < 0:
            yield from self._enter_stage(0, way)
            return
        slot = self.space.stages[way.stage].slots[way.slot]
        if way.times < slot.repeat[1]:
            yield way._replace(times=way.times + 1)
        if way.times >= slot.repeat[0]:
            yield from self._enter_slot(way._replace(slot=way.slot + 1, times=0, held=()))

    def _enter_slot(self, way: Way) -> Iterator[Way | None]:
        stage = self.space.stages[way.stage]
        if way.slot == len(stage.slots):
            if way.round < stage.repeat[1]:
                yield from self._enter_slot(way._replace(round=way.round + 1, slot=0))
            if way.round >= stage.repeat[0]:
                yield from self._enter_stage(way.stage + 1, way)
            return
        low, high = stage.slots[way.slot].repeat
        if high:
            yield way._replace(times=1)
        if low == 0:
            yield from self._enter_slot(way._replace(slot=way.slot + 1))

    def _enter_stage(self, stage: int, way: Way) -> Iterator[Way | None]:
        if stage == len(self.space.stages):
            yield None
            return
        low, high = self.space.stages[stage].repeat
        if low == 0:
            yield from self._enter_stage(stage + 1, way)
        if high:
            begun = Way(stage, 1, 0, 0, last=way.last, convolved=way.convolved)
            yield from self._enter_slot(begun)

    def after(self, way: Way, choice: Choice) -> Way | None:
        """`way` with the choice made; None where uniform or an order forbids it."""
        bounds = self.bound(way.stage, way.slot, (way.kept, way.held, way.last), choice.properties)
        if bounds is None:
            return None
        convolved = way.convolved or convolves(choice.items)
        return Way(*way[:4], *bounds, way.rest, convolved)

    def bound(self, stage: int, slot: int, bounds: Bounds, properties: Bound) -> Bounds | None:
        """What is bound after a choice of these properties; None where it is forbidden."""
        before, known, space = self.space.stages[stage], dict(properties), self.space
        kept = _bound(bounds[0], before.uniform, known)
        held = _bound(bounds[1], before.slots[slot].uniform, known)
        if kept is None or held is None:
            return None
        latest = dict(bounds[2])
        last = dict(latest)
        for names, sign in ((space.never_falls, 1), (space.never_grows, -1)):
            for name in names:
                if name not in known:
                    continue
                value = known[name]
                if name in latest and not _in_order(latest[name], value, sign, self.setting.axes):
                    return None
                last[name] = value
        return kept, held, tuple(sorted(last.items()))


def convolves(items: Stack) -> bool:
    """Whether a convolution stands among the items or inside one."""
    for item in items:
        if isinstance(item, Layer):
            if item.op in ("C", "T"):
                return True
        elif any(map(convolves, item.branches)):
            return True
    return False


def _bound(bound: Bound, uniform: tuple[str, ...], known: dict[str, Value]) -> Bound | None:
    """What is bound after a choice; None where it differs from what is bound already."""
    if not uniform:
        return bound
    values = dict(bound)
    for name in uniform:
        if name in known and values.setdefault(name, known[name]) != known[name]:
            return None
    return bound if len(values) == len(bound) else tuple(sorted(values.items()))


def _in_order(before: Value, value: Value, sign: int, axes: int) -> bool:
    """Whether `value` does not fall below (sign 1) or grow above (-1) `before`, on every axis."""
    if isinstance(before, str) or isinstance(value, str):
        raise UsageError(
            f"never_falls, never_grows: {before!r} and {value!r} have no order; numbers have"
        )
    if isinstance(before, int) and isinstance(value, int):
        return sign * (value - before) >= 0
    pairs = zip(spread(before, axes), spread(value, axes), strict=True)
    return all(sign * (b - a) >= 0 for a, b in pairs)
