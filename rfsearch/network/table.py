"""The layer table as a polars frame, with declared columns."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import polars as pl

from rfsearch.network.document import row_values

if TYPE_CHECKING:
    from rfsearch.network.network import Network

LARGEST = (1 << 63) - 1
PER_AXIS = ("output_size", "rf", "rf_min", "jump", "centre", "padding_total", "padding_after")


def table(network: Network) -> pl.DataFrame:
    """One row a layer, in order of execution.

    layer String; output_size, rf, rf_min, padding_total, padding_after Int64 (pixels), centre
    Float64 (input pixels); jump Int64, or String like "1/2" where one is a fraction; channels,
    params, macs, activations Int64 (values); memory Int64 (bytes alive); rf_through_gates
    Boolean. Where the axes of any row differ, a per-axis column is a List, one entry an axis.
    Whole numbers are String where one of a column does not fit 64 bits.
    """
    rows = [row_values(row) for row in network]
    axes = len(network.input)
    columns: dict[str, pl.Series] = {}
    for name in rows[0] if rows else ():
        values = [row[name] for row in rows]
        columns[name] = _per_axis(name, values, axes) if name in PER_AXIS else _column(name, values)
    return pl.DataFrame(columns)


def _column(name: str, values: list[Any]) -> pl.Series:
    if any(map(_is_beyond, values)):
        return pl.Series(name, list(map(str, values)), dtype=pl.String)
    return pl.Series(name, values)


def _is_beyond(value: Any) -> bool:
    return isinstance(value, int) and not -LARGEST <= value <= LARGEST


def _per_axis(name: str, values: list[Any], axes: int) -> pl.Series:
    lists = [value if isinstance(value, tuple) else (value,) * axes for value in values]
    kind: Any = pl.Float64 if name == "centre" else pl.Int64
    if any(isinstance(one, Fraction) or _is_beyond(one) for value in lists for one in value):
        kind, lists = pl.String, [tuple(map(str, value)) for value in lists]
    if any(isinstance(value, tuple) for value in values):
        return pl.Series(name, [list(value) for value in lists], dtype=pl.List(kind))
    return pl.Series(name, [value[0] for value in lists], dtype=kind)
