"""Matrix products: linear layers where one side is a weight, attention where both are tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rfsearch.errors import NotFollowed
from rfsearch.network.contraction import Operand, matrix_letters
from rfsearch.network.onnx.constant import Shape
from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading


@dataclass(frozen=True, slots=True)
class Sides:
    """At which inputs the right side and the bias stand; −1 for none."""

    right: int = 1
    bias: int = -1


PRODUCTS = {
    "Gemm": Sides(bias=2),
    "com.microsoft.FusedGemm": Sides(bias=2),
    "com.microsoft.QGemm": Sides(3, 6),
    "MatMul": Sides(),
    "MatMulInteger": Sides(),
    "QLinearMatMul": Sides(3),
    "com.microsoft.FusedMatMul": Sides(),
    "com.microsoft.DynamicQuantizeMatMul": Sides(1, 4),
    "com.microsoft.MatMulIntegerToFloat": Sides(1, 6),
    "com.microsoft.QLinearMatMul": Sides(3),
}


def product(call: Call, reading: Reading) -> Tensor:
    """Input × weights, weights × input, or one tensor × another."""
    sides = PRODUCTS[call.op]
    left, right = _side(call, reading, 0, "transA"), _side(call, reading, sides.right, "transB")
    bias = bool(reading.learned(call, sides.bias))
    if isinstance(left, Tensor) and not isinstance(right, Tensor) and len(right) == 2:
        made = reading.tracer.dense(left, right[1], bias, call.name, call.place)
    else:
        ranks = [len(one.dims) if isinstance(one, Tensor) else len(one) for one in (left, right)]
        first, second, out = matrix_letters(*ranks)
        operands: list[Operand] = [(left, first), (right, second)]
        made = reading.tracer.contracted(operands, out, call.name, call.place)
    reading.weigh(made, call, 0, sides.right, sides.bias)
    return made


def einsum(call: Call, reading: Reading) -> Tensor:
    """Einsum, its equation in letters."""
    equation = call.text("equation").replace(" ", "")
    left, arrow, out = equation.partition("->")
    terms = left.split(",")
    if "." in equation or not arrow or any(len(set(term)) < len(term) for term in terms):
        raise NotFollowed(
            f"{call.place}: {equation[:60]} is not letters, comma, letters -> letters"
        )
    operands: list[Operand] = []
    for index, term in enumerate(terms):
        operands.append((_side(call, reading, index, ""), term))
    made = reading.tracer.contracted(operands, out, call.name, call.place)
    reading.weigh(made, call, *range(len(terms)))
    return made


def _side(call: Call, reading: Reading, index: int, turned: str) -> Tensor | Shape:
    """One side: a tensor, or the shape of weights; last dimensions exchanged where it says so."""
    tensor = reading.tensors.get(call.inputs[index])
    shape = reading.weight(call, index)
    if tensor is None and shape is None:
        raise NotFollowed(f"{call.place}: the shape of its weights is not known")
    if not call.attributes.get(turned):
        return tensor or shape or ()
    if tensor is None:
        return (*(shape or ())[:-2], *(shape or ())[-2:][::-1])
    order = list(range(len(tensor.dims)))
    order[-2:] = order[-2:][::-1]
    return tensor.permuted(order)
