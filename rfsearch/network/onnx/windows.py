"""Conv, ConvTranspose, the pools and Pad: kernels, strides, paddings and auto_pad.

Quantized and fused convolutions are the same with their inputs in other places.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from rfsearch.errors import UsageError
from rfsearch.network.axis import AxisMap, Transposed, Window
from rfsearch.network.onnx.channels_last import channels_first, channels_last
from rfsearch.network.onnx.reading import positive
from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading

_SAME = {"SAME_UPPER": "upper", "SAME_LOWER": "lower"}
# No kernel or stride is larger in any network; beyond it files are broken, and memory runs out.
MOST = 2**20


@dataclass(frozen=True, slots=True)
class Places:
    """At which input weights, bias and a tensor that is added afterwards stand; −1 for none."""

    weights: int = 1
    bias: int = 2
    added: int = -1


CONVOLUTIONS = {
    "Conv": Places(),
    "ConvInteger": Places(bias=-1),
    "QLinearConv": Places(3, 8),
    "com.microsoft.QLinearConv": Places(3, 8),
    "com.microsoft.FusedConv": Places(added=3),
    "com.microsoft.NhwcConv": Places(),
    "com.microsoft.NhwcFusedConv": Places(added=3),
    "com.microsoft.nchwc.Conv": Places(added=3),
}
POOLS = {
    "MaxPool": "MP",
    "AveragePool": "AP",
    "LpPool": "AP",
    "com.microsoft.NhwcMaxPool": "MP",
    "com.microsoft.QLinearAveragePool": "AP",
    "com.microsoft.nchwc.MaxPool": "MP",
    "com.microsoft.nchwc.AveragePool": "AP",
}


def convolution(call: Call, reading: Reading) -> Tensor:
    """Weights are (out, in / groups, kernel…), also where channels are last."""
    places = CONVOLUTIONS[call.op]
    weight = reading.weights(call, places.weights, 3)
    kernels = list(weight[2:])
    tensor, last = channels_first(call, reading)
    tensor = reading.tracer.unshuffled(tensor, call.name, call.place)
    groups = call.attributes.get("group", 1)
    if len(tensor.dims) < len(weight) - 1:
        raise UsageError(f"{call.place}: made for {len(kernels)} axes, not {tensor.shape}")
    channels = tensor.shape[-len(weight) + 1]
    if (read := weight[1] * groups) != channels:
        raise UsageError(
            f"{call.place}: its weights read {read} channels, its input has {channels}"
        )
    made = reading.tracer.convolution(
        tensor,
        _windows(call, kernels),
        call.name,
        call.place,
        channels=weight[0],
        groups=groups,
        bias=reading.given(call, places.bias),
        taps=prod(kernels),
    )
    reading.weigh(made, call, places.weights, places.bias)
    if places.added >= 0 and reading.given(call, places.added):
        added, _ = channels_first(call, reading, places.added)
        made = reading.tracer.joined([made, added], "+", call.name, call.place)
    return channels_last(made, last)


def pool(call: Call, reading: Reading) -> Tensor:
    """No weights; ceil_mode and dilations."""
    kernels = call.attributes.get("kernel_shape")
    if not kernels:
        raise UsageError(f"{call.place}: kernel_shape is missing")
    tensor, last = channels_first(call, reading)
    windows = _windows(call, kernels)
    made = reading.tracer.windowed(tensor, POOLS[call.op], windows, call.name, call.place)
    return channels_last(made, last)


def transposed(call: Call, reading: Reading) -> Tensor:
    """ConvTranspose: weights are (in, out / groups, kernel…)."""
    weight = reading.weights(call, 1, 3)
    kernels, axes = positive(call, "weights", list(weight[2:]), MOST), len(weight) - 2
    groups = call.attributes.get("group", 1)
    strides = _numbers(call, "strides", axes, 1)
    dilations = _numbers(call, "dilations", axes, 1)
    tensor = reading.tensor(call)
    sizes = tensor.shape[2:]
    maps: list[AxisMap] = []
    sides = _transposed_sides(call, sizes, kernels, strides, dilations)
    for k, s, (before, after, extra), d in zip(kernels, strides, sides, dilations, strict=True):
        maps.append(Transposed(k, s, before, after, d, extra))
    made = reading.tracer.convolution(
        tensor,
        tuple(maps),
        call.name,
        call.place,
        channels=weight[1] * groups,
        groups=groups,
        bias=reading.given(call, 2),
        taps=prod(kernels),
        transposed=True,
    )
    reading.weigh(made, call, 1, 2)
    return made


def _windows(call: Call, kernels: list[int]) -> tuple[AxisMap, ...]:
    axes = len(kernels)
    positive(call, "kernel", kernels, MOST)
    strides = _numbers(call, "strides", axes, 1)
    dilations = _numbers(call, "dilations", axes, 1)
    same = _SAME.get(call.text("auto_pad", "NOTSET"), "")
    pads = _pads(call, axes)
    ceil = bool(call.attributes.get("ceil_mode", 0))
    return tuple(
        Window(k, s, before, after, d, ceil, same)
        for k, s, (before, after), d in zip(kernels, strides, pads, dilations, strict=True)
    )


def _pads(call: Call, axes: int) -> list[tuple[int, int]]:
    if call.text("auto_pad", "NOTSET") != "NOTSET":
        return [(0, 0)] * axes
    pads = _listed(call, "pads", 2 * axes, 0)
    if any(abs(side) > MOST for side in pads):
        raise UsageError(f"{call.place}: pads: {pads} are beyond {MOST}")
    return list(zip(pads[:axes], pads[axes:], strict=True))


def _transposed_sides(
    call: Call, sizes: tuple[int, ...], kernels: list[int], strides: list[int], dilations: list[int]
) -> list[tuple[int, int, int]]:
    """Padding before and after, and what is appended; or what output_shape or auto_pad ask for.

    The rule is onnxruntime's, which the specification leaves open where more is asked for than
    the windows give: then what is missing is appended.
    """
    axes = len(kernels)
    extras = _listed(call, "output_padding", axes, 0)
    wanted = call.attributes.get("output_shape")
    same = _SAME.get(call.text("auto_pad", "NOTSET"))
    if len(sizes) != axes:
        raise UsageError(f"{call.place}: made for {axes} axes, the input has {len(sizes)}")
    if not wanted and not same:
        return [(*pad, extra) for pad, extra in zip(_pads(call, axes), extras, strict=True)]
    sides = []
    for axis, (n, stride) in enumerate(zip(sizes, strides, strict=True)):
        target = wanted[axis - axes] if wanted else n * stride
        spread = Transposed(kernels[axis], stride, 0, 0, dilations[axis], extras[axis]).size(n)
        total, missing = max(spread - target, 0), max(target - spread, 0)
        before = total // 2 if same == "upper" else total - total // 2
        sides.append((before, total - before, extras[axis] + missing))
    return sides


def _numbers(call: Call, name: str, count: int, default: int) -> list[int]:
    return positive(call, name, _listed(call, name, count, default), MOST)


def _listed(call: Call, name: str, count: int, default: int) -> list[int]:
    values = list(call.attributes.get(name) or [default] * count)
    if len(values) != count:
        raise UsageError(f"{call.place}: {name} has {len(values)} numbers, not {count}")
    return values
