"""What each ATen operator does, by its name without overload and without the mark `_`.

Each function takes the call and the reading so far, and returns its tensor (a list for several
outputs, None for what does not depend on the input's values). NotFollowed where it cannot be
followed: then it is taken to see everything. Source: torch's native_functions.yaml and
torch.nn.functional.
"""

from __future__ import annotations

from rfsearch.errors import NotFollowed
from rfsearch.network.broadcast import broadcast
from rfsearch.network.tensor import Tensor
from rfsearch.network.torch.call import Call, operator_name
from rfsearch.network.torch.layout import LAYOUT
from rfsearch.network.torch.products import PRODUCTS
from rfsearch.network.torch.reading import Made, Operator, Reading
from rfsearch.network.torch.windows import WINDOWS

# Activation functions and changes of type; every reader expects these to be passed through
# without a word. Only the first operand matters.
_ACTIVATIONS = frozenset((
    "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "sigmoid",
    "tanh", "hardtanh", "hardswish", "hardsigmoid", "softplus", "softsign", "threshold", "rrelu",
    "dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "native_dropout",
    "clone", "contiguous", "to", "_to_copy", "alias", "detach", "lift_fresh_copy", "log_sigmoid",
    "type_as", "clamp_min", "clamp_max", "positive", "channel_shuffle", "native_channel_shuffle",
    "hardshrink", "softshrink", "tanhshrink",
))  # fmt: skip
_SUMS = ("add", "sub", "rsub", "maximum", "minimum")
# What the ops +, * and GAP stand for.
_MEANT = ("add", "mul", "mean")
_PRODUCTS = ("mul", "div", "pow", "true_divide", "multiply", "divide")


def unknown(call: Call, reading: Reading) -> Made:
    """Passed over where torch itself calls the operator pointwise."""
    import torch

    if call.op in _ACTIVATIONS:
        made = reading.first(call)
        return [made, None] if len(call.shapes) > 1 else made
    if torch.Tag.pointwise in getattr(call.node.target, "tags", ()):
        reading.passed[call.op] += 1
        made = reading.tracer.joined(reading.operands(call), "+", call.name, call.place)
        return reading.tracer.told(made, call.name, call.op, _MEANT)
    if call.op.startswith(("_assert", "sym_", "_guards")) or not call.shapes:
        return None
    raise NotFollowed(f"{call.place}: an operator that is not known to be elementwise")


def joined(call: Call, reading: Reading) -> Made:
    """add, mul and their like: of tensors a join, with a parameter a scale or shift.

    What one module adds up step by step, a + b + c, is one sum.
    """
    op = _join_of(call.op)
    tensors = reading.operands(call, op)
    if len(tensors) > 1:
        if call.following is not None and _goes_on(call, reading, op):
            reading.partial[call.node] = (op, tensors)
            return Tensor(tensors[0].node, broadcast(tensors, call.place))
        made = reading.tracer.joined(tensors, op, call.name, call.place)
        return reading.tracer.told(made, call.name, call.op, _MEANT)
    tensor = tensors[0]
    if list(tensor.shape) != call.shape:
        tensor = reading.tracer.expanded(tensor, call.shape, call.name, call.place)
    learned = _learned(call, reading)
    made = reading.tracer.learn(tensor, learned, call.name, call.place)
    if made.node != tensor.node:
        node = reading.tracer.graph.nodes[made.node]
        node.norm = "SCALE" if call.op == "mul" and learned == node.channels else "?"
    return made


def _learned(call: Call, reading: Reading) -> int:
    return reading.learned(*(one for one in call.arguments.values() if hasattr(one, "meta")))


def _join_of(op: str) -> str:
    """How tensors are joined; "" where they are not."""
    return "*" if op in _PRODUCTS else "+" if op in _SUMS else ""


def _goes_on(call: Call, reading: Reading, op: str) -> bool:
    """Whether the next call joins other tensors to these in the same way."""
    others = [one for one in call.following.all_input_nodes if one is not call.node]
    known = bool(others) and all(one in reading.tensors for one in others)
    return known and _join_of(operator_name(call.following)) == op


def prelu(call: Call, reading: Reading) -> Made:
    """A slope is learned."""
    return reading.tracer.learn(
        reading.tensor(call, "self"), _learned(call, reading), call.name, call.place
    )


def reduced(call: Call, reading: Reading) -> Made:
    """mean, sum, amax, std … over dimensions; without any, over all. max of two is a join."""
    if reading.maybe(call.arguments.get("other")) is not None or "other" in call.arguments:
        made = reading.tracer.joined(reading.operands(call), "+", call.name, call.place)
        return reading.tracer.told(made, call.name, call.op, _MEANT)
    tensor = reading.first(call)
    dims = call.arguments.get("dim")
    dims = [dims] if isinstance(dims, int) else dims
    dims = list(dims) if dims else list(range(len(tensor.dims)))
    keep = bool(call.arguments.get("keepdim"))
    made = reading.tracer.reduced(tensor, dims, keep, call.name, call.place)
    made = reading.tracer.told(made, call.name, call.op, _MEANT)
    # max over a dimension gives its indices too, var_mean its mean.
    return [made] * len(call.shapes) if len(call.shapes) > 1 else made


def gated(call: Call, reading: Reading) -> Made:
    """glu."""
    tensor = reading.tensor(call, "self")
    return reading.tracer.gated(tensor, call.arguments["dim"], call.name, call.place)


_REDUCTIONS = (
    "mean", "sum", "amax", "amin", "max", "min", "argmax", "argmin", "std", "var", "std_mean",
    "var_mean", "prod", "logsumexp", "norm", "linalg_vector_norm", "median", "nanmean", "all",
    "any", "count_nonzero", "aminmax",
)  # fmt: skip

OPERATORS: dict[str, Operator] = {
    **WINDOWS,
    **LAYOUT,
    **PRODUCTS,
    **dict.fromkeys((*_SUMS, *_PRODUCTS), joined),
    **dict.fromkeys(("prelu", "_prelu_kernel"), prelu),
    **dict.fromkeys(_REDUCTIONS, reduced),
    "glu": gated,
}
