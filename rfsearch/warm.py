"""Half of the first run's compiling, done by a second process: numba compiles on one core only.

The process compiles what a search asks last into the cache that both share, by asking it of an
automaton without matches. If it comes too late, or cannot be started, nothing is lost: the search
compiles what it does not find.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np


def start() -> None:
    """Start the second process, which ends by itself."""
    try:
        subprocess.Popen(
            [sys.executable, "-m", "rfsearch.warm"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except OSError:  # no second process to be had
        return


def compile_last() -> None:
    """Compile the ranking, the twins and the pricing of what was found."""
    from rfsearch import frame
    from rfsearch.arcs import arcs_of
    from rfsearch.automaton import nothing
    from rfsearch.criteria import criteria_of
    from rfsearch.kernels import front as front_kernel
    from rfsearch.query import Query
    from rfsearch.question import top, twins
    from rfsearch.space import Space

    space, query = Space(), Query.of(1, 1)
    automaton = nothing(space, query, arcs_of(space, query))
    criteria = criteria_of(automaton, [("memory", 1), ("macs", 1)])
    no_bounds = np.full((3, 2, 1, 1), 1 << 62, np.int64)
    graph = top.graph_of(automaton, criteria, no_bounds, no_bounds, True)
    top.best(graph, criteria, 1, top.DISTINCT["family"])
    row = np.full((1, 1), -1, np.int64)
    front_kernel.first_stack(graph, criteria.begin, criteria.begin[:2], row[0], 1)
    twins.twins(automaton, row, 1)
    frame.frame_of(automaton, np.zeros((2, 2), np.int64))


if __name__ == "__main__":
    compile_last()
