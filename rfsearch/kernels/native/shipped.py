"""Object files for a wheel: `python -m rfsearch.kernels.native.shipped LEVEL CLAIMS`.

Every variant of variants.txt for a level of processors that is not this machine's own, into the
package's folder; several processes share the work by their folder of claims (see ahead.py).
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from rfsearch.kernels import kernel_cache
from rfsearch.kernels.native import object_file
from rfsearch.kernels.native.ahead import claimed, kernel_named
from rfsearch.kernels.native.places import LEVELS_OF

# The levels that a wheel for this kind of processor holds, and what LLVM calls each.
LEVELS = tuple(LEVELS_OF.get(platform.machine().lower(), {}))


def compile_for(level: str, claims: Path) -> None:
    """Compile those variants that no other process has claimed."""
    # numba reads them when it is imported; no features besides those of the level.
    os.environ["NUMBA_CPU_NAME"] = "generic" if level == "generic" else level
    os.environ["NUMBA_CPU_FEATURES"] = ""
    folder = kernel_cache.shipped_place() / level
    for variant in claimed(None, claims):
        kernel = kernel_named(variant.kernel)
        path = folder / kernel.file_name(variant.signature)
        object_file.write(path, kernel.compiled(variant.signature))
        if not path.exists():
            raise SystemExit(f"{path} was not written")


if __name__ == "__main__":
    compile_for(sys.argv[1], Path(sys.argv[2]))
