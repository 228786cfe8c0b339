"""Tracer: the operations of a framework's graph, on tensors with permuted and merged dimensions.

ONNX and torch both translate their operators into these calls; each adds to the one Graph.
`name` becomes the row's name, `place` stands before an error. NotFollowed says what cannot be
followed; `opaque` then keeps what is known of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from rfsearch.network.tensor import CHANNELS, Tensor
from rfsearch.network.trace.joins import Joins
from rfsearch.network.trace.parts import Parts
from rfsearch.network.trace.products import Products
from rfsearch.network.trace.windows import Windows


@dataclass
class Tracer(Windows, Parts, Joins, Products):
    """A graph under construction from traced operations."""

    def gated(self, tensor: Tensor, dim: int, name: str, place: str) -> Tensor:
        """One half of a dimension times a function of the other."""
        size = tensor.shape[dim]
        one, other = (
            self.part(tensor, dim, at, at + size // 2, 1, name, place) for at in (0, size // 2)
        )
        # Halves of the same channels: neither has a row of its own.
        if tensor.labels(dim) <= {CHANNELS}:
            return one
        return self.joined([one, other], "*", name, place)
