"""Operators that read each position by itself: activations, sums and products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.errors import UsageError, shortened
from rfsearch.network.onnx.constant import Shape
from rfsearch.network.onnx.names import FIRST_ALONE, POINTWISE
from rfsearch.network.tensor import CHANNELS, Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading

# From this version on Softmax is taken over one axis; before, over all from that one on.
ONE_AXIS = 13

_PRODUCTS = ("Mul", "Div", "Pow", "com.microsoft.QLinearMul")


def elementwise(call: Call, reading: Reading) -> Tensor:
    """Passed over; one operand of several is joined as a sum would be."""
    if call.op in POINTWISE:
        reading.passed[call.op] += 1
    if call.op in FIRST_ALONE:
        return reading.tensor(call)
    tensors = as_wide_as(reading.operands(call), call, reading)
    if len(tensors) > 1:
        return reading.tracer.joined(tensors, "+", call.name, call.place)
    return tensors[0]


def softmax(call: Call, reading: Reading) -> Tensor:
    """Over channels each position by itself; over positions every output sees all."""
    tensor = reading.tensor(call)
    old = call.opsets.get("", ONE_AXIS) < ONE_AXIS
    axis = call.attributes.get("axis", 1 if old else -1) % len(tensor.dims)
    dims = list(range(axis, len(tensor.dims) if old else axis + 1))
    if set().union(*(tensor.labels(dim) for dim in dims)) - {CHANNELS}:
        return reading.tracer.mixed(tensor, call.name, call.place, dims=dims)
    return tensor


def joined(call: Call, reading: Reading) -> Tensor:
    """Add, Mul and their like: of tensors a join, with a weight a scale or shift."""
    tensors = as_wide_as(reading.operands(call), call, reading)
    if len(tensors) > 1:
        op = "*" if call.op in _PRODUCTS else "+"
        return reading.tracer.joined(tensors, op, call.name, call.place)
    return reading.learn(tensors[0], reading.scaled(call), call)


def tuned(call: Call, reading: Reading) -> Tensor:
    """An activation with a learned slope or shift, be it one alone."""
    return reading.learn(reading.tensor(call), reading.learned(call, 1), call)


def expand(call: Call, reading: Reading) -> Tensor:
    """Expand: the shape that is given and the tensor's own, broadcast."""
    tensor, wanted = reading.tensor(call), reading.values(call, 1) or []
    return _written_out(tensor, [tuple(map(int, wanted))], call, reading)


def as_wide_as(tensors: list[Tensor], call: Call, reading: Reading) -> list[Tensor]:
    """A lone tensor, as wide as the constants beside it; several are left to the join."""
    if len(tensors) != 1:
        return tensors
    others = [reading.weight(call, index) for index in range(len(call.inputs))]
    known = [shape for shape in others if shape is not None]
    return [_written_out(tensors[0], known, call, reading)]


def _written_out(tensor: Tensor, shapes: list[Shape], call: Call, reading: Reading) -> Tensor:
    """The tensor under the shape that it has beside tensors of other shapes."""
    import numpy as np

    try:
        wide = np.broadcast_shapes(tensor.shape, *shapes)
    except (ValueError, RuntimeError):  # that do not fit together; of too many dimensions
        said = " and ".join(str(list(shape)) for shape in (tensor.shape, *shapes))
        raise UsageError(f"{call.place}: {shortened(said, 200)} are no shapes of one") from None
    if wide == tensor.shape:
        return tensor
    return reading.tracer.expanded(tensor, list(wide), call.name, call.place)
