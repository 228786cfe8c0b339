"""What each operator of TensorFlow Lite does, by its name in the schema.

NotFollowed where it cannot be followed: then it is taken to see everything.
"""

from __future__ import annotations

from math import prod

from rfsearch.errors import NotFollowed
from rfsearch.network.tensor import CHANNELS, Tensor
from rfsearch.network.tflite.file import Stored
from rfsearch.network.tflite.reading import Call, Made, Reader
from rfsearch.network.tflite.windows import WINDOWS

_SILENT = (
    "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "LEAKY_RELU", "ELU", "GELU", "LOGISTIC",
    "TANH", "HARD_SWISH", "QUANTIZE", "DEQUANTIZE", "CAST", "FAKE_QUANT", "ABS", "NEG", "EXP",
    "LOG", "SQRT", "RSQRT", "SQUARE", "SIN", "COS", "FLOOR", "CEIL", "ROUND", "SIGN", "ZEROS_LIKE",
)  # fmt: skip
_SUMS = ("ADD", "ADD_N", "SUB", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE")
_PRODUCTS = ("MUL", "DIV", "FLOOR_DIV", "POW")
_REDUCTIONS = ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD")
_MEANT = ("ADD", "MUL", "MEAN")


def silent(call: Call) -> Made:
    """Every output is its own position's."""
    return call.tensor


def joined(call: Call) -> Made:
    """Of tensors a join; with a constant a scale or shift, learned unless it is one number."""
    tensors, tracer = call.tensors, call.reading.tracer
    if len(tensors) > 1:
        op = "*" if call.op in _PRODUCTS else "+"
        made = tracer.joined(tensors, op, call.name, call.place)
        return tracer.told(made, call.name, call.op, _MEANT)
    tensor = tensors[0]
    if list(tensor.shape) != call.shape:
        tensor = tracer.expanded(tensor, call.shape, call.name, call.place)
    learned = sum(one.size for one in _constants(call) if one.size > 1)
    if call.op == "ADD" and _is_bias(call, tensor, learned):
        return tensor
    made = tracer.learn(tensor, learned, call.name, call.place)
    if made.node != tensor.node:
        node = tracer.graph.nodes[made.node]
        node.norm = "SCALE" if call.op == "MUL" and learned == node.channels else "?"
    return made


def _is_bias(call: Call, tensor: Tensor, learned: int) -> bool:
    """Whether a sum is the bias of the layer before it, which the converter wrote apart."""
    node = call.reading.tracer.graph.nodes[tensor.node]
    if not node.learns or node.bias or node.norm_params or learned != node.channels:
        return False
    node.bias = True
    weights = {f"buffer {one.buffer}": one.size for one in _constants(call)}
    call.reading.tracer.graph.weigh(tensor.node, weights)
    call.reading.absorbed.add(call.operator.outputs[0])
    return True


def _constants(call: Call) -> list[Stored]:
    stored = (call.stored(at) for at in range(len(call.operator.inputs)))
    return [one for one in stored if one is not None and one.is_constant]


def slopes(call: Call) -> Made:
    """PRELU learns its slopes."""
    values = prod(call.shape_of(1))
    return call.reading.tracer.learn(call.tensor, values, call.name, call.place)


def dense(call: Call) -> Made:
    """FULLY_CONNECTED: weights (out, in), over the last values of what comes in."""
    shape, tensor = call.shape_of(1), call.tensor
    if not call.option("KeepNumDims", False):
        tensor = tensor.reshaped([prod(tensor.shape) // shape[1], shape[1]], call.place)
    made = call.reading.tracer.dense(tensor, shape[0], call.has_bias(2), call.name, call.place)
    return made if list(made.shape) == call.shape else made.reshaped(call.shape, call.place)


def product(call: Call) -> Made:
    """BATCH_MATMUL of two tensors, as in attention."""
    if len(call.tensors) != 2 or call.option("AdjX", False) or call.option("AdjY", False):
        raise NotFollowed(f"{call.place}: of a constant, or transposed within")
    one, other = call.tensors
    return call.reading.tracer.multiplied(one, other, call.name, call.place)


def concatenated(call: Call) -> Made:
    """CONCATENATION along channels or positions."""
    axis = call.option("Axis") % len(call.shape)
    tracer = call.reading.tracer
    return tracer.laid_to(call.tensors, axis, call.shape[axis], call.name, call.place)


def reduced(call: Call) -> Made:
    """MEAN, SUM, REDUCE_MAX … over dimensions."""
    keep = bool(call.option("KeepDims", False))
    tracer = call.reading.tracer
    made = tracer.reduced(call.tensor, call.constant(1), keep, call.name, call.place)
    return tracer.told(made, call.name, call.op, _MEANT)


def reshaped(call: Call) -> Made:
    """RESHAPE, SQUEEZE, EXPAND_DIMS: the file has the shape, if it is not computed."""
    blocks = call.reading.blocks.get(call.operator.inputs[0])
    if blocks is not None:
        call.reading.blocks[call.operator.outputs[0]] = blocks
        return call.tensor
    shape = call.shape
    if call.is_open() and call.op == "RESHAPE":
        shape = call.constant(1)
        rest = -prod(shape)
        shape = [prod(call.tensor.shape) // rest if n < 0 else n for n in shape]
    return call.tensor.reshaped(shape, call.place)


def tiled(call: Call) -> Made:
    """TILE: copies side by side."""
    tensor, tracer = call.tensor, call.reading.tracer
    times = call.constant(1)
    for at, (n, count) in enumerate(zip(tensor.shape, times, strict=True)):
        if n > 1 and count > 1:
            order = list(range(n)) * count
            tensor = tracer.chosen(tensor, at, order, call.name, call.place)
    shape = [n * count for n, count in zip(call.tensor.shape, times, strict=True)]
    return tracer.expanded(tensor, shape, call.name, call.place)


def permuted(call: Call) -> Made:
    """TRANSPOSE."""
    return call.tensor.permuted(call.constant(1))


def picked(call: Call) -> Made:
    """STRIDED_SLICE, SLICE."""
    tensor, tracer = call.tensor, call.reading.tracer
    if call.op == "SLICE":
        begins, sizes = call.constant(1), call.constant(2)
        spans = [
            (begin, n if size < 0 else begin + size, 1)
            for begin, size, n in zip(begins, sizes, tensor.shape, strict=True)
        ]
        gone: set[int] = set()
    else:
        if call.option("EllipsisMask", 0) or call.option("NewAxisMask", 0):
            raise NotFollowed(f"{call.place}: a slice with dots or new dimensions")
        begins, ends, steps = call.constant(1), call.constant(2), call.constant(3)
        spans = [
            slice(
                None if call.option("BeginMask", 0) >> at & 1 else begin,
                None if call.option("EndMask", 0) >> at & 1 else end,
                step,
            ).indices(n)
            for at, (begin, end, step, n) in enumerate(
                zip(begins, ends, steps, tensor.shape, strict=False)
            )
        ]
        gone = {at for at in range(len(spans)) if call.option("ShrinkAxisMask", 0) >> at & 1}
    for at, (start, stop, step) in enumerate(spans):
        stop = start + 1 if at in gone else stop
        tensor = tracer.part(tensor, at, start, stop, step, call.name, call.place)
    return Tensor(tensor.node, tuple(dim for at, dim in enumerate(tensor.dims) if at not in gone))


def split(call: Call) -> Made:
    """SPLIT, whose dimension is its first input; SPLIT_V, whose is its last; UNPACK."""
    tracer, tensor = call.reading.tracer, call.tensor
    if call.op == "UNPACK":
        axis = call.option("Axis") % len(tensor.dims)
    else:
        axis = call.constant(0 if call.op == "SPLIT" else 2)[0] % len(tensor.dims)
    parts: list[Tensor] = []
    start = 0
    for shape in call.shapes:
        stop = start + (1 if call.op == "UNPACK" else shape[axis])
        part = tracer.part(tensor, axis, start, stop, 1, call.name, call.place)
        if call.op == "UNPACK":
            part = Tensor(part.node, (*part.dims[:axis], *part.dims[axis + 1 :]))
        parts.append(part)
        start = stop
    return parts


def softmax(call: Call) -> Made:
    """Over channels each position by itself; over positions global."""
    if call.tensor.labels(-1) - {CHANNELS}:
        return call.reading.tracer.mixed(call.tensor, call.name, call.place, dims=[-1])
    return call.tensor


def expanded(call: Call) -> Made:
    """BROADCAST_TO."""
    return call.reading.tracer.expanded(call.tensor, call.shape, call.name, call.place)


OPERATORS: dict[str, Reader] = {
    **WINDOWS,
    **dict.fromkeys(_SILENT, silent),
    **dict.fromkeys((*_SUMS, *_PRODUCTS), joined),
    **dict.fromkeys(_REDUCTIONS, reduced),
    **dict.fromkeys(("RESHAPE", "SQUEEZE", "EXPAND_DIMS"), reshaped),
    **dict.fromkeys(("STRIDED_SLICE", "SLICE"), picked),
    **dict.fromkeys(("SPLIT", "SPLIT_V", "UNPACK"), split),
    **dict.fromkeys(("SOFTMAX", "LOG_SOFTMAX"), softmax),
    "PRELU": slopes,
    "FULLY_CONNECTED": dense,
    "BATCH_MATMUL": product,
    "CONCATENATION": concatenated,
    "TRANSPOSE": permuted,
    "BROADCAST_TO": expanded,
    "TILE": tiled,
}
