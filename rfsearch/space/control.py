"""Control: what may follow what in a staged space, as a minimal automaton of items.

Two ways to derive one stack must count once, so the ways are followed together (the subset
construction) and places from which the same may follow are merged. An arc is one item of the
notation; places ascend along arcs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from rfsearch.errors import LimitError, UsageError
from rfsearch.layers.anatomy import Flow, flow_after, width_after
from rfsearch.layers.aside import puts_aside, strays
from rfsearch.layers.layer import Item, Order, Stack
from rfsearch.layers.notation.format import format_item
from rfsearch.space.choices import Setting
from rfsearch.space.rules import Bound, Bounds, Rules, Way, convolves

if TYPE_CHECKING:
    from rfsearch.space.space import Space

MOST_ARCS = 1 << 20


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
            to = (choice.width, convolved or convolves(choice.items), then)
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


_Way = tuple[int, int, int, int, int, int, bool]  # as a Way, numbers for what is bound and to come
_Next = tuple[int, int, int, int, bool, bool]  # the first of a way, whether what is bound is kept
_Behind = tuple[tuple[int, ...], int]  # items, and the way behind them


class _Looks(NamedTuple):
    """Choices that the grammar does not tell apart, and the first items of all.

    Numbers of what is asked of their properties and of what follows their first item; whether they
    convolve.
    """

    properties: int
    convolves: bool
    rest: int
    items: tuple[int, ...]


_Value = TypeVar("_Value", bound=Hashable)


class _Numbered(Generic[_Value]):
    """Values that are compared thousands of times each, by small numbers."""

    def __init__(self) -> None:
        self.all: list[_Value] = []
        self._known: dict[_Value, int] = {}

    def of(self, value: _Value) -> int:
        """The number of a value."""
        number = self._known.get(value)
        if number is None:
            number = self._known[value] = len(self.all)
            self.all.append(value)
        return number


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
        self.asides: list[bool] = []  # whether an item puts something aside
        self.ways: list[_Way] = []
        self._item_number: dict[Item, int] = {}
        self._way_number: dict[_Way, int] = {}
        self._alone: list[frozenset[int]] = []  # each way as a set
        self._bounds: _Numbered[Bounds] = _Numbered()
        self._properties: _Numbered[Bound] = _Numbered()
        self._rests: _Numbered[Stack] = _Numbered()
        self._looks: dict[tuple[Any, ...], list[_Looks]] = {}
        self._looks_at: dict[tuple[_Next, int, bool], list[_Looks]] = {}
        self._sorted: dict[tuple[int, ...], list[int]] = {}
        self._followed: dict[tuple[int, int], tuple[bool, list[_Behind]]] = {}
        self._flows: dict[Flow, dict[int, Flow | None]] = {}
        self._next: dict[tuple[int, ...], list[_Next | None]] = {}
        self._bound_after: dict[tuple[int, ...], int | None] = {}

    def build(self, width: int) -> Control:
        first = self.begin()
        nothing, none = self._bounds.of(((), (), ())), self._rests.of(())
        way = self._way((*first[:4], nothing, none, first.convolved))
        start = self._place(self._alone[way], (width, 0), 0)
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
            self.asides.append(puts_aside(item))
        return number

    def _way(self, way: _Way) -> int:
        number = self._way_number.get(way)
        if number is None:
            number = self._way_number[way] = len(self.ways)
            self.ways.append(way)
            self._alone.append(frozenset((number,)))
        return number

    def _after(self, item: int, flow: Flow) -> Flow | None:
        flows = self._flows.setdefault(flow, {})
        if item not in flows:
            one, axes = self.items[item], self.space.axes
            if (flow[1] or self.asides[item]) and strays(one, axes):
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
            for items, then in behind:
                one = self._alone[then]
                for item in items:
                    have = options.get(item)
                    options[item] = one if have is None else have | one
        return accepts, options

    def _followed_by(self, way: _Way, width: int) -> tuple[bool, list[_Behind]]:
        """(whether all may end, items with the way behind them) of one way."""
        here, (bounds, rest, convolved) = way[:4], way[4:]
        if items := self._rests.all[rest]:
            then = self._way((*here, bounds, self._rests.of(items[1:]), convolved))
            return False, [((self._item(items[0]),), then)]
        accepts, behind = False, []
        for at in self._next_of(here):
            if at is None:
                accepts = True
                continue
            for properties, does, rest, of_look in self._looks_of(at, width, convolved):
                bound = self._bound_by(at, bounds, properties)
                if bound is not None:
                    then = self._way((*at[:4], bound, rest, convolved or does))
                    behind.append((of_look, then))
        return accepts, behind

    def _next_of(self, here: tuple[int, int, int, int]) -> list[_Next | None]:
        """Where the next choice may be made, the same for all ways that have come equally far."""
        if here not in self._next:
            # What is bound stays or is let go; names of no property show which.
            marked = Way(*here, kept=(("", 0),), held=(("", 0),))
            self._next[here] = [
                None if one is None else (*one[:4], one.kept != (), one.held != ())
                for one in self.next_slots(marked)
            ]
        return self._next[here]

    def _bound_by(self, at: _Next, before: int, properties: int) -> int | None:
        """What is bound behind a choice: of what was before, and its properties."""
        stage, _, slot, _, keeps, holds = at
        key = (stage, slot, keeps, holds, before, properties)
        if key not in self._bound_after:
            kept, held, last = self._bounds.all[before]
            bounds = (kept if keeps else (), held if holds else (), last)
            made = self.bound(stage, slot, bounds, self._properties.all[properties])
            self._bound_after[key] = None if made is None else self._bounds.of(made)
        return self._bound_after[key]

    def _looks_of(self, at: _Next, width: int, convolved: bool) -> list[_Looks]:
        """The choices of a slot, those together behind which the same way stands."""
        here = (at, width, convolved)
        if here not in self._looks_at:
            self._looks_at[here] = self._looks_by(Way(*at[:4], convolved=convolved), width)
        return self._looks_at[here]

    def _looks_by(self, way: Way, width: int) -> list[_Looks]:
        """The same, which are those of other ways, too."""
        key = self._sign(way, width)
        if key not in self._looks:
            stage = self.space.stages[way.stage]
            asked = {*stage.uniform, *stage.slots[way.slot].uniform}
            asked |= {*self.space.never_falls, *self.space.never_grows}
            alike: dict[tuple[Bound, bool, Stack], list[Item]] = {}
            for items, properties, _ in self.choices(way, width):
                known = tuple([pair for pair in properties if pair[0] in asked]) if asked else ()
                alike.setdefault((known, convolves(items), items[1:]), []).append(items[0])
            self._looks[key] = [
                _Looks(
                    self._properties.of(known), does, self._rests.of(rest),
                    tuple(map(self._item, firsts)),
                )
                for (known, does, rest), firsts in alike.items()
            ]  # fmt: skip
        return self._looks[key]
