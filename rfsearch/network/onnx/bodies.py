"""If, Loop and functions of the file: their bodies are read where they stand.

A branch that depends on the input's pixels, or a loop whose count does, is not followed; nor is
any other operator with a body.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rfsearch.errors import NotFollowed, UsageError
from rfsearch.network.onnx.call import Scope
from rfsearch.network.onnx.constant import array_constant

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call
    from rfsearch.network.onnx.reading import Reading

# Loops are read step by step; bodies within bodies, and functions of functions, to this depth.
MOST_STEPS = 256
DEEPEST = 20


def read_function(call: Call, reading: Reading, function: Any) -> None:
    """A function that the file defines, with the node's inputs and attributes for its own."""
    attributes = {one.name: one for one in function.attribute_proto}
    for one in call.proto.attribute:
        meant = call.scope.attributes.get(one.ref_attr_name) if one.ref_attr_name else one
        if meant is not None:
            attributes[one.name] = meant
    given = [*call.inputs, *[""] * (len(function.input) - len(call.inputs))]
    opsets = {one.domain: one.version for one in function.opset_import} or call.opsets
    scope = Scope(
        f"{call.name}/", dict(zip(function.input, given, strict=True)), attributes, opsets
    )
    _read(call, reading, function.node, scope)
    for made, name in zip(function.output, call.outputs, strict=False):
        _pass_on(reading, scope.outer(made), name)


def _if(call: Call, reading: Reading) -> None:
    """If of a known condition: the branch that is taken."""
    condition = reading.values(call, 0)
    if condition is None:
        raise UsageError(f"{call.place}: it has no condition")
    graph = call.attributes["then_branch" if condition[0] else "else_branch"]
    scope = _scope(call, "")
    _read_graph(call, reading, graph, scope)
    for made, name in zip(graph.output, call.outputs, strict=True):
        _pass_on(reading, scope.outer(made.name), name)


def _loop(call: Call, reading: Reading) -> None:
    """Loop with a known count whose condition never ends it: step by step."""
    import numpy as np

    body, steps = call.attributes["body"], reading.values(call, 0)
    state, collected = call.inputs[2:], call.outputs[len(call.inputs) - 2 :]
    if steps is None or any(collected):
        raise NotFollowed(
            f"{call.place}: a loop without a count, or that collects, is not followed"
        )
    if int(steps[0]) > MOST_STEPS:
        raise NotFollowed(f"{call.place}: a loop of {int(steps[0])} steps is not followed")
    goes_on = reading.values(call, 1) or [True]
    for step in range(int(steps[0]) if goes_on[0] else 0):
        scope = _scope(call, f"{step}/")
        for formal, array in zip(body.input[:2], (np.int64(step), np.bool_(True)), strict=True):
            reading.constants[scope.made(formal.name)] = array_constant(np.asarray(array))
        for formal, name in zip(body.input[2:], state, strict=True):
            scope.names[formal.name] = name
        _read_graph(call, reading, body, scope)
        ends = [scope.outer(made.name) for made in body.output]
        condition = reading.constants.get(ends[0])
        if condition is None or condition.value is None:
            raise NotFollowed(f"{call.place}: a loop that ends by what it computes is not followed")
        state = ends[1:]
        if not condition.value.reshape(-1)[0]:
            break
    for made, name in zip(state, call.outputs, strict=False):
        _pass_on(reading, made, name)


def _refused(call: Call, reading: Reading) -> None:
    raise NotFollowed(f"{call.place}: its body is not followed")


BODIES: dict[str, Callable[[Call, Reading], None]] = {
    "If": _if,
    "Loop": _loop,
    "Scan": _refused,
    "SequenceMap": _refused,
}


def _scope(call: Call, tail: str) -> Scope:
    """A subgraph's scope, which knows all names around it."""
    scope = call.scope
    return Scope(f"{call.name}/{tail}", dict(scope.names), scope.attributes, scope.opsets)


def _read_graph(call: Call, reading: Reading, graph: Any, scope: Scope) -> None:
    from rfsearch.network.onnx.read import add_stored

    add_stored(graph, reading, scope)
    _read(call, reading, graph.node, scope)


def _read(call: Call, reading: Reading, nodes: Any, scope: Scope) -> None:
    from rfsearch.network.onnx.read import read_nodes

    scope.depth = call.scope.depth + 1
    if scope.depth > DEEPEST:
        raise UsageError(f"{call.place}: bodies within bodies, more than {DEEPEST} deep")
    read_nodes(nodes, reading, scope)


def _pass_on(reading: Reading, made: str, name: str) -> None:
    """Give the value that a body made to the output of its node."""
    for known in (reading.tensors, reading.constants, reading.lost):
        if made in known:
            known[name] = known[made]  # type: ignore[assignment]
            return
    raise UsageError(f"{reading.path}: {made[:60]!r}, which a body should make, is not made")
