"""Compiling before anybody asks: the variants that questions use, shared by several processes.

`variants.txt` beside this file lists them, what takes longest first: the group, the kernel, the
signature. `python tests/variants.py` writes it anew.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from rfsearch.kernels.native.kernel import Kernel

LIST = Path(__file__).parent / "variants.txt"
SEARCH = "search"  # the group of what a search of a plain space needs


class Variant(NamedTuple):
    """A kernel and the signature that questions call it with."""

    group: str
    kernel: str  # as `count.count_level`
    signature: str


def variants(group: str | None = None) -> Iterator[Variant]:
    """Those of a group, or all."""
    for line in LIST.read_text().splitlines():
        variant = Variant(*line.split(" ", 2))
        if group is None or variant.group == group:
            yield variant


def kernel_named(name: str) -> Kernel:
    """The kernel of a name as `count.count_level`."""
    module, _, function = name.partition(".")
    kernel: Kernel = getattr(importlib.import_module(f"rfsearch.kernels.{module}"), function)
    return kernel


def claimed(group: str | None, claims: Path) -> Iterator[Variant]:
    """Those that no other process has taken, each taken as it comes, in a folder that all share."""
    for number, variant in enumerate(variants(group)):
        try:
            os.close(os.open(claims / str(number), os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            continue
        yield variant


def compile_ahead(group: str | None, claims: Path) -> None:
    """Compile and keep what no other process has claimed.

    A kernel that has changed since it was listed is left to the question that asks it.
    """
    for variant in claimed(group, claims):
        with suppress(Exception):
            kernel_named(variant.kernel).object_for(variant.signature)


if __name__ == "__main__":
    import gc

    gc.disable()  # an eighth of the compiling goes into looking through numba's objects for waste
    compile_ahead(sys.argv[1] or None, Path(sys.argv[2]))
    os._exit(0)  # all is written; taking numba down, object by object, takes half a second
