"""Candidates on inputs whose axes differ, scored in whole numbers of any size.

The kernel of `evaluate` knows one axis, squared. Here every axis has its own sizes and fields, and
what windows do to a size is worked out once for all candidates that share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import polars as pl

from rfsearch.kernels import price_codes as codes
from rfsearch.kernels.price_codes import LARGEST_CHANNELS, LARGEST_NUMBER, SAME, Op
from rfsearch.layers.cost import COSTS, NORM, SUM, scale_of, window_spread
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
from rfsearch.network.bulk.candidates import Candidates
from rfsearch.network.bulk.layers import FIELDS
from rfsearch.network.bulk.reasons import reason

FIELDS_OF_AXES = ("output_size", "rf", "jump", "centre", "padding_total")
_INT64 = 2**63
_POOLS = (Op.MAXPOOL, Op.AVGPOOL)


class _Fault(Exception):
    """A candidate that is not valid, in words."""


class _Axis(NamedTuple):
    """One axis after some layers; twice the centre, to stay whole."""

    size: int
    rf: int = 1
    jump: int = 1
    centre2: int = 0
    padding: int = 0


def figures_of_axes(
    candidates: Candidates,
    sizes: Sequence[int],
    *,
    input_channels: int,
    rounding: int,
    bytes_per_value: int,
) -> pl.DataFrame:
    """The columns of `evaluate` from output_size to valid; one number an axis as lists."""
    arrays = [
        {name: _column(getattr(layers, name), layers.shape) for name in FIELDS}
        for layers in candidates.by_axis
    ]
    rows: list[dict[str, Any]] = []
    for number in range(len(candidates)):
        stack = [
            [{name: column[number][at] for name, column in one.items()} for one in arrays]
            for at in range(candidates.by_axis[0].shape[1])
        ]
        try:
            rows.append(_figures(stack, sizes, input_channels, rounding, bytes_per_value))
        except _Fault as fault:
            rows.append({"valid": str(fault)})
    names = [*FIELDS_OF_AXES, *(name for name in codes.FIGURES if name in COSTS)]
    return pl.DataFrame(
        [_series(name, [row.get(name) for row in rows]) for name in names]
    ).with_columns(pl.Series("valid", [row.get("valid") for row in rows], dtype=pl.String))


def _column(array: Any, shape: tuple[int, int]) -> list[list[int]]:
    if array.shape == shape:
        return array.tolist()  # type: ignore[no-any-return]
    return [[int(array[0, 0])] * shape[1]] * shape[0]


def _series(name: str, values: list[Any]) -> pl.Series:
    """Lists where the axes of some candidate differ, else one number."""
    is_float = name in codes.FRACTIONS
    kind = pl.Float64 if is_float else pl.Int64
    if name not in FIELDS_OF_AXES:
        return pl.Series(name, values, dtype=kind)
    if all(one is None or len(set(one)) == 1 for one in values):
        return pl.Series(name, [None if one is None else one[0] for one in values], dtype=kind)
    lists = [None if one is None else list(one) for one in values]
    return pl.Series(name, lists, dtype=pl.List(kind))


def _figures(
    stack: list[list[dict[str, int]]],
    sizes: Sequence[int],
    channels: int,
    rounding: int,
    bytes_per_value: int,
) -> dict[str, Any]:
    """One candidate's figures. Raises _Fault."""
    axes = [_Axis(size) for size in sizes]
    costs = {name: COSTS[name] for name in codes.FIGURES if name in COSTS}
    begin = prod(sizes) * channels
    sums = {name: begin if cost.of_input else 0 for name, cost in costs.items()}
    depth = 0
    for layers in stack:
        if layers[0]["op"] == Op.NONE:
            continue
        depth += 1
        before, width = axes, channels
        for number, layer in enumerate(layers, start=1):
            fault = _bad_value(layer, width)
            if fault:
                raise _Fault(reason(fault[0], depth, *fault[1:]))
            axes = [
                *axes[: number - 1],
                _after(axes, number, layer, rounding, depth),
                *axes[number:],
            ]
        op = layers[0]["op"]
        channels = width if op in _POOLS else layers[0]["channels"] or width
        groups = 1 if op in _POOLS else width if op == Op.DEPTHWISE else layers[0]["groups"]
        if op not in _POOLS and (groups < 1 or width % groups or channels % groups):
            raise _Fault(reason(codes.GROUPS, depth, groups, width, channels))
        taps = 0 if op in _POOLS else prod(layer["kernel"] for layer in layers)
        volumes = (prod(one.size for one in before), prod(one.size for one in axes))
        spread = sum(
            window_spread(layer["kernel"], layer["dilation"]) * one.jump**2
            for layer, one in zip(layers, before, strict=True)
        )
        numbers = (taps, width, channels, groups, layers[0]["learned"], spread, *volumes, 1)
        for name, cost in costs.items():
            assert cost.layer is not None
            adds = cost.layer(*numbers)
            sums[name] = sums[name] + adds if cost.combine == SUM else max(sums[name], adds)
    if depth == 0:
        raise _Fault(reason(codes.NO_LAYERS, 0, 0, 0, 0))
    found: dict[str, Any] = {
        "output_size": [one.size for one in axes],
        "rf": [one.rf for one in axes],
        "jump": [one.jump for one in axes],
        "centre": [one.centre2 / 2 for one in axes],
        "padding_total": [one.padding for one in axes],
    }
    for name, value in sums.items():
        scale = scale_of(name, len(sizes))
        shown = value * (bytes_per_value if costs[name].in_bytes else 1)
        found[name] = shown / scale if scale > 1 else shown
    for name, figure in found.items():
        if any(one >= _INT64 for one in (figure if isinstance(figure, list) else [figure])):
            raise _Fault(f"{name} passes 2^63, the largest number kept")
    return found


def _after(
    axes: list[_Axis], number: int, layer: dict[str, int], rounding: int, depth: int
) -> _Axis:
    """One axis after a layer. Raises _Fault."""
    axis = axes[number - 1]
    kernel, stride, dilation = layer["kernel"], layer["stride"], layer["dilation"]
    if layer["op"] in _POOLS:
        how = CEIL if layer["ceil"] else rounding
    else:
        how = FLOOR if rounding == CEIL else rounding
    size, before = _moved(axis.size, kernel, stride, layer["padding"], dilation, how)
    growth = window_growth(kernel, dilation)
    if size == 0:
        padded = axis.size + 2 * max(layer["padding"], 0)
        if layer["padding"] == SAME:
            covered = ((axis.size + stride - 1) // stride - 1) * stride + growth + 1
            said = (codes.SAME_DROPS, axis.size, covered, 0)
        elif padded <= growth:
            said = (codes.WINDOW, growth + 1, padded, 0)
        else:
            said = (codes.REMAINDER, padded, growth + 1, stride)
        on = f" on axis {number}" if len(axes) > 1 else ""
        raise _Fault(reason(said[0], depth, *said[1:]) + on)
    return _Axis(
        size,
        receptive_field(axis.rf, growth, axis.jump),
        output_jump(axis.jump, stride),
        twice_centre(axis.centre2, growth, before, axis.jump),
        effective_padding(axis.padding, before, axis.jump),
    )


@lru_cache(maxsize=1 << 16)
def _moved(
    n: int, kernel: int, stride: int, padding: int, dilation: int, how: int
) -> tuple[int, int]:
    """(size after a window, padding before it)."""
    growth = window_growth(kernel, dilation)
    if padding == SAME:
        return same_output_size(n, growth, stride, how), same_padding(n, growth, stride) // 2
    return output_size(n, growth, stride, padding, padding, how), padding


def _bad_value(layer: dict[str, int], width: int) -> tuple[int, int, int, int] | None:
    """The fault of a number that no layer can have, as the kernel tells it."""
    is_pool = layer["op"] in _POOLS
    limits = (
        ("op", 1, max(Op), codes.BAD_OP),
        ("kernel", 1, LARGEST_NUMBER, codes.BAD_KERNEL),
        ("stride", 1, LARGEST_NUMBER, codes.BAD_STRIDE),
        ("padding", SAME, LARGEST_NUMBER, codes.BAD_PADDING),
        ("dilation", 1, LARGEST_NUMBER, codes.BAD_DILATION),
        *(
            (
                ("kernel", 2, LARGEST_NUMBER, codes.POOL_KERNEL),
                ("dilation", 1, 1, codes.POOL_DILATION),
            )
            if is_pool
            else (
                ("channels", 0, LARGEST_CHANNELS, codes.BAD_CHANNELS),
                ("learned", 0, NORM + 1, codes.BAD_LEARNED),
            )
        ),
    )
    for name, low, high, fault in limits:
        if not low <= layer[name] <= high:
            return fault, layer[name], 0, 0
    return None
