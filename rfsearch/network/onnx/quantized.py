"""Operators of quantized files that differ from their floats in more than where inputs stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.network.onnx.constant import Constant
from rfsearch.network.onnx.elementwise import joined
from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading

_NOTE = (
    "quantized dynamically: scales follow the range of each image's values; that every output so "
    "depends on all of them a little is not counted as seeing them"
)


def dynamic_quantize(call: Call, reading: Reading) -> Tensor:
    """DynamicQuantizeLinear: scale and zero point, measured on the image, count as given."""
    for name in call.outputs[1:]:
        reading.constants[name] = Constant(())
    if _NOTE not in reading.tracer.graph.notes:
        reading.tracer.graph.notes.append(_NOTE)
    return reading.tensor(call)


def quantized_join(call: Call, reading: Reading) -> Tensor:
    """QLinearAdd and QLinearMul: each operand is followed by its scale and zero point."""
    operands = [index for index in (0, 3) if index < len(call.inputs)]
    call.inputs = [call.inputs[index] for index in operands]
    return joined(call, reading)


def quantized_concat(call: Call, reading: Reading) -> Tensor:
    """QLinearConcat: the output's scale and zero point, then a tensor with its own, again and
    again."""
    from rfsearch.network.onnx.joins import concat

    call.inputs = call.inputs[2::3]
    return concat(call, reading)
