"""Where an ONNX network ends: its outputs, a node that was asked for, or what was not followed."""

from __future__ import annotations

from math import prod
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.network.graph import Graph
from rfsearch.network.onnx.reading import Lost, Reading
from rfsearch.network.tensor import Tensor

# Where a file that rfsearch exported has its notation.
NOTATION_KEY = "rfsearch.stack"
SHOWN = 3


def ends(model: Any, until: str | None) -> tuple[list[str], int]:
    """The values with which the network ends, and how many nodes are read to that end.

    Those of the node `until`, or the value of that name; by default the file's outputs.
    """
    nodes = model.graph.node
    if until is None:
        return [value.name for value in model.graph.output], len(nodes)
    for index, node in enumerate(nodes):
        if until == node.name or until in node.output:
            return list(node.output) if until == node.name else [until], index + 1
    raise UsageError(f"until: {until[:60]!r} is neither a node nor a value of the file")


def claimed(model: Any) -> str:
    """The notation that a file says it is, "" where it says nothing."""
    properties: dict[str, str] = {entry.key: entry.value for entry in model.metadata_props}
    return properties.get(NOTATION_KEY, "")


def finished(model: Any, reading: Reading, names: list[str]) -> Graph:
    """The graph with its outputs and notes. UsageError where no output depends on the input."""
    graph = reading.tracer.graph
    last = [reading.tensors[name] for name in names if name in reading.tensors]
    lost = [reading.lost[name] for name in names if name in reading.lost]
    if lost:
        last += _frontier(lost, graph)
        _note_stop(model, reading, lost)
    if not last:
        raise UsageError(f"{reading.path}: no output depends on the input")
    reading.tracer.end_with(last)
    if names == [value.name for value in model.graph.output] and not lost:
        graph.claimed = claimed(model)
    _note_passed(reading)
    return graph


def _frontier(lost: list[Lost], graph: Graph) -> list[Tensor]:
    """The last tensors that were followed; UsageError where that is the input alone."""
    frontier = [tensor for one in lost for tensor in one.frontier if tensor.node]
    if not frontier:
        raise UsageError(lost[0].reasons[0])
    return frontier


def _note_stop(model: Any, reading: Reading, lost: list[Lost]) -> None:
    reasons = list(dict.fromkeys(reason for one in lost for reason in one.reasons))
    more = f" (and {len(reasons) - SHOWN} nodes more)" if len(reasons) > SHOWN else ""
    graph = reading.tracer.graph
    graph.stopped = reasons
    read = {name for node in graph.nodes for name in node.weights}
    unread = sum(size for name, size in _unread(model, reading).items() if name not in read)
    weights = f"; {unread:,} stored values that it reads are not in the params" if unread else ""
    graph.notes.insert(
        0, f"followed only as far as these figures go: {'; '.join(reasons[:SHOWN])}{more}{weights}"
    )


def _unread(model: Any, reading: Reading) -> dict[str, int]:
    """Stored numbers that the nodes read of which something was lost, with their values."""
    found: dict[str, int] = {}
    for node in model.graph.node:
        if any(made in reading.lost for made in node.output):
            for name in node.input:
                constant = reading.constants.get(name)
                if constant is not None and constant.number and prod(constant.shape or ()) > 1:
                    found |= reading.leaves.of(constant)
    return found


def _note_passed(reading: Reading) -> None:
    """Findings on what was passed over, and on what was taken to see everything."""
    graph = reading.tracer.graph
    reading.tracer.note_unknown(SHOWN)
    if reading.passed:
        listed = ", ".join(f"{op} ×{count}" for op, count in sorted(reading.passed.items()))
        graph.notes.append(f"elementwise operators passed over: {listed}")
    reading.tracer.note_folded_norms()
