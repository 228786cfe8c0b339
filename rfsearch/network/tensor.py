"""Tensors of a traced model: which node made them, and where its axes are among their dimensions.

Frameworks permute, flatten and split dimensions; receptive fields live on axes. A Tensor keeps
for each of its dimensions the atoms, (label, size), that were multiplied into it: label C for
channels, 0, 1, 2 for the input's axes. Dimensions of size 1 (the batch among them) have none. So
a linear layer after a flatten is seen to read every position, and one after a permutation to
channels-last only its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from rfsearch.errors import UsageError

CHANNELS = "C"

Atom = tuple[str | int, int]
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
        """What has been multiplied into a dimension."""
        return {label for label, _ in self.dims[dim]}

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
        return Tensor(self.node, tuple(_taken(atoms, size, place) for size in shape))


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
            taken.append((label, size))
            atoms.insert(0, (label, count // size))
            size = 1
        else:
            raise UsageError(f"{place}: a reshape that cuts across axes cannot be followed")
    return tuple(taken)
