"""The expected effective receptive field: where the impulse response of an untrained network lies.

Uniform weights, so that every layer is the mean of what it reads and every branch counts alike;
a random network with any weights of mean 0 has this response on average (Luo et al. 2016,
"Understanding the Effective Receptive Field in Deep Convolutional Neural Networks", there the
variance of its squares). People quote the side of the square, around the middle of the receptive
field, that holds a share of the response, as Ding et al. 2022 do ("Scaling Up Your Kernels to
31×31", high-contribution area).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, TypeAlias

from rfsearch.network.axis import AxisMap, Global, Positions, Whole, Window
from rfsearch.network.meeting import ways
from rfsearch.network.node import Node

if TYPE_CHECKING:
    import numpy as np

    from rfsearch.network.network import Network

SHARES = (20, 50, 95)
# Positions of the largest response that is worked out.
MOST_POSITIONS = 2**22
# Shares that are added up on the way, a second or two, and how many take as long as one that is
# looked at by itself.
MOST_SHARES = 2**28
ONE_BY_ONE = 2**15


# The part of a response that begins at `offset`, one entry an axis.
Part: TypeAlias = "tuple[tuple[int, ...], np.ndarray]"


def effective_sides(network: Network) -> dict[int, int] | None:
    """Per cent of the response -> side in input pixels of the square (length, cube) that holds it.

    None where positions are shuffled, the receptive field is larger than MOST_POSITIONS or more
    than MOST_SHARES were to be added up.
    """
    features = network.features
    if prod(seen.rf for seen in features.fields) > MOST_POSITIONS:
        return None
    index = tuple(n // 2 for n in features.sizes)
    part = _response(network.nodes, network.features_index, index)
    if part is None:
        return None
    offset, response = part
    boxes = [seen.box(at) or (0, 0) for seen, at in zip(features.fields, index, strict=True)]
    # Twice the distance of every position from the middle of the receptive field.
    apart = [
        abs(2 * _positions(first, length) - sum(box))
        for first, length, box in zip(offset, response.shape, boxes, strict=True)
    ]
    largest = max(box[1] - box[0] + 1 for box in boxes)
    return {share: _side(response, apart, share, largest) for share in SHARES}


def _positions(first: int, length: int) -> np.ndarray:
    import numpy as np

    return np.arange(first, first + length)


def _side(response: np.ndarray, apart: list[np.ndarray], share: int, largest: int) -> int:
    """The least side within which `share` per cent of the response lie."""
    total = float(response.sum())

    def held(side: int) -> float:
        inside = response
        for axis, distances in enumerate(apart):
            inside = inside.compress(distances <= side - 1, axis)
        return float(inside.sum())

    low, high = 1, largest
    while low < high:
        middle = (low + high) // 2
        # Sums of rounded shares: what is short by less than their rounding is enough.
        if held(middle) >= share / 100 * total * (1 - 1e-12):
            high = middle
        else:
            low = middle + 1
    return low


def _response(nodes: Sequence[Node], target: int, index: tuple[int, ...]) -> Part | None:
    """The mean response of the output at `index` to every input position, borders left out."""
    import numpy as np

    parts: dict[int, Part] = {target: (index, np.ones((1,) * len(index)))}
    work = 0
    for number in range(target, 0, -1):
        if number not in parts:
            continue
        part, node = parts.pop(number), nodes[number]
        if any(isinstance(one, Whole | Global | Positions) for one in node.maps):
            return None
        for source in _paths(nodes, node):
            back = part
            for axis, one in enumerate(node.maps):
                work += _work(back, one, axis)
                if work > MOST_SHARES:
                    return None
                back = _spread(back, one, axis, nodes[source].sizes[axis])
            parts[source] = back if source not in parts else _sum(parts[source], back)
    return parts.get(0)


def _paths(nodes: Sequence[Node], node: Node) -> list[int]:
    """The inputs of a node but for those that act on all positions alike, as gates do."""
    sources = [nodes[source] for source in node.inputs]
    gating: list[Node] = []
    for axis, size in enumerate(node.sizes):
        gating += ways(sources, size, axis, node.after_head)[1] if len(sources) > 1 else []
    return [
        number
        for number, source in zip(node.inputs, sources, strict=True)
        if not any(source is gate for gate in gating)
    ]


def _work(part: Part, one: AxisMap, axis: int) -> int:
    """How many shares `_spread` adds up, or as many as take its time."""
    size, along = int(part[1].size), int(part[1].shape[axis])
    if one == Window():
        return 0
    if isinstance(one, Window):
        return size * (one.kernel + one.stride)
    return size + ONE_BY_ONE * along


def _spread(part: Part, one: AxisMap, axis: int, n: int) -> Part:
    """Every position's share, spread evenly over the positions that it reads along an axis."""
    import numpy as np

    offset, shares = part
    if one == Window():
        return part
    along = np.moveaxis(shares, axis, 0)
    if isinstance(one, Window):
        first = offset[axis] * one.stride - one.padding(n)[0]
        length = (len(along) - 1) * one.stride + 1
        made = np.zeros((length + one.growth, *along.shape[1:]))
        for tap in range(0, one.growth + 1, one.dilation):
            made[tap : tap + length : one.stride] += along / one.kernel
        return _put(offset, axis, first), np.moveaxis(made, 0, axis)
    reads = [one.reads(index, n) for index in range(offset[axis], offset[axis] + len(along))]
    first = min(read[0] for read in reads if read)
    last = max(read[-1] for read in reads if read)
    made = np.zeros((last - first + 1, *along.shape[1:]))
    for row, read in zip(along, reads, strict=True):
        if read:
            made[read.start - first : read[-1] - first + 1 : read.step] += row / len(read)
    return _put(offset, axis, first), np.moveaxis(made, 0, axis)


def _put(offset: tuple[int, ...], axis: int, first: int) -> tuple[int, ...]:
    return (*offset[:axis], first, *offset[axis + 1 :])


def _sum(one: Part, other: Part) -> Part:
    """The sum of two parts over the positions of both."""
    import numpy as np

    offset = tuple(map(min, one[0], other[0]))
    ends = (
        max(a + n, b + m)
        for a, n, b, m in zip(one[0], one[1].shape, other[0], other[1].shape, strict=True)
    )
    total = np.zeros([end - start for start, end in zip(offset, ends, strict=True)])
    for begin, shares in (one, other):
        places = tuple(
            slice(at - start, at - start + length)
            for at, start, length in zip(begin, offset, shares.shape, strict=True)
        )
        total[places] += shares
    return offset, total
