"""The kernel of evaluate: one candidate after another, one layer after another.

The recurrences and the costs are those of recurrence.py and cost.py, compiled. Before a sum is
taken in int64 its floating twin is held against LIMIT, so that nothing wraps: such a candidate
gets a fault instead of figures.
"""

from __future__ import annotations

import numpy as np

from rfsearch.kernels.alike import number_of
from rfsearch.kernels.jit import (
    bare_njit,
    effective_padding,
    inner,
    output_size,
    receptive_field,
    same_output_size,
    same_padding,
    twice_centre,
    window_growth,
)
from rfsearch.kernels.price_codes import (
    BAD_CHANNELS,
    BAD_DILATION,
    BAD_KERNEL,
    BAD_LEARNED,
    BAD_OP,
    BAD_PADDING,
    BAD_STRIDE,
    GROUPS,
    JUMP_LIMIT,
    LARGEST_CHANNELS,
    LARGEST_NUMBER,
    MACS_LIMIT,
    MEMORY_LIMIT,
    NO_LAYERS,
    POOL_DILATION,
    POOL_KERNEL,
    REMAINDER,
    RF_LIMIT,
    SAME,
    SAME_DROPS,
    VALID,
    VARIANCE_LIMIT,
    WINDOW,
    Op,
)
from rfsearch.layers import cost
from rfsearch.layers.recurrence import CEIL, FLOOR

# Below 2^63 by more than the rounding of a floating sum and the biases of every layer.
LIMIT = float(2**63 - 2**44)

VARIANCE_SCALE = float(cost.COSTS["erf_variance"].scale)

LOST = 1 << 62  # a jump beyond int64: only layers that multiply it by 0 may follow

_NONE, _CONV, _DEPTHWISE = int(Op.NONE), int(Op.CONV), int(Op.DEPTHWISE)
_LAST_OP = int(Op.AVGPOOL)

_params = inner(cost.layer_params)
_macs = inner(cost.layer_macs)
_activations = inner(cost.layer_activations)
_live = inner(cost.layer_live)
_variance = inner(cost.layer_spread)
_spread = inner(cost.window_spread)


@inner
def _bad_value(
    op: int, kernel: int, stride: int, padding: int, dilation: int, channels: int, learned: int
) -> int:
    """The fault of numbers that no layer can have, or VALID."""
    if op < 0 or op > _LAST_OP:
        return BAD_OP
    if kernel < 1 or kernel > LARGEST_NUMBER:
        return BAD_KERNEL
    if stride < 1 or stride > LARGEST_NUMBER:
        return BAD_STRIDE
    if padding < SAME or padding > LARGEST_NUMBER:
        return BAD_PADDING
    if dilation < 1 or dilation > LARGEST_NUMBER:
        return BAD_DILATION
    if op > _DEPTHWISE:
        if kernel < 2:
            return POOL_KERNEL
        if dilation > 1:
            return POOL_DILATION
        return VALID
    if channels < 0 or channels > LARGEST_CHANNELS:
        return BAD_CHANNELS
    if learned < 0 or learned > cost.NORM + cost.BIAS:
        return BAD_LEARNED
    return VALID


@inner
def _value_of(
    fault: int, op: int, kernel: int, stride: int, padding: int, dilation: int, channels: int,
    learned: int,
) -> int:  # fmt: skip
    """The number that a fault of `_bad_value` is about."""
    if fault == BAD_OP:
        return op
    if fault in (BAD_KERNEL, POOL_KERNEL):
        return kernel
    if fault == BAD_STRIDE:
        return stride
    if fault == BAD_PADDING:
        return padding
    if fault in (BAD_DILATION, POOL_DILATION):
        return dilation
    return channels if fault == BAD_CHANNELS else learned


@inner
def _limit(
    taps: float, per_filter: int, c_out: int, out_volume: int, spread: float, reach: int,
    jump: int, bytes_per_value: int, sums: tuple[float, float, float, float],
) -> int:  # fmt: skip
    """The fault of the first figure that would pass int64, by sums in floating point; or VALID.

    `sums` are macs, values, variance, and rf + padding so far; `taps` and `spread` are floats.
    """
    macs, values, variance, reached = sums
    if float(jump) * reach + reached >= LIMIT / 4:
        return RF_LIMIT
    area = float(out_volume)
    if macs + _macs(taps, per_filter, c_out, 1, 0, 0, 0, area, 0) >= LIMIT:
        return MACS_LIMIT
    if (
        values + _activations(taps, per_filter, c_out, 1, 0, 0, 0, area, 0)
    ) * bytes_per_value >= LIMIT:
        return MEMORY_LIMIT
    # No test of peak memory: a layer's input and output are both among the values.
    if (
        variance + _variance(taps, per_filter, c_out, 1, 0, spread, 0, 0, float(jump) * jump)
        >= LIMIT
    ):
        return VARIANCE_LIMIT
    return VALID


@inner
def _is_small(
    weights: int, c_out: int, out_volume: int, reach: int, jump: int, macs: int, values: int,
    variance: int,
) -> bool:  # fmt: skip
    """Whether one more layer surely keeps every figure within int64, so `_limit` need not look.

    A layer then adds less than 2^59 MACs, 2^34 values and 3 (reach * jump)^2 < 2^60 of variance.
    Shifts and one test, because eight branches take longer than the layer itself.
    """
    return (
        weights >> 25
        | c_out >> 13
        | out_volume >> 21
        | reach >> 14
        | jump >> 15
        | macs >> 60
        | values >> 52
        | variance >> 61
    ) == 0


@bare_njit
def price(
    op: np.ndarray, kernel: np.ndarray, stride: np.ndarray, padding: np.ndarray,
    channels: np.ndarray, rest: tuple[np.ndarray, ...] | None, size: int, input_channels: int,
    rounding: int, bytes_per_value: int, first: int, begin: int, figures: np.ndarray,
    fractions: np.ndarray, reasons: np.ndarray, table: np.ndarray, known: np.ndarray,
) -> int:  # fmt: skip
    """Fill `figures` (FIGURES, all) and `reasons` (all), from place `first` on.

    `fractions` is the memory of `figures` as float64, for the rows of FRACTIONS. A valid candidate
    has the reason 0; any other has no figures, and the number of its reason in `table` (see
    kernels.alike, also for `known`). Begins with candidate `begin` of the arrays and returns the
    first one whose reason has no room in the table, or how many candidates there are.

    The first five are arrays (candidates, layers) of LayerArrays, `rest` is None or the arrays
    dilation, groups, learned and ceil: None compiles a kernel that does not read them. Then the
    input's size and channels, a rounding of recurrence.py, and bytes per value. A layer whose op
    is NONE is passed over.
    """
    for i in range(begin, op.shape[0]):
        n, rf, jump, padded_by, depth, c = size, 1, 1, 0, 0, input_channels
        flowing = n * n * c  # values between two layers
        params, macs, values, peak, variance = 0, 0, flowing, 0, 0
        jump_lost = False
        fault, a, b, d = NO_LAYERS, 0, 0, 0
        for layer in range(op.shape[1]):
            code = int(op[i, layer])
            if code == _NONE:
                continue
            depth += 1
            k, s, p = int(kernel[i, layer]), int(stride[i, layer]), int(padding[i, layer])
            c_out = int(channels[i, layer])
            if rest is None:
                dil, shared, kept, up = 1, 1, cost.BIAS, 0
            else:
                dil, shared = int(rest[0][i, layer]), int(rest[1][i, layer])
                kept, up = int(rest[2][i, layer]), int(rest[3][i, layer])
            fault = _bad_value(code, k, s, p, dil, c_out, kept)
            if fault != VALID:
                a = _value_of(fault, code, k, s, p, dil, c_out, kept)
                break

            growth = window_growth(k, dil)
            how = rounding
            if code <= _DEPTHWISE:
                if rounding == CEIL:  # convolutions floor, whatever pools do
                    how = FLOOR
            elif up:
                how = CEIL
            if p == SAME:
                n_out = same_output_size(n, growth, s, how)
                before = same_padding(n, growth, s) // 2
            else:
                n_out = output_size(n, growth, s, p, p, how)
                before = p
            if n_out == 0:
                if p == SAME:
                    fault, a, b = SAME_DROPS, n, ((n + s - 1) // s - 1) * s + growth + 1
                elif n + 2 * p <= growth:
                    fault, a, b = WINDOW, growth + 1, n + 2 * p
                else:
                    fault, a, b, d = REMAINDER, n + 2 * p, growth + 1, s
                break

            taps, per_filter = 0, c
            if code > _DEPTHWISE or c_out == 0:
                c_out = c
            if code <= _DEPTHWISE:
                taps = k * k
                if code == _DEPTHWISE:
                    shared = c
                if shared != 1:
                    if shared < 1 or c % shared != 0 or c_out % shared != 0:
                        fault, a, b, d = GROUPS, shared, c, c_out
                        break
                    per_filter = c // shared

            out_volume = n_out * n_out
            reach = growth + before
            if not _is_small(
                taps * per_filter, c_out, out_volume, reach, jump, macs, values, variance
            ):
                sums = (float(macs), float(values), float(variance), float(rf + padded_by))
                spread = _spread(float(k), float(dil))
                fault = _limit(
                    float(taps), per_filter, c_out, out_volume, spread, reach, jump,
                    bytes_per_value, sums,
                )  # fmt: skip
                if fault != VALID:
                    break
                jump_lost = jump_lost or float(jump) * s >= LIMIT

            # Groups are divided out already; a division by 1 costs nothing.
            params += _params(taps, per_filter, c_out, 1, kept, 0, 0, out_volume, 0)
            macs += _macs(taps, per_filter, c_out, 1, kept, 0, 0, out_volume, 0)
            flows = _activations(taps, c, c_out, 1, kept, 0, 0, out_volume, 0)
            values += flows
            peak = max(peak, _live(taps, flowing, flows, 1, kept, 0, 1, 1, 0))
            # The square of a jump may wrap where only kernels of 1 follow: their spread is 0, and a
            # branch on that would be guessed wrong at every sixth layer.
            variance += _variance(taps, c, c_out, 1, kept, _spread(k, dil), 0, 0, jump * jump)
            padded_by = effective_padding(padded_by, before, jump)
            rf = receptive_field(rf, growth, jump)
            jump = LOST if jump_lost else jump * s
            n, c, flowing = n_out, c_out, flows

        if fault == VALID and jump_lost:
            fault = JUMP_LIMIT
        at = first + i
        if fault != VALID:
            reasons[at] = number_of(fault, depth, a, b, d, table, known)
            if reasons[at] == 0:
                return i
            continue
        reasons[at] = 0
        figures[0, at] = n
        figures[1, at] = rf
        figures[2, at] = jump
        fractions[3, at] = twice_centre(0, rf - 1, padded_by, 1) / 2.0  # all layers as one
        figures[4, at] = padded_by
        figures[5, at] = depth
        figures[6, at] = params
        figures[7, at] = macs
        figures[8, at] = values
        figures[9, at] = values * bytes_per_value
        figures[10, at] = peak * bytes_per_value
        fractions[11, at] = variance / VARIANCE_SCALE
    return op.shape[0]
