"""Products that sum over common dimensions: linear layers, attention, einsum.

Each operand has one letter a dimension, as in numpy's einsum. What becomes of an axis follows from
the letters of the dimensions that carry it: where the output keeps all of them every position
stays by itself; where it keeps none the axis is summed away; else positions meet.
"""

from __future__ import annotations

from math import prod

from rfsearch.errors import NotFollowed
from rfsearch.network.axis import AxisMap, Global, Whole, Window
from rfsearch.network.tensor import CHANNELS, Dimension, Tensor, dimension_size, label_of

# A tensor of the network, or the shape of one that does not depend on the input.
Operand = tuple[Tensor | tuple[int, ...], str]


def contracted_dims(operands: list[Operand], out: str) -> tuple[Dimension, ...]:
    """The output's dimensions: those of the first tensor with the letter, else channels.

    An axis that two letters of the output carry (the two sides of an attention map) is that of
    the first; the second counts as channels.
    """
    dims: list[Dimension] = []
    seen: set[object] = set()
    sizes = letter_sizes(operands)
    for letter in out:
        found: Dimension = ()
        for operand, letters in operands:
            if isinstance(operand, Tensor) and letter in letters:
                dim = operand.dims[letters.index(letter)]
                found = found if dimension_size(found) >= dimension_size(dim) else dim
        atoms = tuple(
            (CHANNELS, size) if label != CHANNELS and label in seen else (label, size)
            for label, size in found
        )
        seen |= {label for label, _ in atoms}
        size = sizes[letter]
        if dimension_size(atoms) != size:
            atoms = ((CHANNELS, size),) if size > 1 else ()
        dims.append(atoms)
    return tuple(dims)


def contracted_maps(
    operands: list[Operand],
    out: str,
    dims: tuple[Dimension, ...],
    sizes: tuple[int, ...],
    place: str,
) -> tuple[AxisMap, ...]:
    """What becomes of each axis; NotFollowed where a part of one is left."""
    maps: list[AxisMap] = []
    for axis, n in enumerate(sizes):
        carried = {
            letters[index]
            for operand, letters in operands
            if isinstance(operand, Tensor)
            for index, dim in enumerate(operand.dims)
            if any(label_of(atom) == axis for atom in dim)
        }
        left = prod(size for dim in dims for label, size in dim if label_of((label, size)) == axis)
        if not carried or n == 1:
            maps.append(Window())
        elif left == 1:
            maps.append(Whole())
        elif left != n:
            raise NotFollowed(f"{place}: a product that leaves a part of an axis")
        else:
            maps.append(Window() if carried <= set(out) else Global())
    return tuple(maps)


def contracted_macs(operands: list[Operand], out: str) -> int:
    """Multiply-accumulates where operands are multiplied from left to right."""
    sizes = letter_sizes(operands)
    total, held = 0, operands[0][1]
    for index, (_, letters) in enumerate(operands[1:], 1):
        joined = set(held) | set(letters)
        total += prod(sizes[letter] for letter in joined)
        later = set(out).union(*(other for _, other in operands[index + 1 :]))
        held = "".join(sorted(joined & later))
    return total


def letter_sizes(operands: list[Operand]) -> dict[str, int]:
    """Values along each letter; an operand of size 1 is spread over the others."""
    sizes: dict[str, int] = {}
    for operand, letters in operands:
        shape = operand.shape if isinstance(operand, Tensor) else operand
        for letter, size in zip(letters, shape, strict=True):
            sizes[letter] = max(sizes.get(letter, 1), size)
    return sizes


def matrix_letters(one: int, other: int) -> tuple[str, str, str]:
    """Letters of a matrix product of operands with so many dimensions; batches are aligned."""
    batch = "abcdefghij"[: max(one, other, 2) - 2]
    left = ("" if one < 2 else "m") + "k"
    right = "k" + ("" if other < 2 else "n")
    first = batch[len(batch) - max(one - 2, 0) :] + left
    second = batch[len(batch) - max(other - 2, 0) :] + right
    out = batch + left[:-1] + right[1:]
    return first, second, out
