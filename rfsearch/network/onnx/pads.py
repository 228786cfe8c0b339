"""Pad, along axes and channels, in all its modes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.errors import UsageError
from rfsearch.network.axis import CIRCULAR, REFLECT, REPLICATE, ZEROS
from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading

_EDGES = {"constant": ZEROS, "reflect": REFLECT, "edge": REPLICATE, "wrap": CIRCULAR}


def pad(call: Call, reading: Reading) -> Tensor:
    """Pad: an attribute before opset 11, then an input, with its own axes from opset 18."""
    tensor = reading.tensor(call)
    pads = call.attributes.get("pads") or call.attributes.get("paddings") or reading.values(call, 1)
    if pads is None:
        raise UsageError(f"{call.place}: its padding is missing")
    axes = reading.values(call, 3) or range(len(tensor.dims))
    half = len(pads) // 2
    sides = [(0, 0)] * len(tensor.dims)
    for place, axis in enumerate(axes):
        sides[int(axis) % len(sides)] = (int(pads[place]), int(pads[place + half]))
    edge = _EDGES.get(call.text("mode", "constant"))
    if edge is None:
        raise UsageError(f"{call.place}: mode {call.text('mode')!r} is not one of {list(_EDGES)}")
    return reading.tracer.padded(tensor, sides, call.name, call.place, edge=edge)
