"""Keras's layers and operations that move dimensions and take parts of them."""

from __future__ import annotations

from typing import Any

from rfsearch.errors import NotFollowed
from rfsearch.network.axis import Window
from rfsearch.network.keras.call import FIRST, Call, from_first, to_first
from rfsearch.network.keras.reading import Made, Operator, Reading
from rfsearch.network.tensor import Tensor


def reshaped(call: Call, reading: Reading) -> Made:
    """Reshape, Ravel: Keras has worked out the shape already."""
    return call.tensor.reshaped(call.shape, call.place)


def flattened(call: Call, reading: Reading) -> Made:
    """Flatten, which puts channels last first."""
    tensor = call.tensor
    if call.layer.data_format == FIRST and len(tensor.dims) > 2:
        tensor = tensor.permuted([0, *range(2, len(tensor.dims)), 1])
    return tensor.reshaped(call.shape, call.place)


def permuted(call: Call, reading: Reading) -> Made:
    """Permute, whose dimensions are counted from 1, the batch apart; Transpose."""
    if call.op == "Permute":
        return call.tensor.permuted([0, *call.layer.dims])
    axes = call.layer.axes
    rank = len(call.tensor.dims)
    return call.tensor.permuted([at % rank for at in axes or reversed(range(rank))])


def moved(call: Call, reading: Reading) -> Made:
    """Swapaxes, Moveaxis."""
    rank = len(call.tensor.dims)
    order = list(range(rank))
    if call.op == "Swapaxes":
        one, other = call.layer.axis1 % rank, call.layer.axis2 % rank
        order[one], order[other] = order[other], order[one]
        return call.tensor.permuted(order)
    sources, places = (
        [at % rank for at in (given if isinstance(given, (list, tuple)) else [given])]
        for given in (call.layer.source, call.layer.destination)
    )
    order = [at for at in order if at not in sources]
    for place, source in sorted(zip(places, sources, strict=True)):
        order.insert(place, source)
    return call.tensor.permuted(order)


def squeezed(call: Call, reading: Reading) -> Made:
    """Squeeze."""
    tensor, axis = call.tensor, call.layer.axis
    given = range(len(tensor.dims)) if axis is None else _listed(axis)
    gone = {at % len(tensor.dims) for at in given}
    gone = {at for at in gone if tensor.shape[at] == 1}
    return Tensor(tensor.node, tuple(dim for at, dim in enumerate(tensor.dims) if at not in gone))


def unsqueezed(call: Call, reading: Reading) -> Made:
    """ExpandDims."""
    dims = list(call.tensor.dims)
    for axis in sorted(at % len(call.shape) for at in _listed(call.layer.axis)):
        dims.insert(axis, ())
    return Tensor(call.tensor.node, tuple(dims))


def repeated(call: Call, reading: Reading) -> Made:
    """RepeatVector: a vector at every one of n positions."""
    tensor = Tensor(call.tensor.node, (call.tensor.dims[0], (), call.tensor.dims[1]))
    return reading.tracer.expanded(tensor, call.shape, call.name, call.place)


def expanded(call: Call, reading: Reading) -> Made:
    """BroadcastTo."""
    return reading.tracer.expanded(call.tensor, call.shape, call.name, call.place)


def picked(call: Call, reading: Reading) -> Made:
    """x[key]: slices and single positions."""
    key = call.args[1] if len(call.args) > 1 else call.kwargs.get("key")
    parts = list(key) if isinstance(key, tuple) else [key]
    tensor = call.tensor
    named = sum(part is not None and part is not Ellipsis for part in parts)
    if Ellipsis not in parts:
        parts.append(Ellipsis)
    at = parts.index(Ellipsis)
    parts[at : at + 1] = [slice(None)] * (len(tensor.dims) - named)
    spans: list[tuple[int, int, int]] = []
    dims: list[int | None] = []  # which dimension stays, None for a new one
    for part in parts:
        if part is None:
            dims.append(None)
            continue
        n = tensor.shape[len(spans)]
        if isinstance(part, slice):
            dims.append(len(spans))
            spans.append(part.indices(n))
        elif hasattr(part, "__index__"):
            spans.append((int(part) % n, int(part) % n + 1, 1))
        else:
            raise NotFollowed(f"{call.place}: picked by computed positions")
    tensor = _every_second(call, reading, tensor, spans) or _parts(call, reading, tensor, spans)
    return Tensor(tensor.node, tuple(() if at is None else tensor.dims[at] for at in dims))


def _parts(
    call: Call, reading: Reading, tensor: Tensor, spans: list[tuple[int, int, int]]
) -> Tensor:
    for at, (start, stop, step) in enumerate(spans):
        if step > 0:
            tensor = reading.tracer.part(tensor, at, start, stop, step, call.name, call.place)
        else:
            order = list(range(start, stop, step))
            tensor = reading.tracer.chosen(tensor, at, order, call.name, call.place)
    return tensor


def _every_second(
    call: Call, reading: Reading, tensor: Tensor, spans: list[tuple[int, int, int]]
) -> Tensor | None:
    """x[:, ::2, ::2], every so many positions of every axis, as one row; None for other parts."""
    axes = reading.tracer.graph.axes
    lead = len(spans) - axes - 1
    last = reading.images != FIRST
    inner = spans[lead:-1] if last else spans[lead + 1 :]
    rest = [*spans[:lead], spans[-1] if last else spans[lead]]
    others = [*tensor.shape[:lead], tensor.shape[-1] if last else tensor.shape[lead]]
    whole = all(one == (0, n, 1) for one, n in zip(rest, others, strict=True))
    sizes = reading.tracer.graph.nodes[tensor.node].sizes
    begins = all(one[:2] == (0, n) for one, n in zip(inner, sizes, strict=True))
    if lead != 1 or not whole or not begins or any(step < 2 for _, _, step in inner):
        return None
    maps = tuple(Window(1, step) for _, _, step in inner)
    first = to_first(tensor, axes, reading.images)
    made = reading.tracer.windowed(first, "SUB", maps, call.name, call.place)
    return from_first(made, axes, reading.images)


def split(call: Call, reading: Reading) -> Made:
    """Split into equal parts."""
    axis = int(call.layer.axis)
    parts: list[Tensor] = []
    start = 0
    for shape in call.shapes:
        stop = start + shape[axis]
        one = reading.tracer.part(call.tensor, axis, start, stop, 1, call.name, call.place)
        parts.append(one)
        start = stop
    return parts


def flipped(call: Call, reading: Reading) -> Made:
    """Flip along dimensions."""
    tensor = call.tensor
    axis = call.layer.axis
    for at in range(len(tensor.dims)) if axis is None else _listed(axis):
        order = list(reversed(range(tensor.shape[at])))
        tensor = reading.tracer.chosen(tensor, at, order, call.name, call.place)
    return tensor


def padded(call: Call, reading: Reading) -> Made:
    """keras.ops.pad."""
    width = call.layer.pad_width
    pairs = [list(map(int, pair)) for pair in width] if hasattr(width[0], "__len__") else None
    if pairs is None:
        pairs = [list(map(int, width))]
    if len(pairs) == 1:
        pairs *= len(call.tensor.dims)
    edges = {"constant": "zeros", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}
    edge = edges.get(str(call.setting("mode", "constant")))
    if edge is None:
        raise NotFollowed(f"{call.place}: padding by {call.setting('mode')}")
    sides = [(pair[0], pair[1]) for pair in pairs]
    return reading.tracer.padded(call.tensor, sides, call.name, call.place, edge=edge)


def _listed(value: Any) -> list[int]:
    return [int(one) for one in value] if isinstance(value, (list, tuple)) else [int(value)]


LAYOUT: dict[str, Operator] = {
    "Reshape": reshaped,
    "Ravel": reshaped,
    "Flatten": flattened,
    "Permute": permuted,
    "Transpose": permuted,
    "Swapaxes": moved,
    "Moveaxis": moved,
    "Squeeze": squeezed,
    "ExpandDims": unsqueezed,
    "RepeatVector": repeated,
    "BroadcastTo": expanded,
    "GetItem": picked,
    "Split": split,
    "Flip": flipped,
    "Pad": padded,
}
