"""The operators that converted networks use: what each is in the file and in the interpreter.

In the file an operator has a number and a table of options, whose fields are listed as (slot,
bytes) under the name by which the lowering sets them, in the order in which they are written; a
field at its default is not written. Source: TensorFlow Lite's schema.

In the interpreter it has its parsed options and the data of its kernel, in bytes on a 64-bit host,
as the package tflite-micro has them (built with support for compressed tensors). Sources:
TensorFlow Lite Micro's `builtin_op_data.h` and its kernels.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Kind:
    """One kind of operator.

    code        its number in the schema; versioned says that its version is above 1
    options     fields of its options, name → (slot, bytes); None where it has no options at all
    parsed      bytes of its parsed options, aligned to 4 unless it is a single byte
    data        bytes of its kernel's data
    per_channel whether the kernel keeps a multiplier and a shift for every output channel
    """

    name: str
    code: int
    options: dict[str, tuple[int, int]] | None = field(hash=False)
    parsed: int
    data: int
    per_channel: bool = False
    versioned: bool = True


_WINDOW = {"valid": (0, 1), "stride_w": (1, 4), "stride_h": (2, 4)}
_POOL = {**_WINDOW, "filter_w": (3, 4), "filter_h": (4, 4)}

CONV = Kind("CONV_2D", 3, {**_WINDOW, "relu": (3, 1)}, 28, 80, per_channel=True)
DEPTHWISE = Kind(
    "DEPTHWISE_CONV_2D",
    4,
    {**_WINDOW, "multiplier": (3, 4), "relu": (4, 1)},
    28,
    80,
    per_channel=True,
)
DENSE = Kind("FULLY_CONNECTED", 9, {"relu": (0, 1)}, 16, 96, per_channel=True)
AVERAGE_POOL = Kind("AVERAGE_POOL_2D", 1, _POOL, 40, 32)
MAX_POOL = Kind("MAX_POOL_2D", 17, _POOL, 40, 32)
MEAN = Kind("MEAN", 40, {"keep_dims": (0, 1)}, 1, 44)
# Scratch buffers that MEAN asks for.
MEAN_SCRATCHES = 3
PAD = Kind("PAD", 34, {}, 0, 56)
ADD = Kind("ADD", 0, {"relu": (0, 1)}, 8, 60)
MULTIPLY = Kind("MUL", 18, {}, 4, 40)
CONCATENATE = Kind("CONCATENATION", 2, {"axis": (0, 4)}, 8, 80)
LOGISTIC = Kind("LOGISTIC", 14, None, 0, 16)
SHAPE = Kind("SHAPE", 77, {"type": (0, 1)}, 4, 0, versioned=False)
STRIDED_SLICE = Kind("STRIDED_SLICE", 45, {"shrink": (4, 4)}, 24, 84, versioned=False)
PACK = Kind("PACK", 83, {"count": (0, 4)}, 8, 0, versioned=False)
RESHAPE = Kind("RESHAPE", 22, None, 36, 0, versioned=False)
