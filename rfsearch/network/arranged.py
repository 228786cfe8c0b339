"""Windows over a tensor whose dimensions are not just (batch, channels, axes…).

Pooling over one axis leaves a tensor of fewer dimensions, and a 1-D convolution goes on over what
is left; frames of a film are put into the batch; a gate convolves over the channels. A window acts
on the axis that its dimension carries, wherever that dimension stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from rfsearch.errors import NotFollowed, UsageError
from rfsearch.network.axis import AxisMap, Whole, Window
from rfsearch.network.tensor import CHANNELS, Dimension, Piece, Tensor, dimension_size, label_of


@dataclass(frozen=True)
class Arranged:
    """What windows do along each axis of the network, and the dimensions that they leave.

    dims    of the output, channels among them
    read    channels that one output reads, before grouping; axes within them are read whole
    """

    maps: tuple[AxisMap, ...]
    dims: tuple[Dimension, ...]
    read: int


def arranged(
    tensor: Tensor, sizes: tuple[int, ...], maps: tuple[AxisMap, ...], channels: int, place: str
) -> Arranged:
    """Windows `maps` over the last dimensions of a tensor, its channels before them.

    `sizes` are the positions along the network's axes, `channels` those that the windows make.
    NotFollowed where a dimension mixes axes, or holds a part of one.
    """
    first = len(tensor.dims) - len(maps)
    if first not in (1, 2):
        raise UsageError(
            f"{place}: made for {len(maps)} axes, the input has {first + len(maps) - 2}"
        )
    along: list[AxisMap] = [Window() for _ in sizes]
    for label, _ in tensor.dims[first - 1]:
        if isinstance(label, Piece) and label.of != CHANNELS:
            raise NotFollowed(f"{place}: channels that hold a part of an axis cannot be followed")
        if isinstance(label, int):
            along[label] = Whole()
    free = _free_axes(tensor, sizes, len(maps))
    dims = [*tensor.dims[: first - 1], ((CHANNELS, channels),) if channels > 1 else ()]
    for place_of, one in enumerate(maps):
        dims.append(_window(tensor.dims[first + place_of], one, along, free, place_of, place))
    return Arranged(tuple(along), tuple(dims), dimension_size(tensor.dims[first - 1]))


def _window(
    dim: Dimension,
    one: AxisMap,
    along: list[AxisMap],
    free: list[int],
    number: int,
    place: str,
) -> Dimension:
    """Put one window where it acts; the dimension that it leaves."""
    labels = {label_of(atom) for atom in dim}
    if one == Window():
        return dim
    if labels == {CHANNELS}:
        # Channels as positions: every output still reads its own positions alone.
        made = one.size(dimension_size(dim))
        return ((CHANNELS, made),) if made > 1 else ()
    if not dim:
        made = one.size(1)
        if free:
            axis = free.pop(0)
            along[axis] = one
            return ((axis, made),) if made > 1 else ()
        return ((CHANNELS, made),) if made > 1 else ()
    label, size = dim[0]
    if len(dim) > 1 or not isinstance(label, int):
        raise NotFollowed(f"{place}: a window over a part of an axis, or over several at once")
    along[label] = one
    made = one.size(size)
    return ((label, made),) if made > 1 else ()


def _free_axes(tensor: Tensor, sizes: tuple[int, ...], windows: int) -> list[int]:
    """Axes of one position that a dimension of size 1 may stand for."""
    if windows < len(sizes):
        return []
    held = {label_of(atom) for dim in tensor.dims for atom in dim}
    return [axis for axis, n in enumerate(sizes) if n == 1 and axis not in held]


def values(dims: tuple[Dimension, ...]) -> int:
    return prod(map(dimension_size, dims))
