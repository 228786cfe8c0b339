"""Constant folding: values that do not depend on the input's pixels, only on its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rfsearch.network.onnx.compute import run
from rfsearch.network.onnx.constant import (
    LARGEST_VALUE,
    Constant,
    Shape,
    array_constant,
    stored_tensor,
)
from rfsearch.network.onnx.constant_shapes import bounded, shape_of, split_shapes
from rfsearch.network.onnx.names import VIEWS

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading

# Operators after which a weight is still that weight: what else they read is not learned.
_PASSING = (
    *VIEWS,
    "Identity",
    "Cast",
    "CastLike",
    "DequantizeLinear",
    "QuantizeLinear",
    "Expand",
    "Split",
    "Gather",
)


def fold(call: Call, reading: Reading) -> bool:
    """Record what a node makes where that depends on no pixel; False where it does.

    Values are kept only where they are small; of weights the shape suffices.
    """
    if call.op in ("Constant", "ConstantOfShape"):
        name = call.outputs[0]
        made = _constant(call) if call.op == "Constant" else _filled(call, reading)
        reading.constants[name] = reading.leaves.add(name, made)
        return True
    if call.op in ("Shape", "Size"):
        return _shape(call, reading)
    inputs = [name for name in call.inputs if name]
    if not inputs or any(name not in reading.constants for name in inputs):
        return False
    _computed(call, reading)
    return True


def _constant(call: Call) -> Constant:
    import numpy as np

    value = call.attributes.get("value")
    if value is not None:
        return stored_tensor(value)
    if "sparse_value" in call.attributes:
        return Constant(tuple(call.attributes["sparse_value"].dims))
    return array_constant(np.asarray(next(iter(call.attributes.values()), 0)))


def _filled(call: Call, reading: Reading) -> Constant:
    """ConstantOfShape, as an array that occupies no memory: light files are full of it."""
    import numpy as np
    from onnx import numpy_helper

    value = call.attributes.get("value")
    fill = numpy_helper.to_array(value).reshape(-1)[0] if value is not None else np.float32(0)
    shape = reading.values(call, 0)
    if shape is None or not bounded(tuple(shape), 2**62):
        raise ValueError(f"a tensor of shape {shape}")
    return array_constant(np.broadcast_to(np.asarray(fill), tuple(map(int, shape))))


def _shape(call: Call, reading: Reading) -> bool:
    """Shape and Size; False where what they are asked about is not known."""
    import numpy as np

    name = call.inputs[0]
    shape: Shape | None = None
    if name in reading.tensors:
        shape = reading.tensors[name].shape
    elif name in reading.constants:
        shape = reading.constants[name].shape
    if shape is None:
        return False
    part = shape[slice(call.attributes.get("start", 0), call.attributes.get("end"))]
    array = np.asarray(part if call.op == "Shape" else int(np.prod(shape)), dtype=np.int64)
    reading.constants[call.outputs[0]] = array_constant(array)
    return True


def _computed(call: Call, reading: Reading) -> None:
    """Shape arithmetic is carried out; of what is done to weights only the shape is kept."""
    inputs = [reading.constants[name] if name else None for name in call.inputs]
    shapes = split_shapes(call, inputs) if call.op == "Split" else [shape_of(call, inputs)]
    known = bool(shapes) and all(one is None or one.value is not None for one in inputs)
    made: list[Any] = []
    if known and all(shape is not None and bounded(shape, LARGEST_VALUE) for shape in shapes or ()):
        made = run(call, [one.value if one else None for one in inputs])
    leaves = _leaves(call, inputs)
    for index, name in enumerate(call.outputs):
        shape = shapes[index] if shapes and index < len(shapes) else None
        constant = array_constant(made[index]) if index < len(made) else Constant(shape)
        constant.leaves = leaves
        if call.op == "Identity" and leaves:
            # Exporters give equal weights one tensor and a copy for each of the others.
            reading.leaves.sizes[name] = sum(reading.leaves.sizes[leaf] for leaf in leaves)
            constant.leaves = (name,)
        reading.constants[name] = constant


def _leaves(call: Call, inputs: list[Constant | None]) -> tuple[str, ...]:
    """What the outputs are made from: of operators that pass a weight on, that weight alone."""
    if call.op in _PASSING:
        return inputs[0].leaves if inputs[0] else ()
    return tuple(
        dict.fromkeys(
            leaf
            for one in inputs
            if one is not None and one.number and one.shape != ()
            for leaf in one.leaves
        )
    )
