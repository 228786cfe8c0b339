"""The arena of a converted network: what the interpreter keeps, and where its tensors go."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from rfsearch.device.tflm.kept import WORD, aligned, persistent
from rfsearch.device.tflm.model import Model
from rfsearch.device.tflm.operators import MEAN
from rfsearch.device.tflm.planner import Buffer, peak, planned
from rfsearch.device.tflm.startup import startup


@dataclass(frozen=True)
class Arena:
    """Bytes of an arena, on a 64-bit host.

    persistent  what the interpreter keeps: lists of tensors and operators, data of kernels
    tensors     the plan of everything that is computed; `peak` is the least any plan could have
    startup     the least with which it can start, more than both only where tensors are small
    """

    persistent: int
    tensors: int
    peak: int
    startup: int

    @property
    def used(self) -> int:
        """What TensorFlow Lite Micro calls the arena's used bytes."""
        return self.persistent + self.tensors

    @property
    def total(self) -> int:
        """The least bytes in which the network starts and runs."""
        return max(self.used, self.startup)


def memory(model: Model) -> Arena:
    """The arena of a model."""
    alive = buffers(model)
    return Arena(persistent(model), planned(alive), peak(alive), startup(model))


def buffers(model: Model) -> list[Buffer]:
    """What is computed, with its life: the input before operator 1, outputs, scratch buffers."""
    last = {0: 0}
    first = {0: 0}
    for time, operator in enumerate(model.operators, start=1):
        first[operator.output] = time
        for tensor in (*operator.inputs, operator.output):
            last[tensor] = time
    found = [
        Buffer(aligned(tensor.bytes), first[number], last[number])
        for number, tensor in enumerate(model.tensors)
        if not tensor.constant
    ]
    for time, operator in enumerate(model.operators, start=1):
        if operator.kind is MEAN:
            found += [Buffer(count, time, time) for count in _mean_scratches(model, time)]
    return found


def _mean_scratches(model: Model, time: int) -> list[int]:
    """Sums of all outputs, a position in the input, the axes."""
    operator = model.operators[time - 1]
    source, axes = (model.tensors[number] for number in operator.inputs)
    sums = prod(model.tensors[operator.output].shape)
    return [aligned(WORD * count) for count in (sums, len(source.shape), axes.shape[0])]
