"""The frame of a ladder: the usual columns of each rung's stack, and how far it deviates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from rfsearch.automaton.automaton import Automaton
from rfsearch.ladder.rung import Rung
from rfsearch.question.frame import rows_of
from rfsearch.question.sizes import with_sizes


def ladder_frame(
    rungs: Sequence[Rung],
    rows: Sequence[Sequence[int]],
    values: Mapping[str, Sequence[int]],
    any_rung: Automaton,
) -> pl.DataFrame:
    """A row for each rung given as steps; `values` of the held costs, in whole units.

    Without rows the columns alone, as `any_rung` has them.
    """
    none = np.empty((0, 1), np.int64)
    frames = (
        [with_sizes(any_rung, rows_of(any_rung, none), none).frame()]
        if not rows
        else [
            with_sizes(rung.automaton, rows_of(rung.automaton, numbers), numbers).frame()
            for rung, row in zip(rungs, rows, strict=True)
            for numbers in [np.array([row], np.int64)]
        ]
    )
    frame = pl.concat(_alike(frames), how="vertical_relaxed")
    for name, column in values.items():
        least = min(column, default=0)
        deviation = [(value - least) / least if least else 0.0 for value in column]
        frame = frame.with_columns(pl.Series(f"deviation_{name}", deviation, dtype=pl.Float64))
    return frame


def _alike(frames: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """Columns that are lists in some frames (axes differ), or text, so in all."""
    for name in frames[0].columns:
        kinds = {frame.schema[name] for frame in frames}
        if any(isinstance(kind, pl.List) for kind in kinds):
            lists = (frame for frame in frames if isinstance(frame.schema[name], pl.List))
            axes = max(len(value) for frame in lists for value in [*frame[name], ()])
            frames = [_as_list(frame, name, axes) for frame in frames]
        elif pl.String in kinds and len(kinds) > 1:
            frames = [frame.with_columns(pl.col(name).cast(pl.String)) for frame in frames]
    return frames


def _as_list(frame: pl.DataFrame, name: str, axes: int) -> pl.DataFrame:
    if isinstance(frame.schema[name], pl.List):
        return frame
    return frame.with_columns(pl.Series(name, [[frame[name][0]] * axes]))
