"""How every kernel is compiled: the numba flags in one place, each with its reason.

    nogil               shards of one question run on a thread pool (spawned pools and numba's own
                        layers each have a trap: workqueue aborts when entered from two threads,
                        omp kills forked children)
    cache               the second run of the command must not compile again
    error_model=numpy   no zero-division branch in inner loops; strides are checked to be >= 1
                        before any kernel sees them

Where no folder is writable (read-only installs, containers without a home) kernels compile without
a cache.
"""

from __future__ import annotations

import numba

from rfsearch.kernels.kernel_cache import cache_folder
from rfsearch.layers import recurrence

FLAGS = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
INNER = {**FLAGS, "no_cpython_wrapper": True}


_FOLDER = cache_folder()


def inner(function):
    """A small function that kernels call: inlined by LLVM into each, so it needs no cache entry."""
    return numba.njit(**INNER)(function)


def bare(function):
    """As `inner`, without reference counts: numba counts every use of an array of a tuple.

    Such a function allocates nothing, returns no array, and copies none into another as a whole.
    """
    return numba.njit(_nrt=False, **INNER)(function)


def pasted(function):
    """As `bare`, inlined wherever it is called: a call would copy every array of its tuples.

    Each place of a call is compiled, so that a long one should stand in one place only.
    """
    return numba.njit(_nrt=False, forceinline=True, **INNER)(function)


def inlined(function):
    """As `bare`, written by numba into the one kernel that calls it, in one place: for long ones.

    LLVM would compile it twice, by itself and again where it is called.
    """
    return numba.njit(_nrt=False, inline="always", **INNER)(function)


def njit(function):
    """`function` as a cached nopython kernel (see the module's text for the flags)."""
    return _cached(function, FLAGS)


def bare_njit(function):
    """A cached kernel of `bare` functions, bare itself: its scratch comes from the caller."""
    return _cached(function, {"_nrt": False, **FLAGS})


def _cached(function, flags):
    if _FOLDER is None:
        return numba.njit(**flags)(function)
    # The setting is read while decorating; other users of numba in this process keep theirs.
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(_FOLDER)
    try:
        return numba.njit(cache=True, **flags)(function)
    except RuntimeError:  # "no locator available": the folder vanished or turned read-only
        return numba.njit(**flags)(function)
    finally:
        numba.config.CACHE_DIR = before


# The recurrences as kernels call them.
output_size = inner(recurrence.output_size)
same_output_size = inner(recurrence.same_output_size)
same_padding = inner(recurrence.same_padding)
receptive_field = inner(recurrence.receptive_field)
twice_centre = inner(recurrence.twice_centre)
effective_padding = inner(recurrence.effective_padding)
window_growth = inner(recurrence.window_growth)
