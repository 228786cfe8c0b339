"""Few candidates in plain Python: that takes less time than to load the kernel, or to compile it.

Numbers of any size, so this also gives the figures that int64 cannot hold.
"""

from __future__ import annotations

from typing import Any

from rfsearch.errors import LimitError
from rfsearch.kernels.price_codes import FIGURES, SAME, Op
from rfsearch.layers.cost import BIAS, COSTS, SUM, window_spread
from rfsearch.layers.recurrence import (
    CEIL,
    FLOOR,
    effective_padding,
    output_jump,
    output_size,
    receptive_field,
    same_output_size,
    same_padding,
    twice_centre,
    window_growth,
)
from rfsearch.network.bulk.layers import LayerArrays

FEW = 4096  # layers: some 20 milliseconds


def figures_of_few(
    layers: LayerArrays, input: int, *, input_channels: int, rounding: int, bytes_per_value: int
) -> dict[str, list[Any]]:
    """{name of FIGURES: a number for each candidate}, of candidates that are known to be valid.

    Of `layers` it reads op, kernel, stride, padding, dilation and channels, each of the whole
    shape; `rounding` is one of recurrence.py. Raises LimitError for a centre beyond every float.
    """
    read = (layers.op, layers.kernel, layers.stride, layers.padding, layers.dilation)
    rows = zip(*(array.tolist() for array in (*read, layers.channels)), strict=True)
    figures = [_figures(zip(*row, strict=True), input, input_channels, rounding) for row in rows]
    columns: dict[str, list[Any]] = {name: [one[name] for one in figures] for name in FIGURES}
    try:
        columns["centre"] = [twice / 2 for twice in columns["centre"]]
    except OverflowError:
        raise LimitError("centre: a stack's is beyond 10^308; reduce stride or depth") from None
    for name, cost in COSTS.items():
        if cost.in_bytes and name in columns:
            columns[name] = [value * bytes_per_value for value in columns[name]]
        elif cost.scale > 1 and name in columns:
            columns[name] = [float(value) / cost.scale for value in columns[name]]
    return columns


def _figures(row: Any, n: int, c: int, rounding: int) -> dict[str, Any]:
    """One candidate's figures in whole numbers: twice the centre, costs as they are added up."""
    rf, jump, centre2, padded_by = 1, 1, 0, 0
    costs = {name: COSTS[name] for name in FIGURES if name in COSTS}
    adds_of = {name: cost.layer for name, cost in costs.items() if cost.layer is not None}
    sums = {name: n * n * c if cost.of_input else 0 for name, cost in costs.items()}
    for op, kernel, stride, padding, dilation, channels in row:
        if op == Op.NONE:
            continue
        convolution = op == Op.CONV
        growth = window_growth(kernel, dilation)
        how = FLOOR if convolution and rounding == CEIL else rounding
        if padding == SAME:
            before = same_padding(n, growth, stride) // 2
            n_out = same_output_size(n, growth, stride, how)
        else:
            before = padding
            n_out = output_size(n, growth, stride, padding, padding, how)
        taps, c_out = (kernel * kernel, channels or c) if convolution else (0, c)
        spread = window_spread(kernel, dilation)
        layer = (taps, c, c_out, 1, BIAS, spread, n * n, n_out * n_out, jump * jump)
        for name, cost in costs.items():
            adds = adds_of[name](*layer)
            sums[name] = sums[name] + adds if cost.combine == SUM else max(sums[name], adds)
        centre2 = twice_centre(centre2, growth, before, jump)
        padded_by = effective_padding(padded_by, before, jump)
        rf = receptive_field(rf, growth, jump)
        jump = output_jump(jump, stride)
        n, c = n_out, c_out
    return {
        "output_size": n,
        "rf": rf,
        "jump": jump,
        "centre": centre2,
        "padding_total": padded_by,
        **sums,
    }
