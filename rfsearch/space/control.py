"""Control: what may follow what in a staged space, as a minimal automaton of items.

Two ways to derive one stack must count once, so the ways are followed together (the subset
construction) and places from which the same may follow are merged. An arc is one item of the
notation; places ascend along arcs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from rfsearch.errors import LimitError, UsageError
from rfsearch.layers.anatomy import Flow, flow_after, width_after
from rfsearch.layers.aside import puts_aside, strays
from rfsearch.layers.layer import Item, Layer, Order, Stack, spread
from rfsearch.layers.notation.format import format_item
from rfsearch.space.choices import BlockSlot, Choice, LayerSlot, Setting, Value

if TYPE_CHECKING:
    from rfsearch.space.space import Space

MOST_ARCS = 1 << 20

Bound = tuple[tuple[str, Value], ...]


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


@dataclass(frozen=True, eq=False)
class Control:
    """Places (C) with their arcs; place 0 is the start. Without loops places ascend along arcs.

    width [C]       channels at a place
    aside [C]       channels of the sum of what is put aside so far; 0 where nothing is
    accepts [C]     whether the body may end there
    arcs [C]        (item, next place) in the order of stacks
    stacks          how many stacks there are, an empty one left out unless there is a stem
    steps           of the longest stack
    loops           whether arcs may lead back; then `depth` says how many of them a stack takes
    """

    width: tuple[int, ...]
    aside: tuple[int, ...]
    accepts: tuple[bool, ...]
    arcs: tuple[tuple[tuple[Item, int], ...], ...]
    stacks: int
    steps: int
    input_channels: int
    loops: bool = False
    depth: tuple[int, int] = (1, 1)


def control_of(space: Space, setting: Setting) -> Control:
    """The minimal control of a space. Raises LimitError beyond 2^20 arcs."""
    width = width_after(space.stem_stack, space.input_channels, space.axes)
    if width is None:
        raise UsageError("stem: its widths do not fit together")
    return _Builder(space, setting).build(width)


def looped_control(space: Space, setting: Setting) -> Control:
    """The control of a space that is one slot, with loops: a place is what flows there.

    That is the width, whether a convolution came before, as widths may follow from that, and where
    rules of turns stand.
    Raises LimitError beyond 2^20 arcs.
    """
    assert space.slot is not None
    kind, depth = space.slot
    start = (space.input_channels, False, kind.turn(0))
    places = {start: 0}
    waiting = [start]
    rows: list[tuple[tuple[Item, int], ...]] = []
    count = 0
    numbers = {start[2]: 0}  # a turn at which the rules stand so
    for width, convolved, turn in waiting:
        row = []
        number = numbers[turn] + 1
        then = kind.turn(number)
        numbers.setdefault(then, number)
        for choice in kind.at_turn(number - 1).choices(width, setting, convolved):
            to = (choice.width, convolved or _convolves(choice.items), then)
            if to not in places:
                places[to] = len(places)
                waiting.append(to)
            row.append((choice.items[0], places[to]))
        count += len(row)
        if count > MOST_ARCS:
            raise LimitError(
                f"more than {MOST_ARCS} choices of a layer at all widths together; give fewer "
                "widths, kernels, paddings or dilations"
            )
        rows.append(tuple(row))
    return Control(
        width=tuple(width for width, _, _ in places), aside=(0,) * len(places),
        accepts=(True,) * len(places),
        arcs=tuple(rows), stacks=_walks(rows, depth), steps=depth[1],
        input_channels=space.input_channels, loops=True, depth=depth,
    )  # fmt: skip


def _walks(rows: list[tuple[tuple[Item, int], ...]], depth: tuple[int, int]) -> int:
    """How many walks of so many arcs begin at place 0; arcs of one place have distinct items."""
    pairs = [Counter(to for _, to in row) for row in rows]
    ways, total = [1] * len(rows), 0
    for taken in range(1, depth[1] + 1):
        ways = [sum(number * ways[to] for to, number in row.items()) for row in pairs]
        if taken >= depth[0]:
            total += ways[0]
    return total


class Rules:
    """The grammar of a space: which choices may follow a way. Shared with membership."""

    def __init__(self, space: Space, setting: Setting) -> None:
        self.space = space
        self.setting = setting
        self._choices: dict[tuple[Any, ...], tuple[Choice, ...]] = {}

    def begin(self) -> Way:
        """The way before any choice."""
        return Way(-1, 0, 0, 0, convolved=_convolves(self.space.stem_stack))

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
        known = dict(choice.properties)
        return self.chosen(way, known, _convolves(choice.items), way.rest)

    def chosen(self, way: Way, known: dict[str, Value], convolves: bool, rest: Stack) -> Way | None:
        """The same with a choice of so many properties; `rest` of it is still to come."""
        stage, space = self.space.stages[way.stage], self.space
        kept = _bound(way.kept, stage.uniform, known)
        held = _bound(way.held, stage.slots[way.slot].uniform, known)
        if kept is None or held is None:
            return None
        last = way.last
        for names, sign in ((space.never_falls, 1), (space.never_grows, -1)):
            for name in names:
                if name not in known:
                    continue
                value, before = known[name], dict(way.last)
                if name in before and not _in_order(before[name], value, sign, self.setting.axes):
                    return None
                if before.get(name) != value:
                    last = tuple(sorted({**dict(last), name: value}.items()))
        convolved = way.convolved or convolves
        return Way(way.stage, way.round, way.slot, way.times, kept, held, last, rest, convolved)


_Behind = tuple[tuple[int, ...], frozenset[int]]  # items, and the way behind them
_Next = tuple[int, int, int, int, bool, bool]  # the first of a way, whether what is bound is kept
_KEPT: Bound = (("", 0),)
_HELD: Bound = (("", 1),)


class _Looks(NamedTuple):
    """Choices that the grammar does not tell apart, and the first items of all.

    What is asked of their properties, whether they convolve, what follows their first item.
    """

    known: dict[str, Value]
    convolves: bool
    rest: Stack
    items: tuple[int, ...]


class _Builder(Rules):
    """Items and ways have small numbers here, which are compared thousands of times each."""

    def __init__(self, space: Space, setting: Setting) -> None:
        super().__init__(space, setting)
        self.signature: dict[tuple[Any, ...], int] = {}
        self.made: list[tuple[Flow, bool, tuple[tuple[int, int], ...], int]] = []
        self.number: dict[tuple[frozenset[int], Flow], int] = {}
        self.arcs = 0
        self.items: list[Item] = []
        self.order: list[Order] = []
        self.ways: list[Way] = []
        self._item_number: dict[Item, int] = {}
        self._way_number: dict[Way, int] = {}
        self._looks: dict[tuple[Any, ...], list[_Looks]] = {}
        self._sorted: dict[tuple[int, ...], list[int]] = {}
        self._followed: dict[tuple[int, int], tuple[bool, list[_Behind]]] = {}
        self._flows: dict[Flow, dict[int, Flow | None]] = {}
        self._next: dict[tuple[int, ...], list[_Next | None]] = {}

    def build(self, width: int) -> Control:
        start = self._place(frozenset((self._way(self.begin()),)), (width, 0), 0)
        # Places were made from the end on, so that turning them round makes arcs ascend.
        last = len(self.made) - 1
        order = range(last, -1, -1)
        if start != last:  # only where the start can no more end than some place before it
            return Control((width,), (0,), (False,), ((),), 0, 0, self.space.input_channels)
        stacks = self._stacks()
        return Control(
            width=tuple(self.made[i][0][0] for i in order),
            aside=tuple(self.made[i][0][1] for i in order),
            accepts=tuple(self.made[i][1] for i in order),
            arcs=tuple(
                tuple((self.items[item], last - to) for item, to in self.made[i][2]) for i in order
            ),
            stacks=stacks[last] - (self.made[last][1] and not self.space.stem),
            steps=self.made[last][3],
            input_channels=self.space.input_channels,
        )

    def _stacks(self) -> list[int]:
        stacks: list[int] = []
        for _, accepts, arcs, _ in self.made:
            stacks.append(accepts + sum(stacks[to] for _, to in arcs))
        return stacks

    def _item(self, item: Item) -> int:
        number = self._item_number.get(item)
        if number is None:
            number = self._item_number[item] = len(self.items)
            self.items.append(item)
            self.order.append(item.order)
        return number

    def _way(self, way: Way) -> int:
        number = self._way_number.setdefault(way, len(self.ways))
        if number == len(self.ways):
            self.ways.append(way)
        return number

    def _after(self, item: int, flow: Flow) -> Flow | None:
        flows = self._flows.setdefault(flow, {})
        if item not in flows:
            one, axes = self.items[item], self.space.axes
            if (flow[1] or puts_aside(one)) and strays(one, axes):
                raise UsageError(
                    f"stage: {format_item(one)}: from the first A(…) to SUM every layer keeps its "
                    "size and reads the position it stands at: stride 1, paddings of d(k-1) in all"
                )
            flows[item] = flow_after((one,), flow, axes)
        return flows[item]

    def _place(self, ways: frozenset[int], flow: Flow, depth: int) -> int:
        """The number of the place where exactly these ways lead, which is not made yet."""
        from rfsearch.space.space import MOST_STEPS

        if depth > MOST_STEPS:
            raise UsageError(
                f"stage: stacks of more than {MOST_STEPS} steps; a step is a layer or a block: "
                "repeat less, or put layers into blocks"
            )
        accepts, options = self._options(ways, flow[0])
        accepts = accepts and not flow[1]  # what is put aside is collected
        afters = {item: self._after(item, flow) for item in options}
        # Counted before any is followed, so that too many are refused within seconds.
        self.arcs += len(afters) - list(afters.values()).count(None)
        if self.arcs > MOST_ARCS:
            raise LimitError(
                f"stage: more than {MOST_ARCS} choices at all places together; give fewer "
                "widths, kernels or holes, or let fewer repeat"
            )
        arcs = []
        for item in self._in_order(tuple(options)):
            after = afters[item]
            if after is None:
                continue
            to = self.number.get((options[item], after))
            if to is None:
                to = self._place(options[item], after, depth + 1)
            if self.made[to][1] or self.made[to][2]:  # somewhere that can end
                arcs.append((item, to))
        steps = max((self.made[to][3] + 1 for _, to in arcs), default=0)
        sign = (flow, accepts, tuple(arcs))
        number = self.signature.get(sign)
        if number is None:
            number = self.signature[sign] = len(self.made)
            self.made.append((flow, accepts, tuple(arcs), steps))
        self.number[ways, flow] = number
        return number

    def _in_order(self, items: tuple[int, ...]) -> list[int]:
        """Items in the order of stacks; many places have the same."""
        if items not in self._sorted:
            self._sorted[items] = sorted(items, key=self.order.__getitem__)
        return self._sorted[items]

    def _options(self, ways: frozenset[int], width: int) -> tuple[bool, dict[int, frozenset[int]]]:
        """(whether all may end, the ways behind each item)."""
        accepts = False
        options: dict[int, frozenset[int]] = {}
        for way in ways:
            key = (way, width)
            if key not in self._followed:
                self._followed[key] = self._followed_by(self.ways[way], width)
            ends, behind = self._followed[key]
            accepts |= ends
            for items, one in behind:
                for item in items:
                    have = options.get(item)
                    options[item] = one if have is None else have | one
        return accepts, options

    def _followed_by(self, way: Way, width: int) -> tuple[bool, list[_Behind]]:
        """(whether all may end, items with the way behind them) of one way."""
        if way.rest:
            then = self._way(way._replace(rest=way.rest[1:]))
            return False, [((self._item(way.rest[0]),), frozenset((then,)))]
        accepts, behind = False, []
        for at in self._next_of(way):
            if at is None:
                accepts = True
                continue
            for known, convolves, rest, items in self._looks_of(at, width):
                made = self.chosen(at, known, convolves, rest)
                if made is not None:
                    behind.append((items, frozenset((self._way(made),))))
        return accepts, behind

    def _next_of(self, way: Way) -> list[Way | None]:
        """As next_slots, worked out once for all ways that have come equally far."""
        key = way[:4]
        if key not in self._next:
            # What is bound is kept or let go; names of no property show which.
            marked = Way(*key, kept=_KEPT, held=_HELD)
            self._next[key] = [
                None if one is None else (*one[:4], one.kept == _KEPT, one.held == _HELD)
                for one in self.next_slots(marked)
            ]
        return [
            None
            if one is None
            else Way(
                *one[:4], way.kept if one[4] else (), way.held if one[5] else (), way.last,
                (), way.convolved,
            )
            for one in self._next[key]
        ]  # fmt: skip

    def _looks_of(self, way: Way, width: int) -> list[_Looks]:
        """The choices of a slot, those together behind which the same way stands."""
        key = self._sign(way, width)
        if key not in self._looks:
            stage = self.space.stages[way.stage]
            asked = {*stage.uniform, *stage.slots[way.slot].uniform}
            asked |= {*self.space.never_falls, *self.space.never_grows}
            alike: dict[tuple[Bound, bool, Stack], list[Item]] = {}
            for items, properties, _ in self.choices(way, width):
                known = tuple([pair for pair in properties if pair[0] in asked]) if asked else ()
                alike.setdefault((known, _convolves(items), items[1:]), []).append(items[0])
            self._looks[key] = [
                _Looks(dict(known), convolves, rest, tuple(map(self._item, items)))
                for (known, convolves, rest), items in alike.items()
            ]
        return self._looks[key]


def _convolves(items: Stack) -> bool:
    """Whether a convolution stands among the items or inside one."""
    for item in items:
        if isinstance(item, Layer):
            if item.op in ("C", "T"):
                return True
        elif any(map(_convolves, item.branches)):
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
