"""Kernels are compiled once on a machine: the user is told, and every core takes its share."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rfsearch.cli.one_blas_thread import import_numpy
from rfsearch.request.request import Request


@contextmanager
def told_of_compiling(request: Request) -> Iterator[Callable[[], None]]:
    """Within it the user is told of the first kernel that this machine has not compiled before.

    Gives what a search of a plain space calls before it asks: on the very first run it compiles all
    kernels. Like all that compiles it is to run beside the main thread (see rfsearch.cli.progress),
    as an interrupt in the midst of LLVM's work for numba is not passed on.
    """
    import_numpy()
    if os.environ.get("NUMBA_DISABLE_JIT"):
        yield lambda: None
        return
    from rfsearch.kernels import kernel_cache

    first = not kernel_cache.compiled_before()
    if kernel_cache.cache_folder() is None:
        line = "compiling, some seconds; NUMBA_CACHE_DIR can name a folder to keep it for next time"
    else:
        what = "first run" if first else "first question of this kind"
        line = f"{what}: compiling, some seconds, once"
    tell = _once(f"rfsearch: {line}", request["quiet"])
    crew = None
    if first:
        tell()
        from rfsearch.cli import warm

        crew = warm.start()
    from rfsearch.kernels.native.kernel import listeners

    listeners.append(tell)
    try:
        yield (lambda: None) if crew is None else crew.work
    finally:
        listeners.remove(tell)
        if not gc.isenabled():
            gc.freeze()  # numba's objects stay, and are not looked through from here on either
            gc.enable()


def _once(line: str, quiet: bool) -> Callable[..., None]:
    """What is called before each compiling; the first time it says so, and stops looking for waste.

    An eighth of the compiling would go into looking through numba's objects for it.
    """
    told = False

    def tell(kernel: str | None = None) -> None:
        nonlocal told
        if told:
            return
        told = True
        gc.disable()
        if not quiet:
            print(line, file=sys.stderr, flush=True)

    return tell
