"""A Keras model to a Graph: run on a symbolic input of the size asked for, read call by call.

Layers that are made of others are read inside. What cannot be followed is taken to see
everything, and is named in a finding: its parameters are never lost.
"""

from __future__ import annotations

from typing import Any

from rfsearch.errors import UsageError
from rfsearch.network.finish import needed_nodes
from rfsearch.network.graph import Graph
from rfsearch.network.input_size import InputSize
from rfsearch.network.keras.call import LAST, Call
from rfsearch.network.keras.file import require_keras
from rfsearch.network.keras.inputs import arguments, data_format, read_inputs
from rfsearch.network.keras.operators import OPERATORS
from rfsearch.network.keras.reading import Made, Reading, learned
from rfsearch.network.keras.trace import calls, forget, remembered, run, symbol
from rfsearch.network.tensor import Tensor
from rfsearch.network.trace.base import require_shapes
from rfsearch.network.tracer import Tracer

SHOWN = 4  # layers that a finding names one by one


class _Ended(Exception):
    """The layer with which the network ends has been read."""


def check_model(model: Any, until: str | None) -> None:
    """UsageError unless it is a model, and has the layer that `until` names."""
    keras = require_keras()
    if not isinstance(model, keras.Layer):
        raise UsageError(f"model: {type(model).__name__} is not a keras.Model")
    if until is not None and not any(
        until in (layer.name, layer.path) for layer in model._flatten_layers()
    ):
        raise UsageError(f"until: {until[:60]!r} is not the name of a layer")


def read_keras(model: Any, given: InputSize | None, *, until: str | None = None) -> Graph:
    """The graph of a model on an input of these sizes; UsageError where Keras cannot run it so."""
    if until is not None:
        model = _cut(model, until)
    reading = Reading(Tracer(pools_are_heads=True), data_format(model), until=until)
    before = remembered(model)
    try:
        _read_model(model, given, reading)
    finally:
        forget(before)
    graph = reading.tracer.graph
    _note(model, reading)
    return graph


def _cut(model: Any, until: str) -> Any:
    """The model up to one of its own layers, so that no more of it is run; else itself."""
    keras = require_keras()
    layer = next((one for one in getattr(model, "layers", ()) if one.name == until), None)
    if layer is None or not getattr(model, "inputs", None):
        return model
    return keras.Model(model.inputs, layer.output, name=model.name)


def _read_model(model: Any, given: InputSize | None, reading: Reading) -> None:
    starts = read_inputs(model, given, reading)
    graph = reading.tracer.graph
    try:
        outputs = run(model, arguments(model, starts), {})
    except Exception as error:  # layers raise errors of any kind
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        size = "×".join(map(str, graph.nodes[0].sizes))
        raise UsageError(f"{model.name}: Keras cannot run it on {size}: {said}") from None
    try:
        _read_calls(outputs, starts, "", reading)
    except _Ended:
        last = [] if reading.end is None else _listed(reading.end)
    else:
        last = [reading.tensors[id(one)] for one in outputs if id(one) in reading.tensors]
    if not last:
        raise UsageError(f"{model.name}: no output depends on the input")
    reading.tracer.end_with(last)


def _read_calls(outputs: list[Any], inputs: list[Any], prefix: str, reading: Reading) -> None:
    keras = require_keras()
    for node in calls(outputs, inputs):
        if any(id(one) in reading.tensors for one in node.input_tensors):
            _read_call(node, prefix, keras, reading)


def _read_call(node: Any, prefix: str, keras: Any, reading: Reading) -> None:
    layer = node.operation
    call = _call_of(node, prefix, keras, reading)
    graph = reading.tracer.graph
    before = len(graph.nodes)
    made: Made | None = None
    reason = ""
    try:
        if call.op in OPERATORS and _is_keras_own(layer):
            made = OPERATORS[call.op](call, reading)
            require_shapes(_listed(made), call.shapes, call.place)
    except UsageError as error:
        del graph.nodes[before:]
        made, reason = None, str(error).partition(": ")[2]
    if (made is None and call.op not in OPERATORS) or not _is_keras_own(layer):
        made = _inside(node, call, keras, reading)
        if made is not None:
            _keep(node, made, reading)
            _end(layer, made, reading)
            return
    if made is None:
        made = _opaque(call, reason or "a layer that is not known", reading)
    for one in graph.nodes[before:]:
        # What is learned is counted by name, below.
        one.params = one.norm_params = 0
    weights = {} if any(one.weights for one in graph.nodes[before:]) else _weights(layer)
    made = _charged(made, weights, before, call, reading)
    _keep(node, made, reading)
    _end(layer, made, reading)


def _weights(layer: Any) -> dict[str, int]:
    """The learned weights of a layer, and of those inside it."""
    found = learned(layer)
    if hasattr(layer, "_flatten_layers"):
        for inner in layer._flatten_layers(include_self=False):
            found |= learned(inner)
    return found


def _is_keras_own(layer: Any) -> bool:
    """Whether a class is one of Keras's: others may have the name of one."""
    return type(layer).__module__.partition(".")[0] == "keras"


def _call_of(node: Any, prefix: str, keras: Any, reading: Reading) -> Call:
    layer = node.operation

    def traced(value: Any) -> Any:
        return reading.tensors.get(id(value), value)

    args = keras.tree.map_structure(traced, tuple(node.arguments.args))
    kwargs = keras.tree.map_structure(traced, dict(node.arguments.kwargs))
    flat = keras.tree.flatten((node.arguments.args, node.arguments.kwargs))
    name = f"{prefix}{layer.name}"
    return Call(
        op=type(layer).__name__,
        layer=layer,
        name=name,
        place=f"layer {name!r} ({type(layer).__name__})",
        args=args,
        kwargs=kwargs,
        shapes=[[1 if n is None else int(n) for n in one.shape] for one in node.outputs],
        images=reading.images,
        tensors=[reading.tensors[id(one)] for one in flat if id(one) in reading.tensors],
    )


def _listed(made: Made) -> list[Tensor]:
    return made if isinstance(made, list) else [made]


def _keep(node: Any, made: Made, reading: Reading) -> None:
    for one, tensor in zip(node.outputs, _listed(made), strict=False):
        reading.put(one, tensor)


def _end(layer: Any, made: Made, reading: Reading) -> None:
    if reading.until is not None and reading.until in (layer.name, getattr(layer, "path", "")):
        reading.end = made
        raise _Ended


def _inside(node: Any, call: Call, keras: Any, reading: Reading) -> Made | None:
    """The tensors of a layer that is made of others; None where it cannot be run symbolically."""
    if call.op == "TimeDistributed":
        return _at_each_time(call, reading)
    starts: dict[int, Any] = {}

    def begun(value: Any) -> Any:
        if not isinstance(value, keras.KerasTensor):
            return value
        if id(value) not in starts:
            starts[id(value)] = symbol(value.shape, value.dtype)
            if id(value) in reading.tensors:
                reading.put(starts[id(value)], reading.tensors[id(value)])
        return starts[id(value)]

    args = keras.tree.map_structure(begun, tuple(node.arguments.args))
    kwargs = keras.tree.map_structure(begun, dict(node.arguments.kwargs))
    graph, before = reading.tracer.graph, len(reading.tracer.graph.nodes)
    unknown = len(reading.tracer.unknown)
    try:
        outputs = run(node.operation, args, kwargs)
    except Exception:  # a layer of its own may do anything
        return None
    _read_calls(outputs, list(starts.values()), f"{call.name}/", reading)
    if len(outputs) != len(call.shapes) or any(id(one) not in reading.tensors for one in outputs):
        del graph.nodes[before:], reading.tracer.unknown[unknown:]
        return None
    made = [reading.tensors[id(one)] for one in outputs]
    read = {name for one in graph.nodes[before:] for name in one.weights}
    left = {name: size for name, size in _weights(node.operation).items() if name not in read}
    first = _charged(made[0], left, before, call, reading)
    assert isinstance(first, Tensor)
    return [first, *made[1:]] if len(made) > 1 else first


def _at_each_time(call: Call, reading: Reading) -> Made | None:
    """TimeDistributed: its layer by itself at every position of the first axis, as in a batch."""
    inner, tensor = call.layer.layer, call.tensor
    start = symbol(tensor.shape[1:], "float32")
    reading.put(start, Tensor(tensor.node, tensor.dims[1:]))
    try:
        (output,) = run(_Once(inner), [start], {})
    except Exception:  # as above
        return None
    _read_calls([output], [start], f"{call.name}/", reading)
    made = reading.tensors.get(id(output))
    return None if made is None else Tensor(made.node, (tensor.dims[0], *made.dims))


class _Once:
    """A layer whose one call is itself, by name."""

    def __init__(self, layer: Any) -> None:
        self.call = layer


def _opaque(call: Call, why: str, reading: Reading) -> Made:
    """Every output sees all of what the layer reads."""
    made = reading.tracer.opaque_outputs(
        call.tensors, call.shapes, call.name, call.place, why=why, op=call.op,
        channels_last=reading.images == LAST,
    )  # fmt: skip
    return made if len(made) > 1 else made[0]


def _charged(
    made: Made, weights: dict[str, int], before: int, call: Call, reading: Reading
) -> Made:
    """The tensor, its node charged with the layer's weights; one is made where it has none."""
    if not weights:
        return made
    first, *others = _listed(made)
    graph, source = reading.tracer.graph, first.node
    first = reading.tracer.charged(first, weights, before, call.name, call.place)
    if source < before:
        node = graph.nodes[first.node]
        is_factor = source in reading.scaled and sum(weights.values()) == node.channels
        node.norm = "SCALE" if is_factor else "?"
    return [first, *others] if isinstance(made, list) else first


def _note(model: Any, reading: Reading) -> None:
    """Findings on what is taken to see everything, and on weights that are in no row."""
    graph = reading.tracer.graph
    needed = needed_nodes(graph.nodes, graph.outputs)
    reading.tracer.note_unknown(SHOWN)
    if reading.until is not None:
        return
    total = int(model.count_params())
    counted = {name: size for index in needed for name, size in graph.nodes[index].weights.items()}
    every = _weights(model)
    moving = total - sum(every.values())
    if moving:
        graph.notes.append(
            f"not in the params, as they are not learned: {moving:,} moving statistics and other "
            f"fixed values of the {total:,} that count_params() counts"
        )
    unread = sum(every.values()) - sum(counted.values())
    if unread:
        graph.notes.append(f"params that no output needs, left out: {unread:,}")
