"""Keras's convolutions, pools, paddings and upsampling."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

from rfsearch.errors import NotFollowed
from rfsearch.network.axis import AxisMap, Resize, Transposed, Window
from rfsearch.network.keras.call import Call, from_first, numbers, to_first
from rfsearch.network.keras.reading import Made, Operator, Reading, learned
from rfsearch.network.tensor import Tensor
from rfsearch.network.trace.windows import window


def _maps(call: Call, axes: int) -> tuple[AxisMap, ...]:
    """The windows of a convolution."""
    layer = call.layer
    strides, dilations = numbers(layer.strides, axes), numbers(layer.dilation_rate, axes)
    padding = str(layer.padding).lower()
    return tuple(
        window(k, s, padding, d)
        for k, s, d in zip(numbers(layer.kernel_size, axes), strides, dilations, strict=True)
    )


def convolution(call: Call, reading: Reading) -> Made:
    """Conv1D, 2D, 3D."""
    axes = int(call.layer.rank)
    made = reading.tracer.convolution(
        to_first(call.tensor, axes, call.data_format),
        _maps(call, axes),
        call.name,
        call.place,
        channels=call.layer.filters,
        groups=call.layer.groups,
        bias=call.layer.use_bias,
        taps=prod(numbers(call.layer.kernel_size, axes)),
    )
    return from_first(made, axes, call.data_format)


def depthwise(call: Call, reading: Reading) -> Made:
    """DepthwiseConv1D, 2D."""
    axes = int(call.layer.rank)
    made = _depthwise(call, reading, axes, call.name, call.layer.use_bias)
    return from_first(made, axes, call.data_format)


def _depthwise(call: Call, reading: Reading, axes: int, name: str, bias: bool) -> Tensor:
    tensor = to_first(call.tensor, axes, call.data_format)
    width = tensor.shape[len(tensor.dims) - axes - 1]
    return reading.tracer.convolution(
        tensor,
        _maps(call, axes),
        name,
        call.place,
        channels=width * call.layer.depth_multiplier,
        groups=width,
        bias=bias,
        taps=prod(numbers(call.layer.kernel_size, axes)),
    )


def separable(call: Call, reading: Reading) -> Made:
    """SeparableConv1D, 2D: a depthwise row without bias, and a pointwise one."""
    axes, graph = int(call.layer.rank), reading.tracer.graph
    first = _depthwise(call, reading, axes, f"{call.name} depthwise", False)
    made = reading.tracer.convolution(
        first,
        (Window(),) * axes,
        f"{call.name} pointwise",
        call.place,
        channels=call.layer.filters,
        groups=1,
        bias=call.layer.use_bias,
        taps=1,
    )
    weights = learned(call.layer)
    own = {name: size for name, size in weights.items() if "depthwise_kernel" in name}
    graph.weigh(first.node, own)
    graph.weigh(made.node, {name: size for name, size in weights.items() if name not in own})
    return from_first(made, axes, call.data_format)


def transposed(call: Call, reading: Reading) -> Made:
    """Conv1DTranspose, 2D, 3D."""
    layer, axes = call.layer, int(call.layer.rank)
    extra: Any = layer.output_padding
    extras: tuple[int | None, ...] = (None,) * axes if extra is None else numbers(extra, axes)
    kernels = numbers(layer.kernel_size, axes)
    strides, dilations = numbers(layer.strides, axes), numbers(layer.dilation_rate, axes)
    maps: tuple[AxisMap, ...] = tuple(
        _transposed_map(k, s, d, str(layer.padding).lower(), e)
        for k, s, d, e in zip(kernels, strides, dilations, extras, strict=True)
    )
    made = reading.tracer.convolution(
        to_first(call.tensor, axes, call.data_format),
        maps,
        call.name,
        call.place,
        channels=layer.filters,
        groups=1,
        bias=layer.use_bias,
        taps=prod(kernels),
        transposed=True,
    )
    return from_first(made, axes, call.data_format)


def _transposed_map(
    kernel: int, stride: int, dilation: int, padding: str, extra: int | None
) -> Transposed:
    """Keras's rule: SAME makes n·s of n, VALID as much as the kernel reaches, or s if that is more.

    Source: keras.src.backend.common.backend_utils, which says it as padding of the dilated input.
    """
    reach = (kernel - 1) * dilation + 1
    if padding == "valid":
        added = max(reach, stride) - reach if extra is None else extra
        return Transposed(kernel, stride, 0, 0, dilation, added)
    total = stride + reach - 2 if extra is None else reach + reach % 2 - 2 + extra
    left = min(total // 2 + total % 2, reach - 1)
    before, after = reach - 1 - left, reach - 1 - (total - left)
    return Transposed(kernel, stride, before, max(after, 0), dilation, max(-after, 0))


def pool(call: Call, reading: Reading) -> Made:
    """MaxPooling and AveragePooling."""
    axes = len(call.tensor.dims) - 2
    sizes = numbers(call.layer.pool_size, axes)
    strides = sizes if call.layer.strides is None else numbers(call.layer.strides, axes)
    padding = str(call.layer.padding).lower()
    maps: tuple[AxisMap, ...] = tuple(
        window(k, s, padding) for k, s in zip(sizes, strides, strict=True)
    )
    op = "MP" if call.op.startswith("Max") else "AP"
    tensor = to_first(call.tensor, axes, call.data_format)
    made = reading.tracer.windowed(tensor, op, maps, call.name, call.place)
    return from_first(made, axes, call.data_format)


def global_pool(call: Call, reading: Reading) -> Made:
    """GlobalAveragePooling and GlobalMaxPooling."""
    axes = len(call.tensor.dims) - 2
    op = "MP" if "Max" in call.op else "AP"
    tensor = to_first(call.tensor, axes, call.data_format)
    made = reading.tracer.adaptive_pool(tensor, op, (1,) * axes, call.name, call.place)
    if call.layer.keepdims:
        return from_first(made, axes, call.data_format)
    return Tensor(made.node, made.dims[:2])


def adaptive_pool(call: Call, reading: Reading) -> Made:
    """AdaptiveAveragePooling and AdaptiveMaxPooling."""
    axes = len(call.tensor.dims) - 2
    op = "MP" if "Max" in call.op else "AP"
    tensor = to_first(call.tensor, axes, call.data_format)
    targets = numbers(call.layer.output_size, axes)
    made = reading.tracer.adaptive_pool(tensor, op, targets, call.name, call.place)
    return from_first(made, axes, call.data_format)


def border(call: Call, reading: Reading) -> Made:
    """ZeroPadding and Cropping."""
    crops = call.op.startswith("Cropping")
    given = call.layer.cropping if crops else call.layer.padding
    axes = len(call.tensor.dims) - 2
    pairs = [tuple(given)] if axes == 1 else [tuple(pair) for pair in given]
    sign = -1 if crops else 1
    sides = [(0, 0), (0, 0), *((sign * before, sign * after) for before, after in pairs)]
    tensor = to_first(call.tensor, axes, call.data_format)
    made = reading.tracer.padded(tensor, sides, call.name, call.place)
    return from_first(made, axes, call.data_format)


def centre_crop(call: Call, reading: Reading) -> Made:
    """CenterCrop: as much before as after, the odd pixel after; larger targets are a resize."""
    tensor = to_first(call.tensor, 2, call.data_format)
    targets = (int(call.layer.height), int(call.layer.width))
    if any(target > n for target, n in zip(targets, tensor.shape[-2:], strict=True)):
        raise NotFollowed(f"{call.place}: a crop to more than there is")
    sides = [(0, 0), (0, 0)]
    for target, n in zip(targets, tensor.shape[-2:], strict=True):
        before = (n - target) // 2
        sides.append((-before, -(n - target - before)))
    made = reading.tracer.padded(tensor, sides, call.name, call.place)
    return from_first(made, 2, call.data_format)


def upsampling(call: Call, reading: Reading) -> Made:
    """UpSampling1D, 2D, 3D."""
    axes = len(call.tensor.dims) - 2
    mode = _mode(call)
    maps: tuple[AxisMap, ...] = tuple(
        Resize(Fraction(factor), *mode) for factor in numbers(call.layer.size, axes)
    )
    tensor = to_first(call.tensor, axes, call.data_format)
    made = reading.tracer.windowed(tensor, "UP", maps, call.name, call.place)
    return from_first(made, axes, call.data_format)


def resize(call: Call, reading: Reading) -> Made:
    """Resizing, keras.ops.image.resize."""
    if call.setting("crop_to_aspect_ratio") or call.setting("pad_to_aspect_ratio"):
        raise NotFollowed(f"{call.place}: it keeps the aspect ratio")
    tensor = to_first(call.tensor, 2, call.data_format)
    order = [1, 2] if call.data_format == "channels_last" else [2, 3]
    targets = [call.shape[at - 4 + len(call.shape)] for at in order]
    mode, place = _mode(call)
    rule = "round_prefer_ceil" if mode == "nearest" else "floor"
    place = "half_pixel" if mode == "nearest" else place
    smooth = bool(call.setting("antialias"))
    maps: tuple[AxisMap, ...] = tuple(
        Resize(Fraction(m, n), mode, place, rule, m, smooth)
        for n, m in zip(tensor.shape[-2:], targets, strict=True)
    )
    made = reading.tracer.windowed(tensor, "UP", maps, call.name, call.place)
    return from_first(made, 2, call.data_format)


_MODES = {
    "nearest": ("nearest", "asymmetric"),
    "bilinear": ("linear", "half_pixel"),
    "bicubic": ("cubic", "half_pixel"),
}


def _mode(call: Call) -> tuple[str, str]:
    """(how it interpolates, where outputs fall)."""
    name = str(call.setting("interpolation", "nearest"))
    if name not in _MODES:
        raise NotFollowed(f"{call.place}: interpolation {name}")
    return _MODES[name]


_AXES = ("1D", "2D", "3D")

WINDOWS: dict[str, Operator] = {
    **{f"Conv{one}": convolution for one in _AXES},
    **{f"DepthwiseConv{one}": depthwise for one in _AXES},
    **{f"SeparableConv{one}": separable for one in _AXES},
    **{f"Conv{one}Transpose": transposed for one in _AXES},
    **{f"{kind}Pooling{one}": pool for kind in ("Max", "Average") for one in _AXES},
    **{f"Global{kind}Pooling{one}": global_pool for kind in ("Max", "Average") for one in _AXES},
    **{
        f"Adaptive{kind}Pooling{one}": adaptive_pool for kind in ("Max", "Average") for one in _AXES
    },
    **{f"{kind}{one}": border for kind in ("ZeroPadding", "Cropping") for one in _AXES},
    **{f"UpSampling{one}": upsampling for one in _AXES},
    "CenterCrop": centre_crop,
    "Resizing": resize,
    "Resize": resize,
}
