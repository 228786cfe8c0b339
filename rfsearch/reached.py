"""The frame of reach: a row for each receptive field, its exact count and its best costs."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from rfsearch.cost import RANKED
from rfsearch.question.reach import Reached


def reached_frame(
    reached: Reached, ranking: Sequence[tuple[str, int]], scales: dict[str, int]
) -> pl.DataFrame:
    """Columns `rf` (a list where axes differ), `matches` (text where int64 cannot hold one),
    `least_COST` and `greatest_COST`."""
    columns: dict[str, pl.Series] = {}
    rf = reached.rf
    columns["rf"] = pl.Series("rf", rf[:, 0].tolist() if rf.shape[1] == 1 else rf.tolist())
    big = any(number >= 1 << 63 for number in reached.matches)
    numbers = [str(number) for number in reached.matches] if big else reached.matches
    columns["matches"] = pl.Series("matches", numbers, dtype=pl.String if big else pl.Int64)
    for k, (name, sign) in enumerate(ranking):
        scale = scales.get(name, RANKED[name].scale)
        values = sign * reached.best[:, k]
        column = f"{'least' if sign > 0 else 'greatest'}_{name}"
        columns[column] = pl.Series(column, values / scale if scale > 1 else values)
    return pl.DataFrame(columns)
