"""An ONNX file to a model whose every shape is known, or an error in one line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rfsearch.errors import MissingExtraError, RfsearchError, UsageError
from rfsearch.network.input_size import InputSize, input_sizes

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
        if model.functions:
            from onnx import inliner

            model = inliner.inline_local_functions(model)
        _check_external(model, file)
        for index, node in enumerate(model.graph.node, start=1):
            # Names reach the terminal; whoever made the file must not write there what they like.
            node.name = printable(node.name or next(iter(node.output), "") or f"node {index}")
            node.op_type, node.domain = printable(node.op_type), printable(node.domain)
    return model


@contextmanager
def blamed(place: str) -> Iterator[None]:
    """Python's own errors while malformed parts of a file are read, as one line that names it.

    Every attribute of every node may be of the wrong type, length or encoding.
    """
    try:
        yield
    except RfsearchError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
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


def fix_input(model: Any, file: str, given: InputSize | None) -> tuple[str, list[int]]:
    """Give the model's one input its sizes; its name and shape, the batch made 1.

    `given` replaces the sizes along the axes. UsageError where one is dynamic and none is given.
    """
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    if len(inputs) != 1:
        names = ", ".join(repr(value.name) for value in inputs[:4]) or "none"
        raise UsageError(f"{file}: {len(inputs)} inputs ({names}), one is supported")
    value = inputs[0]
    kind = value.type.tensor_type
    if not kind.HasField("shape"):
        raise UsageError(f"{file}: input {value.name!r} has no shape")
    dims = kind.shape.dim
    if not 3 <= len(dims) <= 5:
        raise UsageError(
            f"{file}: input {value.name!r} has {len(dims)} dimensions, not batch, channels and "
            f"1 to 3 axes"
        )
    last = _channels_last(model, value.name, len(dims))
    places = range(1, len(dims) - 1) if last else range(2, len(dims))
    if given is not None:
        for place, size in zip(places, input_sizes(given, len(places)), strict=True):
            dims[place].dim_value = size
    dims[0].dim_value = 1
    for place, dim in enumerate(dims):
        if dim.dim_value < 1:
            what = f"dynamic ({dim.dim_param!r})" if dim.dim_param else "without a size"
            hint = "give --input" if place in places else "give it a fixed size in the file"
            raise UsageError(f"{file}: input {value.name!r}: dimension {place} is {what}; {hint}")
    return value.name, [dim.dim_value for dim in dims]


def _channels_last(model: Any, name: str, rank: int) -> bool:
    """Whether all that is done with the input is to move its last dimension to the second."""
    readers = [node for node in model.graph.node if name in node.input]
    order = [0, rank - 1, *range(1, rank - 1)]
    return bool(readers) and all(
        node.op_type == "Transpose"
        and any(
            one.name == "perm" and [dim % rank for dim in one.ints] == order
            for one in node.attribute
        )
        for node in readers
    )


def is_channels_last(model: Any, name: str, shape: list[int]) -> bool:
    """Whether the input's dimensions are (batch, axes…, channels)."""
    return _channels_last(model, name, len(shape))


def infer_shapes(model: Any) -> dict[str, list[int] | None]:
    """The shape of every value that ONNX can infer; None where one of its sizes is unknown.

    Windows work out their own sizes, so a model that ONNX cannot infer is read as far as it goes:
    its errors then name a node.
    """
    from onnx import shape_inference

    # What the file says of its values was inferred for its own input size and batch.
    del model.graph.value_info[:]
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")
    try:
        inferred = shape_inference.infer_shapes(model, data_prop=True)
    except Exception:
        return {}
    shapes: dict[str, list[int] | None] = {}
    for value in (*inferred.graph.value_info, *inferred.graph.output):
        kind = value.type.tensor_type
        sizes = [dim.dim_value if dim.HasField("dim_value") else -1 for dim in kind.shape.dim]
        shapes[value.name] = sizes if kind.HasField("shape") and -1 not in sizes else None
    return shapes
