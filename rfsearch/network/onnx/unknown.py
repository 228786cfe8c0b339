"""Operators that rfsearch does not know, or cannot follow: taken to see everything, and named.

So the layers before and after them keep their figures, and params and MACs are not lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.errors import NotFollowed
from rfsearch.network.onnx.constant import Shape
from rfsearch.network.onnx.inferred import output_shapes
from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading


def unknown(call: Call, reading: Reading) -> Tensor:
    """No operator of the table."""
    raise NotFollowed(f"{call.place}: an operator that is not known")


def opaque(call: Call, reading: Reading, reason: str) -> list[Tensor]:
    """Outputs of a node that see all that its operands see; none where their shape is unknown."""
    operands = reading.operands(call)
    if any(name in reading.lost for name in call.captured):
        return []
    shapes = _shapes(call, reading) if operands else []
    if not shapes:
        return []
    tensors = reading.tracer.opaque_outputs(
        operands, shapes, call.name, call.place,
        why=reason.removeprefix(f"{call.place}: "), op=call.op,
    )  # fmt: skip
    reading.tracer.graph.weigh(tensors[0].node, reading.scaled(call))
    return tensors


def _shapes(call: Call, reading: Reading) -> list[Shape]:
    """Shapes of the outputs, as far as they are known: as the file gives them, or as onnx does."""
    declared = [reading.declared.get(name) for name in call.outputs]
    shapes = declared if declared and declared[0] is not None else output_shapes(call, reading)
    known: list[Shape] = []
    for shape in shapes:
        if shape is None or 0 in shape:
            break
        known.append(shape)
    return known
