"""Plan of a neighbourhood: places and links, as few steps from one end to the other as may be.

Signs that only one sign can follow are one link with it: the last change that is allowed leads to
the end at once. Brackets and layers that stay are one link with what stands before them.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from rfsearch.automaton.plan import BODY, Link
from rfsearch.errors import UsageError
from rfsearch.layers.layer import ADD, CONCAT, Layer, spread, with_head
from rfsearch.layers.notation.format import format_stack
from rfsearch.layers.recurrence import CEIL, ROUNDINGS, window_growth
from rfsearch.space.edits.context import CHANGEABLE, Context
from rfsearch.space.edits.control import LikeControl, Place
from rfsearch.space.edits.reference import is_changeable
from rfsearch.space.edits.word import Sign, sign_text
from rfsearch.space.space import MOST_STEPS

if TYPE_CHECKING:
    from rfsearch.space.edits.space import Neighbourhood

BRANCHED = (CONCAT, ADD)
SPARSEST = 4
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
    """Place 0 is before the input, 1 the start; the last ones are ends, by changes.

    links [places], widths [places] (0 of place 0 and of ends); ends {changes: place}.
    `wide`: some window begins behind the end of its own field, so that a skip can see further
    than its main path.
    """

    widths: list[int]
    links: list[list[LikeLink]]
    ends: dict[int, int]
    wide: bool


def plan_for(space: Neighbourhood, rounding: str) -> LikePlan:
    """The places that a search of a neighbourhood goes through; made once for each rounding."""
    ceil = ROUNDINGS[rounding] == CEIL
    known = space.__dict__.setdefault("_plans", {})
    if ceil not in known:
        head = format_stack(with_head((), space.mine.head))
        known[ceil] = plan_of(space.control(ceil), space.axes, head and "-" + head)
    return known[ceil]  # type: ignore[no-any-return]


def plan_of(control: LikeControl, axes: int, head: str) -> LikePlan:
    """Links of a control that has words; `head` is printed at the end.

    Raises UsageError where a network takes too many steps.
    """
    for every in range(1, SPARSEST + 1):
        planner = _Planner(control, axes, head, every)
        if planner.longest <= MOST_STEPS:
            return planner.plan()
    raise UsageError(
        f"like: its networks are {planner.longest} steps long; at most {MOST_STEPS}: hold the "
        "beginning with stem, or the end with head"
    )


class _Way(NamedTuple):
    """How a link goes on behind its first sign: more signs, if any, then a node or an end."""

    chain: Chain | None
    node: int  # -1: an end
    changes: int
    ahead: tuple[Grown, Grown]
    steps: int


class _Planner:
    """Nodes are parts of the control's places, made from the ends on.

    A link is a sign of a place and the ways that go on behind it. Behind a sign one way leads to
    each run of the links of the place there; links that begin with a bracket, a layer that stays,
    or the end go on at once, and so do single ones. `every`: where networks are long, so do those
    that leave mine as it is, but for every so-manieth layer. Parts stand in the order of links.
    """

    def __init__(self, control: LikeControl, axes: int, head: str, every: int) -> None:
        self.control, self.axes, self.head, self.every = control, axes, head, every
        self.chains = 0
        self.steps: dict[tuple[Sign, Context], int] = {}
        self.nodes: list[tuple[int, list[_Way]]] = []  # width, links
        self.ways: list[list[_Way]] = []  # of each place of the control
        self.shapes: dict[Layer, tuple[Grown, Grown]] = {}
        self.none = (0,) * axes
        fewest: list[int] = []
        layers: list[int] = []
        for number, place in enumerate(control.places):
            links = self._links(place)
            reached = [place.changes if to < 0 else fewest[to] for _, to in place.arcs]
            fewest.append(min(reached))
            layers.append(
                max(is_changeable(sign) + layers[to] if to >= 0 else 0 for sign, to in place.arcs)
            )
            last = number == len(control.places) - 1
            if last:
                self.start = self._node(place, [way for some in links for way in some])
                break
            sparse = layers[number] % every != 0
            onward = [
                len(place.arcs) == 1
                or not is_changeable(sign)
                or (sparse and to >= 0 and fewest[to] == fewest[number])
                for sign, to in place.arcs
            ]
            self.ways.append(self._parts(place, links, onward))
        self.longest = 2 + max(way.steps for way in self.nodes[self.start][1])

    def plan(self) -> LikePlan:
        count = len(self.nodes)
        changes = sorted({place.changes for place in self.control.places if place.changes >= 0})
        ends = {number: 1 + count + i for i, number in enumerate(changes)}
        links: list[list[LikeLink]] = [[]]
        for _, ways in reversed(self.nodes):
            links.append([self._finished(way, count, ends) for way in ways])
        links += [[] for _ in ends]
        widths = [0, *(width for width, _ in reversed(self.nodes)), *(0 for _ in ends)]
        signs = {sign for place in self.control.places for sign, _ in place.arcs}
        return LikePlan(widths, links, ends, any(_is_wide(sign, self.axes) for sign in signs))

    def _finished(self, way: _Way, count: int, ends: dict[int, int]) -> LikeLink:
        assert way.chain is not None
        ended = way.node < 0
        return LikeLink(
            kind=BODY,
            stack=(),
            to=ends[way.changes] if ended else count - way.node,
            chain=way.chain,
            changes=way.changes if ended else 0,
            head=self.head if ended else "",
            ahead=way.ahead,
        )

    def _links(self, place: Place) -> list[list[_Way]]:
        """For each sign that may follow, the links that begin with it."""
        found = []
        for sign, to in place.arcs:
            step = self.steps.setdefault((sign, place.context), len(self.steps))
            ended = _Way(None, -1, place.changes, (self.none, self.none), 0)
            behind = self.ways[to] if to >= 0 else [ended]
            links = []
            for way in behind:
                chain = Chain(self.chains, step, sign, place.context, way.chain)
                self.chains += 1
                ahead = self._ahead(sign, place.context, way.ahead)
                links.append(_Way(chain, way.node, way.changes, ahead, way.steps))
            found.append(links)
        return found

    def _parts(self, place: Place, links: list[list[_Way]], onward: list[bool]) -> list[_Way]:
        """The ways behind a sign that leads to a place."""
        ways: list[_Way] = []
        for going, some in groupby(zip(onward, links, strict=True), key=lambda pair: pair[0]):
            here = [way for _, ones in some for way in ones]
            if going:
                ways.extend(here)
            else:
                node = self._node(place, here)
                low, high = zip(*(way.ahead for way in here), strict=True)
                ahead = (
                    tuple(map(min, zip(*low, strict=True))),
                    tuple(map(max, zip(*high, strict=True))),
                )
                ways.append(_Way(None, node, 0, ahead, 1 + max(way.steps for way in here)))
        return ways

    def _node(self, place: Place, ways: list[_Way]) -> int:
        self.nodes.append((place.context.width, ways))
        return len(self.nodes) - 1

    def _ahead(
        self, sign: Sign, context: Context, behind: tuple[Grown, Grown]
    ) -> tuple[Grown, Grown]:
        """Bounds of the growth by a sign and behind it, from those behind it."""
        if not isinstance(sign, Layer):
            return behind
        if sign not in self.shapes:
            self.shapes[sign] = _shape(sign, self.axes)
        strides, growths = self.shapes[sign]
        low, high = behind
        branched = [one for one in context.opened if one.join in BRANCHED]
        if not any(one.left for one in branched):
            low = _grown(self.none if branched else growths, strides, low)
        return low, _grown(growths, strides, high)


def _shape(layer: Layer, axes: int) -> tuple[Grown, Grown]:
    """(strides, growths) on each axis."""
    if layer.op not in CHANGEABLE:
        return spread(layer.kernel if layer.op == "SUB" else 1, axes), (0,) * axes
    kernels, dilations = spread(layer.kernel, axes), spread(layer.dilation, axes)
    return spread(layer.stride, axes), tuple(map(window_growth, kernels, dilations))


def _grown(growths: Grown, strides: Grown, behind: Grown) -> Grown:
    return tuple([g + s * t for g, s, t in zip(growths, strides, behind, strict=True)])


def _is_wide(sign: Sign, axes: int) -> bool:
    """Whether a layer is padded before its input by more than its window grows, on some axis."""
    if not isinstance(sign, Layer) or isinstance(sign.padding, str):
        return False
    pairs = sign.padding if isinstance(sign.padding, tuple) else ((sign.padding,) * 2,)
    kernels, dilations = spread(sign.kernel, axes), spread(sign.dilation, axes)
    befores = [before for before, _ in (pairs if len(pairs) > 1 else pairs * axes)]
    return any(map(operator.gt, befores, map(window_growth, kernels, dilations)))
