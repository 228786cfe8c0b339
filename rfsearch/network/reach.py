"""The input pixels that really reach an output: followed back through the graph, holes and all.

A receptive field is a box that ignores the input's borders. Here each axis is a set of positions
(one bit each of a Python integer), padding reaches nothing, and dilations leave their gaps, so
this is what a measurement by perturbed pixels finds, projected on each axis.
"""

from __future__ import annotations

from rfsearch.network.axis import (
    ALL,
    CIRCULAR,
    PAST,
    REFLECT,
    ZEROS,
    AxisMap,
    Global,
    Whole,
    Window,
)
from rfsearch.network.node import Node


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
    sizes = source.sizes
    if not node.maps:
        return list(map(_same, mask, sizes, node.sizes))
    return [
        _same(bits, n, m) if len(node.inputs) > 1 and one == Window() else _read(one, n, bits)
        for one, n, m, bits in zip(node.maps, sizes, node.sizes, mask, strict=True)
    ]


def _same(mask: int, n: int, m: int) -> int:
    """The positions themselves; a tensor of one position is spread over all."""
    return mask if n == m else 1


def _read(one: AxisMap, n: int, mask: int) -> int:
    """Positions of the n that the outputs in `mask` read."""
    everything = (1 << n) - 1
    if isinstance(one, Whole):
        return everything
    if isinstance(one, Global):
        if one.direction == ALL:
            return everything
        if one.direction == PAST:
            return (1 << mask.bit_length()) - 1
        return everything & -(mask & -mask)
    if isinstance(one, Window):
        return _read_by_window(one, n, mask)
    bits = bytearray(b"0") * n
    for index in positions(mask):
        read = one.reads(index, n)
        inside = _inside(read, n)
        bits[inside.start : inside.stop : inside.step] = b"1" * len(inside)
        if one.clamps and len(inside) < len(read):
            bits[0 if read[0] < 0 else n - 1] = ord("1")
    return int(bits[::-1], 2)


def _read_by_window(window: Window, n: int, mask: int) -> int:
    """The same for all outputs at once: bit i moves to where its window begins, tap by tap."""
    begins = int(("0" * (window.stride - 1)).join(f"{mask:b}"), 2)
    bits = 0
    for tap in range(window.kernel):
        bits |= begins << tap * window.dilation
    before = window.padding(n)[0]
    inside = (bits >> before if before >= 0 else bits << -before) & ((1 << n) - 1)
    if window.edge == ZEROS:
        return inside
    padding = [at - before for at in positions(bits) if not 0 <= at - before < n]
    for at in padding:
        inside |= 1 << written_out(window.edge, at, n)
    return inside


def written_out(edge: str, at: int, n: int) -> int:
    """The pixel that stands at a position of the padding."""
    if edge == CIRCULAR:
        return at % n
    if edge == REFLECT:
        return -at if at < 0 else 2 * (n - 1) - at
    return 0 if at < 0 else n - 1


def _inside(read: range, n: int) -> range:
    """Those of the positions that are not padding."""
    first = read.start if read.start >= 0 else read.start % read.step
    return range(first, max(min(read.stop, n), first), read.step)
