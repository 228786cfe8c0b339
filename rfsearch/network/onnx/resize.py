"""Resize, Upsample, DepthToSpace and SpaceToDepth: the jump becomes a fraction, or whole again."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError
from rfsearch.network.axis import AxisMap, Resize, Window
from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.read import Call, Reading

# Scales are stored as 32-bit floats; 1.1 is meant as 11/10.
_LARGEST_DENOMINATOR = 4096

_PLACES = {
    "half_pixel": "half_pixel",
    "pytorch_half_pixel": "half_pixel",
    "half_pixel_symmetric": "half_pixel",
    "align_corners": "align_corners",
    "asymmetric": "asymmetric",
}


def resize(call: Call, reading: Reading) -> Tensor:
    """Resize by scales (third input) or to sizes (fourth input)."""
    tensor = reading.tensors[call.inputs[0]]
    rank = len(tensor.dims)
    if len(call.inputs) == 2:  # opset 10: (X, scales), always asymmetric
        return _resized(call, reading, tensor, reading.values(call, 1), None, "asymmetric")
    axes = [int(axis) % rank for axis in call.attributes.get("axes", range(rank))]
    scales = _spread(reading.values(call, 2), axes, rank, 1)
    sizes = _spread(reading.values(call, 3), axes, rank, None)
    if call.attributes.get("keep_aspect_ratio_policy", b"stretch") != b"stretch":
        raise UsageError(f"{call.place}: keep_aspect_ratio_policy cannot be followed")
    place = call.attributes.get("coordinate_transformation_mode", b"half_pixel").decode()
    if place not in _PLACES:
        raise UsageError(f"{call.place}: coordinates {place!r} cannot be followed")
    return _resized(call, reading, tensor, scales, sizes, _PLACES[place])


def upsample(call: Call, reading: Reading) -> Tensor:
    """Upsample, before opset 10: scales are an attribute, or the second input."""
    scales = call.attributes.get("scales") or reading.values(call, 1)
    return _resized(call, reading, reading.tensors[call.inputs[0]], scales, None, "asymmetric")


def depth_to_space(call: Call, reading: Reading) -> Tensor:
    """DepthToSpace (pixel shuffle): an output reads the one position that it came from."""
    block = call.attributes["blocksize"]
    tensor = reading.tensors[call.inputs[0]]
    maps: tuple[AxisMap, ...] = (Resize(Fraction(block)),) * reading.tracer.graph.axes
    channels = reading.tracer.graph.nodes[tensor.node].channels // block ** len(maps)
    return reading.tracer.windowed(
        tensor, "UP", maps, call.name, call.place, channels=max(channels, 1)
    )


def space_to_depth(call: Call, reading: Reading) -> Tensor:
    """SpaceToDepth: an output reads a block of positions."""
    block = call.attributes["blocksize"]
    tensor = reading.tensors[call.inputs[0]]
    maps: tuple[AxisMap, ...] = (Window(block, block),) * reading.tracer.graph.axes
    channels = reading.tracer.graph.nodes[tensor.node].channels * block ** len(maps)
    return reading.tracer.windowed(tensor, "SUB", maps, call.name, call.place, channels=channels)


def _resized(
    call: Call,
    reading: Reading,
    tensor: Tensor,
    scales: list[Any] | None,
    sizes: list[Any] | None,
    place: str,
) -> Tensor:
    graph = reading.tracer.graph
    before = graph.nodes[tensor.node].sizes
    if sizes:
        targets = [int(size) for size in sizes[2:]]
        factors = [Fraction(m, n) for m, n in zip(targets, before, strict=True)]
    elif scales:
        factors = [Fraction(scale).limit_denominator(_LARGEST_DENOMINATOR) for scale in scales[2:]]
        targets = [
            n * factor.numerator // factor.denominator
            for n, factor in zip(before, factors, strict=True)
        ]
    else:
        raise UsageError(f"{call.place}: neither scales nor sizes are known")
    if len(factors) != len(before) or prod(factors) <= 0:
        raise UsageError(f"{call.place}: scales {scales} do not fit {len(before)} axes")
    mode = call.attributes.get("mode", b"nearest").decode()
    rule = call.attributes.get("nearest_mode", b"round_prefer_floor").decode()
    if len(call.inputs) == 2 or call.op == "Upsample":
        rule = "floor"
    maps: tuple[AxisMap, ...] = tuple(
        Resize(factor, mode, place, rule, target if sizes and factor.denominator > 1 else None)
        for factor, target in zip(factors, targets, strict=True)
    )
    return reading.tracer.windowed(tensor, "UP", maps, call.name, call.place)


def _spread(values: list[Any] | None, axes: list[int], rank: int, rest: Any) -> list[Any] | None:
    """Values given for some axes, over all dimensions."""
    if not values:
        return None
    spread = [rest] * rank
    for axis, value in zip(axes, values, strict=False):
        spread[axis] = value
    return spread
