"""Output shapes of operators that rfsearch does not know, as the onnx package infers them.

Its inference is compiled code that ends the whole process on some malformed files; so it runs in
a process of its own, and only where such an operator stands in a file.
"""

from __future__ import annotations

import subprocess
import sys
from math import prod
from typing import TYPE_CHECKING

from rfsearch.network.onnx.constant import Shape

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading

SECONDS = 20
# Values of a constant that goes along; of larger ones the shape suffices.
MOST_VALUES = 64
# Nodes that are asked about one by one, after the file was as a whole.
MOST_NODES = 8
# Reads a model from stdin and prints a name and its shape a line, of all values that it knows.
_PROGRAM = """
import sys
import onnx
model = onnx.ModelProto.FromString(sys.stdin.buffer.read())
graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
for value in (*graph.value_info, *graph.output):
    kind = value.type.tensor_type
    sizes = [dim.dim_value if dim.HasField("dim_value") else -1 for dim in kind.shape.dim]
    if kind.HasField("shape") and -1 not in sizes:
        print(value.name.encode().hex(), *sizes)
"""


def output_shapes(call: Call, reading: Reading) -> list[Shape | None]:
    """The shape of each output of a node; None where it is not known.

    Asked of the whole file, once; then of the node alone, as rfsearch may know values that onnx
    does not.
    """
    from onnx import defs

    if not defs.has(call.proto.op_type, call.proto.domain):
        return [None] * len(call.outputs)
    if reading.inferred is None:
        reading.inferred = _inferred(_without_weights(reading))
    known = [reading.inferred.get(name) for name in call.outputs]
    if None in known[:1] and reading.asked < MOST_NODES:
        reading.asked += 1
        alone = _inferred(_of_node(call, reading))
        known = [alone.get(name) for name in call.outputs]
    return known


def _inferred(model: bytes) -> dict[str, Shape]:
    """Shapes by name, as far as onnx infers them; none where it fails."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            input=model,
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    return {bytes.fromhex(name).decode(): tuple(map(int, sizes)) for name, *sizes in lines}


def _without_weights(reading: Reading) -> bytes:
    """The file's model without its large tensors, of which the shapes stay."""
    from onnx import TensorProto, helper

    model = type(reading.model)()
    model.CopyFrom(reading.model)
    graph = model.graph
    large = [one for one in graph.initializer if prod(one.dims) > MOST_VALUES]
    small = [one for one in graph.initializer if prod(one.dims) <= MOST_VALUES]
    del graph.initializer[:], graph.value_info[:], graph.input[:]
    graph.initializer.extend(small)
    for one in large:
        graph.input.append(helper.make_tensor_value_info(one.name, one.data_type, one.dims))
    for value in reading.model.graph.input:
        tensor = reading.tensors.get(value.name)
        if tensor is not None:
            kind = value.type.tensor_type.elem_type or TensorProto.FLOAT
            graph.input.append(helper.make_tensor_value_info(value.name, kind, tensor.shape))
    for value in graph.output:
        value.type.tensor_type.ClearField("shape")
    return bytes(model.SerializeToString())


def _of_node(call: Call, reading: Reading) -> bytes:
    """A model of that one node, with the shapes of its tensors and the values of its constants."""
    from onnx import TensorProto, helper, numpy_helper

    inputs, stored = [], []
    for name in dict.fromkeys(filter(None, (*call.inputs, *call.captured))):
        constant = reading.constants.get(name)
        value = None if constant is None else constant.value
        if value is not None and value.size <= MOST_VALUES:
            stored.append(numpy_helper.from_array(value, name))
            continue
        tensor = reading.tensors.get(name)
        shape = tensor.shape if tensor is not None else constant.shape if constant else None
        inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    node = type(call.proto)()
    node.CopyFrom(call.proto)
    node.input[:], node.output[:] = call.inputs, call.outputs
    outputs = [helper.make_empty_tensor_value_info(name) for name in call.outputs]
    opsets = [helper.make_opsetid(domain, version) for domain, version in call.opsets.items()]
    graph = helper.make_graph([node], "one", inputs, outputs, stored)
    return bytes(helper.make_model(graph, opset_imports=opsets).SerializeToString())
