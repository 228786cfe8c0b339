"""What a stack of features does not say: a classifier's head, and norms where none are named."""

from __future__ import annotations

from dataclasses import replace

from rfsearch.errors import UsageError
from rfsearch.layers.layer import CONVOLUTIONS, Block, Item, Layer, Stack

NORMS = {"none": "", "batch": "N", "layer": "L"}


def with_norms(stack: Stack, norm: str) -> Stack:
    """Every convolution followed by this norm in place of its bias; "none": norms become biases.

    UsageError for a word that is no norm.
    """
    if norm not in NORMS:
        raise UsageError(f"norm: {norm} is not one of {', '.join(NORMS)}")
    return tuple(_with_norm(item, NORMS[norm]) for item in stack)


def _with_norm(item: Item, norm: str) -> Item:
    if isinstance(item, Block):
        branches = tuple(tuple(_with_norm(one, norm) for one in branch) for branch in item.branches)
        return replace(item, branches=branches)
    if item.op not in CONVOLUTIONS:
        return item
    return replace(item, norm=norm, bias=not norm)


def with_classes(stack: Stack, classes: int) -> Stack:
    """A global average, where there is none, and a fully connected layer of `classes` outputs.

    UsageError where the stack ends in a classifier already.
    """
    last = stack[-1]
    if isinstance(last, Layer) and last.op == "FC":
        raise UsageError(f"classes: the stack ends in {last.channels}FC already")
    average = () if isinstance(last, Layer) and last.op == "GAP" else (Layer("GAP"),)
    return (*stack, *average, Layer("FC", channels=classes))
