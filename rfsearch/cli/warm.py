"""Half of the first run's compiling, done by a second process: numba compiles on one core only.

Each compiles what it is given by asking it of a search of a few matches, the second process into
the cache that both share, and the first waits for it: a kernel that both begin takes its time
twice. If the second cannot be started, nothing is lost: a search compiles what it does not find.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rfsearch.kernels.kernel_cache import cache_folder

if TYPE_CHECKING:
    from rfsearch.automaton.automaton import Automaton


def start(**how: Any) -> subprocess.Popen[bytes] | None:
    """Start the second process, which ends by itself; `how` is what Popen takes. None: it cannot.

    Kernels are kept by the path of their source. So it must import this very package: not one that
    lies in the working folder, as in a clone of the repository that it was installed from. Without
    a folder to keep them in it would compile for itself alone.
    """
    if cache_folder() is None:
        return None
    here = str(Path(__file__).parent.parent.parent)
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "rfsearch.cli.warm"],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **how,
        )
    except OSError:  # no second process to be had
        return None


def share(second: subprocess.Popen[bytes] | None) -> None:
    """Compile what a search of a plain space needs beside what the `second` process compiles."""
    compile_first()
    if second is not None:
        second.wait()


def compile_first() -> None:
    """Compile the automaton, its count and the front, as they are asked."""
    from rfsearch.space.plain import Space

    found = Space(depth=(1, 2)).search(input=9, target_rf=5)
    found.count()
    found.front()


def compile_last() -> None:
    """Compile the families, the ranking and the twins, as they are asked."""
    import numpy as np

    from rfsearch.automaton.arcs import arcs_of
    from rfsearch.automaton.automaton import nothing
    from rfsearch.automaton.criteria import criteria_of
    from rfsearch.question import families, top, twins
    from rfsearch.request.query import Query
    from rfsearch.space.plain import Space

    space, query = Space(), Query.of(1, 1)
    start = nothing(space, query, arcs_of(space, query))
    families.count_families(_of_one_layer(start))
    criteria = criteria_of(start, [("memory", 1), ("macs", 1)])
    no_bounds = np.full((3, 2, 1, 1), 1 << 62, np.int64)
    graph = top.graph_of(start, criteria, no_bounds, no_bounds, True)
    top.best(graph, criteria, 1, top.DISTINCT["family"])
    twins.twins(start, np.full((1, 1), -1, np.int64), 1)


def _of_one_layer(start: Automaton) -> Automaton:
    """A start and one layer, arrays of the types that a search has."""
    import numpy as np

    return replace(
        start,
        size=np.repeat(start.size, 2),
        jump=np.repeat(start.jump, 2),
        rf=np.repeat(start.rf, 2),
        place=np.repeat(start.place, 2),
        alive=np.array([0, 1], np.uint64),
        final=np.array([False, True]),
        first=np.array([0, 1, 1]),
        to=np.ones(1, np.int32),
        arc=np.zeros(1, np.uint16),
    )


if __name__ == "__main__":
    gc.disable()  # as in the process that started it, see cli/asking.py
    compile_last()
