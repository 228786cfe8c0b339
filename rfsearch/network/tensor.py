"""Tensors of a traced model: which node made them, and where its axes are among their dimensions.

Frameworks permute, flatten and split dimensions; receptive fields live on axes. A Tensor keeps
for each of its dimensions the atoms, (label, size), that were multiplied into it: label C for
channels, 0, 1, 2 for the input's axes, N for a batch of more than one image. Dimensions of size 1
have none. So a linear layer after a flatten is seen to read every position, and one after a
permutation to channels-last only its own.

A reshape may split an atom; each part then has a Piece for its label, which knows how far apart
its neighbours lie, so that a pixel shuffle that is written as reshapes is still seen to be one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from rfsearch.errors import NotFollowed, UsageError

CHANNELS = "C"
BATCH = "N"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of what has the label `of`: of a split dimension the rows, columns or blocks.

    step   positions from one of its values to the next
    whole  positions of the dimension before it was split
    """

    of: str | int
    step: int
    whole: int


Atom = tuple[str | int | Piece, int]
Dimension = tuple[Atom, ...]


@dataclass(frozen=True, slots=True)
class Tensor:
    """The output of a node, and the atoms of each of its dimensions."""

    node: int
    dims: tuple[Dimension, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(map(dimension_size, self.dims))

    def labels(self, dim: int) -> set[str | int]:
        """What has been multiplied into a dimension, the batch apart."""
        return {label_of(atom) for atom in self.dims[dim]} - {BATCH}

    @property
    def batch(self) -> int:
        """Images of the batch."""
        return prod(size for dim in self.dims for label, size in dim if label == BATCH)

    def permuted(self, order: list[int]) -> Tensor:
        return Tensor(self.node, tuple(self.dims[dim] for dim in order))

    def reshaped(self, shape: list[int], place: str) -> Tensor:
        """The same values under another shape; atoms are merged and split as it demands."""
        atoms = [atom for dim in self.dims for atom in dim]
        if prod(size for _, size in atoms) != prod(shape):
            raise UsageError(
                f"{place}: {'×'.join(map(str, self.shape))} values do not fit "
                f"{'×'.join(map(str, shape))}"
            )
        return Tensor(self.node, tuple(_mended(_taken(atoms, size, place)) for size in shape))


def label_of(atom: Atom) -> str | int:
    """The label of an atom, or of what it is a piece of."""
    label = atom[0]
    return label.of if isinstance(label, Piece) else label


def dimension_size(dim: Dimension) -> int:
    return prod(size for _, size in dim)


def standard(node: int, channels: int, sizes: tuple[int, ...]) -> Tensor:
    """(batch, channels, axes…), the layout of convolutions."""
    axes: tuple[Dimension, ...] = tuple(_dim(axis, size) for axis, size in enumerate(sizes))
    return Tensor(node, ((), _dim(CHANNELS, channels), *axes))


def channels_last(node: int, channels: int, sizes: tuple[int, ...]) -> Tensor:
    """(batch, axes…, channels)."""
    tensor = standard(node, channels, sizes)
    return tensor.permuted([0, *range(2, len(sizes) + 2), 1])


def _dim(label: str | int, size: int) -> Dimension:
    return ((label, size),) if size > 1 else ()


def _taken(atoms: list[Atom], size: int, place: str) -> Dimension:
    """Take atoms of `size` values in all off the front, splitting the last where needed."""
    taken: list[Atom] = []
    while size > 1:
        label, count = atoms.pop(0)
        if size % count == 0:
            taken.append((label, count))
            size //= count
        elif count % size == 0:
            outer, inner = _split(label, count, size)
            taken.append(outer)
            atoms.insert(0, inner)
            size = 1
        else:
            raise NotFollowed(f"{place}: a reshape that cuts across axes cannot be followed")
    return tuple(taken)


def _split(label: str | int | Piece, count: int, size: int) -> tuple[Atom, Atom]:
    """An atom of `count` values as `size` blocks, and the values within each of them."""
    if label == BATCH:
        return (BATCH, size), (BATCH, count // size)
    piece = label if isinstance(label, Piece) else Piece(label, 1, count)
    block = Piece(piece.of, piece.step * (count // size), piece.whole)
    return (block, size), (piece, count // size)


def _mended(dim: Dimension) -> Dimension:
    """The dimension with blocks and their own values, side by side again, as one."""
    mended: list[Atom] = []
    for label, size in dim:
        last, blocks = mended[-1] if mended else (None, 0)
        if (
            isinstance(label, Piece)
            and isinstance(last, Piece)
            and (last.of, last.whole) == (label.of, label.whole)
            and last.step == size * label.step
        ):
            mended[-1] = _whole(label, blocks * size)
        else:
            mended.append((label, size))
    return tuple(mended)


def _whole(piece: Piece, size: int) -> Atom:
    return (piece.of if size == piece.whole else piece, size)
