"""Frames as NDJSON, CSV or Parquet; each function is pure and returns the file's bytes."""

from __future__ import annotations

import io
import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rfsearch.answer.output.plain import plain
from rfsearch.errors import UsageError, quoted
from rfsearch.layers.cost import PER_AXIS

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.question.rows import Rows

BY_SUFFIX = {
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".parquet": "parquet",
}


# Endings of a table for people; files that are devices or pipes have none.
TEXT = ("", ".txt", ".log", ".out")


def format_of(chosen: str | None, path: str | None) -> str:
    """The format asked for, else the one that the file's ending names, else a table.

    UsageError for an ending that names none.
    """
    suffix = Path(path or "").suffix.lower()
    if chosen or suffix in TEXT:
        return chosen or "table"
    if suffix not in BY_SUFFIX:
        known = ", ".join((*BY_SUFFIX, *filter(None, TEXT)))
        raise UsageError(
            f"--output: {quoted(path)} names no format by its ending ({known}); give --format"
        )
    return BY_SUFFIX[suffix]


# Integers that outgrow their column, and fractions, make it text; in JSON each decides for itself.
_MAY_BE_TEXT = ("jump", "twins")


def rows(listed: pl.DataFrame | Rows) -> list[dict[str, Any]]:
    """The rows as JSON carries them."""
    return [plain({**row, **_numbers(row), **_agreed(row)}) for row in listed.to_dicts()]


def _agreed(row: dict[str, Any]) -> dict[str, Any]:
    """Figures of several axes that agree, as one number."""
    return {
        name: row[name][0]
        for name in PER_AXIS
        if isinstance(row.get(name), list) and len(set(row[name])) == 1
    }


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _number(row[name]) for name in _MAY_BE_TEXT if name in row}


def _number(value: Any) -> Any:
    """A number that may be written as text; each of a list."""
    if isinstance(value, list):
        return [_number(one) for one in value]
    return Fraction(value) if isinstance(value, str) else value


def encode(frame: pl.DataFrame, form: str) -> bytes:
    """The frame as the bytes of an ndjson, csv or parquet file."""
    if form == "ndjson":
        lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows(frame))
        return "".join(line + "\n" for line in lines).encode()
    if form == "csv":
        return flat(frame).write_csv().encode()
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def flat(frame: pl.DataFrame, joint: str = "; ") -> pl.DataFrame:
    """Lists as one text each, `joint` between their values: a CSV has no lists."""
    import polars as pl

    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    return frame.with_columns(
        pl.col(name).cast(pl.List(pl.String)).list.join(joint) for name in lists
    )
