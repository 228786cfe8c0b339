"""Operators that take a part of a tensor: Slice, Split, Gather and their like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.errors import NotFollowed, UsageError
from rfsearch.network.onnx.constant import LARGEST_VALUE
from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading


def split(call: Call, reading: Reading) -> list[Tensor]:
    """Split: parts of the sizes given, or equal ones."""
    tensor = reading.tensor(call)
    axis = call.attributes.get("axis", 0) % len(tensor.dims)
    size = tensor.shape[axis]
    sizes = call.attributes.get("split") or reading.values(call, 1)
    if not sizes:
        each = -(-size // len(call.outputs))
        sizes = [min(each, size - start) for start in range(0, size, each)]
    if sum(sizes) != size or len(sizes) != len(call.outputs):
        raise UsageError(f"{call.place}: parts of {sizes} do not make {size}")
    parts, start = [], 0
    for length in map(int, sizes):
        parts.append(
            reading.tracer.part(tensor, axis, start, start + length, 1, call.name, call.place)
        )
        start += length
    return parts


def gather(call: Call, reading: Reading) -> Tensor:
    """Gather: one position, whose dimension goes; or several, in any order."""
    tensor = reading.tensor(call)
    axis = call.attributes.get("axis", 0) % len(tensor.dims)
    constant = reading.constant(call, 1)
    if constant is None or constant.value is None:
        raise NotFollowed(f"{call.place}: a choice that is not known beforehand is not followed")
    size, indices = tensor.shape[axis], constant.value
    if indices.size == 0 or not ((indices >= -size) & (indices < size)).all():
        raise UsageError(f"{call.place}: indices that are not in {-size}..{size - 1}")
    if indices.ndim > 1:
        raise NotFollowed(f"{call.place}: indices of {indices.ndim} dimensions are not followed")
    chosen = [int(index) % size for index in indices.reshape(-1)]
    part = reading.tracer.chosen(tensor, axis, chosen, call.name, call.place)
    if indices.ndim:
        return part
    return Tensor(part.node, part.dims[:axis] + part.dims[axis + 1 :])


def slice_(call: Call, reading: Reading) -> Tensor:
    """Slice: attributes before opset 10, then inputs."""
    tensor = reading.tensor(call)
    starts = call.attributes.get("starts") or reading.values(call, 1)
    ends = call.attributes.get("ends") or reading.values(call, 2)
    if starts is None or ends is None:
        raise UsageError(f"{call.place}: its bounds are missing")
    axes = call.attributes.get("axes") or reading.values(call, 3) or range(len(starts))
    steps = reading.values(call, 4) or [1] * len(starts)
    for axis, start, stop, step in zip(axes, starts, ends, steps, strict=True):
        size = tensor.shape[int(axis)]
        chosen = range(size)[slice(int(start), int(stop), int(step))]
        if not chosen:
            raise UsageError(f"{call.place}: a slice of {size} leaves nothing")
        tensor = reading.tracer.chosen(tensor, int(axis), list(chosen), call.name, call.place)
    return tensor


def tile(call: Call, reading: Reading) -> Tensor:
    """Tile: each dimension so many times over."""
    tensor = reading.tensor(call)
    for dim, times in enumerate(reading.values(call, 1) or []):
        size = tensor.shape[dim]
        if size * int(times) > LARGEST_VALUE:
            raise UsageError(f"{call.place}: {size} positions {int(times)} times are too many")
        if size == 1 and times > 1:
            shape = list(tensor.shape)
            shape[dim] = int(times)
            tensor = reading.tracer.expanded(tensor, shape, call.name, call.place)
        else:
            positions = [*range(size)] * int(times)
            tensor = reading.tracer.chosen(tensor, dim, positions, call.name, call.place)
    return tensor
