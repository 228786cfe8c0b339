"""How every kernel is compiled: the numba flags in one place, each with its reason.

    error_model=numpy   no zero-division branch in inner loops; strides are checked to be >= 1
                        before any kernel sees them

A kernel is compiled once for the arguments that it is called with, kept as an object file, and
called without numba from then on (see kernels/native/); the interpreter's lock is free meanwhile,
so that shards of one question run on a thread pool (spawned pools and numba's own layers each have
a trap: workqueue aborts when entered from two threads, omp kills forked children). Where
NUMBA_DISABLE_JIT is set, kernels are the plain Python functions that they are written as.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

from rfsearch.kernels.native.kernel import Inner, Kernel
from rfsearch.layers import recurrence

# A number of 64 bits, so that a kernel is compiled once; to the checks of types one as any other.
int64: Callable[[Any], int] = cast(Any, np.int64)

# A kernel is called as the function that it is written as.
Written = TypeVar("Written", bound=Callable[..., Any])

PLAIN_PYTHON = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")

INNER = {"error_model": "numpy", "no_cfunc_wrapper": True, "no_cpython_wrapper": True}
OUTER = {"error_model": "numpy", "no_cpython_wrapper": True}


def inner(function: Written) -> Written:
    """A small function that kernels call: inlined by LLVM into each, so it needs no cache entry."""
    return _made(Inner, function, INNER)


def bare(function: Written) -> Written:
    """As `inner`, without reference counts: numba counts every use of an array of a tuple.

    Such a function allocates nothing, returns no array, and copies none into another as a whole.
    """
    return _made(Inner, function, {"_nrt": False, **INNER})


def pasted(function: Written) -> Written:
    """As `bare`, inlined wherever it is called: a call would copy every array of its tuples.

    Each place of a call is compiled, so that a long one should stand in one place only.
    """
    return _made(Inner, function, {"_nrt": False, "forceinline": True, **INNER})


def inlined(function: Written) -> Written:
    """As `bare`, written by numba into the one kernel that calls it, in one place: for long ones.

    LLVM would compile it twice, by itself and again where it is called.
    """
    return _made(Inner, function, {"_nrt": False, "inline": "always", **INNER})


def njit(function: Written) -> Written:
    """`function` as a kernel that Python calls (see the module's text for the flags)."""
    return _made(Kernel, function, OUTER)


def bare_njit(function: Written) -> Written:
    """A kernel of `bare` functions, bare itself: its scratch comes from the caller."""
    return _made(Kernel, function, {"_nrt": False, **OUTER})


def _made(kind: type[Inner], function: Written, flags: dict[str, Any]) -> Written:
    return function if PLAIN_PYTHON else cast(Written, kind(function, flags))


# The recurrences as kernels call them.
output_size = inner(recurrence.output_size)
same_output_size = inner(recurrence.same_output_size)
same_padding = inner(recurrence.same_padding)
receptive_field = inner(recurrence.receptive_field)
twice_centre = inner(recurrence.twice_centre)
effective_padding = inner(recurrence.effective_padding)
window_growth = inner(recurrence.window_growth)
run_start = inner(recurrence.run_start)
first_needed = inner(recurrence.first_needed)
stop_needed = inner(recurrence.stop_needed)
