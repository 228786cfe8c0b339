"""The frame of reach: a row for each receptive field, its exact count and its best costs."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from rfsearch.question.reach import Reached
from rfsearch.question.rows import whole


def reached_frame(
    reached: Reached,
    ranking: Sequence[tuple[str, int]],
    scales: dict[str, int],
    axes: Sequence[int],
) -> pl.DataFrame:
    """Columns `rf` (a list of those in the columns `axes` of what is reached, where any are said),
    `matches` (text where int64 cannot hold one), `least_COST` and `greatest_COST`.

    Where a budget makes counting infeasible, `matches` is null unless its bounds meet, and
    `matches_at_least` and `matches_at_most` follow.
    """
    columns: dict[str, pl.Series] = {}
    if axes:
        columns["rf"] = pl.Series("rf", reached.rf[:, axes].tolist(), dtype=pl.List(pl.Int64))
    else:
        columns["rf"] = pl.Series("rf", reached.rf[:, 0].copy(), dtype=pl.Int64)
    if reached.at_most is None:
        columns["matches"] = whole(reached.matches).series("matches")
    else:
        both = list(zip(reached.matches, reached.at_most, strict=True))
        columns["matches"] = whole([a if a == b else None for a, b in both]).series("matches")
        columns["matches_at_least"] = whole(reached.matches).series("matches_at_least")
        columns["matches_at_most"] = whole(reached.at_most).series("matches_at_most")
    for k, (name, sign) in enumerate(ranking):
        scale = scales[name]
        values = sign * reached.best[:, k]
        column = f"{'least' if sign > 0 else 'greatest'}_{name}"
        columns[column] = pl.Series(column, values / scale if scale > 1 else values)
    return pl.DataFrame(columns)
