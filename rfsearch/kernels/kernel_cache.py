"""Where compiled kernels are kept; neither numba nor LLVM need be there to ask.

A folder is named after the sources of the kernels, of the formulas that they compile, and of what
compiles them: what was made from others is never found.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path


@cache
def sources_key() -> str:
    """A short hash over the kernels' sources and the formulas that they compile."""
    kernels = Path(__file__).parent
    formulas = [kernels.parent / "layers" / name for name in ("recurrence.py", "cost.py")]
    of_compiler = ("compiling.py", "lowering.py", "sparing.py", "words.py")
    compiler = [kernels / "native" / name for name in of_compiler]
    digest = hashlib.blake2b(digest_size=8)
    for path in [*formulas, *compiler, *sorted(kernels.glob("*.py"))]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def cache_folder() -> Path | None:
    """The folder, made where it is not; None where the machine offers no place of our own."""
    chosen = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    try:
        base = Path(chosen) if chosen else Path.home() / ".cache"
    except RuntimeError:  # no home folder can be determined
        return None
    folder = base / "rfsearch" / f"kernels-{sources_key()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def shipped_place() -> Path:
    """Where a wheel holds what was compiled from these very sources."""
    return Path(__file__).parent / "objects" / sources_key()


def shipped_folder() -> Path | None:
    """The same, if the package came with it."""
    folder = shipped_place()
    return folder if folder.is_dir() else None


def compiled_before() -> bool:
    """Whether there are kernels already, so that the first question need not compile."""
    folder = cache_folder()
    return shipped_folder() is not None or (folder is not None and any(folder.rglob("*.o")))
