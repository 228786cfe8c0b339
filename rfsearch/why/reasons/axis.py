"""Axis: a space and a query as one axis has them, which is all that the proofs look at.

The only place here that knows how the control of a space, or of a neighbourhood, is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import gcd
from typing import TYPE_CHECKING, Any, TypeVar, cast

from rfsearch.layers.layer import FINER, POOLS, Item, Layer, Stack, layers_in
from rfsearch.layers.recurrence import CEIL, EXACT, FLOOR, ROUNDINGS
from rfsearch.request.query import OPEN, Query, Range
from rfsearch.why.reasons.windows import Step, Window, steps_of, window_of

if TYPE_CHECKING:
    from rfsearch.space.edits.space import Neighbourhood
    from rfsearch.space.space import Space

MOST_ARCS = 200_000  # of a control that is followed; of larger ones nothing is claimed

Row = tuple[bool, frozenset[tuple[Step, int]]]  # may a stack end here; what leads to which row


# May a stack end here; ((what is added to the RF, total stride), the row behind it).
GrownRow = tuple[bool, frozenset[tuple[tuple[int, int], int]]]


_Step = TypeVar("_Step")


def extreme(
    rows: Sequence[tuple[bool, Iterable[tuple[_Step, int]]]],
    best: Callable[..., int],
    amount: Callable[[_Step, int], int | None],
) -> int | None:
    """The largest (`max`) or least (`min`) of what steps make of the amount behind them.

    `amount` gives None for a step that is shut out; None where no stack is left.
    """
    behind: list[int | None] = [None] * len(rows)
    for number in reversed(range(len(rows))):
        ends, arcs = rows[number]
        known = [0] if ends else []
        for step, to in arcs:
            there = behind[to]
            made = None if there is None else amount(step, there)
            if made is not None:
                known.append(made)
        behind[number] = best(known) if known else None
    return behind[0] if behind else None


@dataclass(frozen=True)
class Choices:
    """What the stacks of a space are made of on one axis, whatever is asked.

    rows        places in ascending order, the first the start; none where that is not known
    windows     of all layers that may stand somewhere
    is_chain    whether every stack is one window after another
    divisor     RF − 1 is a multiple of it
    ahead       RF − 1 is not below nor above these; None where rows say it, or nothing does
    has_pools   whether some layer may be a pool
    unit, depth the fewest and most layers, or steps where a step may be a block
    """

    rows: tuple[Row, ...]
    windows: frozenset[Window]
    is_chain: bool
    divisor: int
    ahead: tuple[int, int] | None
    unit: str
    has_pools: bool
    depth: tuple[int, int]

    @cached_property
    def _grown(self) -> dict[frozenset[int], tuple[GrownRow, ...]]:
        """The rows by RF alone, as they were asked for."""
        return {}

    def grown(self, allowed: frozenset[int]) -> tuple[GrownRow, ...]:
        """The rows of the layers of `allowed` strides, with what tells RFs apart alone."""
        if allowed not in self._grown:
            self._grown[allowed] = tuple(
                (ends, frozenset(_moves(arcs, allowed))) for ends, arcs in self.rows
            )
        return self._grown[allowed]

    def extreme(
        self, best: Callable[..., int], amount: Callable[[Step, int], int | None]
    ) -> int | None:
        """The largest (`max`) or least (`min`) of what steps make of the amount behind them."""
        return extreme(self.rows, best, amount)


@dataclass(frozen=True)
class Axis:
    """The choices, and what is asked: sizes of the inputs, ranges of RF and output size."""

    choices: Choices
    inputs: tuple[int, ...]
    target: Range
    output: Range | None
    is_exact: bool

    @property
    def windows(self) -> frozenset[Window]:
        """Those of all layers that may stand somewhere."""
        return self.choices.windows


def _moves(
    arcs: frozenset[tuple[Step, int]], allowed: frozenset[int]
) -> Iterator[tuple[tuple[int, int], int]]:
    for step, to in arcs:
        if all(window.stride in allowed for window in step.windows or ()):
            assert step.growth is not None
            yield (step.growth, step.stride), to


def axes_of(space: Any, query: Query) -> list[tuple[str, int, Axis]]:
    """Each axis that differs from those before it, with the words that name it, and its number."""
    targets = query.target_rf or (OPEN,) * space.axes
    outputs = query.output_size or (None,) * space.axes
    found = [
        Axis(
            choices,
            tuple(sorted({sizes[axis] for sizes in query.inputs})),
            targets[axis], outputs[axis], query.rounding == "exact",
        )
        for axis, choices in enumerate(_choices(space, query.rounding))
    ]  # fmt: skip
    if all(one == found[0] for one in found):
        return [("", 0, found[0])] if found else []
    return [(f"axis {number + 1}: ", number, one) for number, one in enumerate(found)]


def _choices(space: Any, rounding: str) -> tuple[Choices, ...]:
    """One for each axis; none where there is too much to follow."""
    key = ("axis choices", rounding)
    if key not in space.memo:
        make = _of_space if space.reference is None else _of_neighbourhood
        space.memo[key] = make(space, rounding)
    return cast("tuple[Choices, ...]", space.memo[key])


def _of_space(space: Space, rounding: str) -> tuple[Choices, ...]:
    code = ROUNDINGS[rounding]
    loops = space.slot is not None
    control = space._control(code == CEIL, loops)
    if sum(map(len, control.arcs)) > MOST_ARCS:
        return ()
    items = (item for arcs in control.arcs for item, _ in arcs)
    if any(map(_is_finer, (*items, *space.stem_stack))):
        return ()

    def step(stack: Stack, width: int) -> tuple[Step, ...] | None:
        return steps_of(stack, width, space.axes, code)

    rows = [
        {(made, to) for item, to in arcs if (made := step((item,), width)) is not None}
        for arcs, width in zip(control.arcs, control.width, strict=True)
    ]
    ends = list(control.accepts)
    if loops:
        every = {made for row in rows for made, _ in row}
        low, high = control.depth
        rows = [{(made, number + 1) for made in every} for number in range(high)] + [set()]
        ends = [low <= number for number in range(high + 1)]
    ends[0] = ends[0] and bool(space.stem)  # an empty stack is none
    if space.stem:
        rows = [{(made, to + 1) for made, to in row} for row in rows]
        stem = step(space.stem_stack, space.input_channels)
        rows = [{(stem, 1)} if stem is not None else set(), *rows]
        ends = [False, *ends]
    return tuple(_on_axis(rows, ends, axis) for axis in range(space.axes))


def _is_finer(item: Item) -> bool:
    """Whether a transposed or resized layer stands in it, which the proofs leave aside."""
    return any(layer.op in FINER for layer in layers_in((item,)))


def _on_axis(rows: list[set[tuple[tuple[Step, ...], int]]], ends: list[bool], axis: int) -> Choices:
    mine = tuple(
        (end, frozenset((made[axis], to) for made, to in row))
        for row, end in zip(rows, ends, strict=True)
    )
    steps = {step for _, row in mine for step, _ in row}
    is_chain = all(step.windows is not None for step in steps)
    windows = frozenset(window for step in steps for window in step.windows or ())
    growths = [w.growth for w in windows] if is_chain else [step.growth for step in steps]
    made = Choices(
        mine, windows, is_chain, 1 if None in growths else gcd(*growths), None,
        "layer" if is_chain else "step", any(step.has_pool for step in steps), (0, 0),
    )  # fmt: skip

    def layers(step: Step, behind: int) -> int:
        return behind + (1 if step.windows is None or not is_chain else len(step.windows))

    return replace(made, depth=(made.extreme(min, layers) or 0, made.extreme(max, layers) or 0))


def _of_neighbourhood(space: Neighbourhood, rounding: str) -> tuple[Choices, ...]:
    from rfsearch.automaton.edits.plan import BRANCHED, plan_for
    from rfsearch.space.edits.context import CHANGEABLE
    from rfsearch.space.edits.word import END

    code = ROUNDINGS[rounding]
    signs = space._control(code == CEIL).used
    layers = [sign for sign in signs if isinstance(sign, Layer)]
    brackets = [sign for sign in signs if not isinstance(sign, Layer) and sign.kind != END]
    if not layers:
        return ()
    plan = plan_for(space, rounding)
    # Ends of a box are told by padding too where branches meet, or a skip sees further.
    boxed = (plan.wide and bool(brackets)) or any(one.join in BRANCHED for one in brackets)
    is_chain = not brackets and all(one.op != "SUB" for one in layers)
    found = []
    for axis in range(space.axes):
        windows = frozenset(
            window_of(one, axis, space.axes, _mode(one, code), one.op in POOLS)
            for one in layers
            if one.op in CHANGEABLE
        )
        numbers = [w.growth for w in windows]
        if boxed:
            numbers += [1 if w.before is None else w.before for w in windows]
        here = plan.ahead[plan.first[1] : plan.first[2], :, axis]
        low, high = int(here[:, 0].min()), int(here[:, 1].max())
        ahead = None if plan.wide else (low, high)
        pools = any(window.is_pool for window in windows)
        depth = (0, space.most_layers)
        found.append(Choices((), windows, is_chain, gcd(*numbers), ahead, "layer", pools, depth))
    return tuple(found)


def _mode(layer: Layer, code: int) -> int:
    if layer.op in POOLS and layer.ceil:
        return CEIL
    return EXACT if code == EXACT else FLOOR
