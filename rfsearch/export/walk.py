"""Walk: the parts of a plan in order, what is put aside on the way, and where ends meet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from rfsearch.export.plan import Aside, Branching, Collect, Gate, Operation, Part

Value = TypeVar("Value")


class Walk(ABC, Generic[Value]):
    """`asides`: what has been put aside and not collected yet."""

    def __init__(self) -> None:
        self.asides: list[Value] = []

    def run(self, parts: Sequence[Part], value: Value, scope: str = "") -> Value:
        """The parts of one branch, whose names stand after `scope`; what it ends with."""
        for part in parts:
            value = self._part(part, value, scope + part.name)
        return value

    def _part(self, part: Part, value: Value, name: str) -> Value:
        if isinstance(part, Operation):
            return self.operation(part, value, name)
        if isinstance(part, Gate):
            return self.gate(part, value, name)
        if isinstance(part, Aside):
            made = self.run(part.branch, value, f"{name}/")
            if part.adds:
                made = self._joined("+", [self.asides.pop(), made], f"{name}/sum", part)
            self.asides.append(made)
            return value
        if isinstance(part, Branching):
            ends = [self.run(branch, value, f"{name}/") for branch in part.branches]
            name = f"{name}/join"
        else:
            ends, self.asides = self.asides, []
        return self.activated(self._joined(part.join, ends, name, part), part.activation, name)

    def _joined(
        self, join: str, ends: list[Value], name: str, part: Branching | Aside | Collect
    ) -> Value:
        return self.joined(join, ends, name, part) if join and len(ends) > 1 else ends[0]

    @abstractmethod
    def operation(self, part: Operation, value: Value, name: str) -> Value:
        """After a layer, its norm and its activation function."""

    @abstractmethod
    def gate(self, part: Gate, value: Value, name: str) -> Value:
        """After a squeeze and excitation."""

    @abstractmethod
    def joined(
        self, join: str, ends: list[Value], name: str, part: Branching | Aside | Collect
    ) -> Value:
        """Two or more values as one."""

    @abstractmethod
    def activated(self, value: Value, activation: str, name: str) -> Value:
        """After an activation function; "" is none."""
