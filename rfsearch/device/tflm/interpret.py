"""One run of a .tflite file in TensorFlow Lite Micro's interpreter, as the package has it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod
from typing import Any

from rfsearch.device.quiet import caught
from rfsearch.device.tflm.convert import require
from rfsearch.errors import LimitError

_LINE = re.compile(r"Arena allocation (head|tail) (\d+) bytes")
# Without a claim to be held against, larger than any microcontroller has.
LARGE_ARENA = 1 << 26


@dataclass(frozen=True)
class Ran:
    """What one run showed: bytes of the arena, and the shape of the output, batch included."""

    persistent: int
    tensors: int
    shape: tuple[int, ...]


def interpret(data: bytes, arena: int = LARGE_ARENA) -> Ran:
    """Run a file once on zeros, in an arena of so many bytes.

    LimitError where it does not start or run in them; MissingExtraError without the extra `tflm`.
    """
    require()
    with caught():
        import numpy as np
        from tflite_micro import runtime  # type: ignore[import-not-found]
    failed = None
    with caught() as printed:
        try:
            interpreter = runtime.Interpreter.from_bytes(data, arena_size=arena)
            shape = tuple(interpreter.get_input_details(0)["shape"])
            interpreter.set_input(np.zeros(shape, np.int8), 0)
            interpreter.invoke()
            interpreter.print_allocations()
            made = tuple(map(int, interpreter.get_output(0).shape))
        except RuntimeError as error:
            failed = str(error)
    if failed is not None:
        said = " ".join(printed.text.strip().splitlines()[-1:])
        raise LimitError(f"tflite-micro, arena of {arena:,} bytes: {failed}; {said}")
    bytes_ = {part: int(count) for part, count in _LINE.findall(printed.text)}
    return Ran(bytes_["tail"], bytes_["head"], made)


def macs(data: bytes) -> int:
    """Multiply-accumulates of a file, by its own shapes: weights × positions that use them."""
    require()
    with caught():
        from tensorflow.lite.python import (  # type: ignore[import-untyped]
            schema_py_generated as schema,
        )
    graph = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(data, 0)).subgraphs[0]
    return sum(_macs(graph, operator, schema) for operator in graph.operators)


def _macs(graph: Any, operator: Any, schema: Any) -> int:
    """Of a convolution or fully connected layer; a depthwise kernel is used once a channel."""
    weighted = (
        schema.BuiltinOptions.Conv2DOptions,
        schema.BuiltinOptions.DepthwiseConv2DOptions,
        schema.BuiltinOptions.FullyConnectedOptions,
    )
    if operator.builtinOptionsType not in weighted:
        return 0
    weights = prod(map(int, graph.tensors[operator.inputs[1]].shape))
    positions = prod(map(int, graph.tensors[operator.outputs[0]].shape[1:-1]))
    return weights * positions
