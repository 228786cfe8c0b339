"""ATen's operators that move dimensions and take parts: view, permute, cat, slice …"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError
from rfsearch.network.tensor import Tensor

if TYPE_CHECKING:
    from rfsearch.network.torch.read import Call, Reading


def reshaped(call: Call, reading: Reading, target: Any) -> Tensor:
    """flatten, view, reshape, unflatten: torch has worked out the shape already."""
    return reading.tensor(call, "self").reshaped(call.shape, call.place)


def permuted(call: Call, reading: Reading, target: Any) -> Tensor:
    """permute."""
    tensor = reading.tensor(call, "self")
    return tensor.permuted([dim % len(tensor.dims) for dim in call.arguments["dims"]])


def swapped(call: Call, reading: Reading, target: Any) -> Tensor:
    """transpose of two dimensions."""
    tensor = reading.tensor(call, "self")
    order = list(range(len(tensor.dims)))
    first, second = (call.arguments[name] % len(order) for name in ("dim0", "dim1"))
    order[first], order[second] = order[second], order[first]
    return tensor.permuted(order)


def moved(call: Call, reading: Reading, target: Any) -> Tensor:
    """movedim: the dimensions given go to the places given, the others keep their order."""
    tensor = reading.tensor(call, "self")
    rank = len(tensor.dims)
    sources, places = (
        [dim % rank for dim in ([given] if isinstance(given, int) else given)]
        for given in (call.arguments["source"], call.arguments["destination"])
    )
    order = [dim for dim in range(rank) if dim not in sources]
    for place, source in sorted(zip(places, sources, strict=True)):
        order.insert(place, source)
    return tensor.permuted(order)


def squeezed(call: Call, reading: Reading, target: Any) -> Tensor:
    """squeeze: of the dimensions given, those of size 1 go; without any, all of size 1."""
    tensor = reading.tensor(call, "self")
    rank = len(tensor.dims)
    dims = call.arguments.get("dim")
    if dims is None:
        dims = list(range(rank))
    wanted = [dims] if isinstance(dims, int) else list(dims)
    dropped = {dim % rank for dim in wanted if tensor.shape[dim] == 1}
    return Tensor(
        tensor.node, tuple(dim for place, dim in enumerate(tensor.dims) if place not in dropped)
    )


def unsqueezed(call: Call, reading: Reading, target: Any) -> Tensor:
    """unsqueeze."""
    tensor = reading.tensor(call, "self")
    dims = list(tensor.dims)
    dims.insert(call.arguments["dim"] % (len(dims) + 1), ())
    return Tensor(tensor.node, tuple(dims))


def kept(call: Call, reading: Reading, target: Any) -> Tensor:
    """expand: spreads what has one position, which a join does by itself."""
    return reading.tensor(call, "self")


def concatenated(call: Call, reading: Reading, target: Any) -> Tensor:
    """cat."""
    found = [reading.maybe(one) for one in call.arguments["tensors"]]
    tensors = [one for one in found if one is not None]
    if len(tensors) < len(found):
        raise UsageError(f"{call.place}: a constant beside the input")
    dim = call.arguments.get("dim") or 0
    return reading.tracer.concatenated(tensors, dim, call.name, call.place)


def split(call: Call, reading: Reading, target: Any) -> list[Tensor]:
    """split into parts of a size, or of the sizes given; chunk into a number of parts."""
    tensor = reading.tensor(call, "self")
    dim = call.arguments.get("dim") or 0
    size = tensor.shape[dim]
    sizes = call.arguments.get("split_size", call.arguments.get("split_sizes"))
    if call.op == "chunk":
        sizes = -(-size // call.arguments["chunks"])
    if isinstance(sizes, int):
        sizes = [min(sizes, size - start) for start in range(0, size, sizes)]
    parts, start = [], 0
    for length in list(sizes or ()):
        parts.append(
            reading.tracer.part(tensor, dim, start, start + length, 1, call.name, call.place)
        )
        start += length
    return parts


def sliced(call: Call, reading: Reading, target: Any) -> Tensor:
    """slice."""
    tensor = reading.tensor(call, "self")
    dim = call.arguments.get("dim") or 0
    size = tensor.shape[dim]
    start, end = call.arguments.get("start"), call.arguments.get("end")
    return reading.tracer.part(
        tensor,
        dim,
        0 if start is None else start,
        size if end is None else min(end, size),
        call.arguments.get("step") or 1,
        call.name,
        call.place,
    )


def selected(call: Call, reading: Reading, target: Any) -> Tensor:
    """select: one position of a dimension, which goes."""
    tensor = reading.tensor(call, "self")
    dim = call.arguments["dim"] % len(tensor.dims)
    index = call.arguments["index"] % tensor.shape[dim]
    part = reading.tracer.part(tensor, dim, index, index + 1, 1, call.name, call.place)
    return Tensor(part.node, tuple(one for place, one in enumerate(part.dims) if place != dim))


LAYOUT: dict[str, Callable[[Call, Reading, Any], Tensor | list[Tensor] | None]] = {
    **dict.fromkeys(("flatten", "view", "reshape", "unflatten", "_unsafe_view"), reshaped),
    "permute": permuted,
    "transpose": swapped,
    "movedim": moved,
    "squeeze": squeezed,
    "unsqueeze": unsqueezed,
    **dict.fromkeys(("expand", "expand_as"), kept),
    "cat": concatenated,
    **dict.fromkeys(("split", "split_with_sizes", "chunk"), split),
    "slice": sliced,
    "select": selected,
}
