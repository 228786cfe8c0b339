"""The costs: name, unit, what one layer adds, how it combines. A new cost is one entry.

What a layer adds is a plain integer function of the layer's own numbers and of the volumes
(output positions: n squared for a square image) at its two ends, affine in the volumes and in
jump squared. The engine reads the coefficients off by probing it (`coefficients`), the kernels
and the network tables call it as it stands, so each definition exists once.

Arguments of every layer function, all whole numbers:

    taps        kernel positions (k squared for a square kernel); 0 for a pool
    c_in, c_out channels; groups divides c_in
    learned     learned values per output channel beside the weights: NO_BIAS, BIAS or NORM
    spread      d^2 (k^2 - 1) of the axis, pools included
    in_volume, out_volume   positions before and after; jump2: the jump before, squared

Definitions: one MAC is one multiply-accumulate; pooling has none. `activations` is what training
keeps, `peak_memory` what inference needs at the least (a layer's input beside its output).
`erf_variance` is Luo et al. 2016, "Understanding the Effective Receptive Field in Deep
Convolutional Neural Networks", for uniform weights: the sum of d^2 j^2 (k^2 - 1) / 12.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

SUM, MAX = "sum", "max"

NO_BIAS, BIAS, NORM = 0, 1, 2


def window_spread(kernel, dilation):
    """Twelve times the variance of a window of uniform weights: d^2 (k^2 - 1)."""
    return dilation * dilation * (kernel * kernel - 1)


def layer_params(taps, c_in, c_out, groups, learned, spread, in_volume, out_volume, jump2):
    """Weights, and biases or the two values of a norm; nothing for a pool."""
    return taps * (c_in // groups) * c_out + learned * c_out * (taps > 0)


def layer_macs(taps, c_in, c_out, groups, learned, spread, in_volume, out_volume, jump2):
    """Multiply-accumulates of a convolution; 0 for a pool."""
    return out_volume * taps * (c_in // groups) * c_out


def transposed_macs(taps, c_in, c_out, groups, in_volume):
    """Multiply-accumulates of a transposed convolution: every input position is spread out."""
    return in_volume * taps * (c_in // groups) * c_out


def layer_activations(taps, c_in, c_out, groups, learned, spread, in_volume, out_volume, jump2):
    """Values of the layer's output."""
    return out_volume * c_out


def layer_live(taps, c_in, c_out, groups, learned, spread, in_volume, out_volume, jump2):
    """Values of the layer's input and output together."""
    return in_volume * c_in + out_volume * c_out


def layer_depth(taps, c_in, c_out, groups, learned, spread, in_volume, out_volume, jump2):
    """One layer."""
    return 1


def layer_spread(taps, c_in, c_out, groups, learned, spread, in_volume, out_volume, jump2):
    """Twelve times the variance that the layer adds to the impulse response."""
    return spread * jump2


@dataclass(frozen=True)
class Cost:
    """One cost of a stack.

    `layer` gives what a layer adds; `combine` joins layers (SUM or MAX). `of_input` says that the
    input tensor counts too; `in_bytes` that values are multiplied by the bytes per value. Whole
    numbers are kept `scale` times as large as the figure shown.
    """

    name: str
    unit: str
    meaning: str
    layer: Callable[..., int]
    combine: str = SUM
    of_input: bool = False
    in_bytes: bool = False
    scale: int = 1


COSTS: dict[str, Cost] = {
    cost.name: cost
    for cost in (
        Cost("depth", "layers", "number of layers", layer_depth),
        Cost("params", "values", "weights and biases", layer_params),
        Cost("macs", "multiply-accumulates", "n_out^2 k^2 c_in c_out", layer_macs),
        Cost(
            "activations",
            "values",
            "the input and every layer's output",
            layer_activations,
            of_input=True,
        ),
        Cost(
            "memory",
            "bytes",
            "activations times bytes per value",
            layer_activations,
            of_input=True,
            in_bytes=True,
        ),
        Cost(
            "peak_memory",
            "bytes",
            "largest input + output of a layer, tensors only",
            layer_live,
            combine=MAX,
            in_bytes=True,
        ),
        Cost(
            "erf_variance",
            "input pixels squared",
            "variance of the impulse response, uniform weights",
            layer_spread,
            scale=12,
        ),
    )
}


def coefficients(cost: Cost, *layer_numbers: int) -> tuple[int, int, int, int]:
    """(constant, per input position, per output position, per squared jump) of one layer's cost.

    `layer_numbers` are taps, c_in, c_out, groups, learned, spread. Each layer function is affine
    in the last three arguments, so three probes determine it.
    """
    constant = cost.layer(*layer_numbers, 0, 0, 0)
    return (
        constant,
        cost.layer(*layer_numbers, 1, 0, 0) - constant,
        cost.layer(*layer_numbers, 0, 1, 0) - constant,
        cost.layer(*layer_numbers, 0, 0, 1) - constant,
    )
