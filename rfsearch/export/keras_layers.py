"""Each layer of the notation as the Keras layers that it is made of, channels last."""

from __future__ import annotations

from typing import Any

from rfsearch.errors import UsageError
from rfsearch.export.plan import Operation
from rfsearch.export.python_text import Call, call, per_axis

# Classes that a file defines for itself where a layer needs them, by name.
SUPPORT = {
    "StridedDilatedConv": '''class StridedDilatedConv(layers.Layer):
    """A convolution with stride and dilation both above 1, which keras.layers leaves out."""

    def __init__(
        self, filters, kernel_size, strides, dilation_rate, groups, use_bias, **kwargs
    ):
        super().__init__(**kwargs)
        self.filters, self.kernel_size, self.groups = filters, kernel_size, groups
        self.strides, self.dilation_rate, self.use_bias = strides, dilation_rate, use_bias

    def build(self, shape):
        kernel = (*self.kernel_size, shape[-1] // self.groups, self.filters)
        self.kernel = self.add_weight(shape=kernel, initializer="glorot_uniform")
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(shape=(self.filters,), initializer="zeros")

    def call(self, x):
        x = keras.ops.conv(
            x,
            self.kernel,
            strides=self.strides,
            padding="valid",
            dilation_rate=self.dilation_rate,
        )
        return x if self.bias is None else x + self.bias
''',
    "Scale": '''class Scale(layers.Layer):
    """A learned factor for each channel."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x):
        return x * self.scale
''',
}

# What is applied to a tensor: a layer's constructor, or an expression with {x} in it.
Applied = Call | str


def applied(part: Operation, name: str, flat: bool) -> list[Applied]:
    """What one layer, its norm and its activation are in Keras, in order of application."""
    made = _MAKERS[part.op](part, len(part.kernel), name)
    if part.norm:
        made.append(norm(part.norm, f"{name}_norm"))
    if part.activation:
        made.append(call("layers.Activation", ("activation", part.activation), name=f"{name}_act"))
    return made


def norm(kind: str, name: str) -> Call:
    """Batch norm ("N") or layer norm over the channels ("L")."""
    if kind == "N":
        return call("layers.BatchNormalization", name=name)
    return call("layers.LayerNormalization", axis=-1, name=name)


def _convolution(part: Operation, axes: int, name: str) -> list[Applied]:
    before, padding = _padding(part, axes, name)
    both = any(s > 1 for s in part.stride) and any(d > 1 for d in part.dilation)
    if both:
        before = _explicit(part.sides, axes, name)
        layer = call(
            "StridedDilatedConv",
            ("filters", part.channels),
            ("kernel_size", part.kernel),
            ("strides", part.stride),
            ("dilation_rate", part.dilation),
            ("groups", part.groups),
            ("use_bias", part.bias),
            name=name,
        )
        return [*before, layer]
    shared: dict[str, Any] = {
        "strides": _unless(per_axis(part.stride), 1),
        "padding": padding,
        "dilation_rate": _unless(per_axis(part.dilation), 1),
    }
    last: dict[str, Any] = {"use_bias": None if part.bias else False, "name": name}
    depthwise = part.groups == part.channels_in > 1 and part.channels % part.channels_in == 0
    if depthwise and axes < 3 and len(set(part.stride)) == 1 and padding != "causal":
        times = part.channels // part.channels_in
        return [
            *before,
            call(
                f"layers.DepthwiseConv{axes}D",
                ("kernel_size", per_axis(part.kernel)),
                depth_multiplier=_unless(times, 1),
                **shared,
                **last,
            ),
        ]
    layer = call(
        f"layers.Conv{axes}D",
        ("filters", part.channels),
        ("kernel_size", per_axis(part.kernel)),
        groups=_unless(part.groups, 1),
        **shared,
        **last,
    )
    return [*before, layer]


def _padding(part: Operation, axes: int, name: str) -> tuple[list[Applied], str | None]:
    """Layers that pad beforehand, and the word for the layer itself; None is "valid"."""
    if not any(map(any, part.sides)):
        return [], None
    if part.same:
        return [], "same"
    plain = all(stride == 1 for stride in part.stride)
    if plain and part.sides == tuple((g // 2, g - g // 2) for g in part.growth):
        return [], "same"
    if axes == 1 and part.op == "C" and part.sides == ((part.growth[0], 0),):
        return [], "causal"
    return _explicit(part.sides, axes, name), None


def _explicit(sides: tuple[tuple[int, int], ...], axes: int, name: str) -> list[Applied]:
    if not any(map(any, sides)):
        return []
    return [call(f"layers.ZeroPadding{axes}D", ("padding", _pairs(sides)), name=f"{name}_pad")]


def _pairs(sides: tuple[tuple[int, int], ...]) -> Any:
    """As Keras has it: a number where all agree, one pair for 1-D, pairs otherwise."""
    flat = {pad for pair in sides for pad in pair}
    if len(flat) == 1:
        return flat.pop()
    return sides[0] if len(sides) == 1 else sides


def _pool(part: Operation, axes: int, name: str) -> list[Applied]:
    kind = "Max" if part.op == "MP" else "Average"
    before: list[Applied] = []
    padding = None
    sides = part.fitted
    if any(map(any, sides)):
        if part.op == "MP" and part.same:
            padding = "same"
        elif part.zero_padded or part.nonnegative:
            before = _explicit(sides, axes, name)
        else:
            every = ", ".join(["(0, 0)", *map(str, sides), "(0, 0)"])
            before = [f'keras.ops.pad({{x}}, ({every}), constant_values=float("-inf"))']
    pool = call(
        f"layers.{kind}Pooling{axes}D",
        ("pool_size", per_axis(part.kernel)),
        strides=per_axis(part.stride),
        padding=padding,
        name=name,
    )
    return [*before, pool]


def _transposed(part: Operation, axes: int, name: str) -> list[Applied]:
    """Keras spreads the whole input; what the notation pads is cropped."""
    strided = any(s > 1 for s in part.stride)
    if part.groups > 1 or (strided and any(d > 1 for d in part.dilation)):
        raise UsageError(
            f"{name}: Keras has no transposed convolution with groups, or with stride and "
            "dilation both above 1"
        )
    layer = call(
        f"layers.Conv{axes}DTranspose",
        ("filters", part.channels),
        ("kernel_size", per_axis(part.kernel)),
        strides=_unless(per_axis(part.stride), 1),
        dilation_rate=_unless(per_axis(part.dilation), 1),
        use_bias=None if part.bias else False,
        name=name,
    )
    crops = tuple(
        (before, n * s + max(g + 1 - s, 0) - before - m)
        for (before, _), n, s, g, m in zip(
            part.sides, part.sizes_in, part.stride, part.growth, part.sizes, strict=True
        )
    )
    if not any(map(any, crops)):
        return [layer]
    return [
        layer,
        call(f"layers.Cropping{axes}D", ("cropping", _pairs(crops)), name=f"{name}_crop"),
    ]


def _dense(part: Operation, axes: int, name: str) -> list[Applied]:
    bias = None if part.bias else False
    return [call("layers.Dense", ("units", part.channels), use_bias=bias, name=name)]


def _resize(part: Operation, axes: int, name: str) -> list[Applied]:
    if part.op == "UPL" and axes != 2:
        raise UsageError(f"{name}: Keras resizes linearly on two axes only, not on {axes}")
    how = "bilinear" if part.op == "UPL" else None
    size = per_axis(part.kernel)
    return [call(f"layers.UpSampling{axes}D", ("size", size), interpolation=how, name=name)]


def _average(part: Operation, axes: int, name: str) -> list[Applied]:
    return [call(f"layers.GlobalAveragePooling{axes}D", keepdims=True, name=name)]


def _subsample(part: Operation, axes: int, name: str) -> list[Applied]:
    return ["{x}[:, " + ", ".join(f"::{step}" for step in part.kernel) + ", :]"]


def _pad(part: Operation, axes: int, name: str) -> list[Applied]:
    if part.op == "PAD":
        return [call(f"layers.ZeroPadding{axes}D", ("padding", _pairs(part.sides)), name=name)]
    return [call(f"layers.Cropping{axes}D", ("cropping", _pairs(part.sides)), name=name)]


def _norm_layer(part: Operation, axes: int, name: str) -> list[Applied]:
    return [norm("N" if part.op == "BN" else "L", name)]


def _scale(part: Operation, axes: int, name: str) -> list[Applied]:
    return [call("Scale", name=name)]


def _unless(value: Any, default: Any) -> Any:
    """None, which leaves an argument out, where the value is the framework's default."""
    return None if value == default else value


_MAKERS = {
    **dict.fromkeys(("C", "DW"), _convolution),
    **dict.fromkeys(("MP", "AP"), _pool),
    **dict.fromkeys(("UP", "UPL"), _resize),
    **dict.fromkeys(("PAD", "CROP"), _pad),
    **dict.fromkeys(("BN", "LN"), _norm_layer),
    "T": _transposed,
    "GAP": _average,
    "FC": _dense,
    "SUB": _subsample,
    "SCALE": _scale,
}
