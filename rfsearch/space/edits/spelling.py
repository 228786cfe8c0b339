"""Spelling: layers that are one function are written one way, so that networks count once.

At stride 1, SAME pads d(k - 1) positions in all: half of them on each side where that is even. So
`64C3Ps` is `64C3P1`, and `64C1Ps` is `64C1`. Averages are left as they are: whether what is padded
counts there differs from one framework to the next.
"""

from __future__ import annotations

from dataclasses import replace

from rfsearch.layers.layer import SAME, Layer, Padding, spread
from rfsearch.layers.recurrence import window_growth
from rfsearch.space.edits.word import Word

_SPELLED = ("C", "DW", "MP")


def spelled(layer: Layer, axes: int) -> Layer:
    """The layer with its padding in numbers, where SAME is the same at every size."""
    if layer.padding != SAME or layer.op not in _SPELLED or max(spread(layer.stride, axes)) > 1:
        return layer
    kernels, dilations = spread(layer.kernel, axes), spread(layer.dilation, axes)
    growths = list(map(window_growth, kernels, dilations))
    if any(growth % 2 for growth in growths):
        return layer
    halves = [growth // 2 for growth in growths]
    alike = len(set(halves)) == 1
    padding: Padding = halves[0] if alike else tuple((half, half) for half in halves)
    return replace(layer, padding=padding)


def spelled_word(word: Word, axes: int) -> Word:
    """Every layer of a word so."""
    return tuple(spelled(sign, axes) if isinstance(sign, Layer) else sign for sign in word)
