"""Plan of a neighbourhood: places and links, as few steps from one end to the other as may be.

Signs that only one sign can follow are one link with it: the last change that is allowed leads to
the end at once. Brackets and layers that stay are one link with what stands before them.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from rfsearch.automaton.plan import BODY, Link
from rfsearch.errors import UsageError
from rfsearch.layers.layer import ADD, CONCAT, Layer, Stack, split_head, spread, with_head
from rfsearch.layers.notation import parse_stack
from rfsearch.layers.notation.format import format_stack
from rfsearch.layers.recurrence import CEIL, ROUNDINGS, window_growth
from rfsearch.space.edits.context import CHANGEABLE, Context
from rfsearch.space.edits.control import LikeControl, Place
from rfsearch.space.edits.reference import is_changeable
from rfsearch.space.edits.spelling import spelled_word
from rfsearch.space.edits.word import Sign, sign_text, stack_of, word_of
from rfsearch.space.space import MOST_STEPS

if TYPE_CHECKING:
    from rfsearch.space.edits.space import Neighbourhood

BRANCHED = (CONCAT, ADD)
SPARSEST = 4
NONE = -1
FARTHEST = 1 << 60  # growths stand for no more than this, which is above every RF


@dataclass(frozen=True, eq=False)
class Chains:
    """Chains: each a sign where it may stand, and the chain that follows it in the same link.

    step [chains]   number of a context and a sign in it
    rest [chains]   what follows, NONE where nothing does
    """

    control: LikeControl
    step: np.ndarray
    rest: np.ndarray

    def stands(self, step: int) -> tuple[Sign, Context]:
        """The sign of a step, and the context before it."""
        context, sign = divmod(step, len(self.control.signs))
        return self.control.signs[sign], self.control.contexts[context]

    def signs(self, chain: int) -> Iterator[tuple[Sign, Context]]:
        """The signs of a chain in their order, each with the context before it."""
        while chain != NONE:
            yield self.stands(int(self.step[chain]))
            chain = int(self.rest[chain])

    def text(self, chain: int) -> str:
        """The signs of a chain as they are printed behind others."""
        return "".join(sign_text(sign, context.fresh) for sign, context in self.signs(chain))


@dataclass(eq=False, kw_only=True)
class LikeLink(Link):
    """A link of a neighbourhood: a chain of signs, and the head where it ends a network."""

    chains: Chains
    chain: int
    head: str

    @property
    def text(self) -> str:
        """What it adds to the printed stack."""
        return self.chains.text(self.chain) + self.head


def body_of_links(links: Sequence[Link], head: Stack, axes: int) -> Stack:
    """The body of a network of these links; those read from a file are text, and parsed."""
    chained = [link for link in links if isinstance(link, LikeLink)]
    if chained:
        signs = (link.chains.signs(link.chain) for link in chained)
        return stack_of(tuple(sign for some in signs for sign, _ in some))
    items, marked = split_head(parse_stack("".join(link.text for link in links)))
    body = items if marked else items[: len(items) - len(head)]
    return stack_of(spelled_word(word_of(body), axes))


@dataclass(frozen=True, eq=False)
class LikePlan:
    """Places (C) and links (A): place 0 is before the input, 1 the start; ends come last.

    widths [C]      0 of place 0 and of ends
    first [C+1]     links by place, in the order of stacks
    chain, to [A]   the chain of a link, and the place behind it
    changes [A]     of the networks that a link ends, else 0
    ahead [A, (least, most), axes]   what the RF grows by a link and behind it, at a jump of 1; in
                    branches nothing, or all of them together
    ends            {changes: place}
    head            what is printed behind a network
    wide            some window begins behind the end of its own field, so that a skip can see
                    further than its main path
    apart           some layer is not the same on every axis
    """

    chains: Chains
    widths: list[int]
    first: np.ndarray
    chain: np.ndarray
    to: np.ndarray
    changes: np.ndarray
    ahead: np.ndarray
    ends: dict[int, int]
    head: str
    wide: bool
    apart: bool

    def link(self, number: int) -> LikeLink:
        """One link of the automaton."""
        to = int(self.to[number])
        return LikeLink(
            kind=BODY, stack=(), to=to, chains=self.chains, chain=int(self.chain[number]),
            head=self.head if to in self.ends.values() else "",
        )  # fmt: skip


def plan_for(space: Neighbourhood, rounding: str) -> LikePlan:
    """The places that a search of a neighbourhood goes through; made once for each rounding."""
    ceil = ROUNDINGS[rounding] == CEIL
    key = ("plan", ceil)
    if key not in space.memo:
        head = format_stack(with_head((), space.mine.head))
        space.memo[key] = plan_of(space._control(ceil), space.axes, head and "-" + head)
    return cast("LikePlan", space.memo[key])


def plan_of(control: LikeControl, axes: int, head: str) -> LikePlan:
    """Links of a control that has words; `head` is printed at the end.

    Raises UsageError where a network takes too many steps.
    """
    if not control.places:
        raise UsageError("like: it has no convolution or pool to change")
    for every in range(1, SPARSEST + 1):
        planner = _Planner(control, axes, every)
        if planner.longest <= MOST_STEPS:
            return planner.plan(head)
    raise UsageError(
        f"like: its networks are {planner.longest} steps long; at most {MOST_STEPS}: hold the "
        "beginning with stem, or the end with head"
    )


# Columns of a way, of how a link goes on behind its first sign: the chain of more signs, if any,
# then a node, or an end (NONE) with its changes; the steps that follow at most; then `ahead`.
CHAIN, NODE, CHANGES, STEPS, AHEAD = range(5)


class _Planner:
    """Nodes are parts of the control's places, made from the ends on.

    A link is a sign of a place and the ways that go on behind it. Behind a sign one way leads to
    each run of the links of the place there; links that begin with a bracket, a layer that stays,
    or the end go on at once, and so do single ones. `every`: in long networks, unchanged layers go
    on at once, too, except every `every`-th. Parts stand in the order of links.
    """

    def __init__(self, control: LikeControl, axes: int, every: int) -> None:
        self.control, self.axes, self.every = control, axes, every
        self.changeable = np.array([is_changeable(sign) for sign in control.signs])
        shapes = np.array([_shape(sign, axes) for sign in control.signs], np.int64)
        self.stride, self.growth = shapes[:, 0], shapes[:, 1]
        self.chains = 0
        self.steps: list[np.ndarray] = []
        self.rests: list[np.ndarray] = []
        self.nodes: list[tuple[int, np.ndarray]] = []  # width, links
        self.ways: list[np.ndarray] = []  # [ways, columns] of each place of the control
        self.fewest = np.zeros(len(control.places), np.int64)
        self.layers = np.zeros(len(control.places), np.int64)
        for number, place in enumerate(control.places):
            self._place(number, place)
        self.longest = 2 + int(self.nodes[-1][1][:, STEPS].max())

    def plan(self, head: str) -> LikePlan:
        count = len(self.nodes)
        changes = sorted({place.changes for place in self.control.places if place.changes >= 0})
        end = np.zeros(max(changes) + 1, np.int64)
        end[changes] = 1 + count + np.arange(len(changes))
        first = [0, 0, *np.cumsum([len(links) for _, links in reversed(self.nodes)]).tolist()]
        links = np.concatenate([links for _, links in reversed(self.nodes)])
        ended = links[:, NODE] == NONE
        return LikePlan(
            Chains(self.control, np.concatenate(self.steps), np.concatenate(self.rests)),
            [0, *(width for width, _ in reversed(self.nodes)), *(0 for _ in changes)],
            np.array([*first, *(first[-1] for _ in changes)]),
            links[:, CHAIN],
            np.where(ended, end[links[:, CHANGES]], count - links[:, NODE]),
            np.where(ended, links[:, CHANGES], 0),
            links[:, AHEAD:].reshape(len(links), 2, self.axes),
            {number: int(end[number]) for number in changes},
            head,
            any(_is_wide(sign, self.axes) for sign in self.control.used),
            any(isinstance(sign, Layer) and sign.differs_by_axis for sign in self.control.used),
        )

    def _place(self, number: int, place: Place) -> None:
        signs, to = np.array(place.signs), np.array(place.to)
        links, count = self._links(place, signs)
        last = number == len(self.control.places) - 1
        if last:
            self._node(place, links)
            return
        on = to[1:] if place.changes >= 0 else to  # the end comes first
        fewest = self.fewest[on].min(initial=place.changes if place.changes >= 0 else FARTHEST)
        longer = np.where(to >= 0, self.changeable[signs] + self.layers[to], 0)
        self.fewest[number], self.layers[number] = fewest, longer.max()
        onward = ~self.changeable[signs]
        if len(to) == 1:
            onward[:] = True
        elif self.layers[number] % self.every:
            onward |= (to >= 0) & (self.fewest[to] == fewest)
        self.ways.append(self._parts(place, links, count, onward))

    def _links(self, place: Place, signs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The links that begin with the signs of a place, and how many begin with each."""
        ended = np.zeros((1, AHEAD + 2 * self.axes), np.int64)
        ended[0, :AHEAD] = (NONE, NONE, place.changes, 0)
        behind = [self.ways[to] if to >= 0 else ended for to in place.to]
        count = np.array([len(ways) for ways in behind])
        links, sign = np.concatenate(behind), np.repeat(signs, count)
        self.steps.append(place.context * len(self.control.signs) + sign)
        self.rests.append(links[:, CHAIN].copy())
        links[:, CHAIN] = self.chains + np.arange(len(links))
        self.chains += len(links)
        self._grow(links, sign, self.control.contexts[place.context])
        return links, count

    def _grow(self, links: np.ndarray, sign: np.ndarray, context: Context) -> None:
        """Bounds of the growth by signs and behind them, in place of those behind them."""
        branched = [one for one in context.opened if one.join in BRANCHED]
        low, high = np.hsplit(links[:, AHEAD:], 2)
        growth, stride = self.growth[sign], self.stride[sign]
        if not any(one.left for one in branched):
            low[:] = _grown(0 if branched else growth, stride, low)
        high[:] = _grown(growth, stride, high)

    def _parts(
        self, place: Place, links: np.ndarray, count: np.ndarray, onward: np.ndarray
    ) -> np.ndarray:
        """The ways behind a sign that leads to a place."""
        ways: list[np.ndarray] = []
        runs = np.flatnonzero(np.diff(onward)) + 1
        first = np.concatenate([[0], np.cumsum(count)])
        for here, going in zip(
            np.split(links, first[runs]), onward[[0, *runs]].tolist(), strict=True
        ):
            if going:
                ways.append(here)
                continue
            low, high = np.hsplit(here[:, AHEAD:], 2)
            head = (NONE, self._node(place, here), 0, 1 + here[:, STEPS].max())
            ways.append(np.array([[*head, *low.min(axis=0), *high.max(axis=0)]]))
        return np.concatenate(ways)

    def _node(self, place: Place, links: np.ndarray) -> int:
        self.nodes.append((self.control.contexts[place.context].width, links))
        return len(self.nodes) - 1


def _shape(sign: Sign, axes: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(strides, growths) on each axis."""
    if not isinstance(sign, Layer):
        return (1,) * axes, (0,) * axes
    if sign.op not in CHANGEABLE:
        return spread(sign.kernel if sign.op == "SUB" else 1, axes), (0,) * axes
    kernels, dilations = spread(sign.kernel, axes), spread(sign.dilation, axes)
    return spread(sign.stride, axes), tuple(map(window_growth, kernels, dilations))


def _grown(growth: np.ndarray | int, stride: np.ndarray, behind: np.ndarray) -> np.ndarray:
    room = (FARTHEST - growth) // stride
    return np.where(behind < room, growth + stride * np.minimum(behind, room), FARTHEST)


def _is_wide(sign: Sign, axes: int) -> bool:
    """Whether a layer is padded before its input by more than its window grows, on some axis."""
    if not isinstance(sign, Layer) or isinstance(sign.padding, str):
        return False
    pairs = sign.padding if isinstance(sign.padding, tuple) else ((sign.padding,) * 2,)
    kernels, dilations = spread(sign.kernel, axes), spread(sign.dilation, axes)
    befores = [before for before, _ in (pairs if len(pairs) > 1 else pairs * axes)]
    return any(map(operator.gt, befores, map(window_growth, kernels, dilations)))
