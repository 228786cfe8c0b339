"""Like: the space of all networks within so many changes of one, asked as a space is.

A change is one layer added, removed, or with any of its own fields different. See docs/stages.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, cast

from rfsearch.errors import UsageError, shortened
from rfsearch.layers.layer import FINER, Layer, Stack, spread
from rfsearch.layers.recurrence import CEIL, ROUNDINGS, window_growth
from rfsearch.quantity import whole
from rfsearch.space.choices import OPS, BlockSlot, LayerSlot
from rfsearch.space.edits.context import CHANGEABLE
from rfsearch.space.edits.control import LikeControl, control_of, following
from rfsearch.space.edits.marks import Alignment
from rfsearch.space.edits.offers import Offers
from rfsearch.space.edits.reference import Mine
from rfsearch.space.edits.word import OPEN, Bracket, word_of
from rfsearch.space.slots import SLOT_DEFAULTS, Reader, Stage, at, read_blocks
from rfsearch.space.space import (
    LAYER_DEFAULTS,
    Blocks,
    Channels,
    Choices,
    Names,
    Norm,
    Space,
    Stages,
)
from rfsearch.space.wider import Wider

if TYPE_CHECKING:
    from rfsearch.network.network import Network

MOST_CHANGES = 20
MORE = 2  # changes that a wider neighbourhood has


class Neighbourhood:
    """Networks within `changes` changes of `like`: a notation, a name, a file or a Network.

    op … channels   as a Space takes them, for layers that are added or changed; or `stages` and
                `block` of a Space: the choices of all its slots together
    stem, head  notation: the first and last layers of the network, which then stay as they are
    axes, input_channels   default: the name's own, else 2 and 3
    norm, bias  of added convolutions; default: as the nearest convolution has them
    allow_holes as a Space takes it; networks like one may have holes in their RF either way
    memo        what was worked out of it already, by name and rounding

    Raises UsageError.
    """

    def __init__(
        self,
        like: str | Network,
        changes: int = 3,
        *,
        op: Names | None = None,
        kernel: Choices | None = None,
        stride: Choices | None = None,
        padding: Choices | None = None,
        dilation: Choices | None = None,
        groups: Choices | None = None,
        channels: Channels | None = None,
        stages: Stages | None = None,
        block: Blocks | None = None,
        stem: str = "",
        head: str = "",
        axes: int | None = None,
        input_channels: int | None = None,
        norm: Norm | None = None,
        bias: bool | None = None,
        allow_gaps: bool = False,
        allow_holes: bool = False,
        allow_wide_padding: bool = False,
    ) -> None:
        self.changes = whole(changes, "changes", 0, MOST_CHANGES)
        self.allow_gaps, self.allow_holes = allow_gaps, allow_holes
        self.mine = Mine.of(like, stem, head, axes, input_channels)
        if isinstance(stages, Iterator):
            stages = list(stages)
        given = {
            "op": op, "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation,
            "groups": groups, "channels": channels,
        }  # fmt: skip
        # As a file's keys say it: a question that is written down is asked anew from these.
        self._said: dict[str, Any] = {
            **given, "like": self.mine.name, "stage": stages, "block": block, "stem": stem or None,
            "head": head or None, "axes": axes, "input_channels": input_channels, "norm": norm,
            "bias": bias, "allow_gaps": allow_gaps, "allow_holes": allow_holes,
            "allow_wide_padding": allow_wide_padding,
        }  # fmt: skip
        kinds = _kinds(stages, block, self.mine.axes, given)
        rules = Space(
            axes=self.mine.axes, norm=norm or "none", bias=True if bias is None else bias,
            allow_gaps=allow_gaps, allow_holes=allow_holes, allow_wide_padding=allow_wide_padding,
            padding=0 if allow_wide_padding else None,
        )  # fmt: skip
        for kind in kinds:
            if isinstance(kind, LayerSlot):
                _check_ops(kind)
        self.offers = {
            ceil: Offers(
                tuple(dict.fromkeys(kind for kind in kinds if isinstance(kind, LayerSlot))),
                tuple(dict.fromkeys(kind for kind in kinds if isinstance(kind, BlockSlot))),
                rules._setting(ceil),
                dressed=norm is not None or bias is not None,
                ruled=stages is None and channels is not None,
            )
            for ceil in (False, True)
        }
        self.memo: dict[tuple[str, object], Any] = {}

    slot: None = None  # never one run of layers

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles leave out what can be worked out again."""
        return {**vars(self), "memo": {}}

    @property
    def said(self) -> dict[str, Any]:
        """What was given, as a file's keys say it; None where nothing was."""
        return {**self._said, "changes": self.changes}

    def __repr__(self) -> str:
        return f"Neighbourhood({shortened(self.reference)}, changes={self.changes})"

    @property
    def reference(self) -> str:
        """The network that matches are like."""
        return self.mine.name

    @property
    def axes(self) -> int:
        """How many axes an input has."""
        return self.mine.axes

    @property
    def input_channels(self) -> int:
        """Channels of the input."""
        return self.mine.input_channels

    @property
    def head_stack(self) -> Stack:
        """What stands behind the body of every network."""
        return self.mine.head

    @property
    def candidates(self) -> int:
        """Every network of the neighbourhood, whatever its sizes."""
        return self._control(False).words

    def _candidates_of(self, rounding: str, inputs: int) -> int:
        """Every network once for each of so many inputs; with ceil, added pools carry U."""
        return self._control(ROUNDINGS[rounding] == CEIL).words * inputs

    @property
    def most_layers(self) -> int:
        """No network has more layers, projections of its residual blocks counted."""
        word = self.mine.word
        residual = sum(isinstance(sign, Bracket) and sign.kind == OPEN for sign in word)
        return self.mine.layers(0, len(word)) + residual + 2 * self.changes

    def _control(self, ceil: bool) -> LikeControl:
        """Every word of the neighbourhood; `ceil`: added pools follow the ceil rule."""
        key = ("control", ceil)
        if key not in self.memo:
            self.memo[key] = control_of(self.mine, self.offers[ceil], self.changes)
        return cast("LikeControl", self.memo[key])

    def growths(self, rounding: str) -> set[tuple[int, ...]]:
        """What the windows of all networks add to the RF on each axis, in their own positions."""
        signs = self._control(ROUNDINGS[rounding] == CEIL).used
        return {
            tuple(map(window_growth, spread(s.kernel, self.axes), spread(s.dilation, self.axes)))
            for s in signs
            if isinstance(s, Layer) and s.op in CHANGEABLE
        }

    def _marks(self, body: Stack, rounding: str) -> tuple[str, ...]:
        """What changed in the body of a network of these: `64C3P1 → 64C5P2`, `+ 64C1`."""
        offers = self.offers[ROUNDINGS[rounding] == CEIL]
        follows = following(self.mine, offers)
        return Alignment(self.mine, offers, follows, word_of(body)).marks()

    def _wider(self) -> list[Wider]:
        """The neighbourhoods of a change more and of two."""
        return [
            Wider(
                f"{number:,} change{'' if number == 1 else 's'}", f"--changes {number}",
                {"changes": number}, "changes", self.within(number),
            )
            for number in range(self.changes + 1, min(self.changes + MORE, MOST_CHANGES) + 1)
        ]  # fmt: skip

    def within(self, changes: int) -> Neighbourhood:
        """The same network's neighbourhood of another number of changes."""
        other = copy(self)
        other.changes = whole(changes, "changes", 0, MOST_CHANGES)
        return other


def _check_ops(kind: LayerSlot) -> None:
    """UsageError for layers that no change of a network can be."""
    for op in kind.op:
        if OPS[op] in FINER:
            raise UsageError(f"{at(kind.place, 'op')}: {op} is not among the changes of --like")


def _kinds(
    stages: Stages | None, block: Blocks | None, axes: int, choices: Mapping[str, object]
) -> tuple[LayerSlot | BlockSlot, ...]:
    """What layers and blocks may be drawn from: those of all slots, or of the choices."""
    slot = {name: choice for name, choice in choices.items() if choice is not None}
    reader = Reader(read_blocks(block or {}), axes)
    if stages is None:
        made: tuple[Stage, ...] = (reader.one_slot({**LAYER_DEFAULTS, **slot}, (1, 1)),)
    else:
        made = reader.stages(stages, {**SLOT_DEFAULTS, **slot})
    return tuple(kind for stage in made for one in stage.slots for kind in one.kinds)
