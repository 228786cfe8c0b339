"""What is known while the calls of a Keras model are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rfsearch.network.keras.call import Call
from rfsearch.network.tensor import Tensor
from rfsearch.network.tracer import Tracer

Made = Tensor | list[Tensor]
Operator = Callable[[Call, "Reading"], Made]


@dataclass
class Reading:
    """What is known so far.

    tensors     of Keras's symbolic tensors those that come from the input, by id
    kept        what has an id above, so that none is used twice
    scaled      nodes whose tensor was multiplied by what is no tensor
    until, end  the name of a layer with which the walk ends, and what it made
    """

    tracer: Tracer
    images: str
    tensors: dict[int, Tensor] = field(default_factory=dict)
    kept: list[Any] = field(default_factory=list)
    scaled: set[int] = field(default_factory=set)
    until: str | None = None
    end: Made | None = None

    def put(self, symbol: Any, tensor: Tensor) -> None:
        """What a symbolic tensor stands for."""
        self.tensors[id(symbol)] = tensor
        self.kept.append(symbol)


def learned(layer: Any) -> dict[str, int]:
    """The layer's own learned weights and their values: those of training, frozen or not.

    The moving statistics of norms are none: no other source counts them.
    """
    found = {}
    for weight in getattr(layer, "_trainable_variables", ()):
        size = 1
        for length in weight.shape:
            size *= int(length)
        found[f"{weight.path}#{id(weight)}"] = size
    return found
