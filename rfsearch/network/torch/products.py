"""ATen's sums over dimensions, and norms: linear, matmul, attention, recurrent layers."""

from __future__ import annotations

from rfsearch.errors import NotFollowed
from rfsearch.network.axis import ALL, PAST
from rfsearch.network.contraction import Operand, matrix_letters
from rfsearch.network.tensor import CHANNELS, Tensor
from rfsearch.network.torch.call import Call
from rfsearch.network.torch.reading import Made, Operator, Reading


def linear(call: Call, reading: Reading) -> Made:
    """Weights are (out, in)."""
    weight = reading.maybe(call.arguments["weight"])
    tensor = reading.maybe(call.arguments["input"])
    letters = "abcdefgh"[: len(call.shape) - 1]
    if weight is None and tensor is not None:
        bias = call.arguments.get("bias") is not None
        return reading.tracer.dense(tensor, call.shape[-1], bias, call.name, call.place)
    operands = [
        _operand(call, reading, "input", letters + "z"),
        _operand(call, reading, "weight", "yz"),
    ]
    return reading.tracer.contracted(operands, letters + "y", call.name, call.place)


def product(call: Call, reading: Reading) -> Made:
    """matmul, bmm, mm, mv: of two tensors attention; of one and weights a linear layer."""
    names = [name for name in call.arguments if name in ("self", "other", "mat2", "vec", "tensor")]
    return _product(call, reading, names[0], names[1])


def added_product(call: Call, reading: Reading) -> Made:
    """addmm, baddbmm: a bias, and a product."""
    names = [name for name in call.arguments if name in ("mat1", "mat2", "batch1", "batch2")]
    made = _product(call, reading, names[0], names[1])
    bias = reading.maybe(call.arguments["self"])
    if bias is None:
        return made
    return reading.tracer.joined([made, bias], "+", call.name, call.place)


def _product(call: Call, reading: Reading, one: str, other: str) -> Tensor:
    ranks = [len(_shape(call, reading, name)) for name in (one, other)]
    first, second, out = matrix_letters(*ranks)
    right = reading.maybe(call.arguments[other])
    left = reading.maybe(call.arguments[one])
    if left is not None and right is None and ranks[1] == 2:
        return reading.tracer.dense(left, call.shape[-1], False, call.name, call.place)
    operands = [_operand(call, reading, one, first), _operand(call, reading, other, second)]
    return reading.tracer.contracted(operands, out, call.name, call.place)


def _operand(call: Call, reading: Reading, name: str, letters: str) -> Operand:
    tensor = reading.maybe(call.arguments[name])
    return (tensor or tuple(reading.shape(call, name)), letters)


def _shape(call: Call, reading: Reading, name: str) -> list[int]:
    tensor = reading.maybe(call.arguments[name])
    return reading.shape(call, name) if tensor is None else list(tensor.shape)


def einsum(call: Call, reading: Reading) -> Made:
    """einsum, its equation in letters."""
    equation = str(call.arguments["equation"]).replace(" ", "")
    left, arrow, out = equation.partition("->")
    terms = left.split(",")
    if "." in equation or not arrow or any(len(set(term)) < len(term) for term in terms):
        raise NotFollowed(f"{call.place}: {equation} is not letters, comma, letters -> letters")
    operands: list[Operand] = []
    for value, term in zip(call.arguments["tensors"], terms, strict=True):
        tensor = reading.maybe(value)
        shape = () if tensor is not None else tuple(value.meta["val"].shape)
        operands.append((tensor or shape, term))
    return reading.tracer.contracted(operands, out, call.name, call.place)


def attention(call: Call, reading: Reading) -> Made:
    """scaled_dot_product_attention."""
    batch = "abcdef"[: len(call.shape) - 2]
    query, key, value = (
        _operand(call, reading, name, batch + letters)
        for name, letters in (("query", "lk"), ("key", "sk"), ("value", "sv"))
    )
    tracer = reading.tracer
    scores = tracer.contracted([query, key], batch + "ls", call.name, call.place)
    return tracer.contracted([(scores, batch + "ls"), value], batch + "lv", call.name, call.place)


# Products with the hidden size, and with the input, that one step of each gate takes.
_GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


def recurrent(call: Call, reading: Reading) -> Made:
    """lstm, gru, rnn: along time every output sees all that came before, or everything."""
    tensor = reading.tensor(call, "input")
    if len(tensor.dims) != 3 or "batch_sizes" in call.arguments:
        raise NotFollowed(f"{call.place}: sequences of different lengths")
    dim = 1 if call.arguments["batch_first"] else 0
    both = bool(call.arguments["bidirectional"])
    layers, features = call.arguments["num_layers"], call.shape[-1]
    hidden = features // (2 if both else 1)
    gates, read, macs = _GATES[call.op], tensor.shape[-1], 0
    for _ in range(layers):
        macs += gates * hidden * (read + hidden) * (2 if both else 1)
        read = features
    steps = tensor.shape[0] * tensor.shape[1]
    direction = ALL if both else PAST
    made = reading.tracer.recurrent(
        tensor, dim, features, direction, macs * steps, call.name, call.place
    )
    return [made, *(_state(call, reading, made, dim, shape) for shape in call.shapes[1:])]


def _state(call: Call, reading: Reading, made: Tensor, dim: int, shape: list[int]) -> Tensor:
    """The state after the last step: it has seen everything."""
    last = reading.tracer.reduced(made, [dim], True, call.name, call.place)
    batch = made.dims[1 - dim]
    values = shape[0] * shape[-1]
    state = reading.tracer.graph.select(last.node, values, call.name, place=call.place)
    sizes = ((CHANNELS, shape[0]),) if shape[0] > 1 else ()
    return Tensor(state, (sizes, batch, ((CHANNELS, shape[-1]),) if shape[-1] > 1 else ()))


def norm(call: Call, reading: Reading) -> Made:
    """Norms: scale and shift are learned, running statistics are not.

    Statistics of the input itself make every output see all positions that they are taken over;
    a batch norm has them only where it keeps no running ones.
    """
    tensor = reading.tensor(call, "input")
    dims: list[int] = []
    if call.op in ("group_norm", "native_group_norm") or (
        call.op == "instance_norm" and call.arguments.get("use_input_stats")
    ):
        dims = list(range(1, len(tensor.dims)))
    elif call.op in ("layer_norm", "rms_norm", "native_layer_norm"):
        dims = [-1 - number for number in range(len(call.arguments["normalized_shape"]))]
    elif call.op == "batch_norm" and call.arguments.get("running_mean") is None:
        dims = [0, *range(2, len(tensor.dims))]
    learned = reading.learned(call.arguments.get("weight"), call.arguments.get("bias"))
    made = reading.tracer.normed(tensor, dims, learned, call.name, call.place)
    if made.node != tensor.node:
        of_channels = not dims or tensor.labels(-1) == {CHANNELS}
        word = {"batch_norm": "N", "layer_norm": "L"}.get(call.op, "?") if of_channels else "?"
        reading.tracer.graph.nodes[made.node].norm = word
    return [made] if len(call.shapes) > 1 else made


def softmax(call: Call, reading: Reading) -> Made:
    """Over channels each position by itself; over positions global."""
    tensor = reading.first(call)
    dim = call.arguments["dim"]
    if tensor.labels(dim) - {CHANNELS}:
        return reading.tracer.mixed(tensor, call.name, call.place, dims=[dim])
    return tensor


def cumulative(call: Call, reading: Reading) -> Made:
    """cumsum and its like: every output sees all that stands before it."""
    tensor = reading.tensor(call, "self")
    dim = call.arguments["dim"]
    if not tensor.labels(dim) - {CHANNELS}:
        return tensor
    return reading.tracer.mixed(tensor, call.name, call.place, dims=[dim], direction=PAST)


_NORMS = ("batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm")

PRODUCTS: dict[str, Operator] = {
    "linear": linear,
    **dict.fromkeys(("matmul", "bmm", "mm", "mv"), product),
    **dict.fromkeys(("addmm", "baddbmm"), added_product),
    "einsum": einsum,
    "scaled_dot_product_attention": attention,
    **dict.fromkeys(_GATES, recurrent),
    **dict.fromkeys((*_NORMS, "native_group_norm", "native_layer_norm"), norm),
    **dict.fromkeys(("softmax", "log_softmax", "_softmax", "_log_softmax"), softmax),
    **dict.fromkeys(("cumsum", "cumprod", "logcumsumexp"), cumulative),
}
