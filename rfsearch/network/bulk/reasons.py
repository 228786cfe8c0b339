"""Why a candidate has no figures, in words: the `valid` column."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl

from rfsearch.kernels import price_codes as codes
from rfsearch.kernels.alike import FAULT_BITS, LAYER_BITS
from rfsearch.kernels.threads import default_threads
from rfsearch.network.bulk.score import Alike, Scores

_Numbers = tuple[int, int, int]

_NUMBER = f"is not in 1..{codes.LARGEST_NUMBER}"
_INT64 = "passes 2^63, the largest number kept"

_WORDS: dict[int, Callable[[_Numbers], str]] = {
    codes.WINDOW: lambda of: f"window {of[0]} over {of[1]} padded pixels",
    codes.REMAINDER: lambda of: (
        f"remainder {(of[0] - of[1]) % of[2]} of ({of[0]} - {of[1]}) / {of[2]}"
    ),
    codes.SAME_DROPS: lambda of: f"same padding drops {of[0] - of[1]} of {of[0]} pixels",
    codes.BAD_OP: lambda of: f"op {of[0]} is not in 0..{max(codes.Op)}",
    codes.BAD_KERNEL: lambda of: f"kernel {of[0]} {_NUMBER}",
    codes.BAD_STRIDE: lambda of: f"stride {of[0]} {_NUMBER}",
    codes.BAD_PADDING: lambda of: (
        f"padding {of[0]} is neither in 0..{codes.LARGEST_NUMBER} nor {codes.SAME} for same"
    ),
    codes.BAD_DILATION: lambda of: f"dilation {of[0]} {_NUMBER}",
    codes.BAD_CHANNELS: lambda of: f"channels {of[0]} is not in 0..{codes.LARGEST_CHANNELS}",
    codes.BAD_LEARNED: lambda of: f"learned {of[0]} is not in 0..3",
    codes.POOL_KERNEL: lambda of: f"kernel {of[0]} of a pool is not ≥ 2",
    codes.POOL_DILATION: lambda of: f"dilation {of[0]} of a pool is not 1",
    codes.GROUPS: lambda of: f"groups {of[0]} do not divide channels {of[1]} and {of[2]}",
    codes.RF_LIMIT: lambda of: f"receptive field or padding {_INT64}",
    codes.MACS_LIMIT: lambda of: f"macs {_INT64}",
    codes.MEMORY_LIMIT: lambda of: f"memory {_INT64}",
    codes.VARIANCE_LIMIT: lambda of: f"erf_variance {_INT64}",
    codes.JUMP_LIMIT: lambda of: f"jump {_INT64}",
}


def reason(fault: int, layer: int, *numbers: int) -> str:
    """One fault in words; `numbers` are the three that the kernel tells it with."""
    if fault == codes.NO_LAYERS:
        return "no layers"
    return f"layer {layer}: {_WORDS[fault](numbers)}"  # type: ignore[arg-type]


def reasons(scores: Scores, threads: int | None = None) -> pl.Series:
    """The column `valid` as texts: a candidate's reason, empty where it is valid.

    Not null there: polars gathers from texts without nulls in half the time.
    """
    parts = len(scores.alike)
    with ThreadPoolExecutor(min(threads or default_threads(), parts)) as pool:
        return pl.concat(pool.map(_worded, [scores.numbers] * parts, scores.alike))


def _worded(numbers: np.ndarray, alike: Alike) -> pl.Series:
    """Few reasons are distinct: each is put into words once."""
    words = ["", *(reason(*row) for row in _distinct(alike.table).tolist())]
    places = pl.Series(numbers[alike.low : alike.high])
    return pl.Series("valid", words, dtype=pl.String).gather(places)


def _distinct(table: np.ndarray) -> np.ndarray:
    """[reasons, 5] what `reason` takes, in the order of their numbers."""
    a, b, rest, number = table[table[:, 3] > 0].T
    fault = rest & ((1 << FAULT_BITS) - 1)
    layer = (rest >> FAULT_BITS) & ((1 << LAYER_BITS) - 1)
    rows = np.stack([fault, layer, a, b, rest >> (FAULT_BITS + LAYER_BITS)], axis=1)
    return rows[np.argsort(number)]
