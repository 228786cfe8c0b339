"""An ONNX graph to a Graph: node by node, in the order of the file."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.network.graph import Graph
from rfsearch.network.input_size import InputSize
from rfsearch.network.onnx import file as onnx_file
from rfsearch.network.tensor import Tensor, channels_last, standard
from rfsearch.network.tracer import Tracer

# Where a file that rfsearch exported has its notation.
NOTATION_KEY = "rfsearch.stack"


@dataclass
class Call:
    """One ONNX node with its attributes read."""

    op: str
    name: str
    place: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any]
    proto: Any


@dataclass
class Reading:
    """What is known while the nodes are read.

    tensors     values that depend on the input
    weights     shapes of the initializers and of what is computed from them
    initial     names of the initializers, and of what only passes one on: what training learned
    constants   small constant values (shapes, axes, scales) by name
    """

    path: str
    tracer: Tracer
    shapes: dict[str, list[int] | None]
    weights: dict[str, tuple[int, ...]] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    initial: set[str] = field(default_factory=set)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    passed: Counter[str] = field(default_factory=Counter)

    def values(self, call: Call, index: int) -> list[Any] | None:
        """The constant at an input of a node, flat; None where there is none there."""
        if index >= len(call.inputs) or not call.inputs[index]:
            return None
        name = call.inputs[index]
        if name not in self.constants:
            raise UsageError(f"{call.place}: its input {name!r} is not a constant")
        return list(self.constants[name].reshape(-1).tolist())

    def shape(self, call: Call) -> list[int]:
        """The inferred shape of the node's first output."""
        shape = self.shapes.get(call.outputs[0])
        if shape is None:
            raise UsageError(f"{call.place}: the shape of its output is not known")
        return shape

    def weight(self, call: Call, index: int) -> tuple[int, ...] | None:
        """The shape of a weight; None where that input is absent or not a weight."""
        if index >= len(call.inputs):
            return None
        return self.weights.get(call.inputs[index])

    def learned(self, call: Call, index: int) -> int:
        """Values of a weight, 0 where that input is absent or a lone constant."""
        shape = self.weight(call, index)
        count = 1
        for size in shape or ():
            count *= size
        return count if count > 1 else 0


def read_onnx(path: str | os.PathLike[str], given: InputSize | None) -> Graph:
    """The graph of an ONNX file. UsageError names the file and what is wrong with it."""
    model = onnx_file.read_model(path)
    name = os.path.basename(os.fspath(path))
    with onnx_file.blamed(name):
        source, shape = onnx_file.fix_input(model, name, given)
        last = onnx_file.is_channels_last(model, source, shape)
    reading = Reading(name, Tracer(), onnx_file.infer_shapes(model))
    channels = shape[-1] if last else shape[1]
    sizes = tuple(shape[1:-1] if last else shape[2:])
    node = reading.tracer.graph.add_input(sizes, channels, source)
    reading.tensors[source] = (channels_last if last else standard)(node, channels, sizes)
    with onnx_file.blamed(name):
        _read_constants(model, reading)
    for index, proto in enumerate(model.graph.node):
        with onnx_file.blamed(f"{name}: node {proto.name!r} ({proto.op_type})"):
            _read_node(_call(proto, index, name), reading)
    return _finished(model, reading)


def _read_constants(model: Any, reading: Reading) -> None:
    """Shapes of the weights, and the values of those small enough to be shapes or axes."""
    from onnx import numpy_helper

    reading.initial = {tensor.name for tensor in model.graph.initializer}
    for tensor in model.graph.initializer:
        reading.weights[tensor.name] = tuple(tensor.dims)
        count = 1
        for size in tensor.dims:
            count *= size
        if count <= 16 and not tensor.external_data:
            reading.constants[tensor.name] = numpy_helper.to_array(tensor)


def _call(proto: Any, index: int, path: str) -> Call:
    from onnx import helper

    name = proto.name or (proto.output[0] if proto.output else f"node {index + 1}")
    try:
        attributes = {one.name: helper.get_attribute_value(one) for one in proto.attribute}
    except ValueError:
        raise UsageError(f"{path}: node {name!r}: an attribute cannot be read") from None
    op = proto.op_type if proto.domain in ("", "ai.onnx") else f"{proto.domain}.{proto.op_type}"
    place = f"{path}: node {name!r} ({op})"
    return Call(op, name, place, list(proto.input), list(proto.output), attributes, proto)


def _read_node(call: Call, reading: Reading) -> None:
    from rfsearch.network.onnx.constants import fold
    from rfsearch.network.onnx.operators import OPERATORS

    if fold(call, reading):
        return
    unknown = [
        name
        for name in call.inputs
        if name
        and name not in reading.tensors
        and name not in reading.weights
        and name not in reading.constants
        and name not in reading.shapes
    ]
    if unknown or not any(name in reading.tensors for name in call.inputs):
        what = unknown[0] if unknown else ", ".join(filter(None, call.inputs)) or "nothing"
        raise UsageError(
            f"{call.place}: reads {what!r}, which nothing before it makes (a cycle, or a part is "
            f"missing)"
        )
    operator = OPERATORS.get(call.op)
    if operator is None:
        raise UsageError(f"{call.place}: an operator that is not known to be elementwise")
    made = operator(call, reading)
    tensors = made if isinstance(made, list) else [made]
    for name, tensor in zip(call.outputs, tensors, strict=False):
        reading.tensors[name] = tensor


def _finished(model: Any, reading: Reading) -> Graph:
    graph = reading.tracer.graph
    outputs = [value.name for value in model.graph.output if value.name in reading.tensors]
    if not outputs:
        raise UsageError(f"{reading.path}: no output depends on the input")
    graph.outputs = list(dict.fromkeys(reading.tensors[name].node for name in outputs))
    properties = {entry.key: entry.value for entry in model.metadata_props}
    graph.claimed = properties.get(NOTATION_KEY, "")
    if reading.passed:
        listed = ", ".join(f"{op} ×{count}" for op, count in sorted(reading.passed.items()))
        graph.notes.append(f"elementwise operators passed over: {listed}")
    convolutions = [node for node in graph.nodes if node.op in ("C", "DW", "T")]
    biased = sum(node.bias for node in convolutions)
    if biased and not any(node.norm_params for node in convolutions):
        graph.notes.append(
            f"no norms in the file: those of training, if any, are folded into the biases of "
            f"{biased} convolutions (one value a channel in place of two)"
        )
    return graph
