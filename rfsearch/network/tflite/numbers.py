"""Whole numbers that operators compute from shapes: what a file of open sizes reshapes to."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from rfsearch.errors import NotFollowed
from rfsearch.network.tflite.reading import Call


def computed(call: Call) -> list[int] | None:
    """The numbers that an operator makes; None where it makes none, or none that are known."""
    try:
        if call.op == "SHAPE":
            return list(call.tensor.shape)
        if call.op not in _KNOWN or any(
            one in call.reading.tensors for one in call.operator.inputs
        ):
            return None
        return _KNOWN[call.op](call)
    except (NotFollowed, IndexError, ValueError):
        return None


def _picked(call: Call) -> list[int]:
    numbers, (begin, *_), (end, *_), (step, *_) = (call.constant(at) for at in range(4))
    return numbers[
        slice(
            None if call.option("BeginMask", 0) & 1 else begin,
            begin + 1
            if call.option("ShrinkAxisMask", 0) & 1
            else None
            if call.option("EndMask", 0) & 1
            else end,
            step,
        )
    ]


def _beside(call: Call) -> list[int]:
    return [one for at in range(len(call.operator.inputs)) for one in call.constant(at)]


def _product(call: Call) -> list[int]:
    return [one * other for one, other in zip(call.constant(0), call.constant(1), strict=True)]


_KNOWN: dict[str, Callable[[Call], list[int]]] = {
    "STRIDED_SLICE": _picked,
    "CONCATENATION": _beside,
    "PACK": _beside,
    "MUL": _product,
    "REDUCE_PROD": lambda call: [prod(call.constant(0))],
    "CAST": lambda call: call.constant(0),
    "RESHAPE": lambda call: call.constant(0),
}
