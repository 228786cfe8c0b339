"""onnxruntime's blocked layout (NCHWc): channels padded to whole blocks, and cut to size again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading

_NOTE = (
    "a file optimized for one processor: its weights are padded to whole blocks of channels, "
    "and params and MACs count them as they are stored"
)


def reorder_output(call: Call, reading: Reading) -> Tensor:
    """ReorderOutput: back to the channels that there are, in the usual order."""
    tensor, channels = reading.tensor(call), call.attributes["channels"]
    if channels < reading.channels(tensor) and _NOTE not in reading.tracer.graph.notes:
        reading.tracer.graph.notes.append(_NOTE)
    made = reading.tracer.part(tensor, 1, 0, channels, 1, call.name, call.place)
    if not call.attributes.get("channels_last"):
        return made
    return made.permuted([0, *range(2, len(made.dims)), 1])
