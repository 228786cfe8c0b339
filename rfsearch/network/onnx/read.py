"""An ONNX graph to a Graph: node by node, in the order of the file."""

from __future__ import annotations

import os
from typing import Any

from rfsearch.errors import NotFollowed, UsageError
from rfsearch.network.graph import Graph
from rfsearch.network.input_size import InputSize
from rfsearch.network.onnx import file as onnx_file
from rfsearch.network.onnx.call import Call, Scope, read_call
from rfsearch.network.onnx.constant import Constant, stored_tensor
from rfsearch.network.onnx.constants import fold
from rfsearch.network.onnx.ends import claimed, ends, finished
from rfsearch.network.onnx.image import add_image, declared_shapes
from rfsearch.network.onnx.reading import Lost, Reading
from rfsearch.network.tracer import Tracer


def read_onnx(
    path: str | os.PathLike[str],
    given: InputSize | None,
    *,
    layout: str | None = None,
    until: str | None = None,
) -> Graph:
    """The graph of an ONNX file. UsageError names the file and what is wrong with it.

    layout  "channels-first" or "channels-last", where the file itself does not tell
    until   the node or value with which to end
    """
    reading, model = reading_of(path, given, layout=layout, until=until)
    return finished(model, reading, ends(model, until)[0])


def reading_of(
    path: str | os.PathLike[str],
    given: InputSize | None,
    *,
    layout: str | None = None,
    until: str | None = None,
) -> tuple[Reading, Any]:
    """What is known of a file's values, and its model. UsageError as `read_onnx`."""
    model = onnx_file.read_model(path)
    name = os.path.basename(os.fspath(path))
    functions = {(one.domain, one.name): one for one in model.functions}
    tracer = Tracer(pools_are_heads=not claimed(model))
    reading = Reading(name, tracer, model, functions)
    with onnx_file.blamed(name):
        add_stored(model.graph, reading, Scope())
        add_image(model, reading, given, layout)
        if given is None:
            reading.declared = declared_shapes(model)
        opsets = {one.domain: one.version for one in model.opset_import}
        _, count = ends(model, until)
    read_nodes(model.graph.node[:count], reading, Scope(opsets=opsets))
    return reading, model


def add_stored(graph: Any, reading: Reading, scope: Scope) -> None:
    """The initializers of a graph or subgraph."""
    stored = [(one.name, stored_tensor(one)) for one in graph.initializer]
    stored += [(one.values.name, Constant(tuple(one.dims))) for one in graph.sparse_initializer]
    for name, constant in stored:
        outer = scope.made(name)
        reading.constants[outer] = reading.leaves.add(outer, constant)


def read_nodes(nodes: Any, reading: Reading, scope: Scope) -> None:
    """The nodes of a body, in order. A node that cannot be followed loses what it makes."""
    for index, proto in enumerate(nodes):
        shown = onnx_file.printable(f"{proto.name!r} ({proto.op_type})")
        with onnx_file.blamed(f"{reading.path}: node {shown}"):
            call = read_call(proto, index, reading.path, scope)
            before = len(reading.tracer.graph.nodes)
            try:
                _read_node(call, reading)
            except NotFollowed as reason:
                del reading.tracer.graph.nodes[before:]
                _not_followed(call, reading, str(reason))


def _not_followed(call: Call, reading: Reading, reason: str) -> None:
    """What a node makes is taken to see everything, or lost where not even its shape is known."""
    from rfsearch.network.onnx.unknown import opaque

    lost = Lost((reason,), tuple(reading.operands(call)))
    made = opaque(call, reading, reason)
    for index, name in enumerate(call.outputs):
        if index < len(made):
            reading.tensors[name] = made[index]
        elif name:
            reading.lost[name] = lost


def _read_node(call: Call, reading: Reading) -> None:
    from rfsearch.network.onnx.bodies import BODIES, read_function
    from rfsearch.network.onnx.operators import OPERATORS
    from rfsearch.network.onnx.unknown import unknown

    before = [reading.lost[name] for name in call.inputs if name in reading.lost]
    if before:
        _lost_before(call, reading, before)
        return
    function = reading.functions.get((call.proto.domain, call.proto.op_type))
    if function is not None:
        read_function(call, reading, function)
        return
    if call.op in BODIES:
        BODIES[call.op](call, reading)
        return
    if fold(call, reading):
        return
    _check_inputs(call, reading)
    made = OPERATORS.get(call.op, unknown)(call, reading)
    tensors = made if isinstance(made, list) else [made]
    for name, tensor in zip(call.outputs, tensors, strict=False):
        reading.tensors[name] = tensor
    for name in filter(None, call.outputs[len(tensors) :]):
        if name not in reading.constants:
            reason = f"{call.place}: its output {name[:60]!r} cannot be followed"
            reading.lost[name] = Lost((reason,), tuple(tensors))


def _lost_before(call: Call, reading: Reading, before: list[Lost]) -> None:
    """What reads a value that was lost is lost with it, and with the same reasons."""
    reasons = dict.fromkeys(reason for lost in before for reason in lost.reasons)
    frontier = [tensor for lost in before for tensor in lost.frontier] + reading.operands(call)
    lost = Lost(tuple(reasons), tuple(dict.fromkeys(frontier)))
    for name in filter(None, call.outputs):
        reading.lost[name] = lost


def _check_inputs(call: Call, reading: Reading) -> None:
    known = (reading.tensors, reading.constants)
    unknown = [name for name in call.inputs if name and not any(name in one for one in known)]
    if unknown or not any(name in reading.tensors for name in call.inputs):
        what = unknown[0] if unknown else ", ".join(filter(None, call.inputs)) or "nothing"
        raise UsageError(
            f"{call.place}: reads {what!r}, which nothing before it makes (a cycle, or a part is "
            f"missing)"
        )
