"""Reductions, global pools, and the choice of the largest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.errors import NotFollowed
from rfsearch.network.axis import FUTURE, PAST
from rfsearch.network.onnx.channels_last import channels_first, channels_last
from rfsearch.network.tensor import CHANNELS, Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading


def global_pool(call: Call, reading: Reading) -> Tensor:
    """All axes, dimensions kept."""
    tensor, last = channels_first(call, reading)
    ones = (1,) * reading.tracer.graph.axes
    made = reading.tracer.adaptive_pool(tensor, "GAP", ones, call.name, call.place)
    return channels_last(made, last)


def reduce(call: Call, reading: Reading) -> Tensor:
    """The axes are an attribute, or the second input from opset 18 (13 for ReduceSum)."""
    tensor = reading.tensor(call)
    axes = call.attributes.get("axes")
    if axes is None and not call.op.startswith("com."):
        axes = reading.values(call, 1)
    if not axes:
        if call.attributes.get("noop_with_empty_axes"):
            return tensor
        axes = range(len(tensor.dims))
    keep = bool(call.attributes.get("keepdims", 1))
    return reading.tracer.reduced(tensor, list(axes), keep, call.name, call.place)


def largest(call: Call, reading: Reading) -> Tensor:
    """ArgMax and ArgMin: which it is depends on all that a maximum depends on."""
    axis, keep = call.attributes.get("axis", 0), bool(call.attributes.get("keepdims", 1))
    return reading.tracer.reduced(reading.tensor(call), [axis], keep, call.name, call.place)


def top(call: Call, reading: Reading) -> list[Tensor]:
    """TopK of channels: each position by itself, the values and where they were."""
    tensor = reading.tensor(call)
    count = call.attributes.get("k") or (reading.values(call, 1) or [0])[0]
    axis = call.attributes.get("axis", -1) % len(tensor.dims)
    if tensor.labels(axis) - {CHANNELS}:
        raise NotFollowed(f"{call.place}: a choice of positions by their values is not followed")
    made = reading.tracer.part(tensor, axis, 0, int(count), 1, call.name, call.place)
    return [made, made]


def cumulated(call: Call, reading: Reading) -> Tensor:
    """CumSum and CumProd: along an axis each output sees what came before it, or after it."""
    tensor = reading.tensor(call)
    axis = (reading.values(call, 1) or [0])[0] % len(tensor.dims)
    if not tensor.labels(axis) - {CHANNELS}:
        return tensor
    look = FUTURE if call.attributes.get("reverse") else PAST
    return reading.tracer.mixed(tensor, call.name, call.place, dims=[int(axis)], direction=look)
