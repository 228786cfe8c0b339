"""What a stack of features does not say: a classifier's head, and norms where none are named."""

from __future__ import annotations

from dataclasses import replace

from rfsearch.errors import UsageError
from rfsearch.layers.layer import CONVOLUTIONS, Layer, Stack, with_layers

NORMS = {"none": "", "batch": "N", "layer": "L"}


def with_norms(stack: Stack, norm: str) -> Stack:
    """Every convolution followed by this norm in place of its bias; "none": norms become biases.

    UsageError for a word that is no norm.
    """
    if norm not in NORMS:
        raise UsageError(f"norm: {norm} is not one of {', '.join(NORMS)}")

    def normed(layer: Layer) -> Layer:
        if layer.op not in CONVOLUTIONS:
            return layer
        return replace(layer, norm=NORMS[norm], bias=norm == "none")

    return with_layers(stack, normed)


def with_classes(stack: Stack, classes: int) -> Stack:
    """A global average, where there is none, and a fully connected layer of `classes` outputs.

    UsageError where the stack ends in a classifier already.
    """
    last = stack[-1]
    if isinstance(last, Layer) and last.op == "FC":
        raise UsageError(f"classes: the stack ends in {last.channels}FC already")
    average = () if isinstance(last, Layer) and last.op == "GAP" else (Layer("GAP"),)
    return (*stack, *average, Layer("FC", channels=classes))
