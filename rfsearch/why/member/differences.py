"""Differences between described items and what a slot takes: properties of layers, holes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product

from rfsearch.errors import UsageError
from rfsearch.layers.layer import (
    PATCHES,
    POOLS,
    Block,
    Item,
    Layer,
    Padding,
    PerAxis,
    Stack,
    spread,
)
from rfsearch.layers.notation import parse_stack
from rfsearch.layers.notation.format import format_stack
from rfsearch.space.canonical import canonical
from rfsearch.space.choices import OPS, BlockSlot, LayerSlot, Setting
from rfsearch.space.template import Template

MOST_VALUES = 8  # of a list of what is allowed
MOST_FILLINGS = 4_000  # tried to find the nearest one
ANOTHER_KIND = 10.0  # how far a slot is whose op or block is another
_NAMES = {op: name for name, op in OPS.items()}


@dataclass(frozen=True)
class Difference:
    """What differs: the property or hole (None where the text names the place), and how far."""

    name: str | None
    text: str
    weight: float = 1.0


def of_layer(
    slot: LayerSlot, item: Item, width: int, setting: Setting, convolved: bool
) -> list[Difference]:
    """What keeps a slot of layers from taking an item that reads `width` channels."""
    if isinstance(item, Block) or _NAMES.get(item.op) not in slot.op:
        name = "a block" if isinstance(item, Block) else _NAMES.get(item.op, item.op)
        return [Difference("op", _not_one_of(name, slot.op), ANOTHER_KIND)]
    found = list(_window(slot, item))
    choices = [
        choice.items[0]
        for choice in slot.choices(width, setting, convolved)
        if isinstance(choice.items[0], Layer)
    ]
    if not found:
        alike = [one for one in choices if _same_window(one, item)]
        paddings = dict.fromkeys(str(one.padding) for one in alike)
        if not alike:
            found.append(Difference(None, "allow_gaps: its stride is wider than its window"))
        elif str(item.padding) not in paddings:
            found.append(Difference("padding", _not_one_of(_padding(item), map(_padding, alike))))
    if item.op not in POOLS:
        found.extend(_learned(slot, item, width, setting, convolved))
    elif item.ceil != setting.ceil:
        rule = "takes no pool with U" if item.ceil else "writes U on every pool"
        found.append(Difference(None, f"rounding: {'ceil' if setting.ceil else 'this'} {rule}"))
    return found


def _window(slot: LayerSlot, item: Layer) -> Iterator[Difference]:
    if item.kernel not in slot.kernel:
        yield Difference("kernel", _not_one_of(item.kernel, slot.kernel))
    if item.stride not in slot.stride:
        yield Difference("stride", _not_one_of(item.stride, slot.stride))
    single = item.op in POOLS or item.kernel == 1
    dilations = (1,) if single else slot.dilation
    if item.dilation not in dilations:
        yield Difference("dilation", _not_one_of(item.dilation, dilations))


def _same_window(one: Layer, item: Layer) -> bool:
    return (one.op, one.kernel, one.stride, one.dilation) == (
        item.op,
        item.kernel,
        item.stride,
        item.dilation,
    )


def _padding(layer: Layer) -> str:
    """The padding as the notation writes it after P."""
    text = format_stack((Layer("MP", 2, padding=layer.padding),))
    return text.partition("P2P")[2] or "0"


def _learned(
    slot: LayerSlot, item: Layer, width: int, setting: Setting, convolved: bool
) -> Iterator[Difference]:
    if item.op == "DW":
        if item.channels is not None:
            yield Difference(
                "channels", f"{item.channels} is not the {width} that a depthwise keeps"
            )
    else:
        strided = max(spread(item.stride, setting.axes)) > 1
        widths = slot.channels.after(width, strided, convolved)
        if item.channels not in widths:
            yield Difference("channels", _not_one_of(item.channels, widths))
        if item.groups not in slot.groups:
            yield Difference("groups", _not_one_of(item.groups, slot.groups))
        elif width % item.groups or (item.channels or 0) % item.groups:
            yield Difference("groups", f"{item.groups} does not divide {width} and {item.channels}")
    norm = "N" if setting.norm == "batch" else ""
    if item.norm != norm:
        words = {"": "no norm", "N": "a batch norm (N)", "L": "a layer norm (L)"}
        yield Difference(None, f"norm: it has {words[item.norm]}, and the space {words[norm]}")
    elif item.bias != (setting.bias and not norm):
        one, others = ("a bias", "none") if item.bias else ("no bias (B0)", "one")
        yield Difference(None, f"bias: it has {one}, and the space's layers have {others}")


def of_block(slot: BlockSlot, items: Stack, width: int, setting: Setting) -> list[Difference]:
    """What keeps a block from being the next items: holes with other values, or its shape."""
    holes = {name: widths.values(width) for name, widths in slot.holes}
    best: tuple[float, list[Difference]] | None = None
    for template in slot.stacks:
        search = _Filling(template, holes, items, width, setting.axes)
        differences = search.differences()
        far = sum(one.weight for one in differences)
        if differences and (best is None or far < best[0]):
            best = far, differences
    return best[1] if best else []


class _Filling:
    """The search for values of the holes of a template that give the items described."""

    def __init__(
        self,
        template: Template,
        holes: dict[str, tuple[PerAxis, ...]],
        items: Stack,
        width: int,
        axes: int,
    ) -> None:
        self.template, self.holes, self.items = template, holes, items
        self.width, self.axes = width, axes

    def differences(self) -> list[Difference]:
        names = list(self.holes)
        fillings = islice(product(*self.holes.values()), MOST_FILLINGS)
        nearest = min(
            (dict(zip(names, values, strict=True)) for values in fillings),
            key=self._far,
            default=None,
        )
        if nearest is None:
            return []
        if self._far(nearest) >= ANOTHER_KIND:
            return [
                Difference("block", f"it takes blocks like {self._text(nearest)}", ANOTHER_KIND)
            ]
        solved = self._solved(nearest)
        if self._far(solved):
            text = f"no filling of the block is this; the nearest is {self._text(nearest)}"
            return [Difference("block", text, 4 + self._far(nearest))]
        other = [name for name in names if solved[name] not in self.holes[name]]
        if not other:  # a filling that the gap rule leaves out
            return [Difference(None, "allow_gaps: a stride is wider than its window")]
        return [Difference(name, _not_one_of(solved[name], self.holes[name])) for name in other]

    def _solved(self, values: dict[str, PerAxis]) -> dict[str, PerAxis]:
        """Hole by hole the value that brings the filling nearest, until none does."""
        known = [value for _, value in _features(self.items, self.axes)]
        numbers = {value for value in known if isinstance(value, int)}
        numbers |= {number // self.width for number in numbers if number % self.width == 0}
        while True:
            far = self._far(values)
            for name, allowed in self.holes.items():
                some: list[PerAxis] = [value for value in allowed if isinstance(value, tuple)]
                some += sorted(numbers | {one for one in allowed if isinstance(one, int)})
                tried = [{**values, name: value} for value in some]
                values = min([values, *tried], key=self._far)
            if self._far(values) == far:
                return values

    def _filled(self, values: dict[str, PerAxis]) -> Stack | None:
        try:
            return canonical(
                parse_stack(self.template.fill(values | {"in": self.width})), self.width
            )
        except UsageError:
            return None

    def _text(self, values: dict[str, PerAxis]) -> str:
        return format_stack(self._filled(values) or ())

    def _far(self, values: dict[str, PerAxis]) -> float:
        """How many numbers differ from the items described; ANOTHER_KIND for another shape."""
        filled = self._filled(values)
        if filled is None:
            return ANOTHER_KIND
        ours = _features(filled, self.axes)
        theirs = _features(self.items[: len(filled)], self.axes)
        if [name for name, _ in ours] != [name for name, _ in theirs]:
            return ANOTHER_KIND
        return sum(a != b for a, b in zip(ours, theirs, strict=True))


def _features(stack: Sequence[Item], axes: int) -> list[tuple[str, object]]:
    """Everything written in a stack, one entry a number; names tell the shape."""
    found: list[tuple[str, object]] = []
    for item in stack:
        if isinstance(item, Block):
            found.append((f"{item.join}{len(item.branches)}", None))
            if item.join == PATCHES:
                found += [("patches", value) for value in spread(item.patches, axes)]
            for branch in item.branches:
                found += [*_features(branch, axes), ("end", None)]
            continue
        found.append((item.op, None))
        for name in ("kernel", "stride", "dilation"):
            found += [(name, value) for value in spread(getattr(item, name), axes)]
        found += [("padding", side) for side in _sides(item.padding, axes)]
        for name in ("channels", "groups", "ceil", "norm", "bias"):
            found.append((name, getattr(item, name)))
    return found


def _sides(padding: Padding, axes: int) -> list[int | str]:
    """Before and after on every axis; a word stands for itself."""
    if isinstance(padding, tuple):
        pairs = padding * axes if len(padding) == 1 else padding
        return [side for pair in pairs for side in pair]
    return [padding] * (2 * axes)


def _not_one_of(value: object, allowed: Iterable[object]) -> str:
    values = list(dict.fromkeys(_text(one) for one in allowed))
    if len(values) > MOST_VALUES:
        values = [*values[: MOST_VALUES - 2], "…", values[-1]]
    return f"{_text(value)} is not one of {', '.join(values)}"


def _text(value: object) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
