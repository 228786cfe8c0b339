"""Concat: channels or positions side by side, those of constants among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.errors import NotFollowed, UsageError
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
    tracer = reading.tracer
    if any(isinstance(label, int) for one in tensors for label in one.labels(dim)):
        return _positions(parts, tensors, dim, call, reading)
    constants = sum(size for tensor, size in parts if tensor is None)
    return tracer.concatenated(tensors, dim, call.name, call.place, constants=constants)


def _positions(
    parts: list[tuple[Tensor | None, int]],
    tensors: list[Tensor],
    dim: int,
    call: Call,
    reading: Reading,
) -> Tensor:
    """Positions one after the other; or the maps of a detector's levels, flattened."""
    tracer = reading.tracer
    before = len(tracer.graph.nodes)
    try:
        return tracer.side_by_side(parts, dim, call.name, call.place)
    except NotFollowed:
        del tracer.graph.nodes[before:]
    shape = list(tensors[0].shape)
    shape[dim] = sum(size for _, size in parts)
    return tracer.flattened_levels(tensors, shape, call.name, call.place)
