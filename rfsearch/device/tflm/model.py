"""A TensorFlow Lite model as the converter writes it: operators, tensors, names; no contents."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from rfsearch.device.tflm.operators import Kind

INT8, INT32 = 1, 4  # bytes of a value


@dataclass(frozen=True)
class Tensor:
    """One tensor.

    shape       with the batch of 1 first, where it has one
    width       bytes of a value
    scales      quantization scales: 0 where it is not quantized, else 1 or one a channel
    axis        the dimension along which the scales lie
    constant    whether the file has its values
    """

    name: str
    shape: tuple[int, ...]
    width: int = INT8
    scales: int = 1
    axis: int = 0
    constant: bool = False

    @property
    def bytes(self) -> int:
        return self.width * prod(self.shape)

    @property
    def batched(self) -> bool:
        """Whether its first dimension is the batch, which the file leaves open a second time."""
        return self.width == INT8 and not self.constant


@dataclass(frozen=True)
class Operator:
    """One operator; `inputs` counts the model's tensors, −1 is an input left out.

    options     the fields of its options that are not at their default, by name
    """

    kind: Kind
    inputs: tuple[int, ...]
    output: int
    options: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Model:
    """A converted network: tensor 0 is its input, the last operator's output is its own."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]

    @property
    def output(self) -> int:
        return self.operators[-1].output

    @property
    def made(self) -> int:
        """The output's number among the tensors that are computed."""
        return sum(not tensor.constant for tensor in self.tensors[: self.output])
