"""Norms: what they are taken over, and what of them is learned.

Running means and variances are neither learned nor taken of the image; every other norm over
positions makes each output depend on each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading


def batch_norm(call: Call, reading: Reading) -> Tensor:
    """BatchNormalization: by running statistics, in training mode over all positions."""
    tensor = reading.tensor(call)
    dims = [dim for dim in range(len(tensor.dims)) if dim != 1]
    over = dims if call.attributes.get("training_mode") else []
    return _normed(tensor, over, reading.learned(call, 1, 2), call, reading)


def instance_norm(call: Call, reading: Reading) -> Tensor:
    """InstanceNormalization over all positions; of groups, where exporters split the channels.

    Scales of one and shifts of zero are what exporters hand to a norm that learns nothing: the
    operator has no other form for it.
    """
    tensor = reading.tensor(call)
    learns = not (_is_all(call, reading, 1, 1) and _is_all(call, reading, 2, 0))
    weights = reading.learned(call, 1, 2) if learns else {}
    return _normed(tensor, list(range(2, len(tensor.dims))), weights, call, reading)


def group_norm(call: Call, reading: Reading) -> Tensor:
    """GroupNormalization: over the positions of each group of channels; in onnxruntime's own
    operator they stand last."""
    tensor = reading.tensor(call)
    return _normed(
        tensor, list(range(1, len(tensor.dims))), reading.learned(call, 1, 2), call, reading
    )


def layer_norm(call: Call, reading: Reading) -> Tensor:
    """LayerNormalization and RMSNormalization: over the dimensions from `axis` on."""
    tensor = reading.tensor(call)
    axis = call.attributes.get("axis", -1) % len(tensor.dims)
    dims = list(range(axis, len(tensor.dims)))
    return _normed(tensor, dims, reading.learned(call, 1, 2), call, reading)


def skip_layer_norm(call: Call, reading: Reading) -> Tensor:
    """onnxruntime's sum of two tensors and norm over the last dimension, in one."""
    tensors = [reading.tensor(call, index) for index in (0, 1)]
    tensor = reading.tracer.joined(tensors, "+", call.name, call.place)
    weights = reading.learned(call, *range(2, len(call.inputs)))
    return _normed(tensor, [len(tensor.dims) - 1], weights, call, reading)


def local_norm(call: Call, reading: Reading) -> Tensor:
    """LRN: over neighbouring channels of each position by itself."""
    return reading.tensor(call)


def unlearned_norm(call: Call, reading: Reading) -> Tensor:
    """MeanVarianceNormalization and LpNormalization."""
    tensor = reading.tensor(call)
    axes = [0, 2, 3] if call.op == "MeanVarianceNormalization" else call.attributes.get("axis", -1)
    axes = call.attributes.get("axes", axes)
    dims = [dim % len(tensor.dims) for dim in ([axes] if isinstance(axes, int) else axes)]
    return _normed(tensor, dims, {}, call, reading)


def _normed(
    tensor: Tensor, dims: list[int], weights: dict[str, int], call: Call, reading: Reading
) -> Tensor:
    """A norm over dimensions with what it learned."""
    values = sum(weights.values())
    made = reading.tracer.normed(tensor, dims, values, call.name, call.place)
    if made.node != tensor.node:
        reading.tracer.graph.weigh(made.node, weights)
    return made


def _is_all(call: Call, reading: Reading, index: int, number: int) -> bool:
    """Whether a constant is that number throughout."""
    constant = reading.constant(call, index)
    value = None if constant is None else constant.value
    return value is not None and bool((value == number).all())
