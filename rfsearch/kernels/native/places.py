"""Where object files lie: those that came with the package, and those that this machine made.

Code is for a processor. What came with the package is for levels of it, each of which needs what
its predecessor needs and more (x86-64 psABI, section "Micro-Architecture Levels"); what a machine
compiles is for its own processor, by name and features.
"""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from pathlib import Path

from rfsearch.kernels.kernel_cache import cache_folder, shipped_folder

# The levels of each kind of processor, and the features that LLVM names for each beyond the last.
_X86 = {
    "x86-64-v2": {"cx16", "sahf", "popcnt", "sse3", "sse4.1", "sse4.2", "ssse3"},
    "x86-64-v3": {"avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "xsave"},
}
_ANY: dict[str, set[str]] = {"generic": set()}
LEVELS_OF = {"x86_64": _X86, "amd64": _X86, "aarch64": _ANY, "arm64": _ANY}


@cache
def folders() -> tuple[Path, ...]:
    """Where to look, the best first."""
    shipped = shipped_folder()
    found = [] if shipped is None else [shipped / level for level in reversed(_levels())]
    own = own_folder()
    return (*found, *([own] if own is not None else []))


@cache
def own_folder() -> Path | None:
    """Where this machine keeps what it compiles; None where it has no place for it."""
    base = cache_folder()
    return None if base is None else base / _processor()


def _levels() -> list[str]:
    """The levels that this processor has, the least first."""
    import llvmlite.binding as llvm

    features = {name for name, there in llvm.get_host_cpu_features().items() if there}
    levels = []
    for level, needed in LEVELS_OF.get(platform.machine().lower(), {}).items():
        if not needed <= features:
            break
        levels.append(level)
    return levels


def _processor() -> str:
    import llvmlite.binding as llvm

    name = llvm.get_host_cpu_name()
    features = llvm.get_host_cpu_features().flatten()
    return f"{name}-{hashlib.blake2b(features.encode(), digest_size=4).hexdigest()}"
