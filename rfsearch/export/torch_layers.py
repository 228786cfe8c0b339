"""Each layer of the notation as the torch modules that it is made of."""

from __future__ import annotations

from typing import Any

from rfsearch.export.plan import Gate, Operation
from rfsearch.export.python_text import Call, call, per_axis, unless

# Classes that a file defines for itself where a layer needs them, by name.
SUPPORT = {
    "SamePad": '''class SamePad(nn.Module):
    """Padding for ceil(n / stride) outputs, the odd pixel after (TensorFlow's SAME)."""

    def __init__(
        self,
        kernel_size: tuple[int, ...],
        stride: tuple[int, ...],
        dilation: tuple[int, ...],
        value: float = 0.0,
    ) -> None:
        super().__init__()
        self.windows = list(zip(kernel_size, stride, dilation))
        self.value = value

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pads: list[int] = []
        for size, (k, s, d) in zip(x.shape[2:], self.windows):
            total = max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0)
            pads = [total // 2, total - total // 2, *pads]
        return F.pad(x, pads, value=self.value)
''',
    "CroppedConvTranspose": '''class CroppedConvTranspose(nn.ConvTranspose{d}d):
    """A transposed convolution cut more at one side than `padding` cuts at both."""

    def __init__(self, *channels: int, crop: tuple[int, ...], **options) -> None:
        super().__init__(*channels, **options)
        self.crop = crop

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.pad(super().forward(x), self.crop)
''',
    "ChannelNorm": '''class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of each position."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
''',
    "Scale": '''class Scale(nn.Module):
    """A learned factor for each channel."""

    def __init__(self, channels: int, axes: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, *[1] * axes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale
''',
    "SqueezeExcite": '''class SqueezeExcite(nn.Module):
    """Each channel times a factor that depends on the averages of all channels."""

    def __init__(self, channels: int, squeezed: int, bias: bool = True) -> None:
        super().__init__()
        self.average = nn.AdaptiveAvgPool{d}d(1)
        self.squeeze = nn.Conv{d}d(channels, squeezed, kernel_size=1, bias=bias)
        self.expand = nn.Conv{d}d(squeezed, channels, kernel_size=1, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = {squeezed}
        return x * torch.sigmoid(self.expand(y))
''',
}

FUNCTIONS = {"relu": "F.relu", "gelu": "F.gelu", "silu": "F.silu"}

_LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


def modules(part: Operation, flat: bool) -> list[tuple[str, Call]]:
    """(suffix of the attribute, constructor), in order of application; `flat`: no axes left."""
    axes = len(part.kernel)
    made = _MAKERS[part.op](part, axes, flat)
    if part.norm:
        made.append(("_norm", norm(part.norm, part.channels, axes, flat or part.op == "FC")))
    return made


def norm(kind: str, channels: int, axes: int, flat: bool) -> Call:
    """Batch norm ("N") or layer norm over the channels ("L")."""
    if kind == "N":
        return call(f"nn.BatchNorm{1 if flat else axes}d", ("channels", channels))
    return call("nn.LayerNorm" if flat else "ChannelNorm", ("channels", channels))


def gate(part: Gate) -> Call:
    """The module of a squeeze and excitation."""
    return call(
        "SqueezeExcite",
        ("channels", part.expand.channels),
        ("squeezed", part.squeeze.channels),
        bias=unless(part.layer.bias, True),
    )


def _convolution(part: Operation, axes: int, flat: bool) -> list[tuple[str, Call]]:
    made, padding = _padding(part, axes, zeros=True)
    return [
        *made,
        (
            "",
            call(
                f"nn.Conv{axes}d",
                ("in_channels", part.channels_in),
                ("out_channels", part.channels),
                kernel_size=per_axis(part.kernel),
                stride=unless(per_axis(part.stride), 1),
                padding=unless(padding, 0),
                dilation=unless(per_axis(part.dilation), 1),
                groups=unless(part.groups, 1),
                bias=unless(part.bias, True),
            ),
        ),
    ]


def _padding(part: Operation, axes: int, zeros: bool) -> tuple[list[tuple[str, Call]], Any]:
    """A module that pads beforehand, where the layer cannot; the layer's own padding."""
    if part.same:
        if not any(map(any, part.sides)) and all(s == 1 for s in part.stride):
            return [], 0
        if zeros and all(s == 1 for s in part.stride):
            return [], "same"
        value = None if zeros else float("-inf")
        windows = call(
            "SamePad",
            ("kernel_size", part.kernel),
            ("stride", part.stride),
            ("dilation", part.dilation),
            value=value,
        )
        return [("_pad", windows)], 0
    own = tuple(before for before, _ in part.sides)
    even = all(before == after for before, after in part.sides)
    pool = part.op in ("MP", "AP")
    # torch pools take at most half of their kernel, and no window larger than what they read.
    narrow = not pool or all(
        2 * p <= k <= n for p, k, n in zip(own, part.kernel, part.sizes_in, strict=True)
    )
    if even and narrow:
        return [], per_axis(own)
    return [("_pad", _pad_call(part.sides, axes, zeros))], 0


def _pad_call(sides: tuple[tuple[int, int], ...], axes: int, zeros: bool) -> Call:
    """A padding module; torch lists the last axis first."""
    pads = tuple(pad for pair in reversed(sides) for pad in pair)
    number: Any = pads[0] if len(set(pads)) == 1 else pads
    if zeros:
        return call(f"nn.ZeroPad{axes}d", ("padding", number))
    return call(f"nn.ConstantPad{axes}d", ("padding", number), ("value", float("-inf")))


def _pool(part: Operation, axes: int, flat: bool) -> list[tuple[str, Call]]:
    made, padding = _padding(part, axes, zeros=part.zero_padded)
    if padding == "same":
        made = [
            (
                "_pad",
                call(
                    "SamePad",
                    ("kernel_size", part.kernel),
                    ("stride", part.stride),
                    ("dilation", part.dilation),
                ),
            )
        ]
        padding = 0
    kind = "Max" if part.op == "MP" else "Avg"
    pool = call(
        f"nn.{kind}Pool{axes}d",
        kernel_size=per_axis(part.kernel),
        stride=per_axis(part.stride),
        padding=unless(padding, 0),
        ceil_mode=True if part.ceil and not part.same else None,
    )
    if part.ceil and not part.same and made:
        # torch's rule looks at the input without what was padded before: fit the end by hand.
        average = part.op == "AP"
        sides = part.within if average else part.fitted
        made = [("_pad", _pad_call(sides, axes, part.zero_padded))]
        if not (average and any(part.overhang)):
            pool = Call(pool.target, pool.arguments[:-1])
    return [*made, ("", pool)]


def _transposed(part: Operation, axes: int, flat: bool) -> list[tuple[str, Call]]:
    """What is cut at the end beyond the start is cropped; what is less is output padding."""
    extra = tuple(max(before - after, 0) for before, after in part.sides)
    allowed = all(
        one < max(s, d) for one, s, d in zip(extra, part.stride, part.dilation, strict=True)
    )
    own = tuple(before if allowed else min(before, after) for before, after in part.sides)
    if not allowed:
        extra = (0,) * axes
    crops = _crops(part, own, extra)
    cropped = any(map(any, crops))
    layer = call(
        "CroppedConvTranspose" if cropped else f"nn.ConvTranspose{axes}d",
        ("in_channels", part.channels_in),
        ("out_channels", part.channels),
        kernel_size=per_axis(part.kernel),
        stride=unless(per_axis(part.stride), 1),
        padding=unless(per_axis(own), 0),
        output_padding=unless(per_axis(extra), 0),
        groups=unless(part.groups, 1),
        bias=unless(part.bias, True),
        dilation=unless(per_axis(part.dilation), 1),
        crop=tuple(pad for pair in reversed(crops) for pad in pair) if cropped else None,
    )
    return [("", layer)]


def _crops(
    part: Operation, own: tuple[int, ...], extra: tuple[int, ...]
) -> tuple[tuple[int, int], ...]:
    """What is still to be cut, as negative padding."""
    return tuple(
        (p - before, p - after - one)
        for (before, after), p, one in zip(part.sides, own, extra, strict=True)
    )


def _dense(part: Operation, axes: int, flat: bool) -> list[tuple[str, Call]]:
    linear = call(
        "nn.Linear",
        ("in_features", part.features_in),
        ("out_features", part.channels),
        bias=unless(part.bias, True),
    )
    return [("", linear)]


def _resize(part: Operation, axes: int, flat: bool) -> list[tuple[str, Call]]:
    mode = "nearest" if part.op == "UP" else _LINEAR[axes]
    return [("", call("nn.Upsample", scale_factor=per_axis(part.kernel), mode=mode))]


def _average(part: Operation, axes: int, flat: bool) -> list[tuple[str, Call]]:
    return [("", call(f"nn.AdaptiveAvgPool{axes}d", ("output_size", 1)))]


def _subsample(part: Operation, axes: int, flat: bool) -> list[tuple[str, Call]]:
    return [("", call(f"nn.MaxPool{axes}d", kernel_size=1, stride=per_axis(part.kernel)))]


def _pad(part: Operation, axes: int, flat: bool) -> list[tuple[str, Call]]:
    sign = -1 if part.op == "CROP" else 1
    sides = tuple((sign * before, sign * after) for before, after in part.sides)
    return [("", _pad_call(sides, axes, zeros=True))]


def _norm_layer(part: Operation, axes: int, flat: bool) -> list[tuple[str, Call]]:
    return [("", norm("N" if part.op == "BN" else "L", part.channels, axes, flat))]


def _scale(part: Operation, axes: int, flat: bool) -> list[tuple[str, Call]]:
    return [("", call("Scale", ("channels", part.channels), ("axes", 0 if flat else axes)))]


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
