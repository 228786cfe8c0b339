"""Arrays in, arrays out: the kernel run over pieces of the candidates on a thread pool.

A thread pool over a nogil kernel, not numba's own parallel loops: their workqueue layer aborts the
process when two threads enter it, and `parallel=True` doubles the time to compile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from rfsearch.errors import UsageError
from rfsearch.kernels.alike import move
from rfsearch.kernels.price import price
from rfsearch.kernels.price_codes import FIGURES, FRACTIONS, LARGEST_CHANNELS, LARGEST_NUMBER
from rfsearch.kernels.threads import default_threads, shards
from rfsearch.layers.recurrence import CEIL, EXACT, FLOOR
from rfsearch.network.bulk.layers import DEFAULTS, FIELDS, LayerArrays
from rfsearch.quantity import whole

ROUNDINGS = {"exact": EXACT, "floor": FLOOR, "ceil": CEIL}

# Read only where one of them differs from its default.
_REST = ("dilation", "groups", "learned", "ceil")

# Layers of one piece: its converted arrays (int32, at most nine) stay in the third cache, and a
# task's own cost of some 30 microseconds is a thirtieth of its work.
_PIECE = 1 << 17

# What the kernel takes of some candidates: op, kernel, stride, padding, channels and _REST.
Piece: TypeAlias = tuple[
    np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, tuple[np.ndarray, ...] | None
]

_REASONS = 1 << 13  # rows of a table at first; half of them may be taken


@dataclass(frozen=True)
class Alike:
    """The `count` reasons of the candidates low..high-1, as a table of kernels/alike.py."""

    low: int
    high: int
    table: np.ndarray
    count: int


@dataclass(frozen=True)
class Scores:
    """Figures of every candidate.

    figures  {name of FIGURES: int64 array (candidates), float64 for FRACTIONS}; nothing stands
             where a candidate is not valid
    numbers  uint32 array (candidates): why a candidate has none, numbered from 1 anew in each of
             `alike`; 0 where it is valid
    """

    figures: dict[str, np.ndarray]
    numbers: np.ndarray
    alike: list[Alike]

    @property
    def all_valid(self) -> bool:
        return not any(part.count for part in self.alike)


def score(
    layers: LayerArrays,
    input: int,
    *,
    input_channels: int = 3,
    rounding: str = "floor",
    bytes_per_value: int = 4,
    threads: int | None = None,
) -> Scores:
    """The figures of every candidate at an input of `input` x `input` pixels.

    The answer does not depend on `threads` (default: the cores of the machine). Raises UsageError.
    """
    size, channels, how, value_bytes = checked(
        input, input_channels, rounding, bytes_per_value, threads
    )
    threads = threads or default_threads()
    candidates, columns = layers.shape
    figures = np.empty((len(FIGURES), candidates), dtype=np.int64)
    fractions = figures.view(np.float64)
    numbers = np.empty(candidates, np.uint32)
    rows = max(_PIECE // max(columns, 1), 1)
    pieces = _reader(layers, rows)

    def run(low: int, high: int) -> Alike:
        table, known = np.zeros((_REASONS, 4), np.int64), np.zeros(1, np.int64)
        for start in range(low, high, rows):
            given = pieces(start, min(start + rows, high))
            done = 0
            while True:
                done = price(
                    *given, size, channels, how, value_bytes, start, done, figures, fractions,
                    numbers, table, known,
                )  # fmt: skip
                if done == len(given[0]):
                    break
                table = _doubled(table)
        return Alike(low, high, table, int(known[0]))

    with shards(candidates, threads) as run_all:
        made = run_all(run)
    rows_of = {
        name: (fractions if name in FRACTIONS else figures)[row] for row, name in enumerate(FIGURES)
    }
    return Scores(rows_of, numbers, made)


def checked(
    input: int, input_channels: int, rounding: str, bytes_per_value: int, threads: int | None
) -> tuple[int, int, int, int]:
    """What the kernel takes beside the candidates; UsageError names what it cannot be."""
    if threads is not None:
        _number("threads", threads, 1024)
    return (
        _number("input", input, LARGEST_NUMBER),
        _number("input_channels", input_channels, LARGEST_CHANNELS),
        _rounding(rounding),
        _number("bytes_per_value", bytes_per_value, 1024),
    )


def _doubled(table: np.ndarray) -> np.ndarray:
    """The same reasons with room for as many more."""
    larger = np.zeros((2 * len(table), 4), np.int64)
    move(table, larger)
    return larger


def _reader(layers: LayerArrays, rows: int) -> Callable[[int, int], Piece]:
    """A function that gives the kernel's arrays of a range, of the one type it is made for.

    One type (int32, C order, writeable), because every other would compile the kernel anew.
    """
    columns = layers.shape[1]
    blocks = {}  # one number for all layers: a small block serves every piece
    for name in FIELDS:
        array = getattr(layers, name)
        if array.shape != layers.shape:
            blocks[name] = np.full((rows, columns), array[0, 0], dtype=np.int32)

    def piece(name: str, start: int, stop: int) -> np.ndarray:
        if name in blocks:
            return blocks[name][: stop - start]
        part: np.ndarray = getattr(layers, name)[start:stop]
        plain = part.flags.c_contiguous and part.flags.writeable
        return part.astype(np.int32, order="C", copy=not plain)

    usual = all(getattr(layers, name).size == 1 for name in _REST) and all(
        getattr(layers, name)[0, 0] == DEFAULTS[name] for name in _REST
    )

    def read(start: int, stop: int) -> Piece:
        op, kernel, stride, padding, channels = (
            piece(name, start, stop) for name in FIELDS if name not in _REST
        )
        rest = None if usual else tuple(piece(name, start, stop) for name in _REST)
        return op, kernel, stride, padding, channels, rest

    return read


def _number(place: str, given: Any, most: int) -> int:
    number = whole(given, place)
    if not 1 <= number <= most:
        raise UsageError(f"{place}: {number} is not in 1..{most}")
    return number


def _rounding(given: str) -> int:
    if given not in ROUNDINGS:
        raise UsageError(f"rounding: {given!r} is not one of {', '.join(ROUNDINGS)}")
    return ROUNDINGS[given]
