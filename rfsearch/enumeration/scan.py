"""A dataset as polars reads it: a LazyFrame over exactly its parts, larger than memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfsearch.enumeration.columns import schema_of
from rfsearch.enumeration.dataset import Dataset
from rfsearch.enumeration.store import store_at
from rfsearch.errors import UsageError

if TYPE_CHECKING:
    import polars as pl


def scan(address: str, *, partial: bool = False) -> pl.LazyFrame:
    """The rows of a dataset in the order of its parts, which is that of ranks.

    address: the folder, or s3://bucket/prefix. Raises UsageError where parts are missing, unless
    `partial`, and where there are others; the parts' bytes are not looked at (see `enumerate
    --resume`).
    """
    return scanned(Dataset.found(store_at(str(address), "dataset"), "dataset"), partial)


def scanned(dataset: Dataset, partial: bool = False) -> pl.LazyFrame:
    """The same of a dataset at hand."""
    import polars as pl

    manifest, store = dataset.manifest, dataset.store
    missing = set(dataset.missing())
    parts = len(manifest.ranges)
    if missing and not partial:
        raise UsageError(
            f"{store.address}: {len(missing)} of {parts} parts are missing; rfsearch enumerate "
            f"--resume -o {store.address} makes them"
        )
    names = [manifest.ranges.name(number) for number in range(parts) if number not in missing]
    schema = schema_of(manifest.columns)
    if not names:
        return pl.LazyFrame(schema=schema)
    paths = [f"{store.address.rstrip('/')}/{name}" for name in names]
    return pl.scan_parquet(paths, schema=schema, glob=False)
