"""Chains: items that are convolutions one after another, lowered once for all sizes.

On other sizes the converter makes the same operators of such an item, as long as each convolution
is padded in the same way: with nothing, by itself, or by an operator before it. Then only the sizes
of what is computed differ, and these follow from the recurrences. A search has each item at dozens
of sizes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import prod

from rfsearch.device.tflm.kept import aligned
from rfsearch.device.tflm.memory import buffers
from rfsearch.device.tflm.model import Model
from rfsearch.device.tflm.operators import ADD, CONV, DEPTHWISE, PAD
from rfsearch.device.tflm.planner import Buffer
from rfsearch.layers.layer import INVERTED, SAME, Block, Item, Layer
from rfsearch.layers.recurrence import (
    FLOOR,
    output_size,
    same_output_size,
    same_padding,
    window_growth,
)

Sizes = tuple[int, ...]


@dataclass(frozen=True)
class Reading:
    """A convolution on some sizes: these with its padding, what it makes, how it is padded."""

    padded: Sizes
    made: Sizes
    way: tuple[bool, ...]


def layers_of(item: Item) -> tuple[Layer, ...] | None:
    """The convolutions of an item that is nothing else but a sum of its ends; None for others."""
    if isinstance(item, Layer):
        return (item,) if item.op in ("C", "DW") else None
    if not isinstance(item, Block) or item.join != INVERTED:
        return None
    (branch,) = item.branches
    layers = tuple(one for one in branch if isinstance(one, Layer) and one.op in ("C", "DW"))
    return layers if len(layers) == len(branch) else None


def readings(layers: tuple[Layer, ...], sizes: Sizes) -> list[Reading] | None:
    """Each convolution on what the one before makes; None where one is not known to fit."""
    found = []
    for layer in layers:
        one = _reading(layer, sizes)
        if one is None:
            return None
        found.append(one)
        sizes = one.made
    return found


@lru_cache(maxsize=1 << 14)
def _reading(layer: Layer, sizes: Sizes) -> Reading | None:
    if layer.ceil or layer.dilation != 1 or len(sizes) != 2:
        return None
    padded, made, pads, same = [], [], False, True
    for axis, n in enumerate(sizes):
        kernel, stride = (
            value if isinstance(value, int) else value[axis]
            for value in (layer.kernel, layer.stride)
        )
        growth = window_growth(kernel, 1)
        own = same_padding(n, growth, stride)
        if layer.padding == SAME:
            before, after = own // 2, own - own // 2
            size = same_output_size(n, growth, stride, FLOOR)
        elif isinstance(layer.padding, int):
            before = after = layer.padding
            size = output_size(n, growth, stride, before, after, FLOOR)
        else:
            return None
        if not size:
            return None
        pads |= before + after > 0
        same &= (before, after) == (own // 2, own - own // 2)
        padded.append(n + before + after)
        made.append(size)
    alone = (size == 1 for size in (*sizes, *made))
    return Reading(tuple(padded), tuple(made), (pads, same, *alone))


@dataclass(frozen=True)
class Lives:
    """What is computed of a chain: the values at each position, and the life of each tensor."""

    channels: tuple[int, ...]
    lives: tuple[tuple[int, int], ...]
    kinds: tuple[str, ...]

    @classmethod
    def of(cls, model: Model, sizes: Sizes, known: list[Reading]) -> Lives | None:
        """Of a chain as it was lowered; None where its tensors are not as expected."""
        channels = tuple(tensor.shape[-1] for tensor in model.tensors if not tensor.constant)
        plan = buffers(model)
        lives = tuple((one.first, one.last) for one in plan)
        found = cls(channels, lives, tuple(operator.kind.name for operator in model.operators))
        operators = sum(kind in (CONV.name, DEPTHWISE.name) for kind in found.kinds)
        if operators != len(known) or len(plan) != len(found.kinds) + 1:
            return None
        return found if found.at(sizes, known) == tuple(plan) else None

    def at(self, sizes: Sizes, known: list[Reading]) -> tuple[Buffer, ...]:
        """The buffers on other sizes."""
        every = zip(self.channels, self._positions(sizes, known), self.lives, strict=True)
        return tuple(Buffer(aligned(c * prod(at)), *life) for c, at, life in every)

    def _positions(self, sizes: Sizes, known: list[Reading]) -> Iterator[Sizes]:
        yield sizes
        left = iter(known)
        reading: Reading | None = None
        for kind in self.kinds:
            if kind == PAD.name:
                reading = next(left)
                yield reading.padded
            elif kind == ADD.name:
                yield known[-1].made
            else:
                reading, made = None, reading or next(left)
                yield made.made
