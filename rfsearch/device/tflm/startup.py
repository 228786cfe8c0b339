"""What the interpreter needs while it starts, before the tensors have their places.

Each kernel looks at its tensors through temporary copies of their descriptions, one scale and zero
point a channel; then the planner works on lists of all tensors. All this stands where the tensors
will stand later, so it counts only where a network's tensors are small: fully connected networks,
tiny inputs. Source: the kernels' `Prepare` and MicroAllocator of tensorflow/tflite-micro.
"""

from __future__ import annotations

from rfsearch.device.tflm.kept import after_data, aligned, handles, per_channel, up
from rfsearch.device.tflm.model import Model, Operator, Tensor
from rfsearch.device.tflm.operators import CONV, DEPTHWISE, MEAN, MEAN_SCRATCHES

_DESCRIPTION, _QUANTIZATION = 64, 24
# Of one scratch buffer that a kernel asks for; room is kept for as many of the next operator.
_REQUEST, _MOST_REQUESTS = 16, 12
# Of one tensor or scratch buffer, in the two lists that the planner works on.
_LIFE, _PLAN = 32, 40
_SUBGRAPH = 8


def startup(model: Model) -> int:
    """The least bytes of an arena in which the interpreter starts without overwriting anything."""
    tail = after_data(model)
    scratches, needed = 0, 0
    for operator in model.operators:
        tail += per_channel(model, operator)
        head = _REQUEST * (_MOST_REQUESTS + scratches)
        for tensor in _looked_at(model, operator):
            head = _described(tensor, head)
        needed = max(needed, tail + head)
        scratches += MEAN_SCRATCHES * (operator.kind is MEAN)
    return aligned(max(needed, _planning(model, tail, scratches)))


def _looked_at(model: Model, operator: Operator) -> list[Tensor]:
    """The tensors that a kernel looks at; convolutions look twice, though at the bias once."""
    numbers = [*operator.inputs, operator.output]
    if operator.kind in (CONV, DEPTHWISE):
        numbers += [*operator.inputs[:2], operator.output]
    return [model.tensors[number] for number in numbers if number >= 0]


def _described(tensor: Tensor, head: int) -> int:
    """The end of a tensor's description that begins at `head`."""
    head = up(head, 8) + _DESCRIPTION
    if tensor.scales:
        head += _QUANTIZATION + 4 * (1 + tensor.scales)
    return head


def _planning(model: Model, tail: int, scratches: int) -> int:
    """With the planner's lists: one entry for each tensor, one for each that is to be placed."""
    lists = _REQUEST * (_MOST_REQUESTS + scratches) + _SUBGRAPH
    lists += _LIFE * (len(model.tensors) + scratches)
    placed = scratches + sum(not tensor.constant for tensor in model.tensors)
    return aligned(tail + handles(scratches)) + aligned(lists) + aligned(_PLAN * placed)
