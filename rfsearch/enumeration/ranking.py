"""The best rows of a dataset, found in one pass over its parts that holds only those."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rfsearch.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

_PLACE = "place of the row"  # no column of ours has blanks in its name


def ranked(
    rows: pl.LazyFrame, by: Sequence[str], top: int, where: str | None = None
) -> pl.DataFrame:
    """The `top` rows by the costs `by` in turn (`max:` maximises), ties in the order of the rows.

    `where` is an SQL condition on the rows. The column `rank` counts from 1. Raises UsageError
    where a cost is not among the columns.
    """
    import polars as pl

    names = [cost.removeprefix("max:") for cost in by]
    columns = rows.collect_schema().names()
    for name in names:
        if name not in columns:
            raise UsageError(f"rank_by: {name} is not among the dataset's {', '.join(columns)}")
    numbered = rows.with_row_index(_PLACE)
    if where is not None:
        numbered = numbered.filter(pl.sql_expr(where))
    order = [*names, _PLACE]
    falling = [*(cost.startswith("max:") for cost in by), False]
    try:
        best = numbered.bottom_k(top, by=order, reverse=falling).collect(engine="streaming")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UsageError(
            f"a part cannot be read ({str(error).splitlines()[0]}); rfsearch enumerate --resume "
            "finds those that are damaged and makes them again"
        ) from None
    best = best.sort(order, descending=falling).drop(_PLACE)
    return best.with_row_index("rank", offset=1).with_columns(pl.col("rank").cast(pl.Int64))
