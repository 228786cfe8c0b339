"""Single layers as the operators that the converter makes of them."""

from __future__ import annotations

from math import prod

from rfsearch.device.tflm import names, operators
from rfsearch.device.tflm.graph import Constant, Graph, Made
from rfsearch.device.tflm.model import INT32, Tensor
from rfsearch.errors import UsageError
from rfsearch.export.keras_layers import applied
from rfsearch.export.plan import Operation
from rfsearch.export.python_text import Call
from rfsearch.layers.layer import Item
from rfsearch.layers.notation.format import format_item
from rfsearch.layers.recurrence import same_padding

Sides = tuple[tuple[int, int], ...]


def convolution(graph: Graph, part: Operation, source: Made, layer: str) -> Made:
    """CONV_2D or DEPTHWISE_CONV_2D, norm and ReLU folded in; PAD before it where it stays."""
    if part.norm not in ("", "N"):
        raise unknown(part.layer, "layer norms")
    if not part.norm and not part.bias:
        # Biases of zeros are one buffer for all layers of one width.
        raise unknown(part.layer, "a convolution with neither bias nor norm")
    if max(part.dilation) > 1:
        raise unknown(part.layer, "dilation: the converter writes it as four operators")
    calls = dict(applied(part))
    own = calls[""]
    assert isinstance(own, Call)
    depthwise = own.target == "layers.DepthwiseConv2D"
    grouped = part.groups > 1 and not depthwise
    core = names.core(part, layer, depthwise, grouped)
    folded: Constant | None = None
    valid = not any(one.key == "padding" for one in own.arguments)
    if "_pad" in calls:
        sides = _sides_of_pad(part)
        if sides == _same_sides(part):
            folded, valid = _pad_constant(sides, layer), False
        else:
            source = pad(graph, source, sides, layer)
    weights = Tensor(
        names.weights(part, layer, core, depthwise),
        (1, *part.kernel, part.channels)
        if depthwise
        else (part.channels, *part.kernel, part.channels_in // part.groups),
        scales=part.channels,
        axis=3 if depthwise else 0,
        constant=True,
    )
    padded = (folded.name, f"{names.scope(f'{layer}_pad')}/Pad") if folded else ()
    name = names.convolution(part, layer, core, depthwise, padded)
    bias = Tensor(name, (part.channels,), INT32, part.channels, constant=True)
    options = ["stride_w", "stride_h", *["relu"] * bool(part.activation), *["valid"] * valid]
    return graph.add(
        operators.DEPTHWISE if depthwise else operators.CONV,
        names.scope(layer),
        (source, weights, bias),
        Tensor(name, (1, *part.sizes, part.channels)),
        *options,
        *["multiplier"] * depthwise,
        folded=folded,
    )


def _sides_of_pad(part: Operation) -> Sides:
    """What the exporter pads before a layer: a pool's may differ from what the notation says."""
    if part.op == "AP":
        return part.within
    return part.fitted if part.op == "MP" else part.sides


def _same_sides(part: Operation) -> Sides:
    """What the convolution's own `same` padding would be."""
    totals = [
        same_padding(n, growth, stride)
        for n, growth, stride in zip(part.sizes_in, part.growth, part.stride, strict=True)
    ]
    return tuple((total // 2, total - total // 2) for total in totals)


def _pad_constant(sides: Sides, layer: str) -> Constant:
    """A pair for each dimension, batch and channels included."""
    flat = tuple(side for pair in ((0, 0), *sides, (0, 0)) for side in pair)
    return Constant(f"{names.scope(f'{layer}_pad')}/Const", (len(sides) + 2, 2), flat)


def pad(graph: Graph, source: Made, sides: Sides, layer: str) -> Made:
    """PAD: a copy of the tensor with zeros around it."""
    batch, *sizes, channels = source.shape
    grown = [n + before + after for n, (before, after) in zip(sizes, sides, strict=True)]
    scope = names.scope(f"{layer}_pad")
    output = Tensor(f"{scope}/Pad", (batch, *grown, channels))
    return graph.add(operators.PAD, scope, (source, _pad_constant(sides, layer)), output)


def pool(graph: Graph, part: Operation, source: Made, layer: str) -> Made:
    """MAX_POOL_2D or AVERAGE_POOL_2D, after PAD where it pads by numbers."""
    calls = dict(applied(part))
    own = calls[""]
    assert isinstance(own, Call)
    if own.target == "PartialAveragePooling":
        raise unknown(part.layer, "averages of windows that hang over the end")
    if "_pad" in calls:
        if not isinstance(calls["_pad"], Call):
            raise unknown(part.layer, "a maximum padded by −∞, which int8 has not: pad with Ps")
        source = pad(graph, source, _sides_of_pad(part), layer)
    maximum = part.op == "MP"
    valid = not any(one.key == "padding" for one in own.arguments)
    return graph.add(
        operators.MAX_POOL if maximum else operators.AVERAGE_POOL,
        names.scope(layer),
        (source,),
        Tensor(
            f"{names.scope(layer)}/{'MaxPool2d' if maximum else 'AvgPool'}",
            (1, *part.sizes, part.channels),
        ),
        *("stride_w", "stride_h", "filter_w", "filter_h"),
        *["valid"] * valid,
        window=(part.kernel, part.stride),
    )


def mean(graph: Graph, source: Made, layer: str, flat: bool) -> Made:
    """MEAN over all positions; `flat` says that its output has no axes."""
    axes = tuple(range(1, len(source.shape) - 1))
    scope = names.scope(layer)
    name = f"{scope}/Mean"
    constant = Constant(f"{name}/reduction_indices", (len(axes),), axes)
    positions = () if flat else (1,) * len(axes)
    output = Tensor(name, (1, *positions, source.shape[-1]))
    return graph.add(operators.MEAN, scope, (source, constant), output, *["keep_dims"] * (not flat))


def flatten(graph: Graph, source: Made, layer: str) -> Made:
    """SHAPE, STRIDED_SLICE, PACK and RESHAPE: the batch is left open, so it is worked out."""
    own = names.scope(f"{layer}_flatten")
    values = prod(source.shape)
    zero = Constant(f"{own}/strided_slice/stack", (1,), (0,))
    one = Constant(f"{own}/strided_slice/stack_1", (1,), (1,))
    rest = Constant(f"{own}/Reshape/shape/1", (), (values,))

    def plain(word: str, shape: tuple[int, ...]) -> Tensor:
        return Tensor(f"{own}/{word}", shape, INT32, scales=0)

    sizes = plain("Shape", (len(source.shape),))
    shape = graph.add(operators.SHAPE, own, (source,), sizes, "type")
    first = plain("strided_slice", ())
    batch = graph.add(operators.STRIDED_SLICE, own, (shape, zero, one, one), first, "shrink")
    pair = plain("Reshape/shape", (2,))
    wanted = graph.add(operators.PACK, own, (batch, rest), pair, "count")
    output = Tensor(f"{own}/Reshape", (1, values))
    return graph.add(operators.RESHAPE, own, (source, wanted), output)


def dense(graph: Graph, part: Operation, source: Made, layer: str) -> Made:
    """FULLY_CONNECTED, ReLU folded in."""
    if part.norm:
        raise unknown(part.layer, "norms after a fully connected layer")
    kernel = f"{names.scope(layer)}/MatMul"
    weights = Tensor(kernel, (part.channels, source.shape[1]), scales=part.channels, constant=True)
    bias = Tensor(
        names.dense_bias(part, layer), (part.channels,), INT32, part.channels, constant=True
    )
    return graph.add(
        operators.DENSE,
        names.scope(layer),
        (source, weights, bias if part.bias else kernel),
        Tensor(names.dense_output(part, layer), (1, part.channels)),
        *["relu"] * bool(part.activation),
    )


def unknown(item: Item, what: str) -> UsageError:
    """The refusal of what the figures are not known for; exact figures or none."""
    text = format_item(item)
    return UsageError(f"{text}: TensorFlow Lite Micro's figures are not known for {what}")
