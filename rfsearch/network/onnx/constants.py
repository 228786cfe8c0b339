"""Constant folding: values that do not depend on the input's pixels, only on its shape."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError

if TYPE_CHECKING:
    from rfsearch.network.onnx.read import Call, Reading


LARGEST_COMPUTED = 4096

# Operators after which a weight is still that weight; exporters share equal ones by Identity.
_PASSING = ("Identity", "Cast", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "DequantizeLinear")


def fold(call: Call, reading: Reading) -> bool:
    """Whether the node only makes constants; if so they are recorded where they are needed.

    Values are kept only where they are small; of weights the shape suffices.
    """
    if call.op in ("Constant", "ConstantOfShape"):
        _constant(call, reading)
        return True
    if call.op in ("Shape", "Size"):
        _shape(call, reading)
        return True
    inputs = [name for name in call.inputs if name]
    if any(name in reading.tensors for name in inputs) or not inputs:
        return False
    if not all(name in reading.constants or name in reading.weights for name in inputs):
        return False
    _computed(call, reading)
    return True


def _constant(call: Call, reading: Reading) -> None:
    import numpy as np
    from onnx import numpy_helper

    value = call.attributes.get("value")
    if call.op == "ConstantOfShape":
        shape = reading.shapes.get(call.outputs[0])
        fill = numpy_helper.to_array(value).reshape(-1)[0] if value is not None else 0
        if shape is not None and prod(shape) <= LARGEST_COMPUTED:
            reading.constants[call.outputs[0]] = np.full(shape, fill)
        reading.weights.setdefault(call.outputs[0], ())
        return
    if value is not None:
        array = numpy_helper.to_array(value)
    else:
        array = np.asarray(next(iter(call.attributes.values()), 0))
    reading.constants[call.outputs[0]] = array
    # A norm's scale or a convolution's weights may stand in a Constant as well.
    reading.weights[call.outputs[0]] = tuple(array.shape)


def _shape(call: Call, reading: Reading) -> None:
    import numpy as np

    name = call.inputs[0]
    shape = reading.shapes.get(name)
    if name in reading.tensors and shape is None:
        shape = list(reading.tensors[name].shape)
    if shape is None and name in reading.weights:
        shape = list(reading.weights[name])
    if shape is None:
        return
    end = call.attributes.get("end", len(shape))
    array = np.asarray(shape[call.attributes.get("start", 0) : end], dtype=np.int64)
    reading.constants[call.outputs[0]] = array if call.op == "Shape" else np.prod(array)


def _small(call: Call, reading: Reading) -> bool:
    """Whether the outputs are known to be shapes, axes and the like, before they are computed."""
    for name in call.outputs:
        shape = reading.shapes.get(name)
        if shape is None or prod(shape) > LARGEST_COMPUTED:
            return False
    return True


def _computed(call: Call, reading: Reading) -> None:
    """Shape arithmetic is carried out; of what is done to weights only the shape is kept."""
    arrays = {name: reading.constants.get(name) for name in call.inputs if name}
    made: list[Any] = []
    if all(array is not None for array in arrays.values()) and _small(call, reading):
        from onnx.reference import ReferenceEvaluator

        try:
            made = list(ReferenceEvaluator(call.proto).run(None, arrays))
        except Exception as error:
            reason = str(error).strip().splitlines()[:1]
            raise UsageError(f"{call.place}: cannot be computed: {''.join(reason)[:120]}") from None
    for index, name in enumerate(call.outputs):
        if index < len(made):
            reading.constants[name] = made[index]
        reading.weights[name] = tuple(reading.shapes.get(name) or ())
        if call.op in _PASSING and call.inputs[0] in reading.initial:
            reading.initial.add(name)
