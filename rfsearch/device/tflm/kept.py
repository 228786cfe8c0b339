"""The persistent part of the arena: what the interpreter keeps, from the arena's end downwards.

Bytes on a 64-bit host with an arena aligned to 16 bytes, as `print_allocations` of the package
tflite-micro shows them; a 32-bit device needs less, because pointers are half as long. Source:
MicroAllocator and the kernels of tensorflow/tflite-micro.
"""

from __future__ import annotations

from rfsearch.device.tflm.model import Model, Operator
from rfsearch.device.tflm.operators import DENSE, MEAN, MEAN_SCRATCHES

ALIGNMENT = 16
# Allocator, planner, the lists of the one subgraph.
BASE = 488
TENSOR, OPERATOR = 24, 64
# Of the input and of the output: a pointer, the tensor, its scale and zero point.
ENDS = 2 * (64 + 32) + ALIGNMENT
POINTER = 8
WORD = 4


def persistent(model: Model) -> int:
    """All of it, once the interpreter has started."""
    used = after_data(model)
    used += sum(per_channel(model, operator) for operator in model.operators)
    means = sum(operator.kind is MEAN for operator in model.operators)
    return used + aligned(handles(means * MEAN_SCRATCHES) + POINTER) + ENDS


def after_data(model: Model) -> int:
    """Lists of tensors and operators, parsed options, the data of each kernel."""
    used = BASE + TENSOR * len(model.tensors) + OPERATOR * len(model.operators)
    for operator in model.operators:
        used += operator.kind.parsed
        if operator.kind.parsed >= WORD:
            used = up(used, WORD)
    for operator in model.operators:
        if operator.kind.data:
            used = aligned(used + operator.kind.data)
    return aligned(used)


def per_channel(model: Model, operator: Operator) -> int:
    """A multiplier and a shift for each channel; a fully connected layer of one output has none."""
    if not operator.kind.per_channel:
        return 0
    channels = model.tensors[operator.inputs[1]].scales
    return 0 if operator.kind is DENSE and channels == 1 else 2 * aligned(WORD * channels)


def handles(scratches: int) -> int:
    """A pointer to each scratch buffer."""
    return POINTER * scratches


def aligned(count: int) -> int:
    """Rounded up to the arena's alignment."""
    return up(count, ALIGNMENT)


def up(count: int, unit: int) -> int:
    """Rounded up to a multiple of `unit`."""
    return -(-count // unit) * unit
