"""Space: what may be built. Stages of slots between a stem and a head; what architects write down.

`Space(kernel=…, stride=…, depth=…)` is one stage of one slot of layers, repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

from rfsearch.errors import UsageError
from rfsearch.layers.aside import SUM, puts_aside
from rfsearch.layers.channels import LARGEST_CHANNELS
from rfsearch.layers.layer import Stack
from rfsearch.layers.limits import LARGEST_DEPTH
from rfsearch.layers.notation import parse_stack
from rfsearch.layers.recurrence import CEIL, ROUNDINGS
from rfsearch.quantity import span, whole
from rfsearch.space.choices import ANY, BlockSlot, LayerSlot, Setting, check_searched
from rfsearch.space.slots import SLOT_DEFAULTS, Reader, Stage, read_blocks, read_properties
from rfsearch.space.wider import Wider
from rfsearch.space.widths import Widths

if TYPE_CHECKING:
    from rfsearch.space.control import Control

MOST_STEPS = 60  # items of a stack; steps are bits of one machine word
NORMS = ("none", "batch")

# What layers are chosen from where nothing is said and there are no stages.
LAYER_DEFAULTS: dict[str, Any] = {
    "op": ("conv",),
    "kernel": (1, 2, 3, 5, 7, 11),
    "stride": (1, 2, 3, 4),
    "padding": ANY,
    "dilation": (1,),
    "groups": (1,),
    "channels": "double:64:512",
}
DEFAULT_DEPTH = (1, 10)

# What two equal spaces have in common.
_FIELDS = (
    "stages", "stem", "head", "axes", "input_channels", "never_falls", "never_grows", "bias",
    "norm", "allow_gaps", "allow_holes", "allow_wide_padding",
)  # fmt: skip

# What the public functions take: numbers or texts, one or several; tables as a TOML file has them.
Choices = int | str | Sequence[int | str]
Channels = Choices | Widths
Names = str | Sequence[str]
Norm = Literal["none", "batch"]
Stages = Iterable[Mapping[str, object] | Stage]
Blocks = Mapping[str, Mapping[str, object]]


class Space:
    """What may be built, on one to three axes.

    Without `stages` a stack is a run of layers, each any combination of

    op          conv, depthwise, maxpool, avgpool, transposed, upsample, upsample_linear
    kernel, stride, dilation   numbers; per axis as text, "3x5"
    padding     numbers, "half", "same", "causal", "valid"; None: every padding up to
                (d(k-1)+1)//2, which a list must obey, too, unless `allow_wide_padding`
    groups      of convolutions
    channels    "double:64:512", one width, or several to choose from for each convolution
    depth       how many layers, (low, high)

    With `stages`, a list of tables as a TOML file holds them under `stage`, and `block`, a table
    of tables, it is an ordered list of slots and groups of slots (docs/stages.md); the keywords
    above are then what slots hold where they do not say.

    stem, head  notation of fixed first and last layers
    axes, input_channels       2 and 3, as for images
    never_falls, never_grows   properties that keep an order along the stack
    bias, norm  whether convolutions without a norm have a bias; "batch": a norm for each
    allow_gaps  also layers that skip input pixels, s > d(k-1)+1
    allow_holes also stacks whose RF has positions that no output reads (dilation); so do gaps

    `memo` holds what was worked out of it already, by name and rounding. Raises UsageError that
    names the place, such as `stage[1].slot[0].kernel`.
    """

    reference: None = None  # the network that matches are like; there is none

    def __init__(
        self,
        *,
        kernel: Choices | None = None,
        stride: Choices | None = None,
        padding: Choices | None = None,
        dilation: Choices | None = None,
        op: Names | None = None,
        groups: Choices | None = None,
        channels: Channels | None = None,
        depth: int | str | Sequence[int] | None = None,
        stages: Stages | None = None,
        block: Blocks | None = None,
        stem: str = "",
        head: str = "",
        axes: int = 2,
        input_channels: int = 3,
        never_falls: Names = (),
        never_grows: Names = (),
        bias: bool = True,
        norm: Norm = "none",
        allow_gaps: bool = False,
        allow_holes: bool = False,
        allow_wide_padding: bool = False,
    ) -> None:
        self.memo: dict[tuple[str, object], Any] = {}
        if isinstance(stages, Iterator):
            stages = list(stages)
        choices = {
            "op": op, "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation,
            "groups": groups, "channels": channels,
        }  # fmt: skip
        # As a file's keys say it: a question that is written down is asked anew from these.
        self.said: dict[str, Any] = {
            **choices, "depth": depth, "stage": stages, "block": block, "stem": stem or None,
            "head": head or None, "axes": axes, "input_channels": input_channels,
            "never_falls": never_falls or None, "never_grows": never_grows or None, "bias": bias,
            "norm": norm, "allow_gaps": allow_gaps, "allow_holes": allow_holes,
            "allow_wide_padding": allow_wide_padding,
        }  # fmt: skip
        self.stem, self.head, self.norm = stem, head, norm
        self.axes = whole(axes, "axes", 1, 3)
        self.input_channels = whole(input_channels, "input_channels", 1, LARGEST_CHANNELS)
        self.bias = _truth("bias", bias)
        self.allow_gaps = _truth("allow_gaps", allow_gaps)
        self.allow_holes = _truth("allow_holes", allow_holes)
        self.allow_wide_padding = _truth("allow_wide_padding", allow_wide_padding)
        if norm not in NORMS:
            raise UsageError(f"norm: {norm!r} is not one of {', '.join(NORMS)}")
        said = {name: value for name, value in choices.items() if value is not None}
        if block and stages is None:
            raise UsageError("block: blocks stand in slots, and there is no [[stage]]")
        self.block = read_blocks(block or {})
        reader = Reader(self.block, self.axes)
        if stages is None:
            self.stages: tuple[Stage, ...] = (self._one_stage(reader, said, depth),)
        else:
            if depth is not None:
                raise UsageError("depth: stages say how often they repeat; min_depth and max_depth")
            self.stages = reader.stages(stages, {**SLOT_DEFAULTS, **said})
            if not self.stages and not self.stem:
                raise UsageError("stage: the list is empty; give at least one stage")
        self._check_asides()
        known = frozenset().union(*(slot.names for stage in self.stages for slot in stage.slots))
        self.never_falls = read_properties("never_falls", never_falls, known)
        self.never_grows = read_properties("never_grows", never_grows, known)
        _ = self.stem_stack, self.head_stack
        self._check_size()
        for stage in self.stages:
            for slot in stage.slots:
                for kind in slot.kinds:
                    if isinstance(kind, LayerSlot):
                        kind.check(self._setting(False))

    def _one_stage(self, reader: Reader, said: Mapping[str, Any], depth: Any) -> Stage:
        range_ = DEFAULT_DEPTH if depth is None else depth
        repeat = span(range_, "depth", 1, LARGEST_DEPTH)
        return reader.one_slot({**LAYER_DEFAULTS, **said}, repeat)

    def _check_asides(self) -> None:
        """What blocks put aside some block collects."""
        kinds = [kind for stage in self.stages for slot in stage.slots for kind in slot.kinds]
        stacks = [one for kind in kinds if isinstance(kind, BlockSlot) for one in kind.stacks]
        if any("SUM" in one.text for one in stacks):
            return
        for one in stacks:
            if "A(" in one.text:
                raise UsageError(
                    f"{one.place}: A(…) puts aside what no SUM collects; end the last block in "
                    "A(…)-SUM"
                )

    def _check_size(self) -> None:
        most = sum(s.repeat[1] * sum(slot.repeat[1] for slot in s.slots) for s in self.stages)
        if most > 100 * MOST_STEPS:
            raise UsageError(f"stage: repeats of up to {most} steps; at most {MOST_STEPS}")

    @property
    def fields(self) -> tuple[Any, ...]:
        """What two equal spaces have in common: all that says what may be built."""
        return tuple(getattr(self, name) for name in _FIELDS)

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles leave out what can be worked out again."""
        return {**vars(self), "memo": {}}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Space) and self.fields == other.fields

    def __hash__(self) -> int:
        return hash(self.fields)

    def __repr__(self) -> str:
        if self.slot is not None:
            return f"Space(one slot, depth={self.slot[1]})"
        many = len(self.stages)
        return f"Space({many} stage{'s' * (many != 1)})"

    def to_toml(self) -> str:
        """The space as a config file, which `rfsearch --config` and rfsearch.load_space read.

        What stands at its default is left out. Raises UsageError where stages are no tables.
        """
        from rfsearch.space.toml_text import toml_text

        defaults = {"axes": 2, "input_channels": 3, "bias": True, "norm": "none"}
        defaults |= dict.fromkeys(("allow_gaps", "allow_holes", "allow_wide_padding"), False)
        return toml_text(
            {
                name: value
                for name, value in self.said.items()
                if value is not None and value != defaults.get(name)
            }
        )

    def _wider(self) -> list[Wider]:
        """The same space with holes in receptive fields, and with gaps, where it has neither."""
        return [
            Wider(f"{what} allowed", f"--allow-{what}", {name: True}, what, self._allowing(name))
            for what in ("holes", "gaps")
            for name in [f"allow_{what}"]
            if not (getattr(self, name) or self.allow_gaps)
        ]

    def _allowing(self, name: str) -> Space:
        """The same space with `allow_gaps`, `allow_holes` or `allow_wide_padding`."""
        return self._with(name, True)

    def _repeated(self, times: tuple[int, int]) -> Space:
        """The same run of layers, (least, most) of them; only where there is a `slot`."""
        (stage,) = self.stages
        slot = replace(stage.slots[0], repeat=times)
        return self._with("stages", (replace(stage, slots=(slot,)),))

    def _with(self, name: str, value: Any) -> Space:
        return Space(**dict(zip(_FIELDS, self.fields, strict=True)) | {name: value})

    @cached_property
    def slot(self) -> tuple[LayerSlot, tuple[int, int]] | None:
        """(layers to choose from, depth) where the whole space is one run of layers, else None."""
        if len(self.stages) != 1 or self.stem or self.head or self.never_falls or self.never_grows:
            return None
        (stage,) = self.stages
        if len(stage.slots) != 1 or stage.repeat != (1, 1) or stage.uniform:
            return None
        (slot,) = stage.slots
        kind = slot.kinds[0]
        if len(slot.kinds) != 1 or not isinstance(kind, LayerSlot) or slot.uniform:
            return None
        low, high = slot.repeat
        return (kind, slot.repeat) if low >= 1 and high <= LARGEST_DEPTH else None

    def _setting(self, ceil: bool) -> Setting:
        """What holds for every slot; `ceil`: pools follow the ceil rule."""
        return Setting(
            self.axes, self.norm, self.bias, self.allow_gaps, self.allow_wide_padding, ceil
        )

    @cached_property
    def stem_stack(self) -> Stack:
        """The stem's items."""
        if not self.stem:
            return ()
        stack = _parsed("stem", self.stem)
        check_searched(stack, self._setting(False), "stem")
        if any(puts_aside(item) or item == SUM for item in stack):
            raise UsageError("stem: A(…) and SUM stand in the blocks of slots")
        return stack

    @cached_property
    def head_stack(self) -> Stack:
        """The head's items."""
        return _parsed("head", self.head) if self.head else ()

    def _control(self, ceil: bool = False, loops: bool = False) -> Control:
        """All that may follow what, as a minimal automaton of items; `loops`: one slot as loops."""
        from rfsearch.space.control import control_of, looped_control

        key = ("control", (ceil, loops))
        if key not in self.memo:
            make = looped_control if loops else control_of
            self.memo[key] = make(self, self._setting(ceil))
        return cast("Control", self.memo[key])

    @property
    def choices(self) -> int:
        """How many items may stand first, widths counted; of a run of layers, at each place."""
        return len(self._control(loops=self.slot is not None).arcs[0])

    @property
    def candidates(self) -> int:
        """Every stack that could be written, whatever its sizes."""
        return self._control(loops=self.slot is not None).stacks

    def _marks(self, body: Stack, rounding: str) -> tuple[str, ...]:
        """What changed in a body from the reference: nothing, as there is none."""
        return ()

    def _candidates_of(self, rounding: str, inputs: int) -> int:
        """Every stack once for each of so many inputs; with ceil every pool carries U."""
        ceil = ROUNDINGS[rounding] == CEIL
        return self._control(ceil, loops=self.slot is not None).stacks * inputs


def _truth(place: str, given: Any) -> bool:
    if not isinstance(given, bool):
        raise UsageError(f"{place}: {given!r} is neither true nor false")
    return given


def _parsed(place: str, text: Any) -> Stack:
    if not isinstance(text, str):
        raise UsageError(f"{place}: {text!r} is not notation")
    try:
        return parse_stack(text)
    except UsageError as error:
        raise UsageError(f"{place}: {error}") from None
