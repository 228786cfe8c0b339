"""The kernel of evaluate: one candidate after another, one layer after another.

The recurrences and the costs are those of recurrence.py and cost.py, compiled. Before a sum is
taken in int64 its floating twin is held against LIMIT, so that nothing wraps: such a candidate
gets a fault instead of figures.
"""

from __future__ import annotations

from rfsearch import cost
from rfsearch.jit import (
    effective_padding,
    inner,
    njit,
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
    PEAK_LIMIT,
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
from rfsearch.recurrence import CEIL, FLOOR

# Below 2^63 by more than the rounding of a floating sum and the biases of every layer.
LIMIT = float(2**63 - 2**44)

_NONE, _CONV, _DEPTHWISE = int(Op.NONE), int(Op.CONV), int(Op.DEPTHWISE)
_LAST_OP = int(Op.AVGPOOL)

_params = inner(cost.layer_params)
_macs = inner(cost.layer_macs)
_activations = inner(cost.layer_activations)
_live = inner(cost.layer_live)
_variance = inner(cost.layer_spread)
_spread = inner(cost.window_spread)


@inner
def _bad_value(op, kernel, stride, padding, dilation, channels, learned):
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
def _value_of(fault, op, kernel, stride, padding, dilation, channels, learned):
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
def _cost_limit(macs, values, live, variance, bytes_per_value):
    """The fault of the first sum, given as floats, that passes int64; or VALID."""
    if macs >= LIMIT:
        return MACS_LIMIT
    if values * bytes_per_value >= LIMIT:
        return MEMORY_LIMIT
    if live * bytes_per_value >= LIMIT:
        return PEAK_LIMIT
    if variance >= LIMIT:
        return VARIANCE_LIMIT
    return VALID


@njit
def price(
    op,
    kernel,
    stride,
    padding,
    dilation,
    channels,
    groups,
    learned,
    ceil,
    size,
    input_channels,
    rounding,
    bytes_per_value,
    figures,
    faults,
    fault_layers,
):
    """Fill `figures` (FIGURES, candidates), `faults` and `fault_layers` (candidates).

    The first nine are arrays (candidates, layers) of LayerArrays; then the input's size and
    channels, a rounding of recurrence.py, and bytes per value. A layer whose op is NONE is
    passed over. `fault_layers` counts layers from 1.
    """
    for i in range(op.shape[0]):
        n, rf, jump, centre2, padded_by, depth, c = size, 1, 1, 0, 0, 0, input_channels
        volume = n * n
        params, macs, values, peak, variance = 0, 0, volume * c, 0, 0
        macs_float, values_float, variance_float = 0.0, float(values), 0.0
        jump_lost = False
        fault, a, b, d = NO_LAYERS, 0, 0, 0
        for layer in range(op.shape[1]):
            code = int(op[i, layer])
            if code == _NONE:
                continue
            depth += 1
            k, s, p = int(kernel[i, layer]), int(stride[i, layer]), int(padding[i, layer])
            dil, c_out = int(dilation[i, layer]), int(channels[i, layer])
            kept = int(learned[i, layer])
            fault = _bad_value(code, k, s, p, dil, c_out, kept)
            if fault != VALID:
                a = _value_of(fault, code, k, s, p, dil, c_out, kept)
                break

            growth = window_growth(k, dil)
            how = rounding
            if code <= _DEPTHWISE:
                if rounding == CEIL:  # convolutions floor, whatever pools do
                    how = FLOOR
            elif ceil[i, layer]:
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

            taps, shared = 0, 1
            if code > _DEPTHWISE or c_out == 0:
                c_out = c
            if code <= _DEPTHWISE:
                taps = k * k
                shared = c if code == _DEPTHWISE else int(groups[i, layer])
                if shared < 1 or c % shared != 0 or c_out % shared != 0:
                    fault, a, b, d = GROUPS, shared, c, c_out
                    break

            if jump_lost and (growth > 0 or before > 0):
                fault = RF_LIMIT
                break
            if float(jump) * (growth + before) + rf + padded_by >= LIMIT / 4:
                fault = RF_LIMIT
                break
            out_volume = n_out * n_out
            macs_float += _macs(taps, c, c_out, shared, 0, 0, volume, float(out_volume), 0)
            values_float += _activations(taps, c, c_out, shared, 0, 0, volume, float(out_volume), 0)
            live_float = _live(taps, c, c_out, shared, 0, 0, float(volume), float(out_volume), 0)
            variance_float += _variance(
                0, 0, 0, 1, 0, _spread(float(k), float(dil)), 0, 0, float(jump) * jump
            )
            fault = _cost_limit(
                macs_float, values_float, live_float, variance_float, bytes_per_value
            )
            if fault != VALID:
                break

            params += _params(taps, c, c_out, shared, kept, 0, volume, out_volume, 0)
            macs += _macs(taps, c, c_out, shared, kept, 0, volume, out_volume, 0)
            values += _activations(taps, c, c_out, shared, kept, 0, volume, out_volume, 0)
            peak = max(peak, _live(taps, c, c_out, shared, kept, 0, volume, out_volume, 0))
            if growth > 0:
                variance += _variance(0, 0, 0, 1, 0, _spread(k, dil), 0, 0, jump * jump)
            centre2 = twice_centre(centre2, growth, before, jump)
            padded_by = effective_padding(padded_by, before, jump)
            rf = receptive_field(rf, growth, jump)
            if float(jump) * s >= LIMIT:
                jump_lost = True
            jump = 0 if jump_lost else jump * s
            n, volume, c = n_out, out_volume, c_out

        if fault == VALID and jump_lost:
            fault = JUMP_LIMIT
        faults[i] = fault
        fault_layers[i] = depth
        if fault != VALID and fault != JUMP_LIMIT:
            figures[0, i], figures[1, i], figures[2, i] = a, b, d
            continue
        figures[0, i] = n
        figures[1, i] = rf
        figures[2, i] = jump
        figures[3, i] = centre2
        figures[4, i] = padded_by
        figures[5, i] = depth
        figures[6, i] = params
        figures[7, i] = macs
        figures[8, i] = values
        figures[9, i] = values * bytes_per_value
        figures[10, i] = peak * bytes_per_value
        figures[11, i] = variance
