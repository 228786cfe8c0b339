"""Operators that move dimensions and take parts: Reshape, Transpose, Slice, Split, Concat …"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from rfsearch.errors import UsageError
from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.read import Call, Reading


def flatten(call: Call, reading: Reading) -> Tensor:
    """Flatten: the dimensions before `axis` into one, and the rest into one."""
    tensor = reading.tensors[call.inputs[0]]
    axis = call.attributes.get("axis", 1) % (len(tensor.dims) + 1)
    shape = [prod(tensor.shape[:axis]), prod(tensor.shape[axis:])]
    return tensor.reshaped(shape, call.place)


def reshape(call: Call, reading: Reading) -> Tensor:
    """Reshape: 0 keeps a size (unless allowzero), −1 is what is left."""
    tensor = reading.tensors[call.inputs[0]]
    wanted = call.attributes.get("shape") or reading.values(call, 1)
    if wanted is None:
        return tensor.reshaped(reading.shape(call), call.place)
    shape = [int(size) for size in wanted]
    if not call.attributes.get("allowzero"):
        shape = [
            tensor.shape[place] if size == 0 and place < len(tensor.dims) else size
            for place, size in enumerate(shape)
        ]
    if -1 in shape:
        others = prod(size for size in shape if size != -1)
        shape[shape.index(-1)] = prod(tensor.shape) // max(others, 1)
    return tensor.reshaped(shape, call.place)


def transpose(call: Call, reading: Reading) -> Tensor:
    """Transpose; without `perm` the dimensions are reversed."""
    tensor = reading.tensors[call.inputs[0]]
    order = call.attributes.get("perm") or list(reversed(range(len(tensor.dims))))
    order = [dim % len(tensor.dims) for dim in order]
    if sorted(order) != list(range(len(tensor.dims))):
        raise UsageError(f"{call.place}: perm {order} does not fit {len(tensor.dims)} dimensions")
    return tensor.permuted(order)


def squeeze(call: Call, reading: Reading) -> Tensor:
    """Squeeze: drops dimensions of size 1."""
    tensor = reading.tensors[call.inputs[0]]
    axes = call.attributes.get("axes") or reading.values(call, 1)
    rank = len(tensor.dims)
    dropped = (
        {int(axis) % rank for axis in axes}
        if axes
        else {dim for dim, size in enumerate(tensor.shape) if size == 1}
    )
    return Tensor(
        tensor.node, tuple(dim for place, dim in enumerate(tensor.dims) if place not in dropped)
    )


def unsqueeze(call: Call, reading: Reading) -> Tensor:
    """Unsqueeze: adds dimensions of size 1."""
    tensor = reading.tensors[call.inputs[0]]
    axes = call.attributes.get("axes") or reading.values(call, 1) or []
    rank = len(tensor.dims) + len(axes)
    dims = list(tensor.dims)
    for axis in sorted(int(axis) % rank for axis in axes):
        dims.insert(axis, ())
    return Tensor(tensor.node, tuple(dims))


def concat(call: Call, reading: Reading) -> Tensor:
    """Concat; constants beside the input (a class token, say) cannot be followed."""
    absent = [name for name in call.inputs if name not in reading.tensors]
    if absent:
        raise UsageError(f"{call.place}: a constant {absent[0]!r} beside the input")
    tensors = [reading.tensors[name] for name in call.inputs]
    return reading.tracer.concatenated(tensors, call.attributes["axis"], call.name, call.place)


def split(call: Call, reading: Reading) -> list[Tensor]:
    """Split: parts of the sizes given, or equal ones."""
    tensor = reading.tensors[call.inputs[0]]
    axis = call.attributes.get("axis", 0) % len(tensor.dims)
    size = tensor.shape[axis]
    sizes = call.attributes.get("split") or reading.values(call, 1)
    if not sizes:
        each = -(-size // len(call.outputs))
        sizes = [min(each, size - start) for start in range(0, size, each)]
    parts, start = [], 0
    for length in map(int, sizes):
        parts.append(
            reading.tracer.part(tensor, axis, start, start + length, 1, call.name, call.place)
        )
        start += length
    return parts


def gather(call: Call, reading: Reading) -> Tensor:
    """Gather of one position, or, where no positions are left, of channels in another order."""
    tensor = reading.tensors[call.inputs[0]]
    axis = call.attributes.get("axis", 0) % len(tensor.dims)
    indices = reading.constants.get(call.inputs[1])
    if indices is not None and indices.ndim == 0:
        index = int(indices) % tensor.shape[axis]
        part = reading.tracer.part(tensor, axis, index, index + 1, 1, call.name, call.place)
        return Tensor(part.node, part.dims[:axis] + part.dims[axis + 1 :])
    shape = reading.shape(call)
    if reading.tracer.graph.nodes[tensor.node].volume == 1 and prod(shape) == prod(tensor.shape):
        return tensor.reshaped(shape, call.place)
    raise UsageError(f"{call.place}: a choice of several positions cannot be followed")


def slice_(call: Call, reading: Reading) -> Tensor:
    """Slice: attributes before opset 10, then inputs."""
    tensor = reading.tensors[call.inputs[0]]
    starts = call.attributes.get("starts") or reading.values(call, 1)
    ends = call.attributes.get("ends") or reading.values(call, 2)
    if starts is None or ends is None:
        raise UsageError(f"{call.place}: its bounds are not known")
    axes = call.attributes.get("axes") or reading.values(call, 3) or range(len(starts))
    steps = reading.values(call, 4) or [1] * len(starts)
    for axis, start, stop, step in zip(axes, starts, ends, steps, strict=True):
        tensor = reading.tracer.part(
            tensor, int(axis), int(start), int(stop), int(step), call.name, call.place
        )
    return tensor
