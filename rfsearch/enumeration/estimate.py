"""What a dataset will take, known before it is begun: rows exactly, bytes and time from a sample.

Runs of neighbouring rows from places spread over the ranges are written as a part would be.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from rfsearch.enumeration.manifest import Manifest
from rfsearch.enumeration.part import frames, write
from rfsearch.errors import LimitError

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.enumeration.store import Store
    from rfsearch.question.found import Found

RUNS = 3
SHARE, LEAST_RUN = 60, 1 << 15  # a run is at most that part of all rows, where it is longer


@dataclass(frozen=True)
class Estimate:
    """`rows` are exact; bytes a row, and rows per second of one worker, are of `sampled` ones."""

    rows: int
    sampled: int
    bytes_per_row: float
    rows_per_second: float

    @property
    def bytes(self) -> int:
        """Of the whole dataset."""
        return round(self.rows * self.bytes_per_row)

    def seconds(self, workers: int) -> float:
        """With so many workers, each on a processor of its own."""
        return self.rows / self.rows_per_second / workers


def estimated(manifest: Manifest, found: Found) -> Estimate:
    """Write a row group, or a part of one, from each of RUNS places: look at their bytes and time.

    Each is a Parquet file of its own; the footer, small in a part, is left out.
    """
    empty = len(_file(manifest, lambda: iter(())))
    runs, written, seconds = list(_runs(manifest)), 0, []
    for low, high in runs:
        began = perf_counter()
        written += len(_file(manifest, partial(frames, manifest, found, low, high))) - empty
        seconds.append((perf_counter() - began) / (high - low))
    sampled = sum(high - low for low, high in runs)
    if not sampled:
        return Estimate(0, 0, 0.0, 1.0)
    # The first may have compiled; the least is what a worker needs once it is warm.
    return Estimate(manifest.rows, sampled, written / sampled, 1 / min(seconds))


def check_room(estimate: Estimate, store: Store) -> None:
    """LimitError with advice where the disk cannot hold what is estimated."""
    free = store.free()
    if free is None or estimate.bytes <= free:
        return
    raise LimitError(
        f"--output: {store.address}: about {in_bytes(estimate.bytes)} are needed (estimated from "
        f"{estimate.sampled:,} of {estimate.rows:,} rows) and {in_bytes(free)} are free; fewer "
        "columns (--columns stack,memory,macs), a range of ranks (--from, --to), a uniform sample "
        "(--sample 1M), a tighter question, or an object store (-o s3://bucket/prefix)"
    )


def in_bytes(number: float) -> str:
    """`12 kB`, `3.4 GB`: two digits at least, thousands of thousands."""
    for unit in ("B", "kB", "MB", "GB", "TB", "PB", "EB"):
        if number < 1000 or unit == "EB":
            break
        number /= 1000
    return f"{number:.0f} {unit}" if number >= 10 or unit == "B" else f"{number:.1f} {unit}"


def _runs(manifest: Manifest) -> Iterator[tuple[int, int]]:
    """RUNS ranges of a row group at most, spread evenly; all rows where they are few."""
    start, stop = manifest.ranges.start, manifest.ranges.stop
    rows = min(manifest.group_rows, max((stop - start) // SHARE, LEAST_RUN))
    if stop - start <= RUNS * rows:
        group = manifest.group_rows
        yield from ((low, min(low + group, stop)) for low in range(start, stop, group))
        return
    for number in range(RUNS):
        low = start + (stop - start - rows) * number // (RUNS - 1)
        yield low, low + rows


def _file(manifest: Manifest, batches: Callable[[], Iterator[pl.DataFrame]]) -> bytes:
    buffer = io.BytesIO()
    write(buffer, batches, manifest, {})
    return buffer.getvalue()
