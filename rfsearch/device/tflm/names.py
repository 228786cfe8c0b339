"""How the converter names tensors: after the layers' own operations, those that were folded first.

A tensor's name is part of the file, up to three hundred bytes of it. Keras calls the operations of
a layer `network_1/LAYER_1/…`; where the converter folds several into one operator (a convolution,
its bias or norm, its activation function), their names stand joined by `;`.
"""

from __future__ import annotations

from collections import Counter

from rfsearch.export.plan import Operation

INPUT, OUTPUT = "serving_default_keras_tensor:0", "StatefulPartitionedCall_1:0"
# A constant that several operators read.
SHARED = "arith.constant"


def scope(layer: str) -> str:
    """The prefix of a Keras layer's operations."""
    return f"network_1/{layer}_1"


def core(part: Operation, layer: str, depthwise: bool, grouped: bool) -> str:
    """The convolution itself; one with groups is called by a function without a scope."""
    if grouped:
        return "convolution"
    return f"{scope(layer)}/{'depthwise' if depthwise else 'convolution'}"


def weights(part: Operation, layer: str, core: str, depthwise: bool) -> str:
    """The kernel of a convolution: a norm's factors are multiplied into a depthwise one."""
    if not (depthwise and part.norm):
        return core
    norm = f"{scope(layer + '_norm')}/batchnorm"
    return f"{norm}/mul_1;{core};{norm}/mul"


def convolution(
    part: Operation, layer: str, core: str, depthwise: bool, padding: tuple[str, ...]
) -> str:
    """Bias and output of a convolution; `padding` names what was folded into it."""
    if part.norm:
        relu = f"{scope(layer + '_act')}/Relu"
        norm = f"{scope(layer + '_norm')}/batchnorm"
        scaled = (f"{norm}/mul_1", core, f"{norm}/mul") if depthwise else (core,)
        parts = [f"{norm}/add_1", *scaled, *padding, f"{norm}/sub"]
    else:
        relu = f"{scope(layer)}/Relu"
        shaped = "Reshape" if part.channels == 1 else "Squeeze"
        parts = [_bias(part, layer), core, *padding, f"{scope(layer)}/{shaped}"]
    return ";".join([relu, *parts] if part.activation else parts)


def dense_bias(part: Operation, layer: str) -> str:
    """The bias of a fully connected layer."""
    relu = [f"{scope(layer)}/Relu"] if part.activation else []
    return ";".join([*relu, _bias(part, layer)])


def dense_output(part: Operation, layer: str) -> str:
    """The output of a fully connected layer that is not the network's last."""
    own = [f"{scope(layer)}/MatMul"]
    if part.activation:
        own.append(f"{scope(layer)}/Relu")
    return ";".join([*own, _bias(part, layer)] if part.bias else own)


def _bias(part: Operation, layer: str) -> str:
    """The addition of a bias; that of one channel stays what Keras made of it."""
    return f"{scope(layer)}/{'Add' if part.channels == 1 else 'BiasAdd'}"


class Unique:
    """Names given once: a second tensor of one name has a number after it."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def next(self, name: str) -> str:
        """The name itself, or with 1, 2, … after it."""
        number = self._given[name]
        self._given[name] += 1
        return f"{name}{number}" if number else name
