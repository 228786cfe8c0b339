"""C++ -O3, depth first with pruning (benchmarks/cpp/depth_first.cpp): merges nothing.

It prunes by valid sizes, by an RF already too large, and by divisibility: growth comes in multiples
of the jump, so that a prefix from which the target cannot be met is left at once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from native import Native
from queries import DEFAULT_6

from benchmarks.peers.runner.comparison import Comparison
from benchmarks.peers.runner.questions import TINY, sizes, text, to_depth

NEEDS = ("g++",)
LIMIT = 600


def comparisons(tiny: bool) -> Iterator[Comparison]:
    """Exact counts at the depth of the goal, and one layer deeper."""
    with tempfile.TemporaryDirectory() as folder:
        native = Native(Path(folder))
        for asked in [TINY] if tiny else [DEFAULT_6, to_depth(7)]:
            yield Comparison(
                task="exact count", question=text(asked), form="depth first, pruned, -O3",
                ours=lambda asked=asked: asked.search().count(),
                theirs=lambda asked=asked: native.depth_first(asked.native),
                goal=1e4 if asked is DEFAULT_6 else None,
                sizes=sizes(asked),
                note="what merging saves grows with depth; at depth 6 most of our time is spent on "
                "preparing the question, before a state is made",
            )  # fmt: skip
