"""Keras's dense layers, norms, softmax and recurrent layers."""

from __future__ import annotations

from typing import Any

from rfsearch.errors import NotFollowed
from rfsearch.network.axis import ALL, FUTURE, PAST
from rfsearch.network.contraction import Operand, matrix_letters
from rfsearch.network.keras.call import Call
from rfsearch.network.keras.reading import Made, Operator, Reading, learned
from rfsearch.network.tensor import CHANNELS, Tensor


def dense(call: Call, reading: Reading) -> Made:
    """Dense: over the last dimension."""
    layer = call.layer
    return reading.tracer.dense(call.tensor, layer.units, layer.use_bias, call.name, call.place)


def einsum(call: Call, reading: Reading) -> Made:
    """EinsumDense, whose second operand are weights; keras.ops.einsum of tensors."""
    if call.op == "EinsumDense":
        operands: list[Any] = [call.tensor, tuple(int(n) for n in call.layer.kernel.shape)]
        equation = str(call.layer.equation)
    else:
        operands = [one for one in call.args if not isinstance(one, str)]
        equation = str(call.layer.subscripts)
    equation = _written_out(equation.replace(" ", ""), operands)
    left, arrow, out = equation.partition("->")
    terms = left.split(",")
    if not arrow or any(len(set(term)) < len(term) for term in terms):
        raise NotFollowed(f"{call.place}: {equation} is not letters, comma, letters -> letters")
    shaped: list[Operand] = []
    for one, term in zip(operands, terms, strict=True):
        shaped.append((one if isinstance(one, Tensor) else tuple(one), term))
    return reading.tracer.contracted(shaped, out, call.name, call.place)


def _written_out(equation: str, operands: list[Any]) -> str:
    """Dots as letters that the equation does not use."""
    if "..." not in equation:
        return equation
    first = operands[0]
    named = len(equation.partition(",")[0].replace("...", ""))
    free = [one for one in "ABCDEFGH" if one not in equation]
    return equation.replace("...", "".join(free[: len(first.dims) - named]))


def product(call: Call, reading: Reading) -> Made:
    """Matmul of two tensors, as in attention."""
    if len(call.tensors) != 2:
        raise NotFollowed(f"{call.place}: one of its operands is no tensor")
    one, other = call.tensors
    first, second, out = matrix_letters(len(one.dims), len(other.dims))
    return reading.tracer.contracted([(one, first), (other, second)], out, call.name, call.place)


def norm(call: Call, reading: Reading) -> Made:
    """Norms: statistics of the input itself make every output see what they are taken over.

    A batch norm has moving ones.
    """
    tensor, layer = call.tensor, call.layer
    rank = len(tensor.dims)
    dims: list[int] = []
    if call.op == "GroupNormalization":
        dims = list(range(1, rank))
    elif call.op != "BatchNormalization":
        axis = layer.axis
        dims = [at % rank for at in (axis if isinstance(axis, (list, tuple)) else [axis])]
    values = sum(learned(layer).values())
    made = reading.tracer.normed(tensor, dims, values, call.name, call.place)
    if made.node != tensor.node:
        words = {"BatchNormalization": "N", "LayerNormalization": "L"}
        of_channels = all(tensor.labels(at) <= {CHANNELS} for at in dims)
        word = words.get(call.op, "?") if of_channels else "?"
        reading.tracer.graph.nodes[made.node].norm = word
    return made


def slopes(call: Call, reading: Reading) -> Made:
    """PReLU learns its slopes."""
    values = sum(learned(call.layer).values())
    return reading.tracer.learn(call.tensor, values, call.name, call.place)


def softmax(call: Call, reading: Reading) -> Made:
    """Over channels each position by itself; over positions global."""
    axis = call.setting("axis", -1)
    dims = [int(at) for at in (axis if isinstance(axis, (list, tuple)) else [axis])]
    if any(call.tensor.labels(at) - {CHANNELS} for at in dims):
        return reading.tracer.mixed(call.tensor, call.name, call.place, dims=dims)
    return call.tensor


def embedding(call: Call, reading: Reading) -> Made:
    """Embedding: a vector for the number at each position."""
    tensor, tracer = call.tensor, reading.tracer
    width = int(call.layer.output_dim)
    dims = (*tensor.dims, ((CHANNELS, width),) if width > 1 else ())
    channels = tracer.channels_of(dims, tracer.graph.nodes[tensor.node].sizes, call.place)
    return Tensor(tracer.graph.select(tensor.node, channels, call.name, place=call.place), dims)


# Products with the input, and with the hidden size, that one step of each gate takes.
_GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}


def recurrent(call: Call, reading: Reading) -> Made:
    """LSTM, GRU, SimpleRNN, Bidirectional: of time all that came before, or everything."""
    layers = [call.layer]
    if call.op == "Bidirectional":
        layers = [call.layer.forward_layer, call.layer.backward_layer]
    kinds = [type(layer).__name__ for layer in layers]
    tensor = call.tensor
    if set(kinds) - set(_GATES) or call.setting("return_state") or len(tensor.dims) != 3:
        raise NotFollowed(f"{call.place}: {', '.join(kinds)}, with states or of no sequence")
    steps, width = tensor.shape[1], tensor.shape[2]
    macs = sum(
        _GATES[kind] * layer.units * (width + layer.units)
        for kind, layer in zip(kinds, layers, strict=True)
    )
    direction = FUTURE if layers[0].go_backwards else PAST
    merges = call.op == "Bidirectional" and call.layer.merge_mode == "concat"
    features = sum(layer.units for layer in layers) if merges else layers[0].units
    made = reading.tracer.recurrent(
        tensor,
        1,
        features,
        ALL if len(layers) > 1 else direction,
        macs * steps,
        call.name,
        call.place,
    )
    if layers[0].return_sequences:
        return made
    return reading.tracer.reduced(made, [1], False, call.name, call.place)


_NORMS = ("BatchNormalization", "LayerNormalization", "GroupNormalization")

PRODUCTS: dict[str, Operator] = {
    "Dense": dense,
    "EinsumDense": einsum,
    "Einsum": einsum,
    "Matmul": product,
    **dict.fromkeys((*_NORMS, "RMSNormalization", "UnitNormalization"), norm),
    "PReLU": slopes,
    **dict.fromkeys(("Softmax", "LogSoftmax"), softmax),
    "Embedding": embedding,
    **dict.fromkeys((*_GATES, "Bidirectional"), recurrent),
}
