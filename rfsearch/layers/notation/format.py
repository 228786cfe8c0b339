"""Stack to text: the one printed form of each stack, which reads back to the same stack."""

from __future__ import annotations

from rfsearch.layers.layer import (
    ASIDE,
    INVERTED,
    PATCHES,
    RESIDUAL,
    Block,
    Item,
    Layer,
    Padding,
    PerAxis,
)
from rfsearch.layers.notation.parse_layer import FORMS, OpForm


def format_stack(stack: tuple[Item, ...]) -> str:
    """The notation of `stack`, every layer of it in full."""
    return "-".join(format_item(item) for item in stack)


def format_item(item: Item) -> str:
    """The notation of one layer or block."""
    return _format_block(item) if isinstance(item, Block) else _format_layer(item)


def _format_block(block: Block) -> str:
    branches = [format_stack(branch) or "ID" for branch in block.branches]
    if block.join in (RESIDUAL, INVERTED, ASIDE):
        return f"{block.join}({branches[0]})"
    if block.join == PATCHES:
        return f"{block.join}{_per_axis(block.patches)}({branches[0]})"
    return f"({block.join.join(branches)})"


def _format_layer(layer: Layer) -> str:
    form = FORMS.get(layer.op, OpForm())
    text = f"{'' if layer.channels is None else layer.channels}{layer.op}"
    if form.number in ("padding", "crop"):
        return text + _padding(layer.padding)
    if form.number:
        text += _per_axis(layer.kernel)
    if layer.stride != 1:
        text += f"S{_per_axis(layer.stride)}"
    if layer.padding != 0:
        text += f"P{_padding(layer.padding)}"
    if layer.dilation != 1:
        text += f"D{_per_axis(layer.dilation)}"
    if layer.groups != 1:
        text += f"G{layer.groups}"
    return text + layer.norm + _bias(layer) + ("U" if layer.ceil else "")


def _bias(layer: Layer) -> str:
    """Only what differs from the rule: a bias where there is no norm."""
    if layer.bias == (layer.norm == ""):
        return ""
    return "B1" if layer.bias else "B0"


def _per_axis(value: PerAxis) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _padding(padding: Padding) -> str:
    if isinstance(padding, int):
        return str(padding)
    if isinstance(padding, str):
        return "s"
    return "x".join(
        str(before) if before == after else f"{before}:{after}" for before, after in padding
    )
