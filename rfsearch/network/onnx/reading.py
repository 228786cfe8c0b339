"""What is known while the nodes of an ONNX graph are read, and how operators ask for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import prod
from typing import Any

from rfsearch.errors import NotFollowed, UsageError
from rfsearch.network.onnx.call import Call
from rfsearch.network.onnx.constant import Constant, Leaves, Shape
from rfsearch.network.tensor import Tensor
from rfsearch.network.tracer import Tracer


@dataclass
class Lost:
    """A value that could not be followed.

    reasons   why, one line a node that was not followed
    frontier  the last tensors before it that were
    """

    reasons: tuple[str, ...]
    frontier: tuple[Tensor, ...]


@dataclass
class Reading:
    """What is known while the nodes are read.

    tensors    values that depend on the input's pixels
    constants  values that do not
    leaves     the stored tensors of the file, and which have been counted as learned
    lost       values that could not be followed
    functions  functions that the file defines, by domain and name
    declared   shapes of values that the file itself gives, where they hold for this input
    inferred   shapes of values that onnx infers, once it was asked
    asked      nodes that it was asked about one by one
    """

    path: str
    tracer: Tracer
    model: Any
    functions: dict[tuple[str, str], Any] = field(default_factory=dict)
    declared: dict[str, Shape] = field(default_factory=dict)
    inferred: dict[str, Shape] | None = None
    asked: int = 0
    tensors: dict[str, Tensor] = field(default_factory=dict)
    constants: dict[str, Constant] = field(default_factory=dict)
    leaves: Leaves = field(default_factory=Leaves)
    lost: dict[str, Lost] = field(default_factory=dict)
    passed: Counter[str] = field(default_factory=Counter)

    def tensor(self, call: Call, index: int = 0) -> Tensor:
        """The tensor of the network at an input of a node."""
        name = call.inputs[index] if index < len(call.inputs) else ""
        if name not in self.tensors:
            raise NotFollowed(f"{call.place}: its input {name!r} is not a tensor of the network")
        return self.tensors[name]

    def operands(self, call: Call) -> list[Tensor]:
        """The tensors of the network that a node reads, in order."""
        names = (*call.inputs, *call.captured)
        return [self.tensors[name] for name in names if name in self.tensors]

    def constant(self, call: Call, index: int) -> Constant | None:
        """The constant at an input of a node; None where there is none there."""
        name = call.inputs[index] if index < len(call.inputs) else ""
        return self.constants.get(name) if name else None

    def values(self, call: Call, index: int) -> list[Any] | None:
        """The values of the constant at an input of a node, flat; None where that is absent."""
        if index >= len(call.inputs) or not call.inputs[index]:
            return None
        constant = self.constant(call, index)
        if constant is None or constant.value is None:
            raise NotFollowed(f"{call.place}: its input {call.inputs[index]!r} is not a constant")
        return list(constant.value.reshape(-1).tolist())

    def weight(self, call: Call, index: int) -> Shape | None:
        """The shape of a weight; None where that input is absent or not a constant."""
        constant = self.constant(call, index)
        return None if constant is None else constant.shape

    def weights(self, call: Call, index: int, least: int) -> Shape:
        """The shape of a weight of at least so many dimensions."""
        shape = self.weight(call, index)
        if shape is None or len(shape) < least:
            raise NotFollowed(f"{call.place}: the shape of its weights is not known")
        return shape

    def given(self, call: Call, index: int) -> bool:
        """Whether a node has an input at that place; places below 0 are none."""
        return 0 <= index < len(call.inputs) and bool(call.inputs[index])

    def learned(self, call: Call, *indices: int) -> dict[str, int]:
        """The stored tensors of which constants at inputs of a node are made, with their values."""
        found: dict[str, int] = {}
        for index in indices:
            constant = self.constant(call, index) if index >= 0 else None
            found |= self.leaves.of(constant)
        return found

    def scaled(self, call: Call) -> dict[str, int]:
        """The same of all constants that a node reads; a lone number is none."""
        found: dict[str, int] = {}
        for name in (*call.inputs, *call.captured):
            constant = self.constants.get(name)
            if constant is not None and not _lone(constant):
                found |= self.leaves.of(constant)
        return found

    def weigh(self, tensor: Tensor, call: Call, *indices: int) -> None:
        """Count the weights at inputs of a node as those of the node that made `tensor`."""
        self.tracer.graph.weigh(tensor.node, self.learned(call, *indices))

    def learn(self, tensor: Tensor, weights: dict[str, int], call: Call) -> Tensor:
        """A norm or scale with learned weights."""
        made = self.tracer.learn(tensor, sum(weights.values()), call.name, call.place)
        if made.node != tensor.node:
            self.tracer.graph.weigh(made.node, weights)
        return made

    def channels(self, tensor: Tensor) -> int:
        """Channels of the node that made a tensor."""
        return self.tracer.graph.nodes[tensor.node].channels


def _lone(constant: Constant) -> bool:
    """One number for everything, as a division by 255 has."""
    return constant.shape is None or prod(constant.shape) <= 1


def positive(call: Call, name: str, values: list[int], most: int) -> list[int]:
    """Numbers of an attribute, each in 1..most."""
    for value in values:
        if not 1 <= value <= most:
            raise UsageError(f"{call.place}: {name}: {value} is not in 1..{most}")
    return values
