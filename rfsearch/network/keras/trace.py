"""Layers run on symbolic tensors, and the calls that this takes, in the order of the graph."""

from __future__ import annotations

from typing import Any

from rfsearch.network.keras.file import require_keras


def run(layer: Any, inputs: Any, kwargs: dict[str, Any]) -> list[Any]:
    """The symbolic outputs of a layer's own call, flat. Raises whatever the layer raises."""
    keras = require_keras()
    made = layer.call(*inputs, **kwargs)
    return [one for one in keras.tree.flatten(made) if isinstance(one, keras.KerasTensor)]


def calls(outputs: list[Any], inputs: list[Any]) -> list[Any]:
    """Keras's nodes between the inputs and the outputs: each after those that it reads, branches
    one after the other as they stand among the arguments; of a sum the longest is first, as
    residual blocks are written."""
    known = {id(one) for one in inputs}
    lengths: dict[int, int] = {}
    for node in _ordered(outputs, known, {}):
        before = [lengths[id(one)] for one in _made_by(node.input_tensors, known)]
        lengths[id(node)] = 1 + max(before, default=0)
    return _ordered(outputs, known, lengths)


def _ordered(outputs: list[Any], known: set[int], lengths: dict[int, int]) -> list[Any]:
    """Depth first, without recursion: models may be thousands of layers deep."""
    seen: set[int] = set()
    ordered: list[Any] = []
    waiting = [(node, False) for node in reversed(_made_by(outputs, known))]
    while waiting:
        node, is_done = waiting.pop()
        if is_done:
            ordered.append(node)
            continue
        if id(node) in seen:
            continue
        seen.add(id(node))
        waiting.append((node, True))
        before = _made_by(node.input_tensors, known)
        if lengths and type(node.operation).__name__ == "Add":
            before.sort(key=lambda one: -lengths[id(one)])
        waiting += [(one, False) for one in reversed(before)]
    return ordered


def _made_by(symbols: Any, known: set[int]) -> list[Any]:
    found = []
    for one in symbols:
        history = getattr(one, "_keras_history", None)
        if id(one) not in known and history is not None and history.operation is not None:
            found.append(history.operation._inbound_nodes[history.node_index])
    return found


def symbol(shape: Any, dtype: str = "float32") -> Any:
    """A symbolic tensor; one image in the batch."""
    keras = require_keras()
    return keras.Input(batch_shape=tuple(shape), dtype=dtype)


def forget(layers: dict[int, tuple[Any, int, int]]) -> None:
    """Leave layers with the calls that they had before."""
    for layer, inbound, outbound in layers.values():
        del layer._inbound_nodes[inbound:]
        del layer._outbound_nodes[outbound:]


def remembered(model: Any) -> dict[int, tuple[Any, int, int]]:
    """What `forget` needs."""
    found: dict[int, tuple[Any, int, int]] = {}
    for layer in model._flatten_layers(include_self=True, recursive=True):
        found[id(layer)] = (layer, len(layer._inbound_nodes), len(layer._outbound_nodes))
    return found
