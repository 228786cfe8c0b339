"""What is known while the operators of a .tflite file are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rfsearch.errors import NotFollowed
from rfsearch.network.tensor import Tensor
from rfsearch.network.tflite.file import File, Operator, Stored
from rfsearch.network.tracer import Tracer

Made = Tensor | list[Tensor]


@dataclass
class Blocks:
    """Positions cut into blocks by SPACE_TO_BATCH_ND, and the convolution of these: a dilation."""

    source: Tensor
    block: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    convolution: Call | None = None


@dataclass
class Reading:
    """What is known so far.

    tensors     values that come from the input, by the number of the file's tensor
    blocks      the same of those that are cut into blocks
    numbers     whole numbers that are computed from shapes
    zeros       biases of zeros, which are none
    absorbed    operators that are part of the one before, by what they make
    """

    file: File
    tracer: Tracer
    tensors: dict[int, Tensor] = field(default_factory=dict)
    blocks: dict[int, Blocks] = field(default_factory=dict)
    numbers: dict[int, list[int]] = field(default_factory=dict)
    zeros: Counter[str] = field(default_factory=Counter)
    absorbed: set[int] = field(default_factory=set)


@dataclass
class Call:
    """An operator with its tensors. `name` is of its row, `place` stands before an error."""

    operator: Operator
    name: str
    place: str
    reading: Reading

    @property
    def op(self) -> str:
        return self.operator.op

    @property
    def tensors(self) -> list[Tensor]:
        """Those of its inputs that come from the network's input."""
        known = self.reading.tensors
        return [known[one] for one in self.operator.inputs if one in known]

    @property
    def tensor(self) -> Tensor:
        """The first of them."""
        if not self.tensors:
            raise NotFollowed(f"{self.place}: none of its inputs comes from the network's input")
        return self.tensors[0]

    @property
    def shapes(self) -> list[list[int]]:
        """The shapes of its outputs, as the file has them."""
        return [list(self.reading.file.tensors[one].shape) for one in self.operator.outputs]

    @property
    def shape(self) -> list[int]:
        return self.shapes[0]

    def option(self, name: str, default: Any = None) -> Any:
        """A setting; NotFollowed where the file has none and there is no default."""
        found = self.operator.options.get(name, default)
        if found is None:
            raise NotFollowed(f"{self.place}: the file does not say its {name}")
        return found

    def stored(self, number: int) -> Stored | None:
        """The file's tensor at an input; None where it is left out."""
        inputs = self.operator.inputs
        if number >= len(inputs) or inputs[number] < 0:
            return None
        return self.reading.file.tensors[inputs[number]]

    def is_open(self, number: int = 0) -> bool:
        """Whether the shape of an output is not in the file."""
        return self.reading.file.tensors[self.operator.outputs[number]].is_open

    def constant(self, number: int) -> list[int]:
        """The whole numbers of a constant input, or of one that is computed from shapes.

        NotFollowed where it is computed otherwise.
        """
        inputs = self.operator.inputs
        if number < len(inputs) and inputs[number] in self.reading.numbers:
            return self.reading.numbers[inputs[number]]
        found = self.stored(number)
        if found is None or not found.is_constant:
            raise NotFollowed(f"{self.place}: its input {number} is computed")
        return [int(one) for one in found.values.reshape(-1)]

    def shape_of(self, number: int) -> tuple[int, ...]:
        """The shape of a constant input, such as a filter."""
        found = self.stored(number)
        if found is None or not found.is_constant:
            raise NotFollowed(f"{self.place}: its input {number} is computed")
        return found.shape

    def has_bias(self, number: int) -> bool:
        """Whether there is a bias; the converter writes zeros where there is none."""
        found = self.stored(number)
        if found is None:
            return False
        if found.is_constant and not found.values.any():
            self.reading.zeros[self.name] += 1
            return False
        return True


Reader = Callable[[Call], Made]
