"""Convolutions, pools, paddings and resizes of TensorFlow Lite: channels stand last."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from rfsearch.errors import NotFollowed
from rfsearch.network.axis import REFLECT, ZEROS, AxisMap, Resize, Transposed, Window
from rfsearch.network.tensor import Tensor
from rfsearch.network.tflite.reading import Blocks, Call, Made, Reader
from rfsearch.network.trace.windows import window

PADDINGS = ("same", "valid")  # by their number in the schema


def first(tensor: Tensor) -> Tensor:
    """Channels before the axes."""
    rank = len(tensor.dims)
    return tensor.permuted([0, rank - 1, *range(1, rank - 1)])


def last(tensor: Tensor) -> Tensor:
    """The other way."""
    rank = len(tensor.dims)
    return tensor.permuted([0, *range(2, rank), 1])


def _windows(call: Call, kernels: tuple[int, ...]) -> tuple[Window, ...]:
    """The windows of rows and columns."""
    padding = PADDINGS[call.option("Padding")]
    strides = (call.option("StrideH"), call.option("StrideW"))
    dilations = (1, 1)
    if "DilationHFactor" in call.operator.options:
        dilations = (call.option("DilationHFactor"), call.option("DilationWFactor"))
    return tuple(
        window(k, s, padding, d) for k, s, d in zip(kernels, strides, dilations, strict=True)
    )


def convolution(call: Call) -> Made:
    """CONV_2D, filters as (out, rows, columns, in / groups); DEPTHWISE_CONV_2D, (1, rows, …)."""
    source = call.operator.inputs[0]
    if source in call.reading.blocks:
        blocks = call.reading.blocks[source]
        blocks.convolution = call
        call.reading.blocks[call.operator.outputs[0]] = blocks
        return call.reading.tensors[source]
    shape = call.shape_of(1)
    return _convolved(call, call.tensor, _windows(call, shape[1:3]))


def _convolved(call: Call, tensor: Tensor, windows: tuple[Window, ...]) -> Tensor:
    shape = call.shape_of(1)
    width = tensor.shape[-1]
    depthwise = call.op == "DEPTHWISE_CONV_2D"
    channels = shape[3] if depthwise else shape[0]
    groups = width if depthwise else width // max(shape[3], 1)
    flat = _is_flat(call, tensor, windows)
    maps: tuple[AxisMap, ...] = windows[1:] if flat else windows
    made = call.reading.tracer.convolution(
        first(_without_rows(tensor) if flat else tensor),
        maps,
        call.name,
        call.place,
        channels=channels,
        groups=groups,
        bias=call.has_bias(2),
        taps=prod(shape[1:3]),
    )
    return _with_rows(last(made)) if flat else last(made)


def _is_flat(call: Call, tensor: Tensor, windows: tuple[Window, ...]) -> bool:
    """Whether a signal was written as an image of one row."""
    return (
        call.reading.tracer.graph.axes == 1
        and tensor.dims[1] == ()
        and (windows[0].kernel, windows[0].stride) == (1, 1)
    )


def _without_rows(tensor: Tensor) -> Tensor:
    return Tensor(tensor.node, (tensor.dims[0], *tensor.dims[2:]))


def _with_rows(tensor: Tensor) -> Tensor:
    return Tensor(tensor.node, (tensor.dims[0], (), *tensor.dims[1:]))


def convolution_3d(call: Call) -> Made:
    """CONV_3D, filters as (depth, rows, columns, in / groups, out)."""
    shape = call.shape_of(1)
    padding = PADDINGS[call.option("Padding")]
    maps: tuple[AxisMap, ...] = tuple(
        window(k, call.option(f"Stride{axis}"), padding, call.option(f"Dilation{axis}Factor"))
        for k, axis in zip(shape[:3], "DHW", strict=True)
    )
    made = call.reading.tracer.convolution(
        first(call.tensor),
        maps,
        call.name,
        call.place,
        channels=shape[4],
        groups=call.tensor.shape[-1] // max(shape[3], 1),
        bias=call.has_bias(2),
        taps=prod(shape[:3]),
    )
    return last(made)


def transposed(call: Call) -> Made:
    """TRANSPOSE_CONV: (output shape, filter, input, bias); SAME cuts both sides alike."""
    shape, tensor = call.shape_of(1), call.tensor
    padding = PADDINGS[call.option("Padding")]
    strides = (call.option("StrideH"), call.option("StrideW"))
    maps: list[AxisMap] = []
    after = call.constant(0) if call.is_open() else call.shape
    for k, s, n, m in zip(shape[1:3], strides, tensor.shape[1:3], after[1:3], strict=True):
        cut = (n - 1) * s + k - m
        before = max(cut, 0) // 2 if padding == "same" else 0
        maps.append(Transposed(k, s, before, max(cut - before, 0), 1, max(-cut, 0)))
    made = call.reading.tracer.convolution(
        first(tensor),
        tuple(maps),
        call.name,
        call.place,
        channels=shape[0],
        groups=1,
        bias=call.has_bias(3),
        taps=prod(shape[1:3]),
        transposed=True,
    )
    return last(made)


def pool(call: Call) -> Made:
    """AVERAGE_POOL_2D, MAX_POOL_2D, L2_POOL_2D."""
    windows = _windows(call, (call.option("FilterHeight"), call.option("FilterWidth")))
    op = "MP" if call.op == "MAX_POOL_2D" else "AP"
    flat = _is_flat(call, call.tensor, windows)
    tensor = _without_rows(call.tensor) if flat else call.tensor
    maps: tuple[AxisMap, ...] = windows[1:] if flat else windows
    made = last(call.reading.tracer.windowed(first(tensor), op, maps, call.name, call.place))
    return _with_rows(made) if flat else made


def padded(call: Call) -> Made:
    """PAD, PADV2, MIRROR_PAD: (before, after) of each dimension."""
    numbers = call.constant(1)
    sides = list(zip(numbers[::2], numbers[1::2], strict=True))
    edge = ZEROS
    if call.op == "MIRROR_PAD":
        edge = REFLECT
        if call.option("Mode") != 0:
            raise NotFollowed(f"{call.place}: padding by a symmetric mirror")
    order = [0, len(sides) - 1, *range(1, len(sides) - 1)]
    tensor, tracer = first(call.tensor), call.reading.tracer
    made = tracer.padded(tensor, [sides[at] for at in order], call.name, call.place, edge=edge)
    return last(made)


def resized(call: Call) -> Made:
    """RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR."""
    nearest = call.op == "RESIZE_NEAREST_NEIGHBOR"
    place, rule = "asymmetric", "floor"
    if call.option("HalfPixelCenters", False):
        place, rule = "half_pixel", "round_prefer_ceil"
    if call.option("AlignCorners", False):
        place, rule = "align_corners", "round_prefer_ceil"
    maps: list[AxisMap] = []
    for n, m in zip(call.tensor.shape[1:3], call.constant(1), strict=True):
        scale = Fraction(m, n)
        if nearest and place == "half_pixel" and scale.denominator == 1:
            # Between whole factors the nearest is the same as counted from the corner.
            maps.append(Resize(scale))
        else:
            target = None if scale.denominator == 1 else m
            maps.append(Resize(scale, "nearest" if nearest else "linear", place, rule, target))
    tracer = call.reading.tracer
    return last(tracer.windowed(first(call.tensor), "UP", tuple(maps), call.name, call.place))


def shuffled(call: Call) -> Made:
    """DEPTH_TO_SPACE, SPACE_TO_DEPTH."""
    size, tensor, tracer = call.option("BlockSize"), call.tensor, call.reading.tracer
    if call.op == "DEPTH_TO_SPACE":
        maps: tuple[AxisMap, ...] = (Resize(Fraction(size)),) * 2
        op, channels = "UP", tensor.shape[-1] // size**2
    else:
        maps, op, channels = (Window(size, size),) * 2, "SUB", tensor.shape[-1] * size**2
    made = tracer.windowed(first(tensor), op, maps, call.name, call.place, channels=channels)
    return last(made)


def cut_into_blocks(call: Call) -> Made:
    """SPACE_TO_BATCH_ND: what follows up to BATCH_TO_SPACE_ND is a dilated convolution."""
    block, pads = call.constant(1), call.constant(2)
    if len(block) > 2:
        raise NotFollowed(f"{call.place}: blocks of {len(block)} axes")
    call.reading.blocks[call.operator.outputs[0]] = Blocks(
        call.tensor, tuple(block), tuple(pads[::2]), tuple(pads[1::2])
    )
    return call.tensor


def put_together(call: Call) -> Made:
    """BATCH_TO_SPACE_ND: the convolution of blocks, whose dilation their size is."""
    blocks = call.reading.blocks.get(call.operator.inputs[0])
    if blocks is None or blocks.convolution is None:
        raise NotFollowed(f"{call.place}: no convolution of blocks comes before it")
    inner, crops = blocks.convolution, call.constant(2)
    kernels = inner.shape_of(1)[1:3]
    if PADDINGS[inner.option("Padding")] != "valid" or {
        inner.option("StrideH"),
        inner.option("StrideW"),
    } != {1}:
        raise NotFollowed(f"{inner.place}: a strided or padded convolution of blocks")
    lead = 2 - len(blocks.block)
    rows = (1,) * lead
    windows = tuple(
        Window(k, 1, before - cut, after - crop, d)
        for k, d, before, after, cut, crop in zip(
            kernels,
            (*rows, *blocks.block),
            (*(0,) * lead, *blocks.before),
            (*(0,) * lead, *blocks.after),
            (*(0,) * lead, *crops[::2]),
            (*(0,) * lead, *crops[1::2]),
            strict=True,
        )
    )
    tensor = blocks.source
    if len(tensor.dims) == 3:
        return _without_rows(_convolved(inner, _with_rows(tensor), windows))
    return _convolved(inner, tensor, windows)


WINDOWS: dict[str, Reader] = {
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D"), convolution),
    "CONV_3D": convolution_3d,
    "TRANSPOSE_CONV": transposed,
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"), pool),
    **dict.fromkeys(("PAD", "PADV2", "MIRROR_PAD"), padded),
    **dict.fromkeys(("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"), resized),
    **dict.fromkeys(("DEPTH_TO_SPACE", "SPACE_TO_DEPTH"), shuffled),
    "SPACE_TO_BATCH_ND": cut_into_blocks,
    "BATCH_TO_SPACE_ND": put_together,
}
