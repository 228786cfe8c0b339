"""The shapes that ONNX operators give to constants, worked out before anything is computed.

An operator that is not here is not computed. So a file can ask for no more memory than what is
known beforehand, and of weights only the shape is followed.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, prod
from typing import TYPE_CHECKING, Any

from rfsearch.network.onnx.constant import Constant, Shape
from rfsearch.network.onnx.names import BROADCAST, REDUCTIONS, SAME_SHAPE, VIEWS

if TYPE_CHECKING:
    from rfsearch.network.onnx.call import Call

Inputs = list[Constant | None]
Rule = Callable[["Call", Inputs], Shape | None]


def shape_of(call: Call, inputs: Inputs) -> Shape | None:
    """The shape of the node's first output; None where it is not known."""
    if call.op in SAME_SHAPE:
        return _shape(inputs, 0)
    if call.op in BROADCAST:
        return _broadcast([one.shape for one in inputs if one is not None])
    rule = _RULES.get(call.op)
    return rule(call, inputs) if rule is not None else None


def numbers(inputs: Inputs, index: int) -> list[Any] | None:
    """The values of an input, flat; None where it is absent or not known."""
    one = inputs[index] if index < len(inputs) else None
    if one is None or one.value is None:
        return None
    return list(one.value.reshape(-1).tolist())


def _shape(inputs: Inputs, index: int) -> Shape | None:
    one = inputs[index] if index < len(inputs) else None
    return None if one is None else one.shape


def _broadcast(shapes: list[Shape | None]) -> Shape | None:
    import numpy as np

    known = [shape for shape in shapes if shape is not None]
    return np.broadcast_shapes(*known) if known and len(known) == len(shapes) else None


def _gather(call: Call, inputs: Inputs) -> Shape | None:
    data, indices = _shape(inputs, 0), _shape(inputs, 1)
    if not data or indices is None:
        return None
    axis = call.attributes.get("axis", 0) % len(data)
    return data[:axis] + indices + data[axis + 1 :]


def _second(call: Call, inputs: Inputs) -> Shape | None:
    return _shape(inputs, 1)


def _concat(call: Call, inputs: Inputs) -> Shape | None:
    shapes = [one.shape for one in inputs if one is not None and one.shape]
    if not shapes or len(shapes) != len(inputs):
        return None
    axis = call.attributes["axis"] % len(shapes[0])
    joined = list(shapes[0])
    joined[axis] = sum(shape[axis] for shape in shapes)
    return tuple(joined)


def _expand(call: Call, inputs: Inputs) -> Shape | None:
    wanted = numbers(inputs, 1)
    return None if wanted is None else _broadcast([_shape(inputs, 0), tuple(wanted)])


def _tile(call: Call, inputs: Inputs) -> Shape | None:
    data, times = _shape(inputs, 0), numbers(inputs, 1)
    if data is None or times is None:
        return None
    return tuple(n * k for n, k in zip(data, times, strict=True))


def _pad(call: Call, inputs: Inputs) -> Shape | None:
    data = _shape(inputs, 0)
    pads = call.attributes.get("pads") or numbers(inputs, 1)
    if data is None or pads is None or len(inputs) > 3:
        return None
    return tuple(
        n + a + b for n, a, b in zip(data, pads[: len(data)], pads[len(data) :], strict=True)
    )


def _reduced(call: Call, inputs: Inputs) -> Shape | None:
    data = _shape(inputs, 0)
    axes = call.attributes.get("axes", numbers(inputs, 1))
    if data is None or (axes is None and len(inputs) > 1 and inputs[1] is not None):
        return None
    if not axes:
        if call.attributes.get("noop_with_empty_axes"):
            return data
        axes = range(len(data))
    return _without(data, [int(axis) for axis in axes], call)


def _arg(call: Call, inputs: Inputs) -> Shape | None:
    data = _shape(inputs, 0)
    return None if not data else _without(data, [call.attributes.get("axis", 0)], call)


def _without(data: Shape, axes: list[int], call: Call) -> Shape:
    gone = {axis % len(data) for axis in axes}
    if call.attributes.get("keepdims", 1):
        return tuple(1 if dim in gone else n for dim, n in enumerate(data))
    return tuple(n for dim, n in enumerate(data) if dim not in gone)


def _range(call: Call, inputs: Inputs) -> Shape | None:
    ends = [numbers(inputs, index) for index in range(3)]
    if any(end is None for end in ends):
        return None
    start, stop, step = (end[0] for end in ends if end)
    return (max(ceil((stop - start) / step), 0),)


def _product(call: Call, inputs: Inputs) -> Shape | None:
    one, other = _shape(inputs, 0), _shape(inputs, 1)
    if not one or not other or len(one) < 2 or len(other) < 2:
        return None
    outer = _broadcast([one[:-2], other[:-2]])
    return None if outer is None else (*outer, one[-2], other[-1])


def _nonzero(call: Call, inputs: Inputs) -> Shape | None:
    value = inputs[0].value if inputs[0] is not None else None
    return None if value is None else (max(value.ndim, 1), int((value != 0).sum()))


def _viewed(call: Call, inputs: Inputs) -> Shape | None:
    """Operators that move no value: carried out on an array that occupies no memory."""
    import numpy as np

    from rfsearch.network.onnx.compute import run

    data = _shape(inputs, 0)
    others = [one.value if one is not None else None for one in inputs[1:]]
    absent = [one is not None and one.value is None for one in inputs[1:]]
    if data is None or any(absent):
        return None
    stand_in = np.broadcast_to(np.zeros((), np.float32), data)
    made = run(call, [stand_in, *others])
    return tuple(made[0].shape) if made else None


_RULES: dict[str, Rule] = {
    **dict.fromkeys(VIEWS, _viewed),
    **dict.fromkeys(REDUCTIONS, _reduced),
    **dict.fromkeys(("ArgMax", "ArgMin"), _arg),
    "Gather": _gather,
    "GatherElements": _second,
    "Concat": _concat,
    "Expand": _expand,
    "Tile": _tile,
    "Pad": _pad,
    "Range": _range,
    "MatMul": _product,
    "NonZero": _nonzero,
}


def split_shapes(call: Call, inputs: Inputs) -> list[Shape] | None:
    """The shapes of the outputs of a Split."""
    data = _shape(inputs, 0)
    if not data:
        return None
    axis = call.attributes.get("axis", 0) % len(data)
    sizes = call.attributes.get("split") or numbers(inputs, 1)
    if not sizes:
        each = -(-data[axis] // max(len(call.outputs), 1))
        sizes = [min(each, data[axis] - at) for at in range(0, data[axis], max(each, 1))]
    return [(*data[:axis], int(size), *data[axis + 1 :]) for size in sizes]


def bounded(shape: Shape, limit: int) -> bool:
    """Whether a tensor of that shape has no more values than `limit`."""
    return all(size >= 0 for size in shape) and prod(shape) <= limit
