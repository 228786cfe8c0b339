"""Measurements as a table: what `rfsearch.device.table` reads, and what else is worth keeping."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from rfsearch.device.measure.rounds import Measured
from rfsearch.layers.notation.format import format_item

if TYPE_CHECKING:
    import polars as pl


def frame(
    items: Sequence[Measured], machine: str, versions: str, overhead: Sequence[float] = ()
) -> pl.DataFrame:
    """A row for each item, microseconds; null and the error where the runtime failed on it.

    Values are without the `overhead` of a run (nanoseconds, of which the median counts), which a
    network has once, not once for each of its items.
    """
    import polars as pl

    idle = round(median(overhead) / 1000, 3) if overhead else 0.0
    raw = [item.value for item in items]
    places = [item.wanted.place for item in items]
    return pl.DataFrame(
        {
            "item": [format_item(place.item) for place in places],
            "channels": pl.Series([place.channels for place in places], dtype=pl.Int64),
            "sizes": ["x".join(map(str, place.sizes)) for place in places],
            "value": pl.Series(
                [None if one is None else round(max(one - idle, 0.0), 3) for one in raw],
                dtype=pl.Float64,
            ),
            "unit": ["us"] * len(items),
            "uses": [_text(item.wanted.uses) for item in items],
            "spread": pl.Series([item.spread for item in items], dtype=pl.Float64),
            "rounds": pl.Series([len(item.nanoseconds) for item in items], dtype=pl.Int64),
            "overhead": pl.Series([idle] * len(items), dtype=pl.Float64),
            "machine": [machine] * len(items),
            "versions": [versions] * len(items),
            "error": pl.Series([item.error or None for item in items], dtype=pl.String),
        }
    )


def _text(uses: object) -> str | None:
    """Counts may be beyond any column of numbers."""
    return None if uses is None else str(uses)
