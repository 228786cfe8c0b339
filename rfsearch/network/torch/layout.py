"""ATen's operators that move dimensions and take parts: view, permute, cat, slice …"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from rfsearch.errors import NotFollowed
from rfsearch.network.axis import Resize
from rfsearch.network.tensor import Tensor
from rfsearch.network.torch.call import Call, shapes_of
from rfsearch.network.torch.reading import Made, Operator, Reading


def reshaped(call: Call, reading: Reading) -> Made:
    """flatten, view, reshape, unflatten: torch has worked out the shape already."""
    return reading.first(call).reshaped(call.shape, call.place)


def permuted(call: Call, reading: Reading) -> Made:
    """permute."""
    tensor = reading.tensor(call, "self")
    return tensor.permuted([dim % len(tensor.dims) for dim in call.arguments["dims"]])


_PAIRS = (("dim0", "dim1"), ("axis0", "axis1"))


def swapped(call: Call, reading: Reading) -> Made:
    """transpose of two dimensions; t of a matrix."""
    tensor = reading.tensor(call, "self")
    order = list(range(len(tensor.dims)))
    names = next((pair for pair in _PAIRS if pair[0] in call.arguments), None)
    places = [call.arguments[name] for name in names] if names else [0, -1]
    first, second = (place % len(order) for place in places)
    order[first], order[second] = order[second], order[first]
    return tensor.permuted(order)


def moved(call: Call, reading: Reading) -> Made:
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


def squeezed(call: Call, reading: Reading) -> Made:
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


def unsqueezed(call: Call, reading: Reading) -> Made:
    """unsqueeze."""
    return _with_dim(reading.tensor(call, "self"), call.arguments["dim"])


def _with_dim(tensor: Tensor, dim: int) -> Tensor:
    dims = list(tensor.dims)
    dims.insert(dim % (len(dims) + 1), ())
    return Tensor(tensor.node, tuple(dims))


def expanded(call: Call, reading: Reading) -> Made:
    """expand, expand_as, broadcast_to."""
    tensor = reading.maybe(call.arguments["self"])
    if tensor is None:
        # A constant in the shape of a tensor stays a constant.
        return None
    return reading.tracer.expanded(tensor, call.shape, call.name, call.place)


def repeated(call: Call, reading: Reading) -> Made:
    """repeat, tile: copies side by side."""
    tensor = reading.tensor(call, "self")
    lacking = len(call.shape) - len(tensor.dims)
    tensor = Tensor(tensor.node, (((),) * lacking + tensor.dims))
    once = [1 if n == 1 else m for n, m in zip(tensor.shape, call.shape, strict=True)]
    for dim, (n, m) in enumerate(zip(tensor.shape, once, strict=True)):
        positions = list(range(n)) * (m // n)
        tensor = reading.tracer.chosen(tensor, dim, positions, call.name, call.place)
    return reading.tracer.expanded(tensor, call.shape, call.name, call.place)


def interleaved(call: Call, reading: Reading) -> Made:
    """repeat_interleave by one number: every position so many times."""
    tensor = reading.tensor(call, "self")
    times, dim = call.arguments.get("repeats"), call.arguments.get("dim")
    if not isinstance(times, int) or dim is None:
        raise NotFollowed(f"{call.place}: a number of its own for every position")
    return reading.tracer.along(tensor, dim, "UP", Resize(Fraction(times)), call.name, call.place)


def concatenated(call: Call, reading: Reading) -> Made:
    """cat, constants among its tensors or not."""
    dim = call.arguments.get("dim") or 0
    parts = []
    for one in call.arguments["tensors"]:
        tensor, shape = reading.maybe(one), shapes_of(one)[0]
        # Legacy: an empty vector beside tensors of more dimensions is nothing.
        if len(shape) == len(call.shape) and shape[dim]:
            parts.append((tensor, shape[dim]))
    return reading.tracer.laid(parts, dim, call.name, call.place)


def stacked(call: Call, reading: Reading) -> Made:
    """stack: side by side along a new dimension."""
    dim = call.number("dim", 0) % len(call.shape)
    parts = []
    for one in call.arguments["tensors"]:
        tensor = reading.maybe(one)
        parts.append((None if tensor is None else _with_dim(tensor, dim), 1))
    return reading.tracer.laid(parts, dim, call.name, call.place)


def split(call: Call, reading: Reading) -> Made:
    """split into parts of a size, or of the sizes given; chunk into a number of parts."""
    tensor = reading.tensor(call, "self")
    dim = call.number("dim", 0)
    parts: list[Tensor | None] = []
    start = 0
    for shape in call.shapes:
        stop = start + shape[dim]
        parts.append(reading.tracer.part(tensor, dim, start, stop, 1, call.name, call.place))
        start = stop
    return parts


def unbound(call: Call, reading: Reading) -> Made:
    """unbind: every position of a dimension by itself."""
    tensor = reading.tensor(call, "self")
    dim = call.number("dim", 0) % len(tensor.dims)
    return [_position(call, reading, tensor, dim, at) for at in range(tensor.shape[dim])]


def selected(call: Call, reading: Reading) -> Made:
    """select: one position of a dimension, which goes."""
    tensor = reading.tensor(call, "self")
    dim = call.arguments["dim"] % len(tensor.dims)
    index = int(call.arguments["index"]) % tensor.shape[dim]
    return _position(call, reading, tensor, dim, index)


def _position(call: Call, reading: Reading, tensor: Tensor, dim: int, at: int) -> Tensor:
    part = reading.tracer.part(tensor, dim, at, at + 1, 1, call.name, call.place)
    return Tensor(part.node, (*part.dims[:dim], *part.dims[dim + 1 :]))


def sliced(call: Call, reading: Reading) -> Made:
    """slice, narrow."""
    tensor = reading.tensor(call, "self")
    dim = call.number("dim", 0)
    size = tensor.shape[dim]
    start = call.number("start", 0)
    if call.op == "narrow":
        end = start % size + call.number("length", size)
    else:
        end = min(call.number("end", size), size)
    step = call.number("step", 1)
    return reading.tracer.part(tensor, dim, start, end, step, call.name, call.place)


def copied(call: Call, reading: Reading) -> Made:
    """copy: the values of another tensor, in the shape of this one."""
    source = reading.maybe(call.arguments["src"])
    if source is None:
        return None
    return reading.tracer.expanded(source, call.shape, call.name, call.place)


def written(call: Call, reading: Reading) -> Made:
    """slice_scatter, select_scatter: another tensor in the place of some positions."""
    base, source = (reading.maybe(call.arguments[name]) for name in ("self", "src"))
    dim = call.number("dim", 0) % len(call.shape)
    size = call.shape[dim]
    if call.op == "select_scatter":
        start = call.number("index", 0) % size
        stop, step = start + 1, 1
        source = None if source is None else _with_dim(source, dim)
    else:
        start, stop = call.number("start", 0), min(call.number("end", size), size)
        step = call.number("step", 1)
        start, stop = start % size if start < 0 else start, stop % size if stop < 0 else stop
    if (start, stop, step) == (0, size, 1):
        return source
    if step != 1:
        raise NotFollowed(f"{call.place}: positions with gaps are written")
    tracer = reading.tracer
    parts: list[tuple[Tensor | None, int]] = [(source, stop - start)]
    for first, last, place in ((0, start, 0), (stop, size, 2)):
        if last > first:
            piece = base and tracer.part(base, dim, first, last, 1, call.name, call.place)
            parts.insert(place, (piece, last - first))
    return reading.tracer.laid(parts, dim, call.name, call.place)


def indexed(call: Call, reading: Reading) -> Made:
    """x[:, [0, 2]] and index_select, where the positions are known."""
    tensor = reading.tensor(call, "self")
    if call.op == "index_select":
        dim, given = call.arguments["dim"], call.arguments["index"]
    else:
        indices = list(call.arguments["indices"])
        held = [dim for dim, one in enumerate(indices) if one is not None]
        if len(held) != 1:
            raise NotFollowed(f"{call.place}: positions picked along several dimensions")
        dim, given = held[0], indices[held[0]]
    positions = reading.constant(given)
    if positions is None or positions.dim() != 1:
        raise NotFollowed(f"{call.place}: which positions are picked is not known beforehand")
    if str(positions.dtype) == "torch.bool":
        positions = positions.nonzero().flatten()
    return reading.tracer.chosen(tensor, dim, positions.tolist(), call.name, call.place)


def flipped(call: Call, reading: Reading) -> Made:
    """flip: backwards along some dimensions."""
    tensor = reading.tensor(call, "self")
    for dim in call.arguments["dims"]:
        backwards = list(reversed(range(tensor.shape[dim])))
        tensor = reading.tracer.chosen(tensor, dim, backwards, call.name, call.place)
    return tensor


def rolled(call: Call, reading: Reading) -> Made:
    """roll: what leaves at one end comes in at the other."""
    tensor = reading.tensor(call, "self")
    dims = call.arguments.get("dims") or []
    if not dims:
        raise NotFollowed(f"{call.place}: a roll of all dimensions as one")
    for dim, shift in zip(_listed(dims), _listed(call.arguments["shifts"]), strict=True):
        size = tensor.shape[dim]
        positions = [(at - shift) % size for at in range(size)]
        tensor = reading.tracer.chosen(tensor, dim, positions, call.name, call.place)
    return tensor


def constant(call: Call, reading: Reading) -> Made:
    """zeros_like and its kind read a shape, no values."""
    return None


def _listed(value: Any) -> list[int]:
    return list(value) if isinstance(value, list | tuple) else [value]


_RESHAPES = ("flatten", "view", "reshape", "unflatten", "_unsafe_view", "view_as", "reshape_as")
_SPLITS = ("split", "split_with_sizes", "chunk", "tensor_split", "unsafe_split", "unsafe_chunk")
_CONSTANTS = tuple(f"{one}_like" for one in ("zeros", "ones", "full", "empty", "rand", "randn"))
_CONSTANTS += tuple(f"new_{one}" for one in ("zeros", "ones", "full", "empty"))

LAYOUT: dict[str, Operator] = {
    **dict.fromkeys(_RESHAPES, reshaped),
    "permute": permuted,
    **dict.fromkeys(("transpose", "t", "swapaxes", "swapdims"), swapped),
    **dict.fromkeys(("movedim", "moveaxis"), moved),
    "squeeze": squeezed,
    "unsqueeze": unsqueezed,
    **dict.fromkeys(("expand", "expand_as", "broadcast_to"), expanded),
    **dict.fromkeys(("repeat", "tile"), repeated),
    "repeat_interleave": interleaved,
    **dict.fromkeys(("cat", "concat", "concatenate"), concatenated),
    "stack": stacked,
    **dict.fromkeys(_SPLITS, split),
    "unbind": unbound,
    **dict.fromkeys(("slice", "narrow"), sliced),
    "select": selected,
    "copy": copied,
    **dict.fromkeys(("slice_scatter", "select_scatter"), written),
    **dict.fromkeys(("index", "index_select"), indexed),
    "flip": flipped,
    "roll": rolled,
    **dict.fromkeys((*_CONSTANTS, "sym_size", "sym_numel"), constant),
}
