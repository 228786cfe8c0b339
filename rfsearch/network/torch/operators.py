"""What each ATen operator does, by its name without overload.

Each function takes the call, the reading so far and the operator itself, and returns its tensor
(a list for several outputs). Source: torch's native_functions.yaml and torch.nn.functional.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError
from rfsearch.network.tensor import CHANNELS, Tensor
from rfsearch.network.torch.layout import LAYOUT
from rfsearch.network.torch.windows import WINDOWS

if TYPE_CHECKING:
    from rfsearch.network.torch.read import Call, Reading

Made = Tensor | list[Tensor] | None
Operator = Callable[["Call", "Reading", Any], Made]

# Activation functions; every reader expects these to be passed through without a word.
_ACTIVATIONS = frozenset(
    (
        "relu",
        "relu6",
        "leaky_relu",
        "elu",
        "selu",
        "celu",
        "gelu",
        "silu",
        "mish",
        "sigmoid",
        "tanh",
        "hardtanh",
        "hardswish",
        "hardsigmoid",
        "softplus",
        "softsign",
        "threshold",
        "clamp",
        "clamp_min",
        "dropout",
        "feature_dropout",
        "alpha_dropout",
        "clone",
        "contiguous",
        "to",
        "_to_copy",
        "alias",
        "detach",
        "lift_fresh_copy",
        "log_sigmoid",
        "native_dropout",
        "type_as",
    )
)
_SUMS = ("add", "sub", "rsub", "maximum", "minimum")
_PRODUCTS = ("mul", "div", "pow")


def unknown(call: Call, reading: Reading, target: Any) -> Made:
    """Passed over where torch itself calls the operator pointwise, else an error."""
    import torch  # type: ignore[import-not-found]

    op = call.op.removesuffix("_")
    if op in _ACTIVATIONS or torch.Tag.pointwise in target.tags:
        tensors = _operands(call, reading)
        if op not in _ACTIVATIONS:
            reading.passed[op] += 1
        if len(tensors) > 1:
            return reading.tracer.joined(tensors, "+", call.name, call.place)
        return tensors[0]
    if op.startswith(("_assert", "sym_", "_guards")):
        return None
    raise UsageError(f"{call.place}: an operator that is not known to be elementwise")


def joined(call: Call, reading: Reading, target: Any) -> Made:
    """add, mul and their like: of tensors a join, with a parameter a scale or shift.

    What one module adds up step by step, a + b + c, is one sum.
    """
    op = _join_of(call.op)
    tensors = _operands(call, reading, op)
    if len(tensors) > 1:
        if call.following is not None and _goes_on(call, reading, op):
            reading.partial[call.node] = (op, tensors)
            return tensors[0]
        return reading.tracer.joined(tensors, op, call.name, call.place)
    values = sum(reading.learned(value) for value in call.arguments.values())
    return reading.tracer.learn(tensors[0], values, call.name, call.place)


def _join_of(op: str) -> str:
    """How tensors are joined; "" where they are not."""
    name = op.removesuffix("_")
    return "*" if name in _PRODUCTS else "+" if name in _SUMS else ""


def _goes_on(call: Call, reading: Reading, op: str) -> bool:
    """Whether the next call joins other tensors to these in the same way."""
    from rfsearch.network.torch.read import operator_name

    others = [one for one in call.following.all_input_nodes if one is not call.node]
    known = bool(others) and all(one in reading.tensors for one in others)
    return known and _join_of(operator_name(call.following)) == op


def norm(call: Call, reading: Reading, target: Any) -> Made:
    """Norms: scale and shift are learned, running statistics are not."""
    tensor = reading.tensor(call, "input")
    values = sum(reading.learned(call.arguments.get(one)) for one in ("weight", "bias"))
    return reading.tracer.learn(tensor, values, call.name, call.place)


def prelu(call: Call, reading: Reading, target: Any) -> Made:
    """A slope is learned."""
    tensor = reading.tensor(call, "self")
    values = reading.learned(call.arguments["weight"])
    return reading.tracer.learn(tensor, values, call.name, call.place)


def linear(call: Call, reading: Reading, target: Any) -> Made:
    """Weights are (out, in)."""
    shape = reading.parameter_shape(call.arguments["weight"])
    features = shape[0] if shape else call.shape[-1]
    bias = call.arguments.get("bias") is not None
    return reading.tracer.dense(
        reading.tensor(call, "input"), features, bias, call.name, call.place
    )


def product(call: Call, reading: Reading, target: Any) -> Made:
    """matmul and bmm of two tensors: attention, which sees everything; of one: a linear layer."""
    tensors = _operands(call, reading)
    if len(tensors) == 1 and reading.maybe(next(iter(call.arguments.values()))) is not None:
        return reading.tracer.dense(tensors[0], call.shape[-1], False, call.name, call.place)
    if len(tensors) != 2:
        raise UsageError(f"{call.place}: a product that is not input × weights")
    return reading.tracer.multiplied(tensors[0], tensors[1], call.name, call.place)


def attention(call: Call, reading: Reading, target: Any) -> Made:
    """scaled_dot_product_attention."""
    query, key, value = (reading.tensor(call, name) for name in ("query", "key", "value"))
    order = [*range(len(key.dims) - 2), len(key.dims) - 1, len(key.dims) - 2]
    scores = reading.tracer.multiplied(query, key.permuted(order), call.name, call.place)
    return reading.tracer.multiplied(scores, value, call.name, call.place)


def softmax(call: Call, reading: Reading, target: Any) -> Made:
    """Over channels each position by itself; over positions global."""
    tensor = _operands(call, reading)[0]
    if tensor.labels(call.arguments["dim"]) - {CHANNELS}:
        return reading.tracer.mixed(tensor, call.name, call.place)
    return tensor


def reduced(call: Call, reading: Reading, target: Any) -> Made:
    """mean, sum, amax over dimensions; without any, over all."""
    tensor = _operands(call, reading)[0]
    dims = call.arguments.get("dim")
    dims = [dims] if isinstance(dims, int) else dims
    dims = list(dims) if dims else list(range(len(tensor.dims)))
    keep = bool(call.arguments.get("keepdim"))
    made = reading.tracer.reduced(tensor, dims, keep, call.name, call.place)
    # max over a dimension gives its indices too.
    return [made, made] if call.op in ("max", "min") else made


def pixel_shuffle(call: Call, reading: Reading, target: Any) -> Made:
    """An output reads the one position that it came from."""
    from fractions import Fraction

    from rfsearch.network.axis import Resize

    tensor = reading.tensor(call, "self")
    factor = call.arguments["upscale_factor"]
    axes = reading.tracer.graph.axes
    channels = reading.tracer.graph.nodes[tensor.node].channels // factor**axes
    maps = (Resize(Fraction(factor)),) * axes
    return reading.tracer.windowed(tensor, "UP", maps, call.name, call.place, channels=channels)


def _operands(call: Call, reading: Reading, op: str = "") -> list[Tensor]:
    """The tensors among the arguments, in order; those of a sum that this one goes on with."""
    tensors: list[Tensor] = []
    for value in call.arguments.values():
        found = reading.maybe(value)
        if found is not None:
            started, parts = reading.partial.get(value, ("", []))
            tensors += parts if op and started == op else [found]
    if not tensors:
        raise UsageError(f"{call.place}: none of its operands comes from the input")
    return tensors


OPERATORS: dict[str, Operator] = {
    **WINDOWS,
    **LAYOUT,
    **{op + tail: joined for op in (*_SUMS, *_PRODUCTS) for tail in ("", "_")},
    **dict.fromkeys(
        (
            "batch_norm",
            "layer_norm",
            "group_norm",
            "instance_norm",
            "rms_norm",
            "local_response_norm",
        ),
        norm,
    ),
    "prelu": prelu,
    "linear": linear,
    **dict.fromkeys(("matmul", "bmm", "mm"), product),
    "scaled_dot_product_attention": attention,
    **dict.fromkeys(("softmax", "log_softmax", "_softmax"), softmax),
    **dict.fromkeys(("mean", "sum", "amax", "amin", "max", "min"), reduced),
    "pixel_shuffle": pixel_shuffle,
}
