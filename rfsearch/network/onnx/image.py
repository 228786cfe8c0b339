"""The input of an ONNX network: which one it is, its layout, and its sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError
from rfsearch.network.graph import AXIS_LIMIT
from rfsearch.network.input_size import InputSize, input_sizes
from rfsearch.network.onnx.constant import Constant
from rfsearch.network.onnx.names import BEFORE_LAYOUT
from rfsearch.network.tensor import BATCH, CHANNELS, Dimension, Tensor

if TYPE_CHECKING:
    from rfsearch.network.onnx.reading import Reading

CHANNELS_FIRST, CHANNELS_LAST = "channels-first", "channels-last"
LAYOUTS = (CHANNELS_FIRST, CHANNELS_LAST)


def add_image(model: Any, reading: Reading, given: InputSize | None, layout: str | None) -> None:
    """Make the model's input the graph's first node.

    `given` replaces the sizes along the axes. UsageError where one is dynamic and none is given.
    """
    if layout is not None and layout not in LAYOUTS:
        raise UsageError(f"layout: {layout!r} is not one of {', '.join(LAYOUTS)}")
    value = _image(model, reading)
    place = f"{reading.path}: input {value.name!r}"
    kind = value.type.tensor_type
    if not kind.HasField("shape"):
        raise UsageError(f"{place} has no shape")
    rank = len(kind.shape.dim)
    if not 1 <= rank <= AXIS_LIMIT + 2:
        raise UsageError(
            f"{place} has {rank} dimensions, not batch, channels and 1 to {AXIS_LIMIT} axes"
        )
    last = layout == CHANNELS_LAST if layout else _is_channels_last(model, value.name, rank)
    meanings = _meanings(rank, last)
    shape = _shape(model, value, meanings, given, place)
    sizes = tuple(
        size for size, meant in zip(shape, meanings, strict=True) if isinstance(meant, int)
    )
    channels = shape[meanings.index(CHANNELS)] if CHANNELS in meanings else 1
    node = reading.tracer.graph.add_input(sizes, channels, value.name)
    dims: list[Dimension] = [
        ((meant, size),) if size > 1 else () for meant, size in zip(meanings, shape, strict=True)
    ]
    reading.tensors[value.name] = Tensor(node, tuple(dims))


def _image(model: Any, reading: Reading) -> Any:
    """The one input that is an image or signal; what else there is counts as given."""
    inputs = [value for value in model.graph.input if value.name not in reading.constants]
    if len(inputs) == 1:
        return inputs[0]
    images = [value for value in inputs if len(value.type.tensor_type.shape.dim) >= 3]
    if len(images) != 1:
        names = ", ".join(repr(value.name) for value in inputs[:4]) or "none"
        raise UsageError(f"{reading.path}: {len(inputs)} inputs ({names}), one is supported")
    for value in inputs:
        if value is not images[0]:
            sizes = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
            reading.constants[value.name] = Constant(None if 0 in sizes else tuple(sizes))
            reading.tracer.graph.notes.append(
                f"input {value.name!r} counts as given: the figures are those of {images[0].name!r}"
            )
    return images[0]


def _meanings(rank: int, last: bool) -> list[str | int]:
    """What each dimension is: the batch, the channels or an axis, counted from 0."""
    if rank < 3:  # (batch, samples), or samples alone
        signal: list[str | int] = [BATCH, 0]
        return signal[2 - rank :]
    axes: list[str | int] = list(range(rank - 2))
    return [BATCH, *axes, CHANNELS] if last else [BATCH, CHANNELS, *axes]


def _shape(
    model: Any, value: Any, meanings: list[str | int], given: InputSize | None, place: str
) -> list[int]:
    dims = value.type.tensor_type.shape.dim
    shape = [dim.dim_value for dim in dims]
    axes = [dim for dim, meant in enumerate(meanings) if isinstance(meant, int)]
    if given is not None:
        for dim, size in zip(axes, input_sizes(given, len(axes)), strict=True):
            shape[dim] = size
    for dim, (meant, size) in enumerate(zip(meanings, shape, strict=True)):
        if size >= 1:
            continue
        if meant == BATCH:
            shape[dim] = 1
            continue
        if meant == CHANNELS:
            shape[dim] = _read_channels(model, value.name)
        if shape[dim] < 1:
            name = dims[dim].dim_param[:60]
            what = f"dynamic ({name!r})" if name else "without a size"
            hint = "give --input" if dim in axes else "give it a fixed size in the file"
            raise UsageError(f"{place}: dimension {dim} is {what}; {hint}")
    return shape


def _read_channels(model: Any, name: str) -> int:
    """The channels that the first convolution of an input reads; 0 where there is none."""
    stored = {tensor.name: tensor.dims for tensor in model.graph.initializer}
    for node in _readers(model, name):
        if (
            node.op_type == "Conv"
            and len(node.input) > 1
            and len(stored.get(node.input[1], ())) > 2
        ):
            groups = [one.i for one in node.attribute if one.name == "group"] or [1]
            return int(stored[node.input[1]][1]) * int(groups[0])
    return 0


def _is_channels_last(model: Any, name: str, rank: int) -> bool:
    """Whether all that is done with the input, arithmetic apart, is to move its last dimension
    to the second place."""
    readers = _readers(model, name) if rank > 2 else []
    order = [0, rank - 1, *range(1, rank - 1)]
    return bool(readers) and all(
        node.op_type == "Transpose"
        and any(
            one.name == "perm" and [dim % rank for dim in one.ints] == order
            for one in node.attribute
        )
        for node in readers
    )


def _readers(model: Any, name: str) -> list[Any]:
    """The nodes that read a value, or what arithmetic made of it."""
    same = {name}
    readers = []
    for node in model.graph.node:
        if not any(one in same for one in node.input):
            continue
        if node.op_type in BEFORE_LAYOUT:
            same.update(node.output)
        else:
            readers.append(node)
    return readers


def declared_shapes(model: Any) -> dict[str, tuple[int, ...]]:
    """Shapes that the file gives for its values; they hold for its own input sizes."""
    found = {}
    for value in (*model.graph.value_info, *model.graph.output):
        kind = value.type.tensor_type
        sizes = tuple(dim.dim_value for dim in kind.shape.dim)
        if kind.HasField("shape") and all(size > 0 for size in sizes):
            found[value.name] = sizes
    return found
