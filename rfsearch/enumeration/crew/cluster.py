"""A Dask cluster as a crew. Workers write what they make and give back no more than its name.

Tasks may be done twice, so that a worker's death costs no more than the task it was at.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rfsearch.enumeration.crew import MOST_WORKERS, Job
from rfsearch.enumeration.manifest import versions
from rfsearch.errors import LimitError, MissingExtraError, RfsearchError, UsageError
from rfsearch.quantity import whole

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 5
AHEAD = 4  # tasks given out for each that is at work
# A local cluster gives up a worker that is away, though it only starts again, when this is over.
_LOST, _PATIENCE = "distributed.deploy.lost-worker-timeout", "1h"
# A scheduler listens for HTTP in any case, at port 8787 if no other is named, and warns where that
# is taken; port 0 is any that is free.
NO_DASHBOARD: dict[str, Any] = {
    "dashboard_address": "127.0.0.1:0",
    "scheduler_kwargs": {"dashboard": False},
}
MOST_DEATHS = 10  # of workers, at one task; Dask itself gives one up after a few


class Cluster:
    """The cluster of `scheduler`: tcp://host:port, a scheduler.json file, or local:N.

    Connects at once: UsageError in one line where that fails or a worker has other versions.
    """

    def __init__(self, scheduler: str) -> None:
        try:
            import distributed  # noqa: F401 - here so that it fails before the work
        except ImportError:
            raise MissingExtraError(
                f"--scheduler: {scheduler}: takes Dask: pip install 'rfsearch[dask]'"
            ) from None
        self._scheduler = scheduler
        self._local = _local(scheduler)
        if self._local is None:
            with self._client() as client:
                self.size = max(1, sum(client.nthreads().values()))
                self._check_versions(client)
        else:
            self.size = self._local

    def work(self, job: Job, tasks: Sequence[Any]) -> Iterator[Any]:
        """See Crew. Raises LimitError where the scheduler is lost."""
        from distributed import as_completed

        with self._client() as client:
            self._check_versions(client)
            left, deaths = list(reversed(tasks)), dict[Any, int]()
            ahead = max(AHEAD * sum(client.nthreads().values()), AHEAD)
            running = as_completed()
            given = {}

            def give(task: Any) -> None:
                future = client.submit(job.do, task, pure=False)
                given[future] = task
                running.add(future)

            for _ in range(min(ahead, len(left))):
                give(left.pop())
            with self._scheduler_there():
                for future in running:
                    task = given.pop(future)
                    answer = self._answer(future, task, deaths)
                    if answer is None:
                        give(task)
                        continue
                    if left:
                        give(left.pop())
                    yield answer

    def _answer(self, future: Any, task: Any, deaths: dict[Any, int]) -> Any:
        """What a task gave; None where its workers died and it is to be given out again."""
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        try:
            return future.result()
        except KilledWorker:
            key = repr(task)
            deaths[key] = deaths.get(key, 0) + 1
            if deaths[key] < MOST_DEATHS:
                return None
            raise LimitError(
                f"--scheduler: {self._scheduler}: workers die at task {task}, of lack of memory "
                "perhaps; workers with more of it, or smaller parts (--part-rows)"
            ) from None
        except FutureCancelledError:
            raise self._lost() from None

    @contextmanager
    def _scheduler_there(self) -> Iterator[None]:
        """A scheduler that goes away is one line."""
        from distributed.comm.core import CommClosedError

        try:
            yield
        except (CommClosedError, OSError):
            raise self._lost() from None

    def _lost(self) -> RfsearchError:
        return LimitError(f"--scheduler: {self._scheduler}: the scheduler is gone")

    @contextmanager
    def _client(self) -> Iterator[Client]:
        """A client, and the local cluster where there is one, for as long as it is used."""
        import dask
        from distributed import Client, LocalCluster

        if self._local is not None:
            with (
                dask.config.set({_LOST: _PATIENCE}),
                LocalCluster(
                    n_workers=self._local, threads_per_worker=1, **NO_DASHBOARD,
                    env={"POLARS_MAX_THREADS": "1"}, silence_logs=50,
                ) as cluster,
                Client(cluster) as client,
            ):  # fmt: skip
                yield client
            return
        try:
            if self._scheduler.endswith(".json"):
                client = Client(scheduler_file=self._scheduler, timeout=CONNECT_SECONDS)
            else:
                client = Client(self._scheduler, timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            first = (str(error) or type(error).__name__).splitlines()[0]
            raise UsageError(
                f"--scheduler: {self._scheduler}: no answer within {CONNECT_SECONDS} s: {first}"
            ) from None
        with _without_logs(), client:
            yield client

    def _check_versions(self, client: Client) -> None:
        """UsageError where a worker would write other bytes, or cannot write at all."""
        here = versions()
        for worker, there in client.run(_versions_there).items():
            for name, version in here.items():
                if there[name] != version:
                    raise UsageError(
                        f"--scheduler: {self._scheduler}: the worker {worker} has "
                        f"{name} {there[name]}, and this is {version}: parts might differ"
                    )


@contextmanager
def _without_logs() -> Iterator[None]:
    """Dask logs a traceback where it loses a scheduler; we say so in one line."""
    names = [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    levels = {logger: logger.level for logger in map(logging.getLogger, names)}
    for logger in levels:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)


def _versions_there() -> dict[str, str]:
    """Of a worker; also where it has no rfsearch, as Dask brings this function to it."""
    try:
        from rfsearch.enumeration.manifest import versions
    except ImportError:
        return {"rfsearch": "none", "polars": "none"}
    return versions()


def _local(scheduler: str) -> int | None:
    """N of local:N; None for a cluster elsewhere. UsageError where it is neither."""
    kind, _, rest = scheduler.partition(":")
    if kind == "local":
        return whole(rest, "--scheduler", 1, MOST_WORKERS)
    if scheduler.endswith(".json"):
        if not os.path.exists(scheduler):
            raise UsageError(f"--scheduler: {scheduler}: there is no such file")
    elif "://" not in scheduler:
        raise UsageError(
            f"--scheduler: {scheduler}: not tcp://HOST:PORT, a scheduler.json file, or local:N"
        )
    return None
