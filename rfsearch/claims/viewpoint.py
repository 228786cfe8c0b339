"""Viewpoints: the inputs on which receptive fields are measured, and the outputs to look at.

An output whose field lies within the input shows all of it; where the receptive field reaches
beyond the input there is none, so the input is made larger. It grows by a multiple of every jump
in the network: then each layer's input grows by a multiple of its stride, so that sizes keep
their remainders and `same` keeps its padding, and the larger network is the same network, seen
further from its borders.

Crops and transposed convolutions have borders of their own within the network: whether an output
is far enough from all of them is asked of the graph, followed back position by position.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import lcm, prod

from rfsearch.errors import LimitError, UsageError
from rfsearch.network import Network, parse
from rfsearch.network.field import Box
from rfsearch.network.meeting import ways
from rfsearch.network.node import MIX, Node
from rfsearch.network.reach import reach

# Outputs after which a network with resizes may repeat itself; each is looked at.
MOST_PHASES = 64
# Beyond this many positions the other axes shrink.
MOST_POSITIONS = 2**22
# What an output sees that lies in the padding altogether.
NOTHING: Box = (0, -1)


@dataclass(frozen=True)
class Viewpoint:
    """An input, and on one axis neighbouring outputs with the boxes that they should see.

    Before `outputs[period]` stands one output of each phase, the first of the period first; the
    last is `outputs[phase]` one period on, the first that sees anything.
    """

    axis: int
    sizes: tuple[int, ...]
    outputs: tuple[int, ...]
    expected: tuple[Box, ...]
    period: int = 1
    phase: int = 0


def inside(network: Network, axis: int) -> Viewpoint:
    """Outputs that see nothing but pixels along the axis, on an input large enough to have them.

    LimitError where no input within the limits of this program has.
    """
    views = (_view(network, axis, apart, all_axes) for all_axes, apart in _attempts(network, axis))
    first = next(views)
    if _shows(network, first):
        return _smaller(network, first)
    # Where a description is wrong no viewpoint shows what it says; any will tell.
    return next((view for view in views if _shows(network, view)), first)


def seen(network: Network, axis: int, outputs: Sequence[int]) -> tuple[Box, ...]:
    """The pixels along the axis that reach each output, within the borders, gates left out.

    `outputs` counts along the axis, each standing for all of its outputs along the others.
    """
    nodes = _without_gates(network.nodes, axis)
    wanted = [(1 << size) - 1 for size in network.features.sizes]
    boxes = []
    for output in outputs:
        wanted[axis] = 1 << output
        mask = reach(nodes, network.features_index, tuple(wanted))[axis]
        boxes.append(((mask & -mask).bit_length() - 1, mask.bit_length() - 1) if mask else NOTHING)
    return tuple(boxes)


def _without_gates(nodes: list[Node], axis: int) -> list[Node]:
    """The nodes, each join without the inputs that act on all positions of the axis alike."""
    found = []
    for node in nodes:
        if not node.maps and node.op != MIX and len(node.inputs) > 1:
            sources = [nodes[source] for source in node.inputs]
            paths = ways(sources, node.sizes[axis], axis, node.after_head)[0]
            kept = [
                number
                for number, source in zip(node.inputs, sources, strict=True)
                if any(source is path for path in paths)
            ]
            node = replace(node, inputs=tuple(kept))
        found.append(node)
    return found


def _attempts(network: Network, axis: int) -> Iterator[tuple[bool, int]]:
    """(whether all axes grow, periods between the outputs and the borders), nearest first."""
    field = network.features.fields[axis]
    least = 2 * field.rf // max(field.shift, 1) + 2
    for all_axes in (False, True):
        apart = 0
        while apart <= least:
            yield all_axes, apart
            apart = 2 * apart or 1


def _view(network: Network, axis: int, apart: int, all_axes: bool) -> Viewpoint:
    field = network.features.fields[axis]
    if field.listed is not None:
        raise LimitError(f"{network.name}: no two outputs see alike, so none stands for others")
    if field.period > MOST_PHASES:
        raise LimitError(f"{network.name}: outputs repeat only after {field.period}")
    phase = next((place for place, box in enumerate(field.boxes) if box is not None), None)
    if phase is None:
        raise LimitError(f"{network.name}: no output sees anything of the input")
    span = range(field.period + phase + 1)
    boxes = [box for index in span if (box := field.box(index)) is not None]
    before = max(-first for first, _ in boxes)
    start = (max(-(-before // field.shift), 0) + apart) * field.period
    outputs = tuple(start + index for index in span)
    expected = tuple(field.box(output) or NOTHING for output in outputs)
    sizes = list(network.input)
    needed = max(last for _, last in expected) + 1 + apart * field.shift
    sizes[axis] = _grown(network, axis, needed, outputs[-1])
    if all_axes:
        for other in range(len(sizes)):
            if other != axis:
                sizes[other] = _view(network, other, apart, all_axes=False).sizes[other]
    return Viewpoint(axis, tuple(sizes), outputs, expected, field.period, phase)


def _grown(network: Network, axis: int, needed: int, output: int) -> int:
    """The input's size along the axis, with at least the `needed` pixels and this output."""
    step = _step(network, axis)
    sizes = list(network.input)
    sizes[axis] += max(-(-(needed - sizes[axis]) // step), 0) * step
    while True:
        larger = _described(network, tuple(sizes))
        if larger is None:
            raise LimitError(
                f"{network.name}: measuring needs an input of {'×'.join(map(str, sizes))}, more "
                "than can be described"
            )
        if larger.features.sizes[axis] > output:
            return sizes[axis]
        sizes[axis] += step


def _step(network: Network, axis: int) -> int:
    """A number of pixels that every jump in the network divides."""
    return lcm(*(node.fields[axis].jump.numerator for node in network.nodes))


def _shows(network: Network, view: Viewpoint) -> bool:
    """Whether the outputs see what they should on this input, by its graph."""
    larger = _described(network, view.sizes)
    if larger is None or larger.features.sizes[view.axis] <= view.outputs[-1]:
        return False
    return seen(larger, view.axis, view.outputs) == view.expected


def _described(network: Network, sizes: tuple[int, ...]) -> Network | None:
    assert network.notation is not None
    try:
        return parse(network.notation, sizes, network.input_channels)
    except UsageError:
        return None


def _smaller(network: Network, view: Viewpoint) -> Viewpoint:
    """The other axes as small as they may be, where the input would be too large to run."""
    for other in range(len(view.sizes)):
        if other == view.axis or prod(view.sizes) <= MOST_POSITIONS:
            continue
        step = _step(network, other)
        low, high = 0, (view.sizes[other] - 1) // step
        while low < high:
            middle = (low + high + 1) // 2
            if _shows(network, _narrower(view, other, middle * step)):
                low = middle
            else:
                high = middle - 1
        view = _narrower(view, other, low * step)
    return view


def _narrower(view: Viewpoint, axis: int, pixels: int) -> Viewpoint:
    sizes = tuple(n - pixels if one == axis else n for one, n in enumerate(view.sizes))
    return replace(view, sizes=sizes)
