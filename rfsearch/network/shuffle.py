"""Pixel shuffles that are written as a reshape, a permutation and a reshape.

A tensor's dimensions are then still (batch, channels, axes…), but positions have gone into the
channels, or channels into the positions.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod

from rfsearch.network.axis import AxisMap, Resize, Window
from rfsearch.network.tensor import CHANNELS, Atom, Dimension, Piece, Tensor, label_of


def shuffle_of(tensor: Tensor, sizes: tuple[int, ...]) -> tuple[AxisMap, ...] | None:
    """What such a shuffle does along each axis; None where the tensor is of no such kind.

    `sizes` are the positions along the axes before it.
    """
    if len(tensor.dims) != len(sizes) + 2 or tensor.labels(0):
        return None
    channels = tensor.dims[1]
    moved = {label_of(atom) for atom in channels} - {CHANNELS}
    into = [atom for dim in tensor.dims[2:] for atom in dim if label_of(atom) == CHANNELS]
    if not moved and not into:
        return None
    maps = [_along(axis, n, channels, tensor.dims[2 + axis]) for axis, n in enumerate(sizes)]
    found = tuple(one for one in maps if one is not None)
    return found if len(found) == len(sizes) else None


def _along(axis: int, n: int, channels: Dimension, dim: Dimension) -> AxisMap | None:
    """What is done along one axis; None where it is no shuffle."""
    gone = [atom for atom in channels if label_of(atom) == axis]
    stays = [atom for atom in dim if label_of(atom) == axis]
    came = [atom for atom in dim if label_of(atom) == CHANNELS]
    positions = prod(size for _, size in (*gone, *stays))
    if len(stays) + len(came) != len(dim) or (gone and came) or positions != n:
        return None
    if came:
        # The values of a block come last; were they first, whole images would stand side by side.
        factor = prod(size for _, size in came)
        return Resize(Fraction(factor)) if dim == (*stays, *came) else None
    if len(gone) > 1 or len(stays) > 1:
        return None
    if not gone:
        return Window()
    return Window(gone[0][1], _step(stays[0]) if stays else n, dilation=_step(gone[0]))


def _step(atom: Atom) -> int:
    """Positions from one value of an atom to the next."""
    return atom[0].step if isinstance(atom[0], Piece) else 1
