"""A torch module to a Graph: exported by torch.export, then read call by call.

What cannot be followed is taken to see everything, and is named in a finding: parameters and
multiply-accumulates are never lost with it.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

from rfsearch.errors import MissingExtraError, UsageError
from rfsearch.network.graph import Graph
from rfsearch.network.input_size import InputSize
from rfsearch.network.tensor import Tensor
from rfsearch.network.torch.call import Call, call_of
from rfsearch.network.torch.examples import examples_of, read_inputs
from rfsearch.network.torch.exported import exported, submodule
from rfsearch.network.torch.operators import OPERATORS, unknown
from rfsearch.network.torch.parameters import compare, read_weights
from rfsearch.network.torch.reading import Made, Reading
from rfsearch.network.torch.treated import Treated, check_treated, treated_calls
from rfsearch.network.trace.base import require_shapes
from rfsearch.network.tracer import Tracer

# Unknown operators that a finding names one by one.
SHOWN = 4


def check_module(module: Any, until: str | None, treat: Mapping[str, str] | None) -> None:
    """UsageError unless it is a module, and has those that `until` and `treat` name."""
    try:
        import torch
    except ImportError:
        raise MissingExtraError("from_torch needs torch, which is not installed") from None
    if not isinstance(module, torch.nn.Module):
        raise UsageError(f"module: {type(module).__name__} is not a torch.nn.Module")
    if until is not None:
        submodule(module, until, "until")
    check_treated(module, treat or {})


def read_torch(
    module: Any,
    given: InputSize | None,
    channels: int | None,
    *,
    example_inputs: Any = None,
    until: str | None = None,
    treat: Mapping[str, str] | None = None,
) -> Graph:
    """The graph of a module on an input of these sizes, or on `example_inputs`.

    UsageError where torch cannot trace it.
    """
    examples = examples_of(module, given, channels, example_inputs)
    program, traced, _ = exported(module, examples, until)
    claimed = getattr(module, "notation", "")
    claimed = claimed if isinstance(claimed, str) and until is None else ""
    reading = Reading(Tracer(pools_are_heads=not claimed))
    read_inputs(program, reading)
    read_weights(program, traced, reading)
    groups = treated_calls(program, treat or {})
    _read_calls(program.graph, reading, groups)
    graph = _finished(program, traced, reading)
    graph.claimed = claimed
    return graph


def _read_calls(fx_graph: Any, reading: Reading, groups: dict[Any, Treated]) -> None:
    for fx_node in fx_graph.nodes:
        if fx_node.op != "call_function":
            continue
        if fx_node in groups:
            groups[fx_node].read(fx_node, reading)
        elif fx_node.target is operator.getitem:
            _read_item(fx_node, reading)
        elif not any(source in reading.tensors for source in fx_node.all_input_nodes):
            _derive(fx_node, reading)
        elif inner := _inner_graph(fx_node):
            _read_inner(fx_node, *inner, reading)
        else:
            _read_call(fx_node, reading)


def _read_item(fx_node: Any, reading: Reading) -> None:
    """One of the outputs of an operator that has several."""
    source, index = fx_node.args
    made = reading.tensors.get(source)
    if isinstance(made, list):
        if index < len(made) and made[index] is not None:
            reading.tensors[fx_node] = made[index]
    elif made is not None and index == 0:
        reading.tensors[fx_node] = made
    elif made is None:
        _derive(fx_node, reading)


def _derive(fx_node: Any, reading: Reading) -> None:
    """What is computed from parameters alone (a weight norm, a sum of kernels) is made of them."""
    weights: dict[str, int] = {}
    for source in fx_node.all_input_nodes:
        weights |= reading.weights.get(source, {})
    if weights:
        reading.weights[fx_node] = weights


def _inner_graph(fx_node: Any) -> tuple[Any, list[Any]] | None:
    """(graph, operands) of a call that only wraps others: no_grad, autocast, checkpointing."""
    if hasattr(fx_node.target, "_schema"):
        return None
    for index, argument in enumerate(fx_node.args):
        if getattr(argument, "op", "") == "get_attr":
            inner: Any = getattr(fx_node.graph.owning_module, str(argument.target), None)
            if hasattr(inner, "graph") and "cond" not in str(fx_node.target):
                return inner.graph, list(fx_node.args[index + 1 :])
    return None


def _read_inner(fx_node: Any, graph: Any, operands: list[Any], reading: Reading) -> None:
    inputs = [one for one in graph.nodes if one.op == "placeholder"]
    for inside, outside in zip(inputs, operands, strict=False):
        tables: list[dict[Any, Any]] = [reading.tensors, reading.weights]
        tables += [reading.owners, reading.values]
        for known in tables:
            if outside in known:
                known[inside] = known[outside]
    _read_calls(graph, reading, {})
    outputs = next(one for one in graph.nodes if one.op == "output").args[0]
    outputs = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
    reading.tensors[fx_node] = [reading.maybe(one) for one in outputs]


def _read_call(fx_node: Any, reading: Reading) -> None:
    if fx_node in reading.absorbed:
        reading.tensors[fx_node] = reading.tensors[fx_node.args[0]]
        return
    graph = reading.tracer.graph
    before = len(graph.nodes)
    call = call_of(fx_node, _weight_owner(fx_node, reading))
    try:
        made = OPERATORS.get(call.op, unknown)(call, reading)
        _check_shapes(call, made, reading)
    except UsageError as reason:
        del graph.nodes[before:]
        reading.absorbed.discard(call.following)
        reading.partial.pop(fx_node, None)
        if not call.shapes:
            return
        made = _opaque(call, reading, str(reason))
    for node in graph.nodes[before:]:
        # What is learned is counted by name, below.
        node.params = node.norm_params = 0
    _derive(fx_node, reading)
    if made is not None:
        weights = reading.weights.pop(fx_node, {})
        reading.tensors[fx_node] = charged(made, weights, before, call, reading)


def _check_shapes(call: Call, made: Made, reading: Reading) -> None:
    """NotFollowed where a tensor is not of the shape that torch says it is.

    Where the call that follows is part of it (a crop), the shape is that one's.
    """
    shapes = call.shapes
    if call.following in reading.absorbed:
        shapes = [list(call.following.meta["val"].shape)]
    require_shapes(made if isinstance(made, list) else [made], shapes, call.place, strict=False)


def _opaque(call: Call, reading: Reading, reason: str) -> Made:
    from rfsearch.network.torch.flops import macs_of

    made = reading.tracer.opaque_outputs(
        reading.operands(call), call.shapes, call.name, call.place,
        why=reason.partition(": ")[2] or reason, op=call.op, macs=macs_of(call.node),
    )  # fmt: skip
    several = isinstance(call.node.meta.get("val"), list | tuple)
    return list(made) if several else made[0]


def charged(made: Made, weights: dict[str, int], before: int, call: Call, reading: Reading) -> Made:
    """The tensor, its node charged with the weights that the call reads; if it made no node of
    its own (it only shifts or scales), one is made."""
    if not weights:
        return made
    first = next((one for one in made if one), None) if isinstance(made, list) else made
    if first is None:
        return made
    first = reading.tracer.charged(first, weights, before, call.name, call.place)
    if isinstance(made, list):
        return [first if number == 0 else one for number, one in enumerate(made)]
    return first


def _weight_owner(fx_node: Any, reading: Reading) -> str:
    """The module that owns the weight argument of a call; "" where there is none."""
    for value in fx_node.args[1:2] or (fx_node.kwargs.get("weight"),):
        if hasattr(value, "meta") and value in reading.owners:
            return reading.owners[value]
    return ""


def _finished(program: Any, module: Any, reading: Reading) -> Graph:
    output = next(node for node in program.graph.nodes if node.op == "output")
    wanted = set(program.graph_signature.user_outputs)
    last: list[Tensor] = []
    for source in output.all_input_nodes:
        made = reading.tensors.get(source)
        if source.name in wanted and made is not None:
            parts = made if isinstance(made, list) else [made]
            last += [one for one in parts if one is not None]
    if not last:
        raise UsageError(f"{type(module).__name__}: no output depends on the input")
    reading.tracer.end_with(last)
    _note(reading)
    compare(program, module, reading)
    return reading.tracer.graph


def _note(reading: Reading) -> None:
    """Findings on what was passed over, and on what was taken to see everything."""
    graph = reading.tracer.graph
    if reading.passed:
        listed = ", ".join(f"{op} ×{count}" for op, count in sorted(reading.passed.items()))
        graph.notes.append(f"elementwise operators passed over: {listed}")
    reading.tracer.note_unknown(
        SHOWN,
        macs="",
        hint=' (treat={"module.path": "pointwise"} or until="module.path" says otherwise)',
    )
