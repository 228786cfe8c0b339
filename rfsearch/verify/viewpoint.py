"""Viewpoints: the inputs on which receptive fields are measured, and the outputs to look at.

An output whose field lies within the input shows all of it; where the receptive field reaches
beyond the input there is none, so the input is made larger along one axis at a time. It grows by
a multiple of every jump in the network: then each layer's input grows by a multiple of its
stride, so that sizes keep their remainders and `same` keeps its padding, and the larger network
is the same network, seen further from its borders.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm

from rfsearch.errors import LimitError, UsageError
from rfsearch.network import Network, parse
from rfsearch.network.field import Box

# Outputs after which a network with resizes may repeat itself; each is looked at.
MOST_PHASES = 64
# Beyond this many positions the other axes shrink.
MOST_POSITIONS = 2**22


@dataclass(frozen=True)
class Viewpoint:
    """An input, and on one axis neighbouring outputs with the boxes where they are expected.

    `outputs` spans one period: the last is the first, one period on.
    """

    axis: int
    sizes: tuple[int, ...]
    outputs: tuple[int, ...]
    expected: tuple[Box, ...]


def features_index(network: Network) -> int:
    """The last node before the head of the last output: what the one-channel copy ends in."""
    return network.nodes[network.outputs[-1]].features


def inside(network: Network, axis: int) -> Viewpoint:
    """Outputs that see nothing but pixels along the axis, on an input large enough to have them.

    LimitError where no input within the limits of this program has.
    """
    seen = network.nodes[features_index(network)].fields[axis]
    if seen.period > MOST_PHASES:
        raise LimitError(f"{network.name}: outputs repeat only after {seen.period}")
    boxes = [seen.box(index) for index in range(seen.period + 1)]
    if None in boxes:
        raise LimitError(f"{network.name}: some outputs see nothing of the input")
    shift = int(seen.jump * seen.period)
    before = max(-box[0] for box in boxes if box is not None)
    first = max(-(-before // shift), 0) * seen.period
    outputs = tuple(range(first, first + seen.period + 1))
    expected = tuple(box for box in map(seen.box, outputs) if box is not None)
    needed = max(last for _, last in expected) + 1
    step = _step(network, axis)
    sizes = list(network.input)
    sizes[axis] += max(-(-(needed - sizes[axis]) // step), 0) * step
    while _outputs(network, tuple(sizes), axis) <= outputs[-1]:
        sizes[axis] += step
    _shrink_others(network, sizes, axis)
    return Viewpoint(axis, tuple(sizes), outputs, expected)


def _step(network: Network, axis: int) -> int:
    """A number of pixels that every jump in the network divides."""
    return lcm(*(node.fields[axis].jump.numerator for node in network.nodes))


def _outputs(network: Network, sizes: tuple[int, ...], axis: int) -> int:
    """Outputs along the axis on an input of these sizes; LimitError beyond the limits."""
    larger = _described(network, sizes)
    if larger is None:
        raise LimitError(
            f"{network.name}: measuring needs an input of {'×'.join(map(str, sizes))}, more than "
            "can be described"
        )
    return larger.nodes[features_index(larger)].sizes[axis]


def _described(network: Network, sizes: tuple[int, ...]) -> Network | None:
    assert network.notation is not None
    try:
        return parse(network.notation, sizes, network.input_channels)
    except UsageError:
        return None


def _shrink_others(network: Network, sizes: list[int], axis: int) -> None:
    """The other axes as small as they may be, where the input would be too large to run."""
    for other in range(len(sizes)):
        positions = 1
        for size in sizes:
            positions *= size
        if other == axis or positions <= MOST_POSITIONS:
            continue
        step = _step(network, other)
        low, high = 0, (sizes[other] - 1) // step
        full = sizes[other]
        while low < high:
            middle = (low + high + 1) // 2
            sizes[other] = full - middle * step
            if _described(network, tuple(sizes)) is None:
                high = middle - 1
            else:
                low = middle
        sizes[other] = full - low * step
