"""Nodes: what an item of a stack does to sizes and fields, channels aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from rfsearch.layers.layer import Padding, PerAxis


class Window(NamedTuple):
    """A node made by a window over another node; `exempt` from exact rounding: projections."""

    parent: int
    pool: bool
    kernel: PerAxis
    stride: PerAxis
    padding: Padding
    dilation: PerAxis
    ceil: bool = False
    exempt: bool = False


class Up(NamedTuple):
    """A node that is finer than its parent: a transposed convolution, T, or a resize, UP or UPL.

    A resize has its factor as kernel and stride: its size is that of such a convolution.
    """

    parent: int
    op: str
    kernel: PerAxis
    stride: PerAxis
    padding: Padding = 0
    dilation: PerAxis = 1


class Join(NamedTuple):
    """A node where others of one size and stride meet; of `spreads` the greatest goes on."""

    ends: tuple[int, ...]
    spreads: tuple[int, ...]


@dataclass(frozen=True)
class Point:
    """A node of one position, whatever the size: what a global average leaves."""


class Part(NamedTuple):
    """What one patch needs of node `of`: a run of its positions along each axis.

    readers, parts   the nodes that read it, and the part of each that is needed of the same patch;
                     none where `of` is what the patches make
    run, patches     which patch along each axis, and of how many
    """

    of: int
    readers: tuple[int, ...]
    parts: tuple[int, ...]
    run: PerAxis
    patches: PerAxis


@dataclass(frozen=True)
class Total:
    """The sum over all patches of the parts of one node: along each axis those of its runs."""

    parts: tuple[tuple[int, ...], ...]


Node = Window | Up | Join | Point | Part | Total
SIZES_ALONE = (Point, Part, Total)  # of no place in the input
Geometry = tuple[Node, ...]  # node 0 is the input and stands for itself: entry i is node i + 1


def is_finer(geometry: Geometry) -> bool:
    """Whether some node is finer than its parent."""
    return any(isinstance(node, Up) for node in geometry)


def differs_by_axis(geometry: Geometry) -> bool:
    """Whether some node does one thing on one axis and another on the next."""
    return any(
        isinstance(value, tuple) and len(value) > 1
        for node in geometry
        if isinstance(node, (Window, Up, Part))
        for value in numbers_by_axis(node)
    )


def numbers_by_axis(node: Window | Up | Part) -> tuple[PerAxis | Padding, ...]:
    """What may be one number an axis. Which run a part is of tells no axes apart."""
    if isinstance(node, Part):
        return (node.patches,)
    return node.kernel, node.stride, node.dilation, node.padding
