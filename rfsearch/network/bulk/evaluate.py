"""rfsearch.evaluate: explicit candidates in, a polars frame of their figures out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import polars as pl

from rfsearch.errors import UsageError
from rfsearch.layers.cost import COSTS
from rfsearch.network.bulk.bulk_notation import BulkReader, read_on_axes, texts_of, write
from rfsearch.network.bulk.candidates import Candidates
from rfsearch.network.bulk.layers import LayerArrays
from rfsearch.network.bulk.reasons import reasons
from rfsearch.network.bulk.score import Scores, checked, score
from rfsearch.network.bulk.several_axes import figures_of_axes
from rfsearch.network.input_size import InputSize, input_sizes

# Notations are turned into arrays this many at a time: 36 bytes a layer would not fit for all.
_BATCH = 1 << 18


def evaluate(
    stacks: str | Iterable[str] | pl.Series | Candidates | Mapping[str, Any] | LayerArrays,
    input: InputSize,
    *,
    input_channels: int = 3,
    rounding: Literal["exact", "floor", "ceil"] = "floor",
    bytes_per_value: int = 4,
    threads: int | None = None,
    notation: bool = False,
) -> pl.DataFrame:
    """The sizes, receptive field and costs of every given stack, one row each, in their order.

        rfsearch.evaluate(["64C3P1-MP2S2", "64C5"], input=224)
        rfsearch.evaluate(rfsearch.candidates([[3, 3], [5, 3, 3]], stride=2), input=224)
        rfsearch.evaluate(["16C3x5P1x2", "16C3"], input="128x431")

    stacks      notations of sequential layers (C, DW, MP, AP), or rfsearch.candidates(…)
    input       one size for all axes, or one an axis: "128x431", (16000,), "1d:16000"
    rounding    exact, floor, or ceil (pools only; a pool written with U rounds up in each)
    input_channels, bytes_per_value   of the input; of every value, for the figures in bytes
    notation    of candidates: also their column `stack`

    Columns: `stack`, `output_size`, `rf`, `jump`, `centre`, `padding_total` in pixels (lists where
    axes differ), `depth`, `params`, `macs`, `activations`, `memory`, `peak_memory` in bytes,
    `erf_variance` in pixels squared, and `valid`: null where the stack is valid, else the reason,
    and then the row holds no figures. A figure that int64 cannot hold is such a reason. Millions a
    second on square inputs, some thousand where axes differ. A mapping of integer arrays with the
    fields of LayerArrays is taken, too. Rows do not depend on `threads`. Raises UsageError.
    """
    settings: dict[str, Any] = {
        "input_channels": input_channels,
        "rounding": rounding,
        "bytes_per_value": bytes_per_value,
        "threads": threads,
    }
    sizes = _sizes(stacks, input)
    if sizes is not None:
        return _on_axes(stacks, sizes, settings, notation)
    size: Any = input_sizes(input)[0] if isinstance(input, (str, list, tuple)) else input
    if isinstance(stacks, Candidates):
        stacks = stacks.by_axis[0]
    if isinstance(stacks, (Mapping, LayerArrays)):
        layers = stacks if isinstance(stacks, LayerArrays) else LayerArrays.of(stacks)
        frame = figures_frame(score(layers, size, **settings), threads)
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
        scores = score(reader.read(batch, start), size, **settings)
        frames.append(figures_frame(scores, threads).insert_column(0, batch))
    return pl.concat(frames)


def _sizes(stacks: Any, input: InputSize) -> tuple[int, ...] | None:
    """The input's sizes where the kernel, which knows square images alone, cannot score them."""
    if isinstance(stacks, Candidates):
        if stacks.axes == 2 and stacks.is_square and isinstance(input, int):
            return None
        sizes = input_sizes(input, stacks.axes)
        square = stacks.is_square and stacks.axes == 2 and len(set(sizes)) == 1
        return None if square else sizes
    if isinstance(input, int) or not isinstance(input, (str, list, tuple)):
        return None
    sizes = input_sizes(input)
    if isinstance(stacks, (Mapping, LayerArrays)):
        if len(sizes) == 2 and len(set(sizes)) == 1:
            return None
        raise UsageError("stacks: arrays are of square images; rfsearch.candidates says axes")
    return sizes


def _on_axes(
    stacks: Any, sizes: tuple[int, ...], settings: Mapping[str, Any], notation: bool
) -> pl.DataFrame:
    """The same with a size for each axis."""
    _, channels, how, size = checked(max(sizes), **{**settings, "threads": None})
    asked = {"input_channels": channels, "rounding": how, "bytes_per_value": size}
    if isinstance(stacks, Candidates):
        frame = figures_of_axes(stacks, sizes, **asked)
        return frame.insert_column(0, stacks.stacks()) if notation else frame
    texts = texts_of(stacks)
    frame = figures_of_axes(read_on_axes(texts, len(sizes)), sizes, **asked)
    return frame.insert_column(0, texts)


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
