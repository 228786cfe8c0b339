"""A notation that a file or module claims for itself, believed only where every figure agrees.

What rfsearch exports carries its notation. Whoever changed a layer since has made it a lie, so
the notation is described anew and compared row by row with what was really read.
"""

from __future__ import annotations

from dataclasses import replace

from rfsearch.errors import RfsearchError
from rfsearch.layers.layer import Stack
from rfsearch.network.graph import Graph
from rfsearch.network.network import Network


def recognised(read: Network, claimed: str, bytes_per_value: int) -> Network:
    """The network in the words of its notation; `read` itself where they do not agree."""
    from rfsearch.layers.layer import HEAD, whole_maps
    from rfsearch.layers.notation import format_stack, parse_stack
    from rfsearch.network.from_notation import describe

    try:
        stack = parse_stack(claimed)
        graph: Graph = describe(stack, read.input, read.input_channels)
        described = Network(
            graph, claimed, bytes_per_value, notation=format_stack(stack), has_weights=True
        )
        # Files make whole maps, patches are in the notation alone.
        plain = describe(whole_maps(stack), read.input, read.input_channels)
        built = Network(plain, claimed, bytes_per_value, has_weights=True)
    except RfsearchError:
        return read
    # A mark of the head is in the notation alone: what was read ends at the first merge.
    marked = HEAD in stack
    if _figures(built, marked) != _figures(read, marked):
        read.notes.append(f"not the network that it says it is: {claimed[:60]}")
        return read
    described.notes.append(f"read from {read.name}, which carries this notation: every row agrees")
    return described


def agree(read: Network, stack: Stack) -> bool:
    """Whether a stack, described, has every figure of a network that was read."""
    from rfsearch.network.from_notation import describe

    graph = describe(stack, read.input, read.input_channels)
    described = Network(graph, read.name, read.bytes_per_value, has_weights=True)
    return _figures(described, False) == _figures(read, False)


def _figures(network: Network, marked: bool) -> list[object]:
    """All in the rows but names and the padding behind, and where outputs and body end."""
    # How far a last window that is rounded up reaches past the end is told in two ways.
    rows = [replace(row, layer="", op="", padding_after=()) for row in network]
    return [*rows, len(network.outputs), 0 if marked else network.features_index]
