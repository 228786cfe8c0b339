"""Choices: what one slot may hold at a given input width, each as items of the notation.

A choice is one layer of an op slot, or a block's template with every hole filled, whose top-level
items are steps of their own. Its properties are what `uniform`, `never_falls` and `never_grows`
look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import product
from math import prod
from operator import itemgetter
from typing import Any, NamedTuple

from rfsearch.errors import LimitError, UsageError
from rfsearch.layers.aside import check_asides
from rfsearch.layers.layer import (
    POOLS,
    RESIZES,
    SAME,
    WINDOWED,
    Layer,
    Order,
    Padding,
    PerAxis,
    Stack,
    blocks_in,
    layers_in,
    spread,
    stack_order,
    with_layers,
)
from rfsearch.layers.notation import parse_stack
from rfsearch.layers.pooled import check_pooled
from rfsearch.layers.recurrence import (
    default_padding_limit,
    skips_pixels,
    transposed_taps,
    window_growth,
)
from rfsearch.space.template import Template
from rfsearch.space.turns import TurnRule
from rfsearch.space.widths import Widths

OPS = {"conv": "C", "depthwise": "DW", "maxpool": "MP", "avgpool": "AP"}
OPS |= {"transposed": "T", "upsample": "UP", "upsample_linear": "UPL"}
HALF, CAUSAL, ANY = "half", "causal", "any"


def causal_axis(padding: object) -> int | None:
    """The axis, from 0, that `causal` or `causal:2` pads before only; None for other paddings."""
    if not isinstance(padding, str) or padding.split(":")[0] != CAUSAL:
        return None
    return int(padding.split(":")[1]) - 1 if ":" in padding else 0


MOST_CHOICES = 1 << 17  # of one slot at one width: some seconds

# Items that a searched stack may hold; others only describe networks.
SEARCHED = frozenset(("C", "DW", "MP", "AP", "SE", "T", "UP", "UPL", "GAP", "SUM"))

Value = PerAxis | str


class Setting(NamedTuple):
    """What holds for every slot: axes, norm, bias, which layers are left out, ceil pools."""

    axes: int = 2
    norm: str = "none"
    bias: bool = True
    allow_gaps: bool = False
    allow_wide_padding: bool = False
    ceil: bool = False


class Choice(NamedTuple):
    """One way to fill a slot: its items in order, what it is known by, and the width after it."""

    items: Stack
    properties: tuple[tuple[str, Value], ...]
    width: int


class Turning:
    """A slot whose values may follow from how often it was filled."""

    turns: tuple[tuple[str, TurnRule], ...]

    def turn(self, number: int) -> tuple[int, ...]:
        """What tells turns apart."""
        return tuple(rule.turn(number) for _, rule in self.turns)


@dataclass(frozen=True)
class LayerSlot(Turning):
    """A slot of single layers; every list is a free choice.

    `turns` are the rules of kernel, stride or dilation, whose lists then hold all of a rule's
    values.
    """

    place: str
    op: tuple[str, ...]
    kernel: tuple[PerAxis, ...]
    stride: tuple[PerAxis, ...]
    padding: tuple[PerAxis | str, ...]
    dilation: tuple[PerAxis, ...]
    groups: tuple[int, ...]
    channels: Widths
    turns: tuple[tuple[str, TurnRule], ...] = ()

    def at_turn(self, number: int) -> LayerSlot:
        """The slot as it is at a turn, from 0: with one value where a rule says it."""
        said: dict[str, Any] = {name: (rule.at(number),) for name, rule in self.turns}
        return replace(self, turns=(), **said) if said else self

    @property
    def names(self) -> frozenset[str]:
        """The properties that its choices may have."""
        return frozenset(("op", "kernel", "stride", "padding", "dilation", "groups", "channels"))

    def choices(self, width: int, setting: Setting, convolved: bool = True) -> tuple[Choice, ...]:
        """Every choice at input width `width`, in the order of stacks.

        `convolved`: whether a convolution came before, one inside a block included.
        """
        # Convolutions in one group are the same at all widths that the same widths may follow.
        kept = 1 if self.op == ("conv",) and self.groups == (1,) else width
        after = tuple(self.channels.after(width, strided, convolved) for strided in (False, True))
        return self._choices(kept, setting, after)

    @lru_cache(maxsize=1 << 6)  # noqa: B019 slots are few, and equal ones share their choices
    def _choices(
        self, width: int, setting: Setting, after: tuple[tuple[int, ...], ...]
    ) -> tuple[Choice, ...]:
        """`after`: the widths behind a convolution that is not strided, and one that is."""
        self._check_number(setting)
        found: dict[Layer, Choice] = {
            one.items[0]: one  # type: ignore[misc]
            for one in self._resizes(width, setting)
        }
        for op, kernel, stride, dilation, growths in self._windows(setting):
            for padding in self._paddings(growths, setting):
                if op == "transposed" and padding == SAME:  # its sides are ambiguous
                    continue
                shape = (kernel, stride, padding, dilation)
                for one in self._dressed(op, shape, width, setting, after):
                    found[one.items[0]] = one  # type: ignore[index]
        return tuple(sorted(found.values(), key=lambda choice: choice.items[0].order))

    def check(self, setting: Setting) -> None:
        """UsageError where no layer at all can stand here, or wide paddings have no end."""
        where = f"{self.place}." if self.place else ""
        if setting.allow_wide_padding and ANY in self.padding:
            raise UsageError(
                f"{where}padding: wide paddings have no end of their own; with allow_wide_padding "
                "give a list such as 0..5"
            )
        resized = any(True for _ in self._resizes(1, setting))
        if not resized and not any(
            set(self._paddings(growths, setting)) - ({SAME} if op == "transposed" else set())
            for op, *_, growths in self._windows(setting)
        ):
            raise UsageError(
                f"{where}kernel: these choices leave no layer at all (pools need a kernel of 2 or "
                "more; padding must not pass (d(k-1)+1)//2 nor stride d(k-1)+1 unless allowed)"
            )

    def _resizes(self, width: int, setting: Setting) -> Iterator[Choice]:
        """Every resize, whose factor is the stride."""
        for op, factor in product(self.op, self.stride):
            if OPS[op] in RESIZES and max(spread(factor, setting.axes)) > 1:
                known: dict[str, Value] = {"op": op, "stride": factor}
                yield Choice((Layer(OPS[op], factor),), _sorted(known), width)

    def _windows(
        self, setting: Setting
    ) -> Iterator[tuple[str, PerAxis, PerAxis, PerAxis, tuple[int, ...]]]:
        """(op, kernel, stride, dilation, growths) of every window; some may be twice."""
        for op, kernel, stride, dilation in product(
            self.op, self.kernel, self.stride, self.dilation
        ):
            kernels = spread(kernel, setting.axes)
            pool = OPS[op] in POOLS
            if OPS[op] in RESIZES or (pool and max(kernels) < 2):
                continue
            if pool or max(kernels) == 1:
                dilation = 1
            growths = _growths(kernels, spread(dilation, setting.axes))
            if op == "transposed":
                if not leaves_out(kernels, spread(stride, setting.axes), dilation):
                    yield op, kernel, stride, dilation, growths
            elif setting.allow_gaps or not _has_gap(growths, spread(stride, setting.axes)):
                yield op, kernel, stride, dilation, growths

    def _check_number(self, setting: Setting) -> None:
        """Refuse too many choices before any is made."""
        listed = sum(padding != ANY for padding in self.padding)
        windows = len(self.op) * len(self.kernel) * len(self.stride) * len(self.dilation)
        widest = window_growth(
            max(max(spread(one, setting.axes)) for one in self.kernel),
            max(max(spread(one, setting.axes)) for one in self.dilation),
        )
        if windows * (listed + default_padding_limit(widest) + 1) <= MOST_CHOICES:
            return
        number = 0
        for *_, growths in self._windows(setting):
            number += listed
            if listed < len(self.padding):
                number += min(map(default_padding_limit, growths)) + 1
            if number > MOST_CHOICES:
                where = f"{self.place}.kernel" if self.place else "kernel"
                raise UsageError(
                    f"{where}: with strides, paddings and dilations more than {MOST_CHOICES:,} "
                    "choices of a layer; give fewer of them"
                )

    def _paddings(self, growths: tuple[int, ...], setting: Setting) -> list[Padding]:
        limits = [default_padding_limit(growth) for growth in growths]
        found: list[Padding] = []
        for padding in self.padding:
            if padding == SAME:
                found.append(SAME)
            elif padding == HALF:
                found.append(sides([(growth // 2, growth // 2) for growth in growths]))
            elif (axis := causal_axis(padding)) is not None:
                pairs = [(growth // 2, growth // 2) for growth in growths]
                pairs[axis] = (growths[axis], 0)
                found.append(sides(pairs))
            elif padding == ANY:
                found.extend(range(min(limits) + 1))
            else:
                assert not isinstance(padding, str)
                each = spread(padding, setting.axes)
                if setting.allow_wide_padding or all(
                    p <= limit for p, limit in zip(each, limits, strict=True)
                ):
                    found.append(sides([(p, p) for p in each]))
        return found

    def _dressed(
        self, op: str, shape: tuple[PerAxis, PerAxis, Padding, PerAxis], width: int,
        setting: Setting, after: tuple[tuple[int, ...], ...],
    ) -> list[Choice]:  # fmt: skip
        """A layer with every width and number of groups; pools and depthwise have none.

        `shape`: kernel, stride, padding, dilation. Properties stand by name.
        """
        kernel, stride, padding, dilation = shape
        shown = padding if isinstance(padding, int) else str(padding)
        of_window: tuple[tuple[str, Value], ...] = (
            ("kernel", kernel), ("op", op), ("padding", shown), ("stride", stride),
        )  # fmt: skip
        if OPS[op] in POOLS:
            pool = Layer(OPS[op], kernel, stride, padding, dilation, None, 1, setting.ceil)
            return [Choice((pool,), of_window, width)]
        dilated = ("dilation", dilation)
        norm, bias = ("N", False) if setting.norm == "batch" else ("", setting.bias)
        if op == "depthwise":
            learned = Layer(OPS[op], *shape, None, 1, False, norm, bias)
            return [Choice((learned,), (dilated, *of_window), width)]
        found = []
        strided = max(spread(stride, setting.axes)) > 1
        for groups, channels in product(self.groups, after[strided]):
            if width % groups or channels % groups:
                continue
            one = Layer(OPS[op], *shape, channels, groups, False, norm, bias)
            known = (("channels", channels), dilated, ("groups", groups), *of_window)
            found.append(Choice((one,), known, channels))
        return found


@dataclass(frozen=True)
class BlockSlot(Turning):
    """A slot of one block: alternatives in notation with holes, and what each hole may hold.

    `turns` are the rules of holes, which then hold all of a rule's values.
    """

    place: str
    name: str
    stacks: tuple[Template, ...]
    holes: tuple[tuple[str, Widths], ...] = field(default=())
    turns: tuple[tuple[str, TurnRule], ...] = ()

    def at_turn(self, number: int) -> BlockSlot:
        """The slot as it is at a turn, from 0: with one value where a rule says it."""
        if not self.turns:
            return self
        values = {name: Widths((rule.at(number),), ()) for name, rule in self.turns}
        holes = tuple((name, values.get(name, widths)) for name, widths in self.holes)
        return replace(self, turns=(), holes=holes)

    @property
    def names(self) -> frozenset[str]:
        """The properties that its choices may have."""
        return frozenset(name for name, _ in self.holes) | {"channels"}

    def choices(self, width: int, setting: Setting, convolved: bool = True) -> tuple[Choice, ...]:
        """Every choice at input width `width`: alternatives and holes; fillings may coincide."""
        from rfsearch.layers.anatomy import width_after

        values = tuple(widths.values(width) for _, widths in self.holes)
        number = len(self.stacks) * prod(len(some) for some in values)
        if number > MOST_CHOICES:
            raise LimitError(f"{self.place}: {number} choices are more than {MOST_CHOICES}")
        names = tuple([name for name, _ in self.holes])
        asked = any("in" in template.names for template in self.stacks)
        shown = sorted({*names, "channels"})
        found: dict[Choice, Order] = {}  # with its place in the order of stacks
        for known, items, order in _filled(
            self.stacks, names, values, width if asked else None, setting
        ):
            after = width_after(items, width, setting.axes)
            if after is not None:
                has = {**known, "channels": after}
                properties = tuple([(name, has[name]) for name in shown])
                found[Choice(items, properties, after)] = order
        return tuple([choice for choice, _ in sorted(found.items(), key=itemgetter(1))])


@lru_cache(maxsize=1 << 10)
def _filled(
    stacks: tuple[Template, ...], names: tuple[str, ...], values: tuple[tuple[PerAxis, ...], ...],
    width: int | None, setting: Setting,
) -> list[tuple[dict[str, PerAxis], Stack, Order]]:  # fmt: skip
    """(what each hole holds, the items, their order) of every filling that may stand.

    `width` is None where no hole reads it: what stands then is the same at all widths.
    """
    found = []
    standing: dict[int, int] = {}  # by the identity of layers that their templates keep
    for template in stacks:
        always = max([_standing(layer, setting) for layer in template.fixed], default=STANDS)
        if not all(_is_of_axes(block.patches, setting.axes) for block in template.blocks):
            always = NOT_AT_ALL
        for chosen in product(*values):
            known = dict(zip(names, chosen, strict=True))
            held = known if width is None else known | {"in": width}
            layers = template.layers(held)
            stands = NOT_AT_ALL if layers is None else always
            for layer in layers or ():
                if id(layer) not in standing:
                    standing[id(layer)] = _standing(layer, setting)
                stands = max(stands, standing[id(layer)])
            if layers is None or stands == NOT_AT_ALL:
                made = _read(template.fill(held), template.place, setting)
                if made is not None:
                    found.append((known, *made))
            elif stands == STANDS:
                stack = template.completed(layers)
                if setting.ceil:
                    stack = with_layers(stack, _with_ceil)
                found.append((known, stack, stack_order(stack)))
    return found


STANDS, LEFT_OUT, NOT_AT_ALL = range(3)


@lru_cache(maxsize=1 << 14)
def _standing(layer: Layer, setting: Setting) -> int:
    """Whether a layer may stand in a searched stack; where not at all, reading it says why."""
    try:
        _check_layer(layer, setting, "")
    except UsageError:
        return NOT_AT_ALL
    gaps = not setting.allow_gaps and _leaves_gap(layer, setting.axes)
    return LEFT_OUT if gaps or _leaves_out(layer, setting.axes) else STANDS


@lru_cache(maxsize=1 << 16)
def _read(text: str, place: str, setting: Setting) -> tuple[Stack, Order] | None:
    """The same of its text, read as a whole."""
    try:
        stack = parse_stack(text)
    except UsageError as error:
        raise UsageError(f"{place}: filled as {text}: {error}") from None
    check_searched(stack, setting, f"{place}: {text}")
    check_asides(stack, f"{place}: {text}")
    if any(_standing(layer, setting) == LEFT_OUT for layer in _written(stack)):
        return None
    if setting.ceil:
        stack = with_layers(stack, _with_ceil)
    return stack, stack_order(stack)


def check_searched(stack: Stack, setting: Setting, place: str) -> None:
    """UsageError where an item cannot stand in a searched stack, or has other axes."""
    check_pooled(stack, place)
    for block in blocks_in(stack):
        if not _is_of_axes(block.patches, setting.axes):
            numbers = len(spread(block.patches, setting.axes))
            raise UsageError(f"{place}: {numbers} numbers of patches for {setting.axes} axes")
    for layer in _written(stack):
        _check_layer(layer, setting, place)


def _is_of_axes(value: PerAxis, axes: int) -> bool:
    """Whether a value is one number for all axes, or one an axis."""
    return isinstance(value, int) or len(value) == axes


def _written(stack: Stack) -> list[Layer]:
    """Every layer that is written in a stack, once."""
    return list(dict.fromkeys(layers_in(stack)))


def _check_layer(layer: Layer, setting: Setting, place: str) -> None:
    if layer.op not in SEARCHED:
        raise UsageError(
            f"{place}: {layer.op} describes networks and is not searched; a search takes "
            f"{', '.join(sorted(SEARCHED))}"
        )
    if layer.op == "SE" and isinstance(layer.kernel, tuple):
        raise UsageError(f"{place}: the reduction of SE is one number")
    for value in (layer.kernel, layer.stride, layer.dilation):
        if not _is_of_axes(value, setting.axes):
            numbers = len(spread(value, setting.axes))
            raise UsageError(f"{place}: {numbers} numbers for {setting.axes} axes")
    if layer.op == "T" and layer.padding == SAME:
        raise UsageError(f"{place}: same padding of a transposed convolution is ambiguous")
    if isinstance(layer.padding, tuple) and len(layer.padding) not in (1, setting.axes):
        raise UsageError(f"{place}: {len(layer.padding)} paddings for {setting.axes} axes")


def sides(pairs: list[tuple[int, int]]) -> Padding:
    """Paddings (before, after) of every axis in the form that the notation reads back."""
    if len(set(pairs)) > 1:
        return tuple(pairs)
    before, after = pairs[0]
    return before if before == after else (pairs[0],)


def _growths(kernels: tuple[int, ...], dilations: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(window_growth(k, d) for k, d in zip(kernels, dilations, strict=True))


def _has_gap(growths: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    return any(skips_pixels(growth, s) for growth, s in zip(growths, strides, strict=True))


def leaves_out(kernels: tuple[int, ...], strides: tuple[int, ...], dilation: PerAxis) -> bool:
    """Whether some output of a transposed convolution would see no input at all."""
    dilations = spread(dilation, len(kernels))
    return not all(
        transposed_taps(index, k, s, 0, d)
        for k, s, d in zip(kernels, strides, dilations, strict=True)
        for index in range(s)
    )


def _leaves_out(layer: Layer, axes: int) -> bool:
    """Whether a transposed convolution has outputs that see nothing."""
    return layer.op == "T" and leaves_out(
        spread(layer.kernel, axes), spread(layer.stride, axes), layer.dilation
    )


def _leaves_gap(layer: Layer, axes: int) -> bool:
    """Whether a layer skips input pixels."""
    if layer.op not in WINDOWED or layer.op == "T":
        return False
    growths = _growths(spread(layer.kernel, axes), spread(layer.dilation, axes))
    return _has_gap(growths, spread(layer.stride, axes))


def _with_ceil(layer: Layer) -> Layer:
    """The layer, with the ceil rule where it is a pool."""
    return replace(layer, ceil=True) if layer.op in POOLS else layer


def _sorted(properties: dict[str, Value]) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted(properties.items()))
