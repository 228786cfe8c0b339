"""Resize, Upsample, DepthToSpace and SpaceToDepth: the jump becomes a fraction, or whole again."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from rfsearch.errors import NotFollowed, UsageError
from rfsearch.network.axis import AxisMap, Resize, Window
from rfsearch.network.interpolation import NEAREST_HALF, PLACES
from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading

# Scales are stored as 32-bit floats; 1.1 is meant as 11/10.
_LARGEST_DENOMINATOR = 4096
LARGEST = 2**20

# What to keep of the proportions where sizes are given for some axes.
_POLICIES = {"not_larger": min, "not_smaller": max}


def resize(call: Call, reading: Reading) -> Tensor:
    """Resize by scales (third input) or to sizes (fourth input)."""
    tensor = reading.tensor(call)
    rank = len(tensor.dims)
    if len(call.inputs) == 2:  # opset 10: (X, scales), always asymmetric
        return _resized(call, reading, tensor, reading.values(call, 1), None, "asymmetric")
    axes = [int(axis) % rank for axis in call.attributes.get("axes", range(rank))]
    scales = _spread(reading.values(call, 2), axes, rank, 1)
    sizes = _spread(reading.values(call, 3), axes, rank, None)
    place = call.text("coordinate_transformation_mode", "half_pixel")
    if place not in PLACES:
        raise NotFollowed(f"{call.place}: coordinates {place!r} cannot be followed")
    policy = _POLICIES.get(call.text("keep_aspect_ratio_policy", "stretch"))
    if policy and sizes:
        scale = policy(Fraction(int(sizes[axis]), tensor.shape[axis]) for axis in axes)
        if any(scale * tensor.shape[axis] % 1 >= Fraction(1, 2) for axis in axes):
            raise NotFollowed(f"{call.place}: proportions whose sizes are rounded up")
        scales, sizes = [scale if dim in axes else 1 for dim in range(rank)], None
    return _resized(call, reading, tensor, scales, sizes, place)


def upsample(call: Call, reading: Reading) -> Tensor:
    """Upsample, before opset 10: scales are an attribute, or the second input."""
    scales = call.attributes.get("scales") or reading.values(call, 1)
    return _resized(call, reading, reading.tensor(call), scales, None, "asymmetric")


def depth_to_space(call: Call, reading: Reading) -> Tensor:
    """DepthToSpace (pixel shuffle): an output reads the one position that it came from."""
    block = call.attributes["blocksize"]
    tensor = reading.tensor(call)
    maps: tuple[AxisMap, ...] = (Resize(Fraction(block)),) * reading.tracer.graph.axes
    channels = reading.tracer.graph.nodes[tensor.node].channels // block ** len(maps)
    return reading.tracer.windowed(
        tensor, "UP", maps, call.name, call.place, channels=max(channels, 1)
    )


def space_to_depth(call: Call, reading: Reading) -> Tensor:
    """SpaceToDepth: an output reads a block of positions."""
    block = call.attributes["blocksize"]
    tensor = reading.tensor(call)
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
    """A resize to sizes, None where one stays, or by scales, both of every dimension."""
    before = tensor.shape[2:]
    if len(tensor.dims) != reading.tracer.graph.axes + 2:
        raise NotFollowed(
            f"{call.place}: its input's dimensions are not batch, channels, positions"
        )
    if sizes:
        targets = [
            n if size is None else int(size) for n, size in zip(before, sizes[2:], strict=True)
        ]
        factors = [Fraction(m, n) for m, n in zip(targets, before, strict=True)]
    elif scales:
        factors = [Fraction(scale).limit_denominator(_LARGEST_DENOMINATOR) for scale in scales[2:]]
        targets = [
            n * factor.numerator // factor.denominator
            for n, factor in zip(before, factors, strict=True)
        ]
    else:
        raise UsageError(f"{call.place}: neither scales nor sizes are given")
    if len(factors) != len(before) or not all(0 < factor <= LARGEST for factor in factors):
        raise UsageError(f"{call.place}: scales {scales} do not fit {len(before)} axes")
    mode, rule = call.text("mode", "nearest"), call.text("nearest_mode", "round_prefer_floor")
    mode = "linear" if mode == "bilinear" else mode
    if mode not in ("nearest", "linear", "cubic"):
        raise UsageError(f"{call.place}: mode {mode[:40]!r} is not nearest, linear or cubic")
    if len(call.inputs) == 2 or call.op == "Upsample":
        rule = "floor"
    antialias = bool(call.attributes.get("antialias"))
    maps: tuple[AxisMap, ...] = tuple(
        Window()
        if factor == 1 and place != NEAREST_HALF
        else Resize(
            factor,
            mode,
            place,
            rule,
            target if sizes and factor.denominator > 1 else None,
            antialias,
        )
        for factor, target in zip(factors, targets, strict=True)
    )
    if all(one == Window() for one in maps):
        return tensor
    return reading.tracer.windowed(tensor, "UP", maps, call.name, call.place)


def _spread(values: list[Any] | None, axes: list[int], rank: int, rest: Any) -> list[Any] | None:
    """Values given for some axes, over all dimensions."""
    if not values:
        return None
    spread = [rest] * rank
    for axis, value in zip(axes, values, strict=False):
        spread[axis] = value
    return spread
