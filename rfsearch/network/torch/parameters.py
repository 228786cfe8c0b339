"""A module's learned tensors: each counts once, whatever is made of it and however often."""

from __future__ import annotations

from typing import Any

from rfsearch.network.finish import needed_nodes
from rfsearch.network.torch.reading import Reading

# Names of unused parameters that a finding gives.
SHOWN = 3


def read_weights(program: Any, module: Any, reading: Reading) -> None:
    """Parameters, buffers and constants behind the program's inputs."""
    signature = program.graph_signature
    names = _names(module)
    values = {**dict(module.named_buffers(remove_duplicate=False)), **dict(program.constants)}
    paths = {**signature.inputs_to_buffers, **signature.inputs_to_lifted_tensor_constants}
    for fx_node in program.graph.nodes:
        if fx_node.op != "placeholder":
            continue
        path = signature.inputs_to_parameters.get(fx_node.name)
        if path is not None:
            name, size = names[path]
            reading.weights[fx_node] = {name: size}
            reading.owners[fx_node] = owner(path)
        elif fx_node.name in paths:
            reading.values[fx_node] = values.get(paths[fx_node.name])
            reading.owners[fx_node] = owner(paths[fx_node.name])


def owner(path: str) -> str:
    """The module that a parameter belongs to, without the parametrization in between."""
    return path.rpartition(".")[0].partition(".parametrizations.")[0]


def _names(module: Any) -> dict[str, tuple[str, int]]:
    """For every path of a parameter its first name, and its values: aliases are one tensor."""
    first: dict[int, str] = {}
    found: dict[str, tuple[str, int]] = {}
    for path, value in module.named_parameters(remove_duplicate=False):
        found[path] = (first.setdefault(id(value), path), value.numel())
    return found


def compare(program: Any, module: Any, reading: Reading) -> None:
    """Findings where the params that are counted are not those that the outputs need, or where
    the module has some that nothing reads."""
    graph = reading.tracer.graph
    names = dict(_names(module).values())
    needed = _live(program, reading)
    counted = _counted(reading)
    missing = {name: size for name, size in needed.items() if name not in counted}
    if missing:
        graph.notes.append(
            f"params that the outputs need, but no row has: {sum(missing.values()):,} "
            f"({_shown(missing)})"
        )
    held = {
        name
        for fx_node, weights in reading.weights.items()
        if fx_node.op != "placeholder" or fx_node.users
        for name in weights
    }
    unread = {name: size for name, size in names.items() if name not in held}
    if unread:
        graph.notes.append(
            f"params that nothing reads, left out: {sum(unread.values()):,} ({_shown(unread)})"
        )


def _shown(names: dict[str, int]) -> str:
    more = ", …" if len(names) > SHOWN else ""
    return ", ".join(list(names)[:SHOWN]) + more


def _live(program: Any, reading: Reading) -> dict[str, int]:
    """The learned tensors that some output is made of, by torch's own graph."""
    signature = program.graph_signature
    output = next(node for node in program.graph.nodes if node.op == "output")
    wanted = set(signature.user_outputs)
    waiting = [source for source in output.all_input_nodes if source.name in wanted]
    seen = set(waiting)
    weights: dict[str, int] = {}
    while waiting:
        fx_node = waiting.pop()
        if fx_node.op == "placeholder":
            weights |= reading.weights.get(fx_node, {})
        for source in fx_node.all_input_nodes:
            if source not in seen:
                seen.add(source)
                waiting.append(source)
    return weights


def _counted(reading: Reading) -> set[str]:
    """The learned tensors of the nodes that some output reads."""
    graph = reading.tracer.graph
    needed = needed_nodes(graph.nodes, graph.outputs)
    return {name for index in needed for name in graph.nodes[index].weights}
