"""One call of a Keras layer or operation, its tensors traced."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rfsearch.errors import NotFollowed
from rfsearch.network.tensor import Tensor

LAST, FIRST = "channels_last", "channels_first"


@dataclass
class Call:
    """A call. Among `args` and `kwargs` traced tensors stand for Keras's own.

    op          class of the layer or operation
    layer       the object itself, with its settings
    name        of its row, `place` what stands before an error
    shapes      of its outputs, the batch first
    images      the data format where the layer does not say
    """

    op: str
    layer: Any
    name: str
    place: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    shapes: list[list[int]]
    images: str = LAST
    tensors: list[Tensor] = field(default_factory=list)

    @property
    def tensor(self) -> Tensor:
        """Its first tensor; NotFollowed where none comes from the input."""
        if not self.tensors:
            raise NotFollowed(f"{self.place}: none of its inputs comes from the network's input")
        return self.tensors[0]

    @property
    def shape(self) -> list[int]:
        """The shape of its first output."""
        return self.shapes[0]

    def setting(self, name: str, default: Any = None) -> Any:
        """What the layer, or the call of an operation, says; `default` where neither does."""
        if name in self.kwargs:
            return self.kwargs[name]
        return getattr(self.layer, name, default)

    @property
    def data_format(self) -> str:
        return str(self.setting("data_format") or self.images)


def to_first(tensor: Tensor, axes: int, data_format: str) -> Tensor:
    """The tensor with its channels before its last `axes` dimensions."""
    if data_format == FIRST:
        return tensor
    rank = len(tensor.dims)
    lead = rank - axes - 1
    return tensor.permuted([*range(lead), rank - 1, *range(lead, rank - 1)])


def from_first(tensor: Tensor, axes: int, data_format: str) -> Tensor:
    """The other way."""
    if data_format == FIRST:
        return tensor
    rank = len(tensor.dims)
    lead = rank - axes - 1
    return tensor.permuted([*range(lead), *range(lead + 1, rank), lead])


def numbers(value: Any, axes: int) -> tuple[int, ...]:
    """One number an axis."""
    found = tuple(value) if isinstance(value, (list, tuple)) else (value,) * axes
    return tuple(int(one) for one in found)
