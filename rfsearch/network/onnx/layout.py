"""Operators that move, merge, split, add and drop dimensions."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from rfsearch.errors import UsageError
from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading


def flatten(call: Call, reading: Reading) -> Tensor:
    """Flatten: the dimensions before `axis` into one, and the rest into one."""
    tensor = reading.tensor(call)
    axis = call.attributes.get("axis", 1)
    axis += len(tensor.dims) if axis < 0 else 0
    shape = [prod(tensor.shape[:axis]), prod(tensor.shape[axis:])]
    return tensor.reshaped(shape, call.place)


def reshape(call: Call, reading: Reading) -> Tensor:
    """Reshape: 0 keeps a size (unless allowzero), −1 is what is left."""
    tensor = reading.tensor(call)
    wanted = call.attributes.get("shape") or reading.values(call, 1)
    if wanted is None:
        raise UsageError(f"{call.place}: its shape is missing")
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
    tensor = reading.tensor(call)
    order = call.attributes.get("perm") or list(reversed(range(len(tensor.dims))))
    order = [dim % len(tensor.dims) for dim in order]
    if sorted(order) != list(range(len(tensor.dims))):
        raise UsageError(f"{call.place}: perm {order} does not fit {len(tensor.dims)} dimensions")
    return tensor.permuted(order)


def squeeze(call: Call, reading: Reading) -> Tensor:
    """Squeeze: drops dimensions of size 1."""
    tensor = reading.tensor(call)
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
    tensor = reading.tensor(call)
    axes = call.attributes.get("axes") or reading.values(call, 1) or []
    rank = len(tensor.dims) + len(axes)
    dims = list(tensor.dims)
    for axis in sorted(int(axis) % rank for axis in axes):
        dims.insert(axis, ())
    return Tensor(tensor.node, tuple(dims))
