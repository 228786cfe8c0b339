"""The frame of reach: a row for each receptive field, its exact count and its best costs."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from rfsearch.question.reach import Reached


def reached_frame(
    reached: Reached, ranking: Sequence[tuple[str, int]], scales: dict[str, int]
) -> pl.DataFrame:
    """Columns `rf` (a list where axes differ), `matches` (text where int64 cannot hold one),
    `least_COST` and `greatest_COST`.

    Where a budget makes counting infeasible, `matches` is null unless its bounds meet, and
    `matches_at_least` and `matches_at_most` follow.
    """
    columns: dict[str, pl.Series] = {}
    rf = reached.rf
    one_axis = rf.shape[1] == 1
    fields = pl.Series("rf", rf[:, 0].copy() if one_axis else rf)
    columns["rf"] = fields if one_axis else fields.arr.to_list()
    if reached.at_most is None:
        columns["matches"] = _integers("matches", reached.matches)
    else:
        both = list(zip(reached.matches, reached.at_most, strict=True))
        columns["matches"] = _integers("matches", [a if a == b else None for a, b in both])
        columns["matches_at_least"] = _integers("matches_at_least", reached.matches)
        columns["matches_at_most"] = _integers("matches_at_most", reached.at_most)
    for k, (name, sign) in enumerate(ranking):
        scale = scales[name]
        values = sign * reached.best[:, k]
        column = f"{'least' if sign > 0 else 'greatest'}_{name}"
        columns[column] = pl.Series(column, values / scale if scale > 1 else values)
    return pl.DataFrame(columns)


def _integers(name: str, numbers: Sequence[int | None]) -> pl.Series:
    """Int64, or decimal strings where one of them does not fit."""
    big = any(number is not None and number >= 1 << 63 for number in numbers)
    texts = [None if number is None else str(number) for number in numbers]
    return pl.Series(name, texts if big else numbers, dtype=pl.String if big else pl.Int64)
