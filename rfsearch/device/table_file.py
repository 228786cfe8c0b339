"""Files of tables: CSV, Parquet, and the YAML that users of Once-for-All have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rfsearch.device.once_for_all import rows_of
from rfsearch.device.table import Missing, Row, Table, table
from rfsearch.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    import polars as pl

SUFFIXES = (".csv", ".parquet", ".yaml", ".yml")


def read_table(path: str, *, unit: str | None = None, missing: Missing = "error") -> Table:
    """The table of a file. UsageError names the file and what is wrong in it."""
    return table(read_rows(path), path, unit=unit, missing=missing)


def of_frame(
    frame: pl.DataFrame, name: str, *, unit: str | None = None, missing: Missing = "error"
) -> Table:
    """The table of a polars frame."""
    return table(frame.to_dicts(), name, unit=unit, missing=missing)


def read_rows(path: str) -> list[Row]:
    """The rows of a file as they stand there."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{path}: tables are {', '.join(SUFFIXES)}")
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    if suffix in (".yaml", ".yml"):
        return rows_of(_yaml(data, path), path)
    return list(_frame(data, path, suffix).to_dicts())


def _frame(data: bytes, path: str, suffix: str) -> pl.DataFrame:
    import io

    import polars as pl

    try:
        if suffix == ".parquet":
            return pl.read_parquet(io.BytesIO(data))
        return pl.read_csv(io.BytesIO(data), schema_overrides={"sizes": pl.String})
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).strip().splitlines()
        what = "Parquet" if suffix == ".parquet" else "CSV"
        raise UsageError(f"{path}: not a {what} file: {''.join(reason[:1])}") from None


def _yaml(data: bytes, path: str) -> object:
    try:
        import yaml  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtraError(
            f"{path}: YAML needs pyyaml: pip install 'rfsearch[yaml]'"
        ) from None
    try:
        return yaml.safe_load(data)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"{path}: not a YAML file: {reason}") from None
