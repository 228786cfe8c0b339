"""Operators of onnxruntime that work on channels-last tensors: read as if they came first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading


def channels_first(call: Call, reading: Reading, index: int = 0) -> tuple[Tensor, bool]:
    """The tensor at an input with its channels second; True if they stood last."""
    tensor = reading.tensor(call, index)
    last = ".Nhwc" in call.op or bool(call.attributes.get("channels_last"))
    if not last:
        return tensor, False
    rank = len(tensor.dims)
    return tensor.permuted([0, rank - 1, *range(1, rank - 1)]), True


def channels_last(tensor: Tensor, last: bool) -> Tensor:
    """The tensor with its channels last again, where they stood there."""
    return tensor.permuted([0, *range(2, len(tensor.dims)), 1]) if last else tensor
