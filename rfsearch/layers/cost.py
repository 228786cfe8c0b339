"""The costs: name, unit, what one layer adds, how it combines. A new cost is one entry.

What a layer adds is a plain integer function of the layer's own numbers and of the volumes
(output positions: n squared for a square image) at its two ends, affine in the volumes and in
jump squared. The kernels of `evaluate` and the network tables call it as it stands; the engine adds
up numbers of whole items (rfsearch.layers.numbers) and takes each cost from these.

Arguments of every layer function, all whole numbers:

    taps        kernel positions (k squared for a square kernel); 0 for a pool
    c_in, c_out channels; groups divides c_in
    learned     learned values per output channel beside the weights: NO_BIAS, BIAS or NORM
    spread      d^2 (k^2 - 1) of the axis, pools included
    in_volume, out_volume   positions before and after; jump2: the jump before, squared

Definitions: one MAC is one multiply-accumulate; pooling has none. `activations` is what training
keeps, `peak_memory` what inference needs at the least (a layer's input beside its output).
`entropy` is the expressiveness of Shen et al., "DeepMAD", CVPR 2023, without their factor.
`erf_variance` is Luo et al. 2016, "Understanding the Effective Receptive Field in Deep
Convolutional Neural Networks", for uniform weights: the sum of d^2 j^2 (k^2 - 1) / 12.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import log
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    import numpy as np

    from rfsearch.layers.numbers import Numbers

SUM, MAX = "sum", "max"

NO_BIAS, BIAS, NORM = 0, 1, 2


# The kernels also ask in floating point, where whole numbers might wrap.
Number = TypeVar("Number", int, float)


def window_spread(kernel: Number, dilation: Number) -> Number:
    """Twelve times the variance of a window of uniform weights: d^2 (k^2 - 1)."""
    return dilation * dilation * (kernel * kernel - 1)


def layer_params(
    taps: Number, c_in: Number, c_out: Number, groups: Number, learned: Number, spread: Number,
    in_volume: Number, out_volume: Number, jump2: Number,
) -> Number:  # fmt: skip
    """Weights, and biases or the two values of a norm; nothing for a pool."""
    return taps * (c_in // groups) * c_out + learned * c_out * (taps > 0)


def layer_macs(
    taps: Number, c_in: Number, c_out: Number, groups: Number, learned: Number, spread: Number,
    in_volume: Number, out_volume: Number, jump2: Number,
) -> Number:  # fmt: skip
    """Multiply-accumulates of a convolution; 0 for a pool."""
    return out_volume * taps * (c_in // groups) * c_out


def transposed_macs(
    taps: Number, c_in: Number, c_out: Number, groups: Number, in_volume: Number
) -> Number:
    """Multiply-accumulates of a transposed convolution: every input position is spread out."""
    return in_volume * taps * (c_in // groups) * c_out


def layer_activations(
    taps: Number, c_in: Number, c_out: Number, groups: Number, learned: Number, spread: Number,
    in_volume: Number, out_volume: Number, jump2: Number,
) -> Number:  # fmt: skip
    """Values of the layer's output."""
    return out_volume * c_out


def layer_live(
    taps: Number, c_in: Number, c_out: Number, groups: Number, learned: Number, spread: Number,
    in_volume: Number, out_volume: Number, jump2: Number,
) -> Number:  # fmt: skip
    """Values of the layer's input and output together."""
    return in_volume * c_in + out_volume * c_out


def layer_depth(
    taps: Number, c_in: Number, c_out: Number, groups: Number, learned: Number, spread: Number,
    in_volume: Number, out_volume: Number, jump2: Number,
) -> int:  # fmt: skip
    """One layer."""
    return 1


def layer_spread(
    taps: Number, c_in: Number, c_out: Number, groups: Number, learned: Number, spread: Number,
    in_volume: Number, out_volume: Number, jump2: Number,
) -> Number:  # fmt: skip
    """Twelve times the variance that the layer adds to the impulse response."""
    return spread * jump2


LOG_SCALE = 1 << 32
SURE = float(1 << 40)  # a hundred units in the last place below are less than 0.01


@lru_cache(maxsize=1 << 16)
def log_fixed(number: int) -> int:
    """The natural logarithm of a whole number >= 1 in units of 2^-32, rounded to the nearest.

    In decimal arithmetic wherever the error of some machine's floating point, some units in the
    last of 53 bits, could decide.
    """
    rough = log(number) * LOG_SCALE
    nearest = round(rough)
    if abs(rough - nearest) < 0.49 and rough < SURE:
        return nearest
    from decimal import Context, Decimal  # seldom

    return int((Decimal(number).ln(Context(prec=40)) * LOG_SCALE).to_integral_value())


def layer_entropy(
    taps: int, c_in: int, c_out: int, groups: int, learned: int, spread: int,
    in_volume: int, out_volume: int, jump2: int,
) -> int:  # fmt: skip
    """log(c_in k^2 / groups) of a convolution in units of 2^-32; 0 for a pool."""
    return log_fixed(max(taps * c_in // groups, 1))


class Cost(NamedTuple):
    """One cost of a stack.

    layer     what a layer of a described network or a candidate adds; None: not asked of these
    step      what a step of a search adds, from its Numbers, in whole units [E]; None: it is made
              where states are told further apart (rfsearch.automaton.expressive)
    combine   how steps join (SUM or MAX)
    of_input  whether the input tensor counts too, of a described network: to a search it is a step
    in_bytes  whether a layer's values are multiplied by their bytes, of `weights` or activations
    scale     whole numbers are kept so many times as large as the figure shown
    mean      whether it is a mean over the axes, kept as their sum
    of_neighbourhoods   whether only networks like one have it
    """

    name: str
    unit: str
    meaning: str
    layer: Callable[..., int] | None = None
    step: Callable[[Numbers], np.ndarray | None] | None = None
    combine: str = SUM
    of_input: bool = False
    in_bytes: bool = False
    scale: int = 1
    weights: bool = False
    mean: bool = False
    of_neighbourhoods: bool = False

    def __reduce__(self) -> tuple[object, ...]:
        """A pickle names a registered cost, whose functions may have no name of their own."""
        if RANKED.get(self.name) is self:
            return _registered, (self.name,)
        return Cost, tuple(self)


# DeepMAD's own figures and coverage tell states further apart: see rfsearch.automaton.expressive
# and rfsearch.automaton.seen.
DEEPMAD_SCALE = 1 << 41
EFFECTIVENESS_SCALE = 1 << 32
# Two shares of fields of at most 2^25 positions differ by more than 2^-50: each keeps its place.
COVERAGE_SCALE = 1 << 53

# Every cost, in the order of the columns.
RANKED: dict[str, Cost] = {
    cost.name: cost
    for cost in (
        Cost("depth", "layers", "number of layers", layer_depth, lambda n: n.depth),
        Cost("params", "values", "weights and biases", layer_params, lambda n: n.params),
        Cost(
            "macs",
            "multiply-accumulates",
            "n_out^2 k^2 c_in c_out",
            layer_macs,
            lambda n: n.macs,
        ),
        Cost(
            "activations",
            "values",
            "the input and every layer's output",
            layer_activations,
            lambda n: n.activations,
            of_input=True,
        ),
        Cost(
            "memory",
            "bytes",
            "activations times bytes per value",
            layer_activations,
            lambda n: n.activations * n.activation_bytes,
            of_input=True,
            in_bytes=True,
        ),
        Cost(
            "peak_memory",
            "bytes",
            "largest input + output of a layer, tensors only",
            layer_live,
            lambda n: n.live * n.activation_bytes,
            combine=MAX,
            in_bytes=True,
        ),
        Cost(
            "erf_variance",
            "input pixels squared",
            "variance of the impulse response, uniform weights",
            layer_spread,
            lambda n: n.spread,
            scale=12,
            mean=True,
        ),
        Cost(
            "weight_memory",
            "bytes",
            "params times bytes per weight",
            layer_params,
            lambda n: n.params * n.weight_bytes,
            in_bytes=True,
            weights=True,
        ),
        Cost(
            "entropy",
            "nats",
            "sum of log(c_in k^2 / groups) over the convolutions",
            layer_entropy,
            lambda n: n.entropy,
            scale=LOG_SCALE,
        ),
        Cost("rf", "pixels", "receptive field", step=lambda n: n.growth),
        Cost("deepmad", "", "score of Shen et al. 2023", scale=DEEPMAD_SCALE),
        Cost(
            "effectiveness",
            "",
            "depth to width of Shen et al. 2023, the greatest of any stage's end",
            combine=MAX,
            scale=EFFECTIVENESS_SCALE,
        ),
        Cost("arena", "bytes", "arena of TensorFlow Lite Micro, int8", in_bytes=True),
        Cost("flash", "bytes", "file of TensorFlow Lite, int8", in_bytes=True),
        Cost(
            "coverage",
            "",
            "share of the RF's positions that reach the middle output, the least of the axes",
            scale=COVERAGE_SCALE,
        ),
        Cost(
            "changes",
            "changes",
            "layers added, removed or changed",
            step=lambda n: n.changes,
            of_neighbourhoods=True,
        ),
    )
}


def _registered(name: str) -> Cost:
    return RANKED[name]


# Those that a described network and a candidate of `evaluate` have as well.
COSTS: dict[str, Cost] = {name: cost for name, cost in RANKED.items() if cost.layer is not None}

# Those that every row of a search has, the RF aside: what a step adds is known of any space.
LISTED: tuple[str, ...] = tuple(
    name
    for name, cost in RANKED.items()
    if cost.step is not None and not cost.of_neighbourhoods and name != "rf"
)

# Those that need states told further apart; those that only the networks like one have.
# Found of whole stacks where a budget on them is part of the spots.
SCORES = ("deepmad", "effectiveness")
UNFOLDED: tuple[str, ...] = tuple(name for name, cost in RANKED.items() if cost.step is None)
CHANGES = RANKED["changes"]

# Columns of a row that are no costs and have one number an axis.
PER_AXIS: tuple[str, ...] = (
    "output_size", "rf", "rf_min", "jump", "centre", "padding_total"
)  # fmt: skip

# What bounds it is the target.
RF = RANKED["rf"]

# Of these, what a device charges: search works with what is certain, and rows have what is exact.
CHARGED: tuple[str, ...] = ("arena", "flash")

# All of them, as errors list them.
COST_NAMES = (
    f"{', '.join(name for name, cost in RANKED.items() if not cost.of_neighbourhoods)}; "
    f"of the networks like one also {CHANGES.name}"
)


def scale_of(name: str, axes: int) -> int:
    """How many times as large as shown a cost is kept."""
    cost = RANKED[name]
    return cost.scale * (axes if cost.mean else 1)
