"""Each layer of the notation as the Keras layers that it is made of, channels last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from rfsearch.export.plan import Gate, Operation
from rfsearch.export.python_text import Call, call, per_axis, unless


@dataclass(frozen=True)
class Function:
    """A function whose first argument is the tensor; `call` has the others.

    named   whether it makes layers, which are named after its argument `name`
    """

    call: Call
    named: bool = True


# What is applied to a tensor: a layer's constructor, a function, or an expression with {x} in it.
Applied: TypeAlias = Call | Function | str
# With what is added to the part's name.
Named: TypeAlias = list[tuple[str, Applied]]


def applied(part: Operation) -> Named:
    """(suffix of the name, what one layer, its norm and its activation are), in order."""
    made = _MAKERS[part.op](part, len(part.kernel))
    if part.norm:
        made.append(("_norm", norm(part.norm)))
    if part.activation and not any(_activates(one) for _, one in made):
        made.append(("_act", activation(part.activation)))
    return made


def norm(kind: str) -> Call:
    """Batch norm ("N") or layer norm over the channels ("L")."""
    if kind == "N":
        return call("layers.BatchNormalization")
    return call("layers.LayerNormalization", axis=-1)


def activation(function: str) -> Call:
    """The layer of an activation function alone."""
    return call("layers.Activation", ("activation", function))


def gate(part: Gate) -> Function:
    """The function of a squeeze and excitation."""
    width = ("squeezed", part.squeeze.channels)
    return Function(call("squeeze_excite", width, use_bias=unless(part.layer.bias, True)))


def _activates(made: Applied) -> bool:
    return isinstance(made, Call) and any(one.key == "activation" for one in made.arguments)


def _own_activation(part: Operation) -> str | None:
    """What a layer does itself; a norm comes before it."""
    return None if part.norm else part.activation or None


def _convolution(part: Operation, axes: int) -> Named:
    before, padding = _padding(part, axes)
    both = any(s > 1 for s in part.stride) and any(d > 1 for d in part.dilation)
    if both:
        layer = call(
            "StridedDilatedConv",
            ("filters", part.channels),
            ("kernel_size", part.kernel),
            strides=part.stride,
            dilation_rate=part.dilation,
            groups=unless(part.groups, 1),
            use_bias=unless(part.bias, True),
        )
        return [*_explicit(part.sides, axes), ("", layer)]
    shared: dict[str, Any] = {
        "strides": unless(per_axis(part.stride), 1),
        "padding": padding,
        "dilation_rate": unless(per_axis(part.dilation), 1),
        "activation": _own_activation(part),
        "use_bias": unless(part.bias, True),
    }
    depthwise = part.groups == part.channels_in > 1 and part.channels % part.channels_in == 0
    if depthwise and axes < 3 and len(set(part.stride)) == 1 and padding != "causal":
        times = part.channels // part.channels_in
        layer = call(
            f"layers.DepthwiseConv{axes}D",
            ("kernel_size", per_axis(part.kernel)),
            depth_multiplier=unless(times, 1),
            **shared,
        )
        return [*before, ("", layer)]
    layer = call(
        f"layers.Conv{axes}D",
        ("filters", part.channels),
        ("kernel_size", per_axis(part.kernel)),
        groups=unless(part.groups, 1),
        **shared,
    )
    return [*before, ("", layer)]


def _padding(part: Operation, axes: int) -> tuple[Named, str | None]:
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
    return _explicit(part.sides, axes), None


def _explicit(sides: tuple[tuple[int, int], ...], axes: int) -> Named:
    if not any(map(any, sides)):
        return []
    return [("_pad", call(f"layers.ZeroPadding{axes}D", ("padding", _pairs(sides))))]


def _pairs(sides: tuple[tuple[int, int], ...]) -> Any:
    """As Keras has it: a number where all agree, one pair for 1-D, pairs otherwise."""
    flat = {pad for pair in sides for pad in pair}
    if len(flat) == 1:
        return flat.pop()
    return sides[0] if len(sides) == 1 else sides


def _pool(part: Operation, axes: int) -> Named:
    window = {"strides": per_axis(part.stride)}
    size = ("pool_size", per_axis(part.kernel))
    if part.op == "AP":
        before = _explicit(part.within, axes)
        if any(part.overhang):
            size, beyond = ("pool_size", part.kernel), ("overhang", part.overhang)
            partial = call("PartialAveragePooling", size, beyond, strides=part.stride)
            return [*before, ("", partial)]
        return [*before, ("", call(f"layers.AveragePooling{axes}D", size, **window))]
    pool = f"layers.MaxPooling{axes}D"
    if part.same and any(map(any, part.sides)):
        return [("", call(pool, size, **window, padding="same"))]
    if part.zero_padded or part.nonnegative:
        before = _explicit(part.fitted, axes)
    else:
        before = _ignored(part.fitted)
    return [*before, ("", call(pool, size, **window))]


def _ignored(sides: tuple[tuple[int, int], ...]) -> Named:
    """Padding that no maximum sees."""
    if not any(map(any, sides)):
        return []
    every = ("pad_width", ((0, 0), *sides, (0, 0)))
    pad = call("keras.ops.pad", every, constant_values=float("-inf"))
    return [("_pad", Function(pad, named=False))]


def _transposed(part: Operation, axes: int) -> Named:
    """Keras spreads the whole input; what the notation pads is cropped."""
    both = any(s > 1 for s in part.stride) and any(d > 1 for d in part.dilation)
    general = part.groups > 1 or both
    layer = call(
        "GeneralConvTranspose" if general else f"layers.Conv{axes}DTranspose",
        ("filters", part.channels),
        ("kernel_size", part.kernel if general else per_axis(part.kernel)),
        strides=part.stride if general else unless(per_axis(part.stride), 1),
        dilation_rate=part.dilation if general else unless(per_axis(part.dilation), 1),
        groups=unless(part.groups, 1),
        activation=None if general else _own_activation(part),
        use_bias=unless(part.bias, True),
    )
    crops = tuple(
        (before, n * s + max(g + 1 - s, 0) - before - m)
        for (before, _), n, s, g, m in zip(
            part.sides, part.sizes_in, part.stride, part.growth, part.sizes, strict=True
        )
    )
    made: Named = [("", layer)]
    if any(map(any, crops)):
        made.append(("_crop", call(f"layers.Cropping{axes}D", ("cropping", _pairs(crops)))))
    return made


def _dense(part: Operation, axes: int) -> Named:
    layer = call(
        "layers.Dense",
        ("units", part.channels),
        activation=_own_activation(part),
        use_bias=unless(part.bias, True),
    )
    return [("", layer)]


def _resize(part: Operation, axes: int) -> Named:
    if part.op == "UPL" and axes != 2:
        return [("", call("LinearUpSampling", ("size", part.kernel)))]
    how = "bilinear" if part.op == "UPL" else None
    size = per_axis(part.kernel)
    return [("", call(f"layers.UpSampling{axes}D", ("size", size), interpolation=how))]


def _average(part: Operation, axes: int) -> Named:
    return [("", call(f"layers.GlobalAveragePooling{axes}D", keepdims=True))]


def _subsample(part: Operation, axes: int) -> Named:
    return [("", "{x}[:, " + ", ".join(f"::{step}" for step in part.kernel) + ", :]")]


def _pad(part: Operation, axes: int) -> Named:
    if part.op == "PAD":
        return [("", call(f"layers.ZeroPadding{axes}D", ("padding", _pairs(part.sides))))]
    return [("", call(f"layers.Cropping{axes}D", ("cropping", _pairs(part.sides))))]


def _norm_layer(part: Operation, axes: int) -> Named:
    return [("", norm("N" if part.op == "BN" else "L"))]


def _scale(part: Operation, axes: int) -> Named:
    return [("", call("Scale"))]


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
