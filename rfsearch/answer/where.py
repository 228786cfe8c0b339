"""--where: an SQL condition on the listed rows, in polars' own dialect."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from rfsearch.errors import UsageError
from rfsearch.layers.cost import CHARGED, LISTED, RANKED
from rfsearch.question.rows import Rows

_PLACE = "place of the row"  # no column of ours has blanks in its name

# The columns of a list and what a condition may take them for.
COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "rank": pl.Int64,
    "input": pl.Int64,
    "stack": pl.String,
    "twins": pl.Int64,
    "output_size": pl.Int64,
    "rf": pl.Int64,
    "rf_min": pl.Int64,
    "rf_seconds": pl.Float64,
    "jump": pl.Int64,
    "centre": pl.Float64,
    "padding_total": pl.Int64,
    **{name: pl.Float64 if RANKED[name].scale > 1 else pl.Int64 for name in (*LISTED, *CHARGED)},
}


def check(condition: str, declared: Iterable[str] = ()) -> None:
    """Refuse a condition that cannot be read, before the search is made; UsageError.

    `declared` are costs beside those that every search has.
    """
    columns = COLUMNS | dict.fromkeys(declared, pl.Float64)
    kept(pl.DataFrame(schema=columns), condition)


def kept(rows: pl.DataFrame, condition: str) -> pl.DataFrame:
    """The rows that meet the condition; UsageError with the first line of polars' complaint."""
    try:
        return rows.filter(pl.sql_expr(condition))
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"--where: {condition}: {reason}") from None


def kept_of_list(rows: Rows, condition: str) -> Rows:
    """The same of the rows of an answer."""
    numbered = rows.frame().with_row_index(_PLACE)
    some: Rows = rows[kept(numbered, condition)[_PLACE].to_list()]
    return some
