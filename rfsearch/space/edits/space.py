"""Like: the space of all networks within so many changes of one, as a staged space is asked.

A change is one layer added, removed, or with any of its own fields different. See docs/stages.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rfsearch.automaton.automaton import MEMORY_LIMIT, Progress
from rfsearch.automaton.edits.plan import LikePlan, plan_of
from rfsearch.errors import UsageError
from rfsearch.layers.layer import Layer, spread
from rfsearch.layers.notation import parse_stack
from rfsearch.layers.notation.format import format_stack
from rfsearch.layers.recurrence import CEIL, window_growth
from rfsearch.request.query import ROUNDINGS
from rfsearch.space.choices import ANY, BlockSlot, LayerSlot
from rfsearch.space.edits.context import CHANGEABLE
from rfsearch.space.edits.control import LikeControl, control_of, following
from rfsearch.space.edits.marks import Alignment
from rfsearch.space.edits.offers import Offers
from rfsearch.space.edits.reference import Mine
from rfsearch.space.edits.word import OPEN, Bracket, word_of
from rfsearch.space.plain import DEFAULT_CHANNELS, Space, whole_number
from rfsearch.space.staged import SLOT_DEFAULTS, StagedSpace

if TYPE_CHECKING:
    from rfsearch.question.like_found import LikeFound
    from rfsearch.request.staged_query import StagedQuery

MOST_CHANGES = 20
_OF_SPACE = ("norm", "bias", "allow_gaps", "allow_wide_padding")
# What plain choices are where nothing is said, as in a Space.
_PLAIN = {
    "op": Space.op,
    "kernel": Space.kernel,
    "stride": Space.stride,
    "padding": ANY,
    "dilation": Space.dilation,
    "channels": str(DEFAULT_CHANNELS),
}


class LikeSpace:
    """Networks within `changes` changes of `like`, a notation or a published network's name.

    choices     what a Space takes (op, kernel, stride, padding, dilation, channels) for layers
                that are added or changed; op also depthwise; or `stages` and `block` of a
                StagedSpace: the choices of all its slots together
    stem, head  notation: the first and last layers of the network, which then stay as they are
    axes, input_channels   default: the name's own, else 2 and 3
    norm, bias  of added convolutions; default: as the nearest convolution has them

    Raises UsageError.
    """

    def __init__(
        self,
        like: str,
        changes: int = 3,
        *,
        stages: Any = None,
        block: Any = None,
        stem: str = "",
        head: str = "",
        axes: int | None = None,
        input_channels: int | None = None,
        **choices: Any,
    ) -> None:
        self.changes = whole_number("changes", changes, 0, MOST_CHANGES)
        self.mine = Mine.of(like, stem, head, axes, input_channels)
        self._said = {
            **choices, "stages": stages, "block": block, "stem": stem, "head": head,
            "axes": axes, "input_channels": input_channels,
        }  # fmt: skip
        staged = _offered(stages, block, self.mine.axes, choices)
        kinds = [kind for stage in staged.stages for slot in stage.slots for kind in slot.kinds]
        self.offers = {
            ceil: Offers(
                tuple(dict.fromkeys(kind for kind in kinds if isinstance(kind, LayerSlot))),
                tuple(dict.fromkeys(kind for kind in kinds if isinstance(kind, BlockSlot))),
                staged.setting(ceil),
                dressed=bool({"norm", "bias"} & set(choices)),
                ruled=stages is None and "channels" in choices,
            )
            for ceil in (False, True)
        }
        self._controls: dict[bool, LikeControl] = {}
        self._plans: dict[bool, LikePlan] = {}

    @property
    def axes(self) -> int:
        """How many axes an input has."""
        return self.mine.axes

    @property
    def input_channels(self) -> int:
        """Channels of the input."""
        return self.mine.input_channels

    @property
    def candidates(self) -> int:
        """Every network of the neighbourhood, whatever its sizes."""
        return self.control(False).words

    def candidates_of(self, query: StagedQuery) -> int:
        """Every network once for each input of a question; with ceil, added pools carry U."""
        return self.control(ROUNDINGS[query.rounding] == CEIL).words * len(query.inputs)

    @property
    def most_layers(self) -> int:
        """No network has more layers, projections of its residual blocks counted."""
        word = self.mine.word
        residual = sum(isinstance(sign, Bracket) and sign.kind == OPEN for sign in word)
        return self.mine.layers(0, len(word)) + residual + 2 * self.changes

    def control(self, ceil: bool) -> LikeControl:
        """Every word of the neighbourhood; `ceil`: added pools follow the ceil rule."""
        if ceil not in self._controls:
            self._controls[ceil] = control_of(self.mine, self.offers[ceil], self.changes)
        return self._controls[ceil]

    def plan(self, rounding: str) -> LikePlan:
        """The places that a search goes through, in the order in which they are met."""
        ceil = ROUNDINGS[rounding] == CEIL
        if ceil not in self._plans:
            head = format_stack(self.mine.head)
            self._plans[ceil] = plan_of(self.control(ceil), self.axes, head and "-" + head)
        return self._plans[ceil]

    def growths(self, rounding: str) -> set[tuple[int, ...]]:
        """What the windows of all networks add to the RF on each axis, in their own positions."""
        control = self.control(ROUNDINGS[rounding] == CEIL)
        signs = {sign for place in control.places for sign, _ in place.arcs}
        return {
            tuple(map(window_growth, spread(s.kernel, self.axes), spread(s.dilation, self.axes)))
            for s in signs
            if isinstance(s, Layer) and s.op in CHANGEABLE
        }

    def marks(self, stack: str, rounding: str) -> tuple[str, ...]:
        """What changed in a network of the neighbourhood: `64C3P1 → 64C5P2`, `+ 64C1`."""
        items = parse_stack(stack)
        body = items[: len(items) - len(self.mine.head)]
        offers = self.offers[ROUNDINGS[rounding] == CEIL]
        follows = following(self.mine, offers)
        return Alignment(self.mine, offers, follows, word_of(body)).marks()

    def search(
        self, input: Any, target_rf: Any = None, rounding: str = "floor", **question: Any
    ) -> LikeFound:
        """The compiled automaton for one question; takes what StagedSpace.search takes.

        Sizes round down unless said otherwise, as published networks need.
        """
        from rfsearch.request.staged_query import StagedQuery

        running = {
            name: question.pop(name)
            for name in ("threads", "memory_limit", "progress")
            if name in question
        }
        query = StagedQuery.of(self.axes, input, target_rf, rounding=rounding, **question)
        return self.found(query, **running)

    def found(
        self,
        query: StagedQuery,
        threads: int | None = None,
        memory_limit: int = MEMORY_LIMIT,
        progress: Progress = lambda stage, done: None,
    ) -> LikeFound:
        """As search, for a question that was read already."""
        from rfsearch.automaton.closure import build
        from rfsearch.question.like_found import LikeFound

        built = build(self, query, memory_limit, progress)
        return LikeFound(built, threads, memory_limit, progress)

    def within(self, changes: int) -> LikeSpace:
        """The same network's neighbourhood of another number of changes."""
        return LikeSpace(self.mine.name, changes, **self._said)


def like(
    stack_or_name: str, input: Any, target_rf: Any = None, changes: int = 3, **said: Any
) -> LikeFound:
    """The networks within `changes` changes of one that have the target RF at an input.

    `said` is what LikeSpace and its search take: choices such as kernel and channels, and budgets
    such as max_macs. `found.top(20)` gives fewest changes first.
    """
    question = {name: said.pop(name) for name in list(said) if _of_question(name)}
    return LikeSpace(stack_or_name, changes, **said).search(input, target_rf, **question)


def _of_question(name: str) -> bool:
    own = ("rounding", "output_size", "bytes_per_value", "bytes", "reserve", "hop")
    running = ("threads", "memory_limit", "progress")
    return name in (*own, *running) or name.startswith(("min_", "max_"))


def _offered(stages: Any, block: Any, axes: int, choices: Mapping[str, Any]) -> StagedSpace:
    """The choices as a staged space: those of its stages, or one slot made from the choices."""
    fields = {name: choices[name] for name in _OF_SPACE if name in choices}
    slot = {name: choices[name] for name in SLOT_DEFAULTS if name in choices}
    for name in choices:
        if name not in fields and name not in slot:
            raise UsageError(f"{name}: no such choice of a neighbourhood")
    if stages is not None:
        return StagedSpace(stages, block, defaults=slot, axes=axes, **fields)
    try:
        return StagedSpace([_PLAIN | slot], axes=axes, **fields)
    except UsageError as error:
        raise UsageError(str(error).removeprefix("stage[0].")) from None
