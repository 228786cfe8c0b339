"""One part: the matches of a range of ranks as the bytes of a Parquet file, always the same ones.

Rows pass through in batches, so that memory does not grow with the part; the writer's settings are
fixed here, and its bytes depend neither on the batches nor on the number of threads.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from rfsearch.enumeration import checksum
from rfsearch.enumeration.columns import conformed, schema_of
from rfsearch.enumeration.manifest import Manifest
from rfsearch.enumeration.question import asked, found_of

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.question.found import Found

BATCH = 65_536
COMPRESSION: Final = "zstd"
LEVEL = 3


_BUILDING = threading.Lock()  # a worker's threads wait for the automaton that one of them builds


@lru_cache(maxsize=1)
def _built(text: str, threads: int | None) -> tuple[Manifest, Found]:
    """A worker makes many parts of one dataset, and builds its automaton once."""
    manifest = Manifest.read(text, "manifest")
    manifest.check_versions("manifest")
    found = found_of(asked(manifest.question, "manifest"), threads)
    assert found.count() == manifest.matches, "the same question has the same matches"
    return manifest, found


def part_of_text(text: str, number: int, threads: int | None = None) -> bytes:
    """A part's bytes from a manifest's text alone; the automaton is kept for the next."""
    with _BUILDING:
        manifest, found = _built(text, threads)
    return part_bytes(manifest, found, number)


def part_bytes(manifest: Manifest, found: Found, number: int) -> bytes:
    """A part as a Parquet file that carries its checksum. Raises as `found.stacks` does."""
    low, high = manifest.ranges.part(number)
    buffer = io.BytesIO()

    def batches() -> Iterator[pl.DataFrame]:
        made = frames(manifest, found, low, high)
        # A worker has one processor: others do the rest.
        return made if found.threads == 1 else _one_ahead(made)

    write(
        buffer,
        batches,
        manifest,
        manifest.marks(number) | {checksum.KEY: checksum.EMPTY},
    )
    return checksum.sealed(buffer.getvalue())


def frames(manifest: Manifest, found: Found, low: int, high: int) -> Iterator[pl.DataFrame]:
    """The rows low..high in the manifest's columns; as many as that, or it is an error."""
    schema = schema_of(manifest.columns)
    if manifest.seed is None:
        batches = found.stacks(low, high, BATCH)
    else:
        batches = iter((found.sample(high - low, seed_of(manifest.seed, low)),))
    rows = 0
    for batch in batches:
        rows += len(batch)
        yield conformed(batch, schema)
    assert rows == high - low, f"{rows} rows for the ranks {low} to {high}"


def _one_ahead(batches: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The batches, each made while the one before it is written."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch


def seed_of(seed: int, low: int) -> int:
    """The seed of a part of a sample: its own, so that parts are drawn independently."""
    digest = hashlib.sha256(f"{seed} {low}".encode()).digest()
    return int.from_bytes(digest[:7], "big")


def write(
    buffer: io.BytesIO,
    batches: Callable[[], Iterator[pl.DataFrame]],
    manifest: Manifest,
    metadata: dict[str, str],
) -> None:
    """Stream batches into a Parquet file; what making them raises is raised here as it was."""
    from polars.io.plugins import register_io_source

    failure: list[BaseException] = []

    def source(*pushed_down: Any) -> Iterator[pl.DataFrame]:
        try:
            yield from batches()
        except BaseException as error:  # polars would wrap it in one of its own
            failure.append(error)
            raise

    lazy = register_io_source(source, schema=schema_of(manifest.columns))
    try:
        lazy.sink_parquet(
            buffer,
            compression=COMPRESSION,
            compression_level=LEVEL,
            statistics=True,
            row_group_size=manifest.group_rows,
            maintain_order=True,
            metadata=metadata,
        )
    except BaseException:
        if failure:
            raise failure[0] from None
        raise
