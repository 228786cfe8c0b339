"""Crews: who does many independent tasks. Processes of this machine, or a Dask cluster.

A task is a function's name with two arguments that JSON can hold: what all tasks share, and the
task's own. Tasks may be done twice, and a worker may die at any moment: both are harmless.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from rfsearch.errors import UsageError

MOST_WORKERS = 1024


@dataclass(frozen=True)
class Job:
    """`call` is module:function, called as function(common, own) for each task."""

    call: str
    common: dict[str, Any]

    def do(self, own: Any) -> Any:
        """One task, here and now."""
        module, _, name = self.call.partition(":")
        return getattr(import_module(module), name)(self.common, own)


class Crew(Protocol):
    """Workers that do the tasks of a job."""

    size: int

    def work(self, job: Job, tasks: Sequence[Any]) -> Iterator[Any]:
        """What each task gives, as they end, in any order. Raises what a task raises.

        However it is left, no worker is left at work.
        """


class Here:
    """This process itself, one task after another."""

    size = 1

    def work(self, job: Job, tasks: Sequence[Any]) -> Iterator[Any]:
        """See Crew."""
        return map(job.do, tasks)


def crew_of(workers: int | None = None, scheduler: str | None = None) -> Crew:
    """The crew asked for: `scheduler` or else $DASK_SCHEDULER_ADDRESS, else so many processes.

    By default as many as there are processors. UsageError and MissingExtraError.
    """
    if scheduler is not None and workers is not None:
        raise UsageError("--workers: a scheduler's cluster has its own; local:N starts N here")
    if scheduler is None and workers is None:
        scheduler = os.environ.get("DASK_SCHEDULER_ADDRESS") or None
    if scheduler is not None:
        from rfsearch.enumeration.crew.cluster import Cluster

        return Cluster(scheduler)
    from rfsearch.enumeration.crew.processes import Processes

    return Processes(workers or len(os.sched_getaffinity(0)))
