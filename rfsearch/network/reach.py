"""The input pixels that really reach an output: followed back through the graph, holes and all.

A receptive field is a box that ignores the input's borders. Here each axis is a set of positions
(one bit each of a Python integer), padding reaches nothing, and dilations leave their gaps, so
this is what a measurement by perturbed pixels finds, projected on each axis.
"""

from __future__ import annotations

from rfsearch.network.axis import AxisMap, Whole
from rfsearch.network.node import MIX, Node


def reach(nodes: list[Node], output: int, wanted: tuple[int, ...]) -> tuple[int, ...]:
    """Input positions, one bit mask an axis, that reach the `wanted` positions of node `output`.

    `wanted` has one bit mask an axis.
    """
    axes = len(nodes[0].sizes)
    masks: list[list[int]] = [[0] * axes for _ in nodes]
    masks[output] = list(wanted)
    for index in range(output, 0, -1):
        node, mask = nodes[index], masks[index]
        if not all(mask):
            continue
        for source in node.inputs:
            back = _back(node, nodes[source], mask)
            if all(back):
                masks[source] = [a | b for a, b in zip(masks[source], back, strict=True)]
    return tuple(masks[0])


def positions(mask: int) -> list[int]:
    """The positions whose bits are set, in order."""
    return [index for index, bit in enumerate(reversed(bin(mask)[2:])) if bit == "1"]


def _back(node: Node, source: Node, mask: list[int]) -> list[int]:
    if node.op == MIX:
        return [(1 << n) - 1 for n in source.sizes]
    if not node.maps:
        # A tensor of one position is spread over all.
        return [
            one if n == m else 1 for one, n, m in zip(mask, source.sizes, node.sizes, strict=True)
        ]
    return [_read(one, n, bits) for one, n, bits in zip(node.maps, source.sizes, mask, strict=True)]


def _read(one: AxisMap, n: int, mask: int) -> int:
    """Positions of the n that the outputs in `mask` read."""
    if isinstance(one, Whole):
        return (1 << n) - 1
    bits = bytearray(n)
    for index in positions(mask):
        for position in one.reads(index, n):
            if 0 <= position < n:
                bits[position] = 1
            elif one.clamps:
                bits[min(max(position, 0), n - 1)] = 1
    return int("".join("1" if bit else "0" for bit in reversed(bits)), 2)
