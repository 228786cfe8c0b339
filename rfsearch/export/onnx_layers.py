"""The nodes of each layer of the notation."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from rfsearch.export.plan import Operation

if TYPE_CHECKING:
    from rfsearch.export.onnx_graph import Builder, Value

_ACTIVATIONS = {"relu": "Relu", "gelu": "Gelu"}


def operation(builder: Builder, part: Operation, value: Value, name: str) -> Value:
    """The nodes of one layer, its norm and its activation function."""
    if part.op == "FC":
        made = _dense(builder, part, value, name)
    elif part.op in ("BN", "LN"):
        return activated(
            builder, _norm(builder, part.op[0], part.channels, value, name), part.activation, name
        )
    elif part.op == "SCALE":
        return activated(builder, _scale(builder, part, value, name), part.activation, name)
    else:
        made = _MAKERS[part.op](builder, part, builder.standard(value, name), name)
    if part.norm:
        kind = {"N": "B", "L": "L"}[part.norm]
        made = _norm(builder, kind, part.channels, made, f"{name}_norm")
    return activated(builder, made, part.activation, name)


def activated(builder: Builder, value: Value, activation: str, name: str) -> Value:
    """The value after its activation function."""
    if not activation:
        return value
    if activation == "silu":
        gate = builder.node("Sigmoid", f"{name}_sigmoid", [value.name])
        return _like(value, builder.node("Mul", f"{name}_silu", [value.name, gate]))
    op = _ACTIVATIONS[activation]
    return _like(value, builder.node(op, f"{name}_{activation}", [value.name]))


def _like(value: Value, name: str) -> Value:
    return type(value)(name, value.flat)


def _window(part: Operation) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "kernel_shape": list(part.kernel),
        "strides": list(part.stride),
    }
    if part.op not in ("MP", "AP"):
        attributes["dilations"] = list(part.dilation)
    plain = all(
        d == 1 and s <= k for d, s, k in zip(part.dilation, part.stride, part.kernel, strict=True)
    )
    if part.same and plain:
        return attributes | {"auto_pad": "SAME_UPPER"}
    return attributes | {"pads": _pads(part.sides)}


def _pads(sides: tuple[tuple[int, int], ...]) -> list[int]:
    return [before for before, _ in sides] + [after for _, after in sides]


def _convolution(builder: Builder, part: Operation, value: Value, name: str) -> Value:
    transposed = part.op == "T"
    of_group = part.channels_in // part.groups
    shape: tuple[int, ...] = (part.channels, of_group, *part.kernel)
    if transposed:
        shape = (part.channels_in, part.channels // part.groups, *part.kernel)
    inputs = [
        value.name,
        builder.weights.kernel(f"{name}.weight", shape, of_group * prod(part.kernel)),
    ]
    if part.bias:
        inputs.append(builder.weights.vector(f"{name}.bias", (part.channels,), 0.0))
    op = "ConvTranspose" if transposed else "Conv"
    made = builder.node(op, name, inputs, _note(part), group=part.groups, **_window(part))
    return builder.signed(_like(value, made))


def _pool(builder: Builder, part: Operation, value: Value, name: str) -> Value:
    attributes = _window(part)
    source = value.name
    if part.ceil and not part.same:
        if _plain_ceil(part):
            attributes["ceil_mode"] = 1
        else:
            attributes["pads"] = _pads(part.fitted)
    pads = attributes.get("pads", [])
    if any(pad >= k for pad, k in zip(pads, part.kernel * 2, strict=False)):
        source = _padded(builder, pads, value, f"{name}/pad")
        attributes["pads"] = [0] * len(pads)
    if part.op == "AP":
        attributes["count_include_pad"] = 1
    op = "MaxPool" if part.op == "MP" else "AveragePool"
    return builder.signed(_like(value, builder.node(op, name, [source], _note(part), **attributes)))


def _plain_ceil(part: Operation) -> bool:
    """Whether ⌈(n + before + after − k) / s⌉ + 1 is the size already, without PyTorch's rule."""
    return all(
        -(-(n + before + after - k) // s) + 1 == m
        for n, (before, after), k, s, m in zip(
            part.sizes_in, part.sides, part.kernel, part.stride, part.sizes, strict=True
        )
    )


def _padded(builder: Builder, pads: list[int], value: Value, name: str) -> str:
    """Zeros around a tensor; a negative number crops."""
    axes = len(pads) // 2
    every = builder.weights.integers(f"{name}.pads", [0, 0, *pads[:axes], 0, 0, *pads[axes:]])
    return builder.node("Pad", name, [value.name, every])


def _average(builder: Builder, part: Operation, value: Value, name: str) -> Value:
    return _like(value, builder.node("GlobalAveragePool", name, [value.name], _note(part)))


def _dense(builder: Builder, part: Operation, value: Value, name: str) -> Value:
    flat = builder.flattened(value, name)
    shape = (part.channels, part.features_in)
    inputs = [flat.name, builder.weights.kernel(f"{name}.weight", shape, part.features_in)]
    if part.bias:
        inputs.append(builder.weights.vector(f"{name}.bias", (part.channels,), 0.0))
    return _like(flat, builder.node("Gemm", name, inputs, _note(part), transB=1))


def _resize(builder: Builder, part: Operation, value: Value, name: str) -> Value:
    scales = builder.weights.floats(f"{name}.scales", [1.0, 1.0, *map(float, part.kernel)])
    how: dict[str, Any] = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    if part.op == "UP":
        how = {"mode": "nearest", "nearest_mode": "floor"}
        how["coordinate_transformation_mode"] = "asymmetric"
    made = builder.node("Resize", name, [value.name, "", scales], _note(part), **how)
    return builder.signed(_like(value, made))


def _subsample(builder: Builder, part: Operation, value: Value, name: str) -> Value:
    """A maximum over one position takes every step-th, in every runtime."""
    one = [1] * len(part.kernel)
    made = builder.node(
        "MaxPool", name, [value.name], _note(part), kernel_shape=one, strides=list(part.kernel)
    )
    return _like(value, made)


def _pad(builder: Builder, part: Operation, value: Value, name: str) -> Value:
    sign = -1 if part.op == "CROP" else 1
    pads = [sign * pad for pad in _pads(part.sides)]
    return _like(value, _padded(builder, pads, value, name))


def _norm(builder: Builder, kind: str, channels: int, value: Value, name: str) -> Value:
    """Batch norm ("B"), or a layer norm over the channels of each position ("L")."""
    weights = builder.weights
    learned = [
        weights.vector(f"{name}.scale", (channels,), 1.0),
        weights.vector(f"{name}.shift", (channels,), 0.0),
    ]
    if kind == "B":
        running = [
            weights.vector(f"{name}.mean", (channels,), 0.0),
            weights.vector(f"{name}.variance", (channels,), 1.0),
        ]
        made = builder.node("BatchNormalization", name, [value.name, *learned, *running])
        return _like(value, made)
    if value.flat:
        made = builder.node("LayerNormalization", name, [value.name, *learned], axis=-1)
        return _like(value, made)
    rank = builder.plan.axes + 2
    last = builder.node("Transpose", f"{name}/last", [value.name], perm=[0, *range(2, rank), 1])
    normed = builder.node("LayerNormalization", f"{name}/norm", [last, *learned], axis=-1)
    order = [0, rank - 1, *range(1, rank - 1)]
    return _like(value, builder.node("Transpose", name, [normed], perm=order))


def _scale(builder: Builder, part: Operation, value: Value, name: str) -> Value:
    shape = (part.channels, *([] if value.flat else [1] * builder.plan.axes))
    scale = builder.weights.vector(f"{name}.scale", tuple(shape), 1.0)
    return _like(value, builder.node("Mul", name, [value.name, scale], _note(part)))


def _note(part: Operation) -> str:
    return part.figures.note


_MAKERS = {
    **dict.fromkeys(("C", "DW", "T"), _convolution),
    **dict.fromkeys(("MP", "AP"), _pool),
    **dict.fromkeys(("UP", "UPL"), _resize),
    **dict.fromkeys(("PAD", "CROP"), _pad),
    "GAP": _average,
    "SUB": _subsample,
}
