"""The arena of a converted network: what the interpreter keeps, and where its tensors go.

All figures are those of a 64-bit host with an arena aligned to 16 bytes, as `print_allocations` of
the package tflite-micro shows them; a 32-bit device needs less, because pointers are half as long.
Source: MicroAllocator and the kernels of tensorflow/tflite-micro.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from rfsearch.device.tflm.model import Model
from rfsearch.device.tflm.operators import DENSE, MEAN, Kind
from rfsearch.device.tflm.planner import Buffer, peak, planned

ALIGNMENT = 16
# Allocator, planner, the lists of the one subgraph.
BASE = 488
TENSOR, OPERATOR = 24, 64
# Of the input and of the output: a pointer, the tensor, its scale and zero point.
ENDS = 2 * (64 + 32) + ALIGNMENT
POINTER = 8
WORD = 4
# MEAN asks for sums of all outputs, a position in its input, and its axes.
MEAN_SCRATCHES = 3


@dataclass(frozen=True)
class Arena:
    """Bytes of an arena.

    persistent  what the interpreter keeps: lists of tensors and operators, data of kernels
    tensors     the plan of everything that is computed; `peak` is the least any plan could have
    """

    persistent: int
    tensors: int
    peak: int

    @property
    def total(self) -> int:
        return self.persistent + self.tensors


def memory(model: Model) -> Arena:
    """The arena of a model."""
    alive = buffers(model)
    return Arena(persistent(model), planned(alive), peak(alive))


def aligned(count: int) -> int:
    """Rounded up to the arena's alignment."""
    return -(-count // ALIGNMENT) * ALIGNMENT


def persistent(model: Model) -> int:
    """Bytes from the arena's end, in the order in which they are taken."""
    operators = model.operators
    used = BASE + TENSOR * len(model.tensors) + OPERATOR * len(operators)
    for operator in operators:
        used += operator.kind.parsed
        if operator.kind.parsed >= WORD:
            used = -(-used // WORD) * WORD
    for operator in operators:
        if operator.kind.data:
            used = aligned(used + operator.kind.data)
    used = aligned(used)
    for operator in operators:
        if operator.kind.per_channel:
            used += per_channel(operator.kind, model.tensors[operator.inputs[1]].scales)
    means = sum(operator.kind is MEAN for operator in operators)
    return used + aligned((means * MEAN_SCRATCHES + 1) * POINTER) + ENDS


def per_channel(kind: Kind, channels: int) -> int:
    """A multiplier and a shift for each; a fully connected layer of one output keeps none."""
    return 0 if kind is DENSE and channels == 1 else 2 * aligned(WORD * channels)


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
    operator = model.operators[time - 1]
    source, axes = (model.tensors[number] for number in operator.inputs)
    sums = prod(model.tensors[operator.output].shape)
    return [aligned(WORD * count) for count in (sums, len(source.shape), axes.shape[0])]
