"""An ONNX file to a model of the onnx package, or an error in one line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rfsearch.errors import MissingExtraError, RfsearchError, UsageError

# Beyond this the file holds weights that belong in external data; protobuf itself stops at 2 GiB.
LARGEST_FILE = 2**31
LONGEST_NAME = 200


def read_model(path: str | os.PathLike[str]) -> Any:
    """The onnx.ModelProto of `path`, weights in external files left where they are."""
    try:
        import onnx
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtraError(
            "reading ONNX needs the package onnx: pip install 'rfsearch[onnx]'"
        ) from None
    file = Path(path)
    try:
        size = file.stat().st_size
        if size >= LARGEST_FILE:
            raise UsageError(f"{file}: {size} bytes are more than an ONNX file can hold")
        model = onnx.load(os.fspath(file), load_external_data=False)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or 'cannot be read'}") from None
    except (DecodeError, UnicodeDecodeError, ValueError, RuntimeError):
        raise UsageError(f"{file}: not an ONNX model, or cut short") from None
    if not model.HasField("graph") or not model.graph.node:
        raise UsageError(f"{file}: not an ONNX model, or cut short: it has no nodes")
    with blamed(str(file)):
        _check_external(model, file)
    return model


# What Python says of parts that are of the wrong type, length, encoding, size or depth.
_MALFORMED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


@contextmanager
def blamed(place: str) -> Iterator[None]:
    """Python's own errors while malformed parts of a file are read, as one line that names it.

    Every attribute of every node may be of the wrong type, length or encoding.
    """
    try:
        yield
    except RfsearchError:
        raise
    except _MALFORMED as error:
        reason = printable(" ".join(str(error).split()))
        raise UsageError(f"{place}: malformed: {reason or type(error).__name__}") from None


def printable(text: str) -> str:
    """`text` without line ends and control characters, and of bounded length."""
    return "".join(one if one.isprintable() else "?" for one in text[:LONGEST_NAME])


def _check_external(model: Any, file: Path) -> None:
    """External weights are not needed for the shapes, but a model without them is broken."""
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key != "location":
                continue
            beside = file.parent / entry.value
            inside = os.path.abspath(beside).startswith(os.path.abspath(file.parent) + os.sep)
            if not inside or not beside.is_file():
                raise UsageError(
                    f"{file}: external data of {tensor.name!r} is absent: {printable(entry.value)}"
                )
