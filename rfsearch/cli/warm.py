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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rfsearch.kernels.kernel_cache import cache_folder

if TYPE_CHECKING:
    from rfsearch.question.found import Found


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
    found = _small()
    found.count()
    found.front()


def compile_last() -> None:
    """Compile the families, the ranking and the twins, as they are asked."""
    found = _small()
    found.top(1)
    found.families()


def _small() -> Found:
    from rfsearch.question.found import Found
    from rfsearch.request.query import Query
    from rfsearch.space.space import Space

    return Found.build(Space(depth=(1, 2)), Query.of(2, 9, 5))


if __name__ == "__main__":
    gc.disable()  # as in the process that started it, see cli/asking.py
    compile_last()
