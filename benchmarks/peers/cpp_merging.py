"""C++ -O3 with the same state merging (benchmarks/cpp/closure.cpp): the honest opponent.

Its automaton is built with an open-addressing table, and counted modulo 2^128 by depth.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from native import Native
from queries import DEFAULT, DEFAULT_16, WIDE_16, Measured

from benchmarks.peers.runner.comparison import Comparison
from benchmarks.peers.runner.questions import TINY, sizes, text

NEEDS = ("g++",)
LIMIT = 300


def comparisons(tiny: bool) -> Iterator[Comparison]:
    """Exact counts, automaton included."""
    with tempfile.TemporaryDirectory() as folder:
        native = Native(Path(folder))
        for asked in [TINY] if tiny else [DEFAULT, DEFAULT_16, WIDE_16]:
            yield Comparison(
                task="exact count", question=text(asked), form="same closure and count, -O3",
                ours=lambda asked=asked: asked.search().count(),
                theirs=lambda asked=asked: _counted(native, asked),
                goal=1.0, rounds=5 if asked is WIDE_16 else 21, sizes=sizes(asked),
            )  # fmt: skip


def _counted(native: Native, asked: Measured) -> int:
    return sum(native.counts(asked.native))
