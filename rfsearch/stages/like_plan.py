"""Plan of a neighbourhood: the places of its control with their links, inputs and ends included.

Signs that only one sign can follow are one link with it: the last change that is allowed leads to
the end at once.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from functools import cached_property

from rfsearch.layer import ADD, CONCAT, Layer
from rfsearch.recurrence import window_growth
from rfsearch.stages.choices import spread
from rfsearch.stages.like_context import CHANGEABLE, Context
from rfsearch.stages.like_control import LikeControl
from rfsearch.stages.like_word import THE_END, Sign, sign_text
from rfsearch.stages.spots import BODY, Link

BRANCHED = (CONCAT, ADD)
Grown = tuple[int, ...]  # growth of the RF on each axis


@dataclass(frozen=True, eq=False)
class Chain:
    """A sign, the context before it, and what follows it in the same link.

    Chains with one sign and one context have one number `step`.
    """

    number: int
    step: int
    sign: Sign
    context: Context
    rest: Chain | None = None

    @cached_property
    def text(self) -> str:
        """The signs as they are printed behind others."""
        first = sign_text(self.sign, self.context.fresh)
        return first + (self.rest.text if self.rest is not None else "")


@dataclass(frozen=True, eq=False, kw_only=True)
class LikeLink(Link):
    """A link of a neighbourhood; `changes` where it ends a network, else 0.

    ahead   the least and the most that the RF grows by it and behind it, at a jump of 1 and on
            each axis; in branches nothing, or all of them together
    """

    chain: Chain
    changes: int
    head: str
    ahead: tuple[Grown, Grown]

    @property
    def text(self) -> str:
        """What it adds to the printed stack."""
        return self.chain.text + self.head


@dataclass(frozen=True, eq=False)
class LikePlan:
    """Place 0 is before the input, 1 the control's start; the last ones are ends, by changes.

    links [places], contexts [places] (None of place 0 and of ends); ends {changes: place}.
    `wide`: some window begins behind the end of its own field, so that a skip can see further
    than its main path.
    """

    contexts: list[Context | None]
    links: list[list[LikeLink]]
    ends: dict[int, int]
    wide: bool


def plan_of(control: LikeControl, axes: int, head: str) -> LikePlan:
    """Links of a control that has words; `head` is printed at the end."""
    return _Planner(control, axes, head).plan()


@dataclass(eq=False)
class _Planner:
    control: LikeControl
    axes: int
    head: str
    chains: int = 0
    steps: dict[tuple[Sign, Context], int] = field(default_factory=dict)
    tails: dict[int, tuple[Chain, int, int]] = field(default_factory=dict)
    ahead: list[list[tuple[Grown, Grown]]] = field(default_factory=list)

    def plan(self) -> LikePlan:
        places = self.control.places
        self._look_ahead()
        made: dict[int, list[tuple[Chain, int, int]]] = {}
        waiting = [len(places) - 1]
        while waiting:
            number = waiting.pop()
            if number not in made:
                made[number] = [self._link(number, arc) for arc in range(len(places[number].arcs))]
                waiting.extend(to for _, to, _ in made[number] if to >= 0)
        kept = sorted(made, reverse=True)  # arcs lead to lower numbers, links to higher places
        place_of = {number: 1 + i for i, number in enumerate(kept)}
        changes = sorted({place.changes for place in places if place.changes >= 0})
        ends = {number: 1 + len(kept) + i for i, number in enumerate(changes)}

        def link(number: int, arc: int) -> LikeLink:
            chain, to, end = made[number][arc]
            at = place_of[to] if to >= 0 else ends[end]
            head = self.head if end >= 0 else ""
            ahead = self.ahead[number][arc]
            return LikeLink(
                kind=BODY, stack=(), to=at, chain=chain, changes=max(end, 0), head=head, ahead=ahead
            )

        links: list[list[LikeLink]] = [[]]
        links += [[link(number, arc) for arc in range(len(made[number]))] for number in kept]
        links += [[] for _ in ends]
        return LikePlan(
            [None, *(places[number].context for number in kept), *(None for _ in ends)],
            links,
            ends,
            any(_is_wide(sign, self.axes) for place in places for sign, _ in place.arcs),
        )

    def _link(self, number: int, arc: int) -> tuple[Chain, int, int]:
        """(signs, place behind, changes at an end or -1) of an arc; an end leads to -1."""
        place = self.control.places[number]
        sign, to = place.arcs[arc]
        rest: Chain | None = None
        end = place.changes if sign == THE_END else -1
        if to >= 0 and len(self.control.places[to].arcs) == 1:
            if to not in self.tails:
                self.tails[to] = self._link(to, 0)
            rest, to, end = self.tails[to]
        self.chains += 1
        step = self.steps.setdefault((sign, place.context), len(self.steps))
        return Chain(self.chains - 1, step, sign, place.context, rest), to, end

    def _look_ahead(self) -> None:
        """Fill `ahead`, for every arc of every place of the control."""
        none = (0,) * self.axes
        least: list[Grown] = []
        most: list[Grown] = []
        for place in self.control.places:
            here = []
            for sign, to in place.arcs:
                low, high = (least[to], most[to]) if to >= 0 else (none, none)
                if isinstance(sign, Layer):
                    low = self._before(sign, place.context, low, False)
                    high = self._before(sign, place.context, high, True)
                here.append((low, high))
            self.ahead.append(here)
            least.append(tuple(map(min, zip(*(low for low, _ in here), strict=True))))
            most.append(tuple(map(max, zip(*(high for _, high in here), strict=True))))

    def _before(self, layer: Layer, context: Context, then: Grown, most: bool) -> Grown:
        """Growth by a layer and behind it, from that behind it."""
        branched = [] if most else [one for one in context.opened if one.join in BRANCHED]
        if any(one.left for one in branched):
            return then
        strides = spread(layer.kernel if layer.op == "SUB" else layer.stride, self.axes)
        growths = (0,) * self.axes
        if not branched and layer.op in CHANGEABLE:
            kernels, dilations = spread(layer.kernel, self.axes), spread(layer.dilation, self.axes)
            growths = tuple(map(window_growth, kernels, dilations))
        return tuple(g + s * t for g, s, t in zip(growths, strides, then, strict=True))


def _is_wide(sign: Sign, axes: int) -> bool:
    """Whether a layer is padded before its input by more than its window grows, on some axis."""
    if not isinstance(sign, Layer) or isinstance(sign.padding, str):
        return False
    pairs = sign.padding if isinstance(sign.padding, tuple) else ((sign.padding,) * 2,)
    kernels, dilations = spread(sign.kernel, axes), spread(sign.dilation, axes)
    befores = [before for before, _ in (pairs if len(pairs) > 1 else pairs * axes)]
    return any(map(operator.gt, befores, map(window_growth, kernels, dilations)))
