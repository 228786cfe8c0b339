"""What is known while the calls of an exported module are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rfsearch.errors import NotFollowed
from rfsearch.network.tensor import Tensor
from rfsearch.network.torch.call import Call, shapes_of
from rfsearch.network.tracer import Tracer

Made = Tensor | list[Tensor | None] | None
Operator = Callable[[Call, "Reading"], Made]

# Constants with more values are not worked out.
MOST_VALUES = 2**20


@dataclass
class Reading:
    """What is known so far.

    tensors      values that depend on the input (a list where an operator has several outputs)
    weights      learned tensors that another value is made of: name and number of values
    owners       modules by the fx nodes of their parameters
    values       tensors behind fx nodes that hold constants and buffers
    absorbed     calls that are part of what came before; their input is their output
    partial      sums and products that the next call goes on with: (op, their tensors)
    """

    tracer: Tracer
    tensors: dict[Any, Made] = field(default_factory=dict)
    weights: dict[Any, dict[str, int]] = field(default_factory=dict)
    owners: dict[Any, str] = field(default_factory=dict)
    values: dict[Any, Any] = field(default_factory=dict)
    passed: Counter[str] = field(default_factory=Counter)
    absorbed: set[Any] = field(default_factory=set)
    partial: dict[Any, tuple[str, list[Tensor]]] = field(default_factory=dict)

    def tensor(self, call: Call, argument: str) -> Tensor:
        """The tensor at an argument; NotFollowed where it does not depend on the input."""
        found = self.maybe(call.arguments.get(argument))
        if found is None:
            raise NotFollowed(f"{call.place}: its {argument} does not come from the input")
        return found

    def first(self, call: Call) -> Tensor:
        """The first tensor among the arguments."""
        return self.operands(call)[0]

    def maybe(self, value: Any) -> Tensor | None:
        """The tensor of an fx node; None for anything else."""
        try:
            found = self.tensors.get(value)
        except TypeError:  # lists are not hashable, and are no tensors
            return None
        return found if isinstance(found, Tensor) else None

    def operands(self, call: Call, op: str = "") -> list[Tensor]:
        """The tensors among the arguments, in order, and those in lists.

        Those of a join `op` that this one goes on with are given one by one.
        """
        tensors: list[Tensor] = []
        for value in _flat(call.arguments.values()):
            found = self.maybe(value)
            if found is not None:
                started, parts = self.partial.get(value, ("", []))
                tensors += parts if op and started == op else [found]
        if not tensors:
            raise NotFollowed(f"{call.place}: none of its operands comes from the input")
        return tensors

    def learned(self, *values: Any) -> int:
        """Values of the learned tensors that these are made of."""
        names: dict[str, int] = {}
        for value in values:
            names |= self.weights.get(value, {}) if value is not None else {}
        return sum(names.values())

    def shape(self, call: Call, argument: str) -> list[int]:
        """The shape of a weight or constant at an argument."""
        value = call.arguments.get(argument)
        shapes = shapes_of(value) if hasattr(value, "meta") else []
        if not shapes:
            raise NotFollowed(f"{call.place}: the shape of its {argument} is not known")
        return shapes[0]

    def constant(self, value: Any) -> Any:
        """The torch tensor or number behind an fx node; None where it is not known."""
        if not hasattr(value, "meta"):
            return value
        if value in self.values:
            return self.values[value]
        shapes = shapes_of(value)
        count = 1
        for size in shapes[0] if shapes else ():
            count *= size
        if value.op != "call_function" or value in self.tensors or count > MOST_VALUES:
            return None
        self.values[value] = self._computed(value)
        return self.values[value]

    def _computed(self, fx_node: Any) -> Any:
        """What a call on constants gives; None where one of them is not known."""
        from torch.fx.node import map_arg

        missing = [one for one in fx_node.all_input_nodes if self.constant(one) is None]
        if missing:
            return None
        arguments = map_arg((fx_node.args, fx_node.kwargs), self.constant)
        try:
            return fx_node.target(*arguments[0], **arguments[1])
        except (RuntimeError, TypeError, ValueError, NotImplementedError):
            return None


def _flat(values: Any) -> list[Any]:
    found: list[Any] = []
    for value in values:
        found += _flat(value) if isinstance(value, list | tuple) else [value]
    return found
