"""Shards of states on a thread pool; answers never depend on how many threads there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

# Below this many items a shard costs less than handing it to a thread.
SMALLEST_SHARD = 8192


def default_threads() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def pool_of(threads: int) -> Iterator[tuple[ThreadPoolExecutor, Callable[[], None]]]:
    """A pool, and what its jobs call now and then: it ends them once the caller was interrupted."""
    from concurrent.futures import CancelledError, ThreadPoolExecutor

    stopped = Event()

    def check() -> None:
        if stopped.is_set():
            raise CancelledError

    with ThreadPoolExecutor(threads) as pool:
        try:
            yield pool, check
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def shards(items: int, threads: int | None) -> Iterator[Callable[..., list[Any]]]:
    """A caller `run(kernel, *args)` that calls kernel(*args, low, high) over 0..items in shards.

    Kernels release the interpreter lock; results come in the order of the shards.
    """
    count = max(1, min(threads or default_threads(), items // SMALLEST_SHARD))
    bounds = [(items * i // count, items * (i + 1) // count) for i in range(count)]
    if count == 1:
        yield lambda kernel, *args: [kernel(*args, 0, items)]
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(count) as pool:

        def run(kernel: Callable[..., Any], *args: Any) -> list[Any]:
            pending = [pool.submit(kernel, *args, low, high) for low, high in bounds]
            return [job.result() for job in pending]

        yield run
