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
from rfsearch.network.bits import every, moved, positions, spread
from rfsearch.network.node import Node

# Outputs after which a map may repeat, to be read phase by phase.
MOST_PHASES = 64


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
    if one.period(n)[0] <= MOST_PHASES:
        return _read_by_phases(one, n, mask)
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
    begins = spread(mask, window.stride)
    bits = 0
    for tap in range(window.kernel):
        bits |= begins << tap * window.dilation
    before = window.padding(n)[0]
    inside = moved(bits, -before) & ((1 << n) - 1)
    if window.edge == ZEROS:
        return inside
    padding = [at - before for at in positions(bits) if not 0 <= at - before < n]
    for at in padding:
        inside |= 1 << written_out(window.edge, at, n)
    return inside


def _read_by_phases(one: AxisMap, n: int, mask: int) -> int:
    """The same for maps that repeat: all outputs of a phase move on by the same step."""
    outputs, inputs = one.period(n)
    inside = 0
    for phase in range(outputs):
        same = every(mask >> phase, outputs)
        read = one.reads(phase, n)
        if not same or not read:
            continue
        begins = spread(same, inputs) if inputs else 1
        for position in read:
            bits = moved(begins, position)
            inside |= bits & ((1 << n) - 1)
            if one.clamps and bits >> n:
                inside |= 1 << (n - 1)
            if one.clamps and position < 0 and begins & ((1 << -position) - 1):
                inside |= 1
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
