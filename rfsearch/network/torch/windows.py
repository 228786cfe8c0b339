"""ATen's convolutions, pools, paddings and upsampling."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

from rfsearch.errors import NotFollowed
from rfsearch.layers import recurrence
from rfsearch.network.axis import (
    CIRCULAR,
    REFLECT,
    REPLICATE,
    ZEROS,
    AxisMap,
    Resize,
    Transposed,
    Window,
)
from rfsearch.network.tensor import CHANNELS, Tensor
from rfsearch.network.torch.call import Call, named_arguments, operator_name
from rfsearch.network.torch.reading import Made, Operator, Reading


def convolution(call: Call, reading: Reading) -> Made:
    """conv1d, conv2d, conv3d; padding may be the word "same"."""
    shape = reading.shape(call, "weight")
    kernels, axes = list(shape[2:]), len(shape) - 2
    strides = _numbers(call.arguments["stride"], axes)
    dilations = _numbers(call.arguments["dilation"], axes)
    pads = _paddings(call.arguments["padding"], kernels, dilations)
    maps: tuple[AxisMap, ...] = tuple(
        Window(k, s, before, after, d)
        for k, s, (before, after), d in zip(kernels, strides, pads, dilations, strict=True)
    )
    made = reading.tracer.convolution(
        reading.tensor(call, "input"),
        maps,
        call.name,
        call.place,
        channels=shape[0],
        groups=call.arguments["groups"],
        bias=call.arguments.get("bias") is not None,
        taps=prod(kernels),
    )
    return _weighted(made, call, reading)


def _weighted(made: Tensor, call: Call, reading: Reading) -> Tensor:
    """The output of a convolution whose kernel was computed from the input: a product with it."""
    weight = reading.maybe(call.arguments["weight"])
    if weight is None:
        return made
    graph = reading.tracer.graph
    if graph.nodes[weight.node].volume > 1:
        raise NotFollowed(f"{call.place}: its weights depend on positions of the input")
    channels = graph.nodes[made.node].channels
    sources = [made.node, weight.node]
    node = graph.join(sources, "*", call.name, place=call.place, channels=channels)
    return Tensor(node, made.dims)


def transposed(call: Call, reading: Reading) -> Made:
    """conv_transpose1d, 2d, 3d: weights are (in, out / groups, kernel…).

    A crop by the same module cuts more of it, as its own padding does.
    """
    shape = reading.shape(call, "weight")
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
    made = reading.tracer.convolution(
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
    return _weighted(made, call, reading)


def pool(call: Call, reading: Reading) -> Made:
    """max_pool and avg_pool; the stride is the kernel where none is given.

    Where indices are asked for they are no tensor of their own: an unpooling reads its window.
    """
    tensor = reading.tensor(call, "self")
    axes = int(call.op.replace("_with_indices", "")[-2])
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
    made = reading.tracer.windowed(tensor, op, maps, call.name, call.place)
    return [made, None] if "indices" in call.op else made


def adaptive_pool(call: Call, reading: Reading) -> Made:
    """adaptive_avg_pool and adaptive_max_pool, which gives its indices, too."""
    tensor = reading.tensor(call, "self")
    axes = int(call.op[-2])
    sizes = tensor.shape[-axes:]
    wanted = _numbers(call.arguments["output_size"], axes)
    targets = tuple(n if one is None else one for one, n in zip(wanted, sizes, strict=True))
    op = "MP" if "max" in call.op else "AP"
    made = reading.tracer.adaptive_pool(tensor, op, targets, call.name, call.place)
    return [made, None] if len(call.shapes) > 1 else made


def unpool(call: Call, reading: Reading) -> Made:
    """max_unpool2d, 3d: an output is one of the values of the window that it lies in."""
    tensor = reading.tensor(call, "self")
    after = call.shape[2:]
    maps: tuple[AxisMap, ...] = tuple(
        Resize(Fraction(m, n), target=None if m % n == 0 else m)
        for n, m in zip(tensor.shape[2:], after, strict=True)
    )
    return reading.tracer.windowed(tensor, "UP", maps, call.name, call.place)


_EDGES = {"constant": ZEROS, "reflect": REFLECT, "replicate": REPLICATE, "circular": CIRCULAR}
_EDGE_OPS = {"reflection": REFLECT, "replication": REPLICATE}


def pad(call: Call, reading: Reading) -> Made:
    """pad and its kinds: pairs from the last dimension backwards."""
    tensor = reading.tensor(call, "self")
    pads = call.arguments.get("pad", call.arguments.get("padding"))
    mode = _EDGES.get(str(call.arguments.get("mode") or "constant"), ZEROS)
    edge = _EDGE_OPS.get(call.op.split("_")[0], mode)
    sides = _pad_sides(pads, len(tensor.dims))
    return reading.tracer.padded(tensor, sides, call.name, call.place, edge=edge)


def resize(call: Call, reading: Reading) -> Made:
    """upsample_nearest, _linear, _bilinear, _trilinear, _bicubic, with or without corners."""
    name = "input" if "input" in call.arguments else "self"
    tensor = reading.tensor(call, name)
    scales = call.arguments.get("scale_factors")
    nearest = "nearest" in call.op
    mode = "nearest" if nearest else "cubic" if "cubic" in call.op else "linear"
    place = "asymmetric" if nearest else "half_pixel"
    if "exact" in call.op:
        place = "half_pixel"
    if call.arguments.get("align_corners"):
        place = "align_corners"
    maps: list[AxisMap] = []
    for axis, (n, m) in enumerate(zip(tensor.shape[2:], call.shape[2:], strict=True)):
        scale = Fraction(m, n)
        if scales:
            scale = Fraction(float(scales[axis])).limit_denominator(4096)
        rule = "round_prefer_ceil" if "exact" in call.op else "floor"
        fixed = m if not scales and scale.denominator > 1 else None
        maps.append(Resize(scale, mode, place, rule, fixed))
    return reading.tracer.windowed(tensor, "UP", tuple(maps), call.name, call.place)


def pixel_shuffle(call: Call, reading: Reading) -> Made:
    """An output reads the one position that it came from."""
    tensor = reading.tensor(call, "self")
    factor = call.arguments["upscale_factor"]
    channels = tensor.shape[1] // factor**2
    maps = (Resize(Fraction(factor)),) * 2
    return reading.tracer.windowed(tensor, "UP", maps, call.name, call.place, channels=channels)


def pixel_unshuffle(call: Call, reading: Reading) -> Made:
    """The positions of a block side by side as channels."""
    tensor = reading.tensor(call, "self")
    factor = call.arguments["downscale_factor"]
    channels = tensor.shape[1] * factor**2
    maps = (Window(factor, factor),) * 2
    return reading.tracer.windowed(tensor, "SUB", maps, call.name, call.place, channels=channels)


def im2col(call: Call, reading: Reading) -> Made:
    """unfold: the values of every window as channels, the windows in one dimension."""
    tensor = reading.tensor(call, "self")
    names = ("kernel_size", "stride", "padding", "dilation")
    kernels, strides, pads, dilations = (_numbers(call.arguments[name], 2) for name in names)
    maps = tuple(
        Window(k, s, p, p, d) for k, s, p, d in zip(kernels, strides, pads, dilations, strict=True)
    )
    channels = tensor.shape[1] * prod(kernels)
    made = reading.tracer.windowed(tensor, "UNFOLD", maps, call.name, call.place, channels=channels)
    return made.reshaped(call.shape, call.place)


def unfold(call: Call, reading: Reading) -> Made:
    """Tensor.unfold: windows of one dimension, their values in a new last one."""
    tensor = reading.tensor(call, "self")
    dim = call.arguments["dimension"] % len(tensor.dims)
    size, step = call.arguments["size"], call.arguments["step"]
    made = reading.tracer.along(tensor, dim, "UNFOLD", Window(size, step), call.name, call.place)
    graph = reading.tracer.graph
    channels = graph.nodes[made.node].channels * size
    node = graph.select(made.node, channels, call.name, place=call.place)
    return Tensor(node, (*made.dims, ((CHANNELS, size),) if size > 1 else ()))


def _pad_sides(pads: Any, dims: int) -> list[tuple[int, int]]:
    """(before, after) of each dimension."""
    pairs = list(pads)
    sides = [(0, 0)] * dims
    for place in range(len(pairs) // 2):
        sides[-1 - place] = (int(pairs[2 * place]), int(pairs[2 * place + 1]))
    return sides


def _own_crop(call: Call, reading: Reading, axes: int) -> list[tuple[int, int]]:
    """What the call's own module crops right after it, one pair an axis."""
    following = call.following
    if following is None or operator_name(following) not in ("pad", "constant_pad_nd"):
        return [(0, 0)] * axes
    sides = _pad_sides(named_arguments(following)["pad"], axes + 2)
    if any(side > 0 for pair in sides for side in pair) or any(map(any, sides[:2])):
        return [(0, 0)] * axes
    reading.absorbed.add(following)
    return [(-before, -after) for before, after in sides[2:]]


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

WINDOWS: dict[str, Operator] = {
    **{f"conv{one}": convolution for one in _AXES},
    **{f"conv_transpose{one}": transposed for one in _AXES},
    **{f"{kind}_pool{one}": pool for kind in ("max", "avg") for one in _AXES},
    **{f"max_pool{one}_with_indices": pool for one in _AXES},
    **{f"adaptive_{kind}_pool{one}": adaptive_pool for kind in ("max", "avg") for one in _AXES},
    **{f"max_unpool{one}": unpool for one in _AXES},
    **dict.fromkeys(("pad", "constant_pad_nd"), pad),
    **{f"{kind}_pad{one}": pad for kind in _EDGE_OPS for one in _AXES},
    **{f"upsample_nearest{one}": resize for one in _AXES},
    **{f"_upsample_nearest_exact{one}": resize for one in _AXES},
    "upsample_linear1d": resize,
    "upsample_bilinear2d": resize,
    "upsample_bicubic2d": resize,
    "upsample_trilinear3d": resize,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "im2col": im2col,
    "unfold": unfold,
}
