"""Canonical items: the one form of a layer that could be written with or without its width.

`C3` keeps the width that it reads, as `64C3` does on 64 channels; `64DW3` is `DW3` there.
"""

from __future__ import annotations

from dataclasses import replace

from rfsearch.layers.anatomy import Flow, flow_after
from rfsearch.layers.layer import Block, Item, Stack, layers_in
from rfsearch.space.choices import SEARCHED


def canonical(stack: Stack, width: int) -> Stack:
    """`stack` on `width` channels with the width of every convolution, and of no depthwise.

    What does not fit that width stays as it is from there on.
    """
    found: list[Item] = []
    here: Flow | None = (width, 0)
    for item in stack:
        if here is None:
            found.append(item)
            continue
        found.append(_item(item, here[0]))
        here = _after(item, here)
    return tuple(found)


def _item(item: Item, width: int) -> Item:
    if isinstance(item, Block):
        return replace(item, branches=tuple(canonical(one, width) for one in item.branches))
    if item.op in ("C", "T") and item.channels is None:
        return replace(item, channels=width)
    if item.op == "DW" and item.channels == width:
        return replace(item, channels=None)
    return item


def _after(item: Item, flow: Flow) -> Flow | None:
    """What flows after an item; None after one that a search does not take."""
    return flow_after((item,), flow, _written_axes((item,)) or 2) if _searched(item) else None


def _written_axes(stack: Stack) -> int | None:
    """How many axes the windows of a stack name; None where they name none."""
    for layer in layers_in(stack):
        for value in (layer.kernel, layer.stride, layer.dilation):
            if isinstance(value, tuple):
                return len(value)
    return None


def _searched(item: Item) -> bool:
    return all(layer.op in SEARCHED for layer in layers_in((item,)))
