"""Frames as NDJSON, CSV or Parquet; each function is pure and returns the file's bytes."""

from __future__ import annotations

import io
import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rfsearch.answer.output.plain import plain

if TYPE_CHECKING:
    import polars as pl

BY_SUFFIX = {
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".parquet": "parquet",
}


def format_of(chosen: str | None, path: str | None) -> str:
    """The format asked for, else the one that the file's ending names, else a table."""
    return chosen or BY_SUFFIX.get(Path(path or "").suffix.lower(), "table")


# Integers that outgrow their column, and fractions, make it text; in JSON each decides for itself.
_MAY_BE_TEXT = ("jump", "twins")


def rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The frame's rows as JSON carries them."""
    texts = [name for name in _MAY_BE_TEXT if "String" in str(frame.schema.get(name))]
    return [
        plain(row | {name: _number(row[name]) for name in texts})
        for row in frame.iter_rows(named=True)
    ]


def _number(text: str | list[str] | None) -> Any:
    if isinstance(text, list):
        return [_number(one) for one in text]
    return None if text is None else Fraction(text)


def encode(frame: pl.DataFrame, form: str) -> bytes:
    """The frame as the bytes of an ndjson, csv or parquet file."""
    if form == "ndjson":
        lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows(frame))
        return "".join(line + "\n" for line in lines).encode()
    if form == "csv":
        return _flat(frame).write_csv().encode()
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists as one text each: a CSV has no lists."""
    import polars as pl

    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    return frame.with_columns(
        pl.col(name).cast(pl.List(pl.String)).list.join("; ") for name in lists
    )
