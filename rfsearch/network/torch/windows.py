"""ATen's convolutions, pools, paddings and upsampling."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError
from rfsearch.layers import recurrence
from rfsearch.network.axis import AxisMap, Resize, Transposed, Window
from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.torch.read import Call, Reading


def convolution(call: Call, reading: Reading, target: Any) -> Tensor:
    """conv1d, conv2d, conv3d; padding may be the word "same"."""
    shape = _weights(call, reading)
    kernels, axes = list(shape[2:]), len(shape) - 2
    strides = _numbers(call.arguments["stride"], axes)
    dilations = _numbers(call.arguments["dilation"], axes)
    pads = _paddings(call.arguments["padding"], kernels, dilations)
    maps: tuple[AxisMap, ...] = tuple(
        Window(k, s, before, after, d)
        for k, s, (before, after), d in zip(kernels, strides, pads, dilations, strict=True)
    )
    return reading.tracer.convolution(
        reading.tensor(call, "input"),
        maps,
        call.name,
        call.place,
        channels=shape[0],
        groups=call.arguments["groups"],
        bias=call.arguments.get("bias") is not None,
        taps=prod(kernels),
    )


def transposed(call: Call, reading: Reading, target: Any) -> Tensor:
    """conv_transpose1d, 2d, 3d: weights are (in, out / groups, kernel…).

    A crop by the same module cuts more of it, as its own padding does.
    """
    shape = _weights(call, reading)
    kernels, axes = list(shape[2:]), len(shape) - 2
    numbers = [
        _numbers(call.arguments[name], axes)
        for name in ("stride", "padding", "dilation", "output_padding")
    ]
    cuts = _own_crop(call, reading, axes)
    maps: tuple[AxisMap, ...] = tuple(
        Transposed(k, s, p + before, p + after, d, extra)
        for k, s, p, d, extra, (before, after) in zip(kernels, *numbers, cuts, strict=True)
    )
    groups = call.arguments["groups"]
    return reading.tracer.convolution(
        reading.tensor(call, "input"),
        maps,
        call.name,
        call.place,
        channels=shape[1] * groups,
        groups=groups,
        bias=call.arguments.get("bias") is not None,
        taps=prod(kernels),
        transposed=True,
    )


def pool(call: Call, reading: Reading, target: Any) -> Tensor:
    """max_pool and avg_pool; the stride is the kernel where none is given."""
    tensor = reading.tensor(call, "self")
    axes = reading.tracer.graph.axes
    kernels = _numbers(call.arguments["kernel_size"], axes)
    strides = _numbers(call.arguments.get("stride") or kernels, axes)
    pads = _numbers(call.arguments.get("padding") or 0, axes)
    dilations = _numbers(call.arguments.get("dilation") or 1, axes)
    ceil = bool(call.arguments.get("ceil_mode"))
    maps: tuple[AxisMap, ...] = tuple(
        Window(k, s, p, p, d, ceil)
        for k, s, p, d in zip(kernels, strides, pads, dilations, strict=True)
    )
    op = "MP" if call.op.startswith("max") else "AP"
    return reading.tracer.windowed(tensor, op, maps, call.name, call.place)


def adaptive_pool(call: Call, reading: Reading, target: Any) -> Tensor:
    """adaptive_avg_pool and adaptive_max_pool."""
    tensor = reading.tensor(call, "self")
    axes = reading.tracer.graph.axes
    sizes = reading.tracer.graph.nodes[tensor.node].sizes
    wanted = _numbers(call.arguments["output_size"], axes)
    targets = tuple(n if one is None else one for one, n in zip(wanted, sizes, strict=True))
    op = "MP" if "max" in call.op else "AP"
    return reading.tracer.adaptive_pool(tensor, op, targets, call.name, call.place)


def pad(call: Call, reading: Reading, target: Any) -> Tensor:
    """pad: pairs from the last dimension backwards."""
    tensor = reading.tensor(call, "self")
    sides = _pad_sides(call.arguments["pad"], len(tensor.dims))
    return reading.tracer.padded(tensor, sides, call.name, call.place)


def resize(call: Call, reading: Reading, target: Any) -> Tensor:
    """upsample_nearest, _linear, _bilinear, _trilinear, _bicubic, with or without corners."""
    name = "input" if "input" in call.arguments else "self"
    tensor = reading.tensor(call, name)
    before = reading.tracer.graph.nodes[tensor.node].sizes
    after = call.shape[2:]
    scales = call.arguments.get("scale_factors")
    nearest = "nearest" in call.op
    mode = "nearest" if nearest else "cubic" if "cubic" in call.op else "linear"
    place = "asymmetric" if nearest else "half_pixel"
    if "exact" in call.op:
        place = "half_pixel"
    if call.arguments.get("align_corners"):
        place = "align_corners"
    maps: list[AxisMap] = []
    for axis, (n, m) in enumerate(zip(before, after, strict=True)):
        scale = Fraction(m, n)
        if scales:
            scale = Fraction(float(scales[axis])).limit_denominator(4096)
        rule = "round_prefer_ceil" if "exact" in call.op else "floor"
        fixed = m if not scales and scale.denominator > 1 else None
        maps.append(Resize(scale, mode, place, rule, fixed))
    return reading.tracer.windowed(tensor, "UP", tuple(maps), call.name, call.place)


def _pad_sides(pads: Any, dims: int) -> list[tuple[int, int]]:
    """(before, after) of each dimension."""
    pairs = list(pads)
    sides = [(0, 0)] * dims
    for place in range(len(pairs) // 2):
        sides[-1 - place] = (int(pairs[2 * place]), int(pairs[2 * place + 1]))
    return sides


def _own_crop(call: Call, reading: Reading, axes: int) -> list[tuple[int, int]]:
    """What the call's own module crops right after it, one pair an axis."""
    from rfsearch.network.torch.read import named_arguments, operator_name

    following = call.following
    if following is None or operator_name(following) not in ("pad", "constant_pad_nd"):
        return [(0, 0)] * axes
    sides = _pad_sides(named_arguments(following)["pad"], axes + 2)
    if any(side > 0 for pair in sides for side in pair) or any(map(any, sides[:2])):
        return [(0, 0)] * axes
    reading.absorbed.add(following)
    return [(-before, -after) for before, after in sides[2:]]


def _weights(call: Call, reading: Reading) -> tuple[int, ...]:
    shape = reading.parameter_shape(call.arguments["weight"])
    if shape is None:
        raise UsageError(f"{call.place}: its weights are not parameters of the module")
    return shape


def _numbers(value: Any, axes: int) -> list[Any]:
    """One number an axis."""
    values = list(value) if isinstance(value, list | tuple) else [value]
    return values * axes if len(values) == 1 else values


def _paddings(padding: Any, kernels: list[int], dilations: list[int]) -> list[tuple[int, int]]:
    if padding == "valid":
        return [(0, 0)] * len(kernels)
    if padding == "same":
        growths = [recurrence.window_growth(k, d) for k, d in zip(kernels, dilations, strict=True)]
        return [(growth // 2, growth - growth // 2) for growth in growths]
    return [(one, one) for one in _numbers(padding, len(kernels))]


_AXES = ("1d", "2d", "3d")

WINDOWS = {
    **{f"conv{one}": convolution for one in _AXES},
    **{f"conv_transpose{one}": transposed for one in _AXES},
    **{f"{kind}_pool{one}": pool for kind in ("max", "avg") for one in _AXES},
    **{f"adaptive_{kind}_pool{one}": adaptive_pool for kind in ("max", "avg") for one in _AXES},
    "pad": pad,
    "constant_pad_nd": pad,
    **{f"upsample_nearest{one}": resize for one in _AXES},
    **{f"_upsample_nearest_exact{one}": resize for one in _AXES},
    "upsample_linear1d": resize,
    "upsample_bilinear2d": resize,
    "upsample_bicubic2d": resize,
    "upsample_trilinear3d": resize,
}
