"""Concat: channels or positions side by side, those of constants among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.errors import UsageError
from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading


def concat(call: Call, reading: Reading) -> Tensor:
    """Concat of tensors, and of constants beside them (coordinates, a class token)."""
    tensors = reading.operands(call)
    rank = len(tensors[0].dims)
    dim = call.attributes.get("axis", 1) % rank
    parts: list[tuple[Tensor | None, int]] = []
    for index, name in enumerate(call.inputs):
        tensor = reading.tensors.get(name)
        shape = reading.weight(call, index) if tensor is None else tensor.shape
        if shape is None or len(shape) != rank:
            raise UsageError(f"{call.place}: the shape of {name[:60]!r} does not fit the others")
        parts.append((tensor, shape[dim]))
    return reading.tracer.laid(parts, dim, call.name, call.place)
