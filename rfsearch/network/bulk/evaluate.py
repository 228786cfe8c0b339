"""rfsearch.evaluate: explicit candidates in, a polars frame of their figures out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from rfsearch.layers.cost import COSTS
from rfsearch.network.bulk.bulk_notation import BulkReader, texts_of, write
from rfsearch.network.bulk.layers import LayerArrays
from rfsearch.network.bulk.reasons import reasons
from rfsearch.network.bulk.score import Scores, score

# Notations are turned into arrays this many at a time: 36 bytes a layer would not fit for all.
_BATCH = 1 << 18


def evaluate(
    stacks: str | Iterable[str] | pl.Series | Mapping[str, Any] | LayerArrays,
    input: int,
    *,
    input_channels: int = 3,
    rounding: str = "floor",
    bytes_per_value: int = 4,
    threads: int | None = None,
    notation: bool = False,
) -> pl.DataFrame:
    """The sizes, receptive field and costs of every given stack, one row each, in their order.

    `stacks` are notations of sequential square layers (C, DW, MP, AP), or a mapping of integer
    arrays (candidates, layers) and scalars with the fields of `LayerArrays`:

        rfsearch.evaluate(["64C3P1-MP2S2", "64C5"], input=224)
        rfsearch.evaluate({"kernel": kernels, "stride": strides, "channels": 64}, input=224)

    Columns: `stack` (for notations; for arrays where `notation` is true), `output_size`, `rf`,
    `jump`, `centre`, `padding_total` in pixels, `depth`, `params`, `macs`, `activations`,
    `memory`, `peak_memory` in bytes, `erf_variance` in pixels squared, and `valid`: null where
    the stack is valid, else the reason, and then the row holds no figures. A figure that int64
    cannot hold is such a reason. Rounding is `exact`, `floor` or `ceil` (pools only; a pool
    written with U rounds up in each). The rows do not depend on `threads`. Raises UsageError.
    """
    settings: dict[str, Any] = {
        "input_channels": input_channels,
        "rounding": rounding,
        "bytes_per_value": bytes_per_value,
        "threads": threads,
    }
    if isinstance(stacks, (Mapping, LayerArrays)):
        layers = stacks if isinstance(stacks, LayerArrays) else LayerArrays.of(stacks)
        frame = figures_frame(score(layers, input, **settings), threads)
        if not notation:
            return frame
        batches = range(0, max(layers.shape[0], 1), _BATCH)
        texts = pl.concat([write(layers, start, start + _BATCH) for start in batches])
        return frame.insert_column(0, texts)

    texts = texts_of(stacks)
    reader = BulkReader()
    frames = []
    for start in range(0, max(len(texts), 1), _BATCH):
        batch = texts.slice(start, _BATCH)
        scores = score(reader.read(batch, start), input, **settings)
        frames.append(figures_frame(scores, threads).insert_column(0, batch))
    return pl.concat(frames)


def figures_frame(scores: Scores, threads: int | None = None) -> pl.DataFrame:
    """The columns of `evaluate` from output_size to valid."""
    figures = scores.figures
    order = ["output_size", "rf", "jump", "centre", "padding_total"]
    order += [name for name in COSTS if name in figures]
    frame = pl.DataFrame({name: figures[name] for name in order})
    if scores.all_valid:
        return frame.with_columns(pl.lit(None, pl.String).alias("valid"))
    valid = pl.Series("valid", scores.numbers) == 0
    return frame.select(
        pl.when(valid).then(pl.all()), pl.when(~valid).then(reasons(scores, threads))
    )
