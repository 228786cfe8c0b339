"""A .tflite file as plain tensors and operators.

The package `tflite` holds the schema's classes as flatc makes them: it needs flatbuffers and numpy
alone, where an interpreter brings a runtime and shows no settings of operators.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rfsearch.errors import MissingExtraError, UsageError

IDENTIFIER = b"TFL3"


@dataclass(frozen=True)
class Stored:
    """A tensor; of a constant `values` are its numbers, and `buffer` is where they are stored.

    is_open   whether its shape is worked out only when it runs: the file's is then not its own
    """

    name: str
    shape: tuple[int, ...]
    buffer: int
    values: Any = None
    is_open: bool = False

    @property
    def is_constant(self) -> bool:
        return self.values is not None

    @property
    def size(self) -> int:
        """How many values it holds."""
        count = 1
        for n in self.shape:
            count *= n
        return count


@dataclass(frozen=True)
class Operator:
    """An operator: its name in the schema, its settings by theirs, the tensors it reads and makes.

    -1 stands for an input that is left out.
    """

    op: str
    options: Mapping[str, Any]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class File:
    """The main graph of a file."""

    tensors: list[Stored]
    operators: list[Operator]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    graphs: int = 1


def read_file(path: str | os.PathLike[str]) -> File:
    """The main graph of the file. UsageError names it and what is wrong with it."""
    try:
        import tflite
    except ImportError:
        raise MissingExtraError(
            "reading .tflite files needs the package tflite: pip install 'rfsearch[tflite]'"
        ) from None
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            data = file.read()
    except (OSError, ValueError) as error:
        raise UsageError(f"{name}: {getattr(error, 'strerror', None) or error}") from None
    if data[4:8] != IDENTIFIER:
        raise UsageError(f"{name}: not a TensorFlow Lite file, which has TFL3 in bytes 4 to 7")
    try:
        return _graph(tflite.Model.GetRootAs(data, 0), data, tflite)
    except (
        struct.error,
        IndexError,
        ValueError,
        TypeError,
        AttributeError,
        OverflowError,
    ) as error:
        # What flatbuffers and numpy raise where offsets lead out of the file.
        raise UsageError(f"{name}: damaged: {type(error).__name__} while it was read") from None


def _graph(model: Any, data: bytes, schema: Any) -> File:
    graph = model.Subgraphs(0)
    codes = [_code(model.OperatorCodes(at), schema) for at in range(model.OperatorCodesLength())]
    kinds = {value: name for name, value in vars(schema.BuiltinOptions).items() if name[0] != "_"}
    tensors = [_stored(graph.Tensors(at), model, data) for at in range(graph.TensorsLength())]
    operators = [
        _operator(graph.Operators(at), codes, kinds, schema)
        for at in range(graph.OperatorsLength())
    ]
    ends = [tuple(getattr(graph, name)(at) for at in range(getattr(graph, f"{name}Length")()))
            for name in ("Inputs", "Outputs")]  # fmt: skip
    for number in (
        *ends[0],
        *ends[1],
        *(one for op in operators for one in (*op.inputs, *op.outputs)),
    ):
        if not -1 <= number < len(tensors):
            raise ValueError("a tensor that is not there")
    return File(tensors, operators, ends[0], ends[1], model.SubgraphsLength())


def _code(code: Any, schema: Any) -> str:
    """The operator's name; that of a custom one as the file has it."""
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    known = {value: name for name, value in vars(schema.BuiltinOperator).items() if name[0] != "_"}
    name = str(known.get(number, f"operator {number}"))
    custom = code.CustomCode()
    return f"CUSTOM {custom.decode('utf-8', 'replace')}" if name == "CUSTOM" and custom else name


def _stored(tensor: Any, model: Any, data: bytes) -> Stored:
    name = (tensor.Name() or b"").decode("utf-8", "replace")
    shape = tuple(int(n) for n in tensor.ShapeAsNumpy()) if tensor.ShapeLength() else ()
    if any(n < 0 for n in shape):
        raise ValueError("a shape below zero")
    values = _values(tensor, model.Buffers(tensor.Buffer()), shape, data)
    signature = [tensor.ShapeSignature(at) for at in range(tensor.ShapeSignatureLength())]
    return Stored(name, shape, tensor.Buffer(), values, any(n < 0 for n in signature[1:]))


def _values(tensor: Any, buffer: Any, shape: tuple[int, ...], data: bytes) -> Any:
    """The numbers of a constant; raw bytes of types that numpy has no word for."""
    import numpy as np

    if buffer.DataLength():
        raw = buffer.DataAsNumpy().tobytes()
    elif buffer.Size() and buffer.Offset() > 1:  # beside the flatbuffer, in files above 2 GB
        raw = data[buffer.Offset() : buffer.Offset() + buffer.Size()]
    else:
        return None
    kinds = {0: "<f4", 1: "<f2", 2: "<i4", 3: "u1", 4: "<i8", 6: "?", 7: "<i2", 9: "i1", 10: "<f8"}
    kind = kinds.get(tensor.Type())
    if kind is None:
        return np.frombuffer(raw, "u1")
    values = np.frombuffer(raw, kind)
    count = int(np.prod(shape, dtype=np.int64))
    return values.reshape(shape) if len(values) == count else values


def _operator(operator: Any, codes: list[str], kinds: dict[int, str], schema: Any) -> Operator:
    options: dict[str, Any] = {}
    table, kind = operator.BuiltinOptions(), kinds.get(operator.BuiltinOptionsType(), "NONE")
    if table is not None and kind != "NONE":
        held = getattr(schema, kind)()
        held.Init(table.Bytes, table.Pos)
        for name, member in vars(type(held)).items():
            if name[0].isupper() and getattr(member, "__code__", None) and _is_plain(member):
                options[name] = member(held)
    return Operator(
        codes[operator.OpcodeIndex()],
        options,
        tuple(int(operator.Inputs(at)) for at in range(operator.InputsLength())),
        tuple(int(operator.Outputs(at)) for at in range(operator.OutputsLength())),
    )


def _is_plain(member: Any) -> bool:
    """Whether a method of the schema takes nothing, as those of numbers do."""
    return bool(member.__code__.co_argcount == 1)
