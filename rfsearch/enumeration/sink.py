"""Matches of a Found as a dataset, from Python: in this process, part after part."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from rfsearch.enumeration.columns import NOTATION
from rfsearch.enumeration.dataset import Dataset
from rfsearch.enumeration.estimate import check_room, estimated
from rfsearch.enumeration.making import ensured
from rfsearch.enumeration.part import part_bytes
from rfsearch.enumeration.question import told_of
from rfsearch.enumeration.scan import scanned
from rfsearch.enumeration.store import store_at
from rfsearch.enumeration.wanted import PART_ROWS, Wanted
from rfsearch.quantity import whole

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.question.found import Found


def sink_parquet(
    found: Found,
    address: str,
    *,
    start: int = 0,
    stop: int | None = None,
    sample: int | str | None = None,
    seed: int = 0,
    columns: Sequence[str] | None = None,
    layers: str = NOTATION,
    part_rows: int | str = PART_ROWS,
    resume: bool = False,
) -> pl.LazyFrame:
    """Write every match of `found`, ranks start to stop, or a uniform sample; returns
    `rfsearch.scan` of it.

    address: a new folder, or s3://bucket/prefix; with `resume` one that was begun with the same
    arguments, of which damaged parts are made again. columns: names to keep; layers: `notation`
    (the column `stack`) or `list` (`layers`, one text a layer or block); seed: of the sample;
    part_rows: rows of each file. Raises UsageError, and
    LimitError where the disk cannot hold it.
    """
    store = store_at(str(address), "address")
    wanted = Wanted(
        whole(start, "from"), None if stop is None else whole(stop, "to"),
        None if sample is None else whole(sample, "sample"), whole(seed, "seed"), columns, layers,
        whole(part_rows, "part_rows"),
    )  # fmt: skip
    manifest = wanted.manifest(found, told_of(found))
    if resume:
        dataset = Dataset.found(store, "address")
        dataset.check_same(manifest)
    else:
        check_room(estimated(manifest, found), store)
        dataset = Dataset.begun(store, manifest)
    for number in range(len(manifest.ranges)):
        ensured(dataset, number, partial(part_bytes, manifest, found, number))
    store.tidy()
    return scanned(dataset)
