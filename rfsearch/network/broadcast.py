"""Dimensions of an elementwise result: operands are aligned from the last one, as frameworks do."""

from __future__ import annotations

from rfsearch.errors import NotFollowed
from rfsearch.network.tensor import CHANNELS, Dimension, Tensor, dimension_size, label_of


def broadcast(tensors: list[Tensor], place: str) -> tuple[Dimension, ...]:
    """The dimensions of their sum or product.

    NotFollowed where one's positions would meet another's channels, or another axis.
    """
    rank = max(len(tensor.dims) for tensor in tensors)
    dims: list[Dimension] = []
    for from_end in range(rank, 0, -1):
        found = [
            tensor.dims[-from_end]
            for tensor in tensors
            if len(tensor.dims) >= from_end and dimension_size(tensor.dims[-from_end]) > 1
        ]
        if len({_positions(dim) for dim in found}) > 1:
            raise NotFollowed(f"{place}: positions meet other positions, or channels")
        dims.append(found[0] if found else ())
    return tuple(dims)


def _positions(dim: Dimension) -> tuple[object, ...]:
    """What a dimension holds, however its channels were split."""
    atoms: list[object] = []
    for atom in dim:
        if label_of(atom) != CHANNELS:
            atoms.append(atom)
        elif atoms and isinstance(atoms[-1], int):
            atoms[-1] *= atom[1]
        else:
            atoms.append(atom[1])
    return tuple(atoms)
