"""The first run's compiling, shared by as many processes as there are cores: numba uses one.

Each takes the next variant that none has taken. If no other process can be started, nothing is
lost: this one compiles all, and a question compiles what it does not find.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rfsearch.kernels.kernel_cache import cache_folder

# More processes would import numba for a variant or two each.
MOST_HELPERS = 5


class Helpers:
    """The other processes, started at once; `work` joins them until all is compiled."""

    def __init__(self, **how: Any) -> None:
        """`how` is what Popen takes besides."""
        from rfsearch.kernels.native.ahead import SEARCH

        self.group = SEARCH
        self.claims = Path(tempfile.mkdtemp(prefix="rfsearch-"))
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
        self.helpers = [self._helper(how) for _ in range(min(cores - 1, MOST_HELPERS))]

    def _helper(self, how: dict[str, Any]) -> subprocess.Popen[bytes] | None:
        """A process that imports this very package: not one that lies in the working folder, as in
        a clone of the repository that it was installed from.
        """
        here = str(Path(__file__).parent.parent.parent)
        path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
        module = "rfsearch.kernels.native.ahead"
        try:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", module, self.group, str(self.claims)],
                env={**os.environ, "PYTHONPATH": path},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                **how,
            )
        except OSError:  # no other process to be had
            return None

    def work(self) -> None:
        """Compile what is left to take, and wait for what the others have taken."""
        from rfsearch.kernels.native.ahead import compile_ahead

        try:
            compile_ahead(self.group, self.claims)
            for helper in self.helpers:
                if helper is not None:
                    helper.wait()
        finally:
            shutil.rmtree(self.claims, ignore_errors=True)


def start(**how: Any) -> Helpers | None:
    """The others, at work; None where there is no folder to keep kernels in, so that each would
    compile for itself alone.
    """
    return None if cache_folder() is None else Helpers(**how)
