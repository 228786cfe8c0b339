"""Conv, ConvTranspose, the pools and Pad: kernels, strides, paddings and auto_pad."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from rfsearch.errors import UsageError
from rfsearch.network.axis import AxisMap, Transposed, Window
from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.read import Call, Reading

_SAME = {"SAME_UPPER": "upper", "SAME_LOWER": "lower"}


# Inputs of a convolution at which its weights and its bias stand.
_WEIGHTS_AND_BIAS = {"Conv": (1, 2), "ConvInteger": (1, 99), "QLinearConv": (3, 8)}


def convolution(call: Call, reading: Reading) -> Tensor:
    """Conv, plain or quantized: weights are (out, in / groups, kernel…)."""
    weights_at, bias_at = _WEIGHTS_AND_BIAS[call.op]
    weight = reading.weight(call, weights_at)
    if not weight or len(weight) < 3:
        raise UsageError(f"{call.place}: the shape of its weights is not known")
    kernels = list(weight[2:])
    tensor = reading.tracer.settled(reading.tensors[call.inputs[0]], call.name, call.place)
    groups = call.attributes.get("group", 1)
    channels = reading.tracer.graph.nodes[tensor.node].channels
    if (read := weight[1] * groups) != channels:
        raise UsageError(
            f"{call.place}: its weights read {read} channels, its input has {channels}"
        )
    return reading.tracer.convolution(
        tensor,
        _windows(call, kernels),
        call.name,
        call.place,
        channels=weight[0],
        groups=groups,
        bias=len(call.inputs) > bias_at and bool(call.inputs[bias_at]),
        taps=prod(kernels),
    )


def pool(call: Call, reading: Reading) -> Tensor:
    """MaxPool, AveragePool, LpPool: no weights; ceil_mode and dilations."""
    kernels = call.attributes.get("kernel_shape")
    if not kernels:
        raise UsageError(f"{call.place}: kernel_shape is missing")
    op = "MP" if call.op == "MaxPool" else "AP"
    tensor = reading.tensors[call.inputs[0]]
    return reading.tracer.windowed(tensor, op, _windows(call, kernels), call.name, call.place)


def transposed(call: Call, reading: Reading) -> Tensor:
    """ConvTranspose: weights are (in, out / groups, kernel…)."""
    weight = reading.weight(call, 1)
    if not weight or len(weight) < 3:
        raise UsageError(f"{call.place}: the shape of its weights is not known")
    kernels, axes = list(weight[2:]), len(weight) - 2
    groups = call.attributes.get("group", 1)
    strides = _numbers(call, "strides", axes, 1)
    dilations = _numbers(call, "dilations", axes, 1)
    extras = _numbers(call, "output_padding", axes, 0)
    tensor = reading.tensors[call.inputs[0]]
    pads = _transposed_pads(call, reading, tensor, kernels, strides, dilations, extras)
    maps: tuple[AxisMap, ...] = tuple(
        Transposed(k, s, before, after, d, extra)
        for k, s, (before, after), d, extra in zip(
            kernels, strides, pads, dilations, extras, strict=True
        )
    )
    return reading.tracer.convolution(
        tensor,
        maps,
        call.name,
        call.place,
        channels=weight[1] * groups,
        groups=groups,
        bias=len(call.inputs) > 2 and bool(call.inputs[2]),
        taps=prod(kernels),
        transposed=True,
    )


def pad(call: Call, reading: Reading) -> Tensor:
    """Pad: an attribute before opset 11, then an input, with its own axes from opset 18."""
    tensor = reading.tensors[call.inputs[0]]
    pads = call.attributes.get("pads") or reading.values(call, 1)
    if pads is None:
        raise UsageError(f"{call.place}: its padding is not known")
    axes = reading.values(call, 3) or range(len(tensor.dims))
    half = len(pads) // 2
    sides = [(0, 0)] * len(tensor.dims)
    for place, axis in enumerate(axes):
        sides[int(axis) % len(sides)] = (int(pads[place]), int(pads[place + half]))
    return reading.tracer.padded(tensor, sides, call.name, call.place)


def _windows(call: Call, kernels: list[int]) -> tuple[AxisMap, ...]:
    axes = len(kernels)
    strides = _numbers(call, "strides", axes, 1)
    dilations = _numbers(call, "dilations", axes, 1)
    same = _SAME.get(_auto_pad(call), "")
    pads = _pads(call, axes)
    ceil = bool(call.attributes.get("ceil_mode", 0))
    return tuple(
        Window(k, s, before, after, d, ceil, same)
        for k, s, (before, after), d in zip(kernels, strides, pads, dilations, strict=True)
    )


def _auto_pad(call: Call) -> str:
    value = call.attributes.get("auto_pad", b"NOTSET")
    return value.decode() if isinstance(value, bytes) else str(value)


def _pads(call: Call, axes: int) -> list[tuple[int, int]]:
    if _auto_pad(call) != "NOTSET":
        return [(0, 0)] * axes
    pads = _numbers(call, "pads", 2 * axes, 0)
    return list(zip(pads[:axes], pads[axes:], strict=True))


def _transposed_pads(
    call: Call,
    reading: Reading,
    tensor: Tensor,
    kernels: list[int],
    strides: list[int],
    dilations: list[int],
    extras: list[int],
) -> list[tuple[int, int]]:
    """Explicit pads, or those that output_shape or auto_pad ask for."""
    axes = len(kernels)
    wanted = call.attributes.get("output_shape")
    same = _SAME.get(_auto_pad(call))
    if not wanted and not same:
        return _pads(call, axes)
    sizes = reading.tracer.graph.nodes[tensor.node].sizes
    pads = []
    for axis, (n, stride) in enumerate(zip(sizes, strides, strict=True)):
        target = wanted[axis - axes] if wanted else n * stride
        spread = Transposed(kernels[axis], stride, 0, 0, dilations[axis], extras[axis]).size(n)
        total = max(spread - target, 0)
        before = total - total // 2 if same != "upper" else total // 2
        pads.append((before, total - before))
    return pads


def _numbers(call: Call, name: str, count: int, default: int) -> list[int]:
    values = list(call.attributes.get(name) or [default] * count)
    if len(values) != count:
        raise UsageError(f"{call.place}: {name} has {len(values)} numbers, not {count}")
    return values
