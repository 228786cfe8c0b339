"""T-MDA in C++ -O3, written from the paper (benchmarks/cpp/tmda.cpp): three costs.

It is given the graph of states, unrolled by depth; that time is not counted. Its lower bounds are.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.peers.runner import label_setting
from benchmarks.peers.runner.comparison import Comparison

NEEDS = ("g++",)
LIMIT = 600


def comparisons(tiny: bool) -> Iterator[Comparison]:
    """The front of memory, MACs and params."""
    return label_setting.comparisons("tmda", "T-MDA, -O3, given states", tiny)
