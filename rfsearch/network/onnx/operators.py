"""What each ONNX operator does: one function an operator or kind of operator.

Each takes the node and the reading so far and returns the tensor of its first output, or a list
for several. Source: the ONNX operator specification, opset 7 to 23.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError
from rfsearch.network.onnx.elementwise import ELEMENTWISE, elementwise, joined, norm
from rfsearch.network.onnx.layout import (
    concat,
    flatten,
    gather,
    reshape,
    slice_,
    split,
    squeeze,
    transpose,
    unsqueeze,
)
from rfsearch.network.onnx.resize import depth_to_space, resize, space_to_depth, upsample
from rfsearch.network.onnx.windows import convolution, pad, pool, transposed
from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.read import Call, Reading

Operator = Callable[["Call", "Reading"], Tensor | list[Tensor]]


def global_pool(call: Call, reading: Reading) -> Tensor:
    """GlobalAveragePool and its like: all axes, dimensions kept."""
    tensor = reading.tensors[call.inputs[0]]
    ones = (1,) * reading.tracer.graph.axes
    return reading.tracer.adaptive_pool(tensor, "GAP", ones, call.name, call.place)


def reduce(call: Call, reading: Reading) -> Tensor:
    """ReduceMean and its like; the axes are an attribute, or the second input from opset 18."""
    tensor = reading.tensors[call.inputs[0]]
    axes: Any = call.attributes.get("axes")
    if axes is None:
        axes = reading.values(call, 1)
    if not axes:
        if call.attributes.get("noop_with_empty_axes"):
            return tensor
        axes = range(len(tensor.dims))
    keep = bool(call.attributes.get("keepdims", 1))
    return reading.tracer.reduced(tensor, list(axes), keep, call.name, call.place)


def gemm(call: Call, reading: Reading) -> Tensor:
    """Gemm: a linear layer over the last dimension."""
    tensor = reading.tensors.get(call.inputs[0])
    weight = reading.weight(call, 1)
    if tensor is None or weight is None or call.attributes.get("transA"):
        raise UsageError(f"{call.place}: a product that is not input × weights")
    features = weight[0] if call.attributes.get("transB") else weight[1]
    bias = bool(reading.learned(call, 2))
    return reading.tracer.dense(tensor, features, bias, call.name, call.place)


def matmul(call: Call, reading: Reading) -> Tensor:
    """MatMul with weights is a linear layer; of two tensors, attention: it sees everything."""
    tensor = reading.tensors.get(call.inputs[0])
    weight = reading.weight(call, 1)
    if tensor is not None and weight is not None and len(weight) == 2:
        return reading.tracer.dense(tensor, weight[1], False, call.name, call.place)
    if any(name not in reading.tensors for name in call.inputs):
        raise UsageError(f"{call.place}: a product that is not input × weights")
    one, other = (reading.tensors[name] for name in call.inputs)
    return reading.tracer.multiplied(one, other, call.name, call.place)


OPERATORS: dict[str, Operator] = {
    **dict.fromkeys(("Conv", "ConvInteger", "QLinearConv"), convolution),
    "ConvTranspose": transposed,
    "MaxPool": pool,
    "AveragePool": pool,
    "LpPool": pool,
    "Pad": pad,
    "Resize": resize,
    "Upsample": upsample,
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
    "Gemm": gemm,
    "MatMul": matmul,
    "Concat": concat,
    "Flatten": flatten,
    "Reshape": reshape,
    "Transpose": transpose,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Slice": slice_,
    "Gather": gather,
    "Split": split,
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"), global_pool),
    **dict.fromkeys(
        ("ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum", "ReduceL1", "ReduceL2"), reduce
    ),
    **dict.fromkeys(("Add", "Sub", "Sum", "Max", "Min", "Mean", "Mul", "Div", "Pow"), joined),
    **dict.fromkeys(
        (
            "BatchNormalization",
            "InstanceNormalization",
            "GroupNormalization",
            "LayerNormalization",
            "RMSNormalization",
            "LRN",
            "LpNormalization",
            "MeanVarianceNormalization",
            "PRelu",
        ),
        norm,
    ),
    **dict.fromkeys(ELEMENTWISE, elementwise),
}
