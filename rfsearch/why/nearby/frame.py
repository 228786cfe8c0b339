"""The frame of the questions next door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rfsearch.question.rows import whole

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.why.nearby.ask import Near


def nearby_frame(nears: Sequence[Near]) -> pl.DataFrame:
    """A row for each changed question: `instead`, `flags`, `matches`, `least_memory`, `least_macs`.

    Where a budget makes counting infeasible `matches` is null unless its bounds meet, and
    `matches_at_least` and `matches_at_most` follow.
    """
    import polars as pl

    columns = [
        pl.Series("instead", [near.change.label for near in nears], dtype=pl.String),
        pl.Series("flags", [near.change.flags for near in nears], dtype=pl.String),
        whole([near.matches for near in nears]).series("matches"),
    ]
    if any(near.matches is None for near in nears):
        columns.append(whole([near.at_least for near in nears]).series("matches_at_least"))
        columns.append(whole([near.at_most for near in nears]).series("matches_at_most"))
    columns.append(whole([near.memory for near in nears]).series("least_memory"))
    columns.append(whole([near.macs for near in nears]).series("least_macs"))
    return pl.DataFrame(columns)
