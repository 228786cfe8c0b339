"""Where compiled kernels are kept; numba need not be there to ask.

A cached kernel does not notice that a function it calls changed in another file, so kernels stand
in kernels/ alone and the cache folder is named after their sources; and after where they lie, as
numba looks for those of this very place.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path


@cache
def _sources_key() -> str:
    """A short hash over the kernels' sources, their place, and the formulas that they compile."""
    package = Path(__file__).parent.parent
    sources = [package / "layers" / name for name in ("recurrence.py", "cost.py")]
    digest = hashlib.blake2b(str(package).encode(), digest_size=8)
    for path in [*sources, *sorted((package / "kernels").glob("*.py"))]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def cache_folder() -> Path | None:
    """The folder, made where it is not; None where the machine offers no place of our own."""
    chosen = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    try:
        base = Path(chosen) if chosen else Path.home() / ".cache"
    except RuntimeError:  # no home folder can be determined
        return None
    folder = base / "rfsearch" / f"kernels-{_sources_key()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def compiled_before() -> bool:
    """Whether the cache already holds kernels, so that the first question need not compile."""
    folder = cache_folder()
    return folder is not None and any(folder.rglob("*.nbi"))
