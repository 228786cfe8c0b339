"""numpy without the threads of its linear algebra, which no question uses.

Starting them is two fifths of the processor time that importing numpy takes.
"""

from __future__ import annotations

import os
import sys

# What the libraries that numpy is built with read, when they are loaded and never again.
_READ = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def import_numpy() -> None:
    """Import numpy with one such thread; what the environment says, and what is started, stays."""
    if "numpy" in sys.modules or any(name in os.environ for name in (*_READ, "OMP_NUM_THREADS")):
        return
    os.environ.update(dict.fromkeys(_READ, "1"))
    try:
        import numpy  # noqa: F401
    finally:
        for name in _READ:
            del os.environ[name]
