"""Operators that read each position by itself: activations, norms, sums and products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.errors import UsageError
from rfsearch.network.tensor import CHANNELS, Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.read import Call, Reading

# Activation functions and their parts; every reader expects these to be passed through.
_ACTIVATIONS = (
    "Relu",
    "LeakyRelu",
    "Sigmoid",
    "Tanh",
    "Clip",
    "HardSigmoid",
    "HardSwish",
    "Elu",
    "Selu",
    "Celu",
    "Gelu",
    "Mish",
    "Swish",
    "Softplus",
    "Softsign",
    "ThresholdedRelu",
    "Erf",
    "Identity",
    "Dropout",
    "Cast",
    "CastLike",
    "Softmax",
    "LogSoftmax",
    "Expand",
)
# Elementwise as well, but worth a word when they are passed over.
_NAMED = (
    "Abs",
    "Neg",
    "Exp",
    "Log",
    "Sqrt",
    "Reciprocal",
    "Floor",
    "Ceil",
    "Round",
    "Sign",
    "Sin",
    "Cos",
    "Tan",
    "Asin",
    "Acos",
    "Atan",
    "Sinh",
    "Cosh",
    "Asinh",
    "Acosh",
    "Atanh",
    "Not",
    "IsNaN",
    "IsInf",
    "BitShift",
    "Shrink",
    "Hardmax",
    "Bernoulli",
    "QuantizeLinear",
    "DequantizeLinear",
    "Where",
    "Equal",
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
    "And",
    "Or",
    "Xor",
    "Mod",
    "Trilu",
)

ELEMENTWISE = (*_ACTIVATIONS, *_NAMED)


def elementwise(call: Call, reading: Reading) -> Tensor | list[Tensor]:
    """Passed over; one operand of several is joined as a sum would be."""
    tensors = [reading.tensors[name] for name in call.inputs if name in reading.tensors]
    if call.op in _NAMED:
        reading.passed[call.op] += 1
    if call.op in ("Softmax", "LogSoftmax", "Hardmax"):
        axis = call.attributes.get("axis", -1)
        if tensors[0].labels(axis) - {CHANNELS}:
            return reading.tracer.mixed(tensors[0], call.name, call.place)
    if len(tensors) > 1:
        return reading.tracer.joined(tensors, "+", call.name, call.place)
    return tensors[0]


def joined(call: Call, reading: Reading) -> Tensor:
    """Add, Mul and their like: of tensors a join, with a weight a scale or shift."""
    tensors = [reading.tensors[name] for name in call.inputs if name in reading.tensors]
    op = "*" if call.op in ("Mul", "Div", "Pow") else "+"
    if len(tensors) > 1:
        return reading.tracer.joined(tensors, op, call.name, call.place)
    values = sum(
        reading.learned(call, index)
        for index, name in enumerate(call.inputs)
        if name in reading.initial
    )
    return reading.tracer.learn(tensors[0], values, call.name, call.place)


def norm(call: Call, reading: Reading) -> Tensor:
    """Scale and shift are learned; running means and variances are not."""
    tensor = reading.tensors.get(call.inputs[0])
    if tensor is None:
        raise UsageError(f"{call.place}: its input is not a tensor of the network")
    values = reading.learned(call, 1) + reading.learned(call, 2)
    if call.op == "GroupNormalization":
        values = 2 * reading.tracer.graph.nodes[tensor.node].channels
    return reading.tracer.learn(tensor, values, call.name, call.place)
