"""Constants of an ONNX graph: what does not depend on the input's pixels, and whence it comes.

Of weights the shape suffices; values are decoded only where they are asked for, as shapes, axes
and scales are. Every constant keeps its leaves, the stored tensors that it was made from, so that
what training learned is counted once, however often and in whatever form it is used.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

Shape = tuple[int, ...]

# Values beyond so many are weights, grids at the most: nothing is computed of them but the shape.
LARGEST_VALUE = 2**20


@dataclass
class Constant:
    """`stored` is a TensorProto or an array, None where only the shape is known, if that.

    shape   None where it is not known
    leaves  names of the stored tensors that it was made from, in order
    number  whether it holds floating-point numbers, as what is learned does
    """

    shape: Shape | None
    stored: Any = None
    leaves: tuple[str, ...] = ()
    number: bool = True

    @cached_property
    def value(self) -> Any:
        """The array; None where it is not known, or too large to be computed with."""
        if self.stored is None or self.shape is None or prod(self.shape) > LARGEST_VALUE:
            return None
        if not hasattr(self.stored, "data_type"):
            return self.stored
        if self.stored.data_location == self.stored.EXTERNAL:
            return None
        from onnx import numpy_helper

        return numpy_helper.to_array(self.stored)


@dataclass
class Leaves:
    """The values of every stored tensor, by name."""

    sizes: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, constant: Constant) -> Constant:
        """The same constant as a leaf of its own."""
        self.sizes[name] = prod(constant.shape or ())
        constant.leaves = (name,)
        return constant

    def of(self, constant: Constant | None) -> dict[str, int]:
        """The stored tensors that a constant was made from, with their values."""
        return {} if constant is None else {leaf: self.sizes[leaf] for leaf in constant.leaves}


def stored_tensor(tensor: Any) -> Constant:
    """The constant of a TensorProto."""
    return Constant(_checked(tuple(tensor.dims)), tensor, (), _is_number(tensor.data_type))


def array_constant(array: Any) -> Constant:
    """The constant of an array."""
    return Constant(tuple(array.shape), array, (), array.dtype.kind in "fc")


def _checked(shape: Shape) -> Shape:
    if any(size < 0 for size in shape):
        raise ValueError(f"a tensor of shape {shape}")
    return shape


def _is_number(data_type: int) -> bool:
    from onnx import TensorProto

    name = TensorProto.DataType.Name(data_type) if data_type else "UNDEFINED"
    return "INT" not in name and name not in ("BOOL", "STRING", "UNDEFINED")
