"""Whole networks, measured as items are: warm, in rounds, every network once a round."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from statistics import median

from rfsearch.device.measure.rounds import timer
from rfsearch.device.measure.runtime import Runtime
from rfsearch.export.plan import Plan

Progress = Callable[[str, float], None]


def whole_times(
    plans: Sequence[Plan], runtime: Runtime, *, rounds: int, threads: int, progress: Progress
) -> list[float]:
    """The median time of each network in nanoseconds."""
    taken = whole_rounds(plans, runtime, rounds=rounds, threads=threads, progress=progress)
    return [median(times) for times in taken]


def whole_rounds(
    plans: Sequence[Plan], runtime: Runtime, *, rounds: int, threads: int, progress: Progress
) -> list[list[float]]:
    """Every round of each network in nanoseconds."""
    timers = [timer(runtime.prepared(plan, threads)) for plan in plans]
    taken: list[list[float]] = [[] for _ in plans]
    order = list(range(len(plans)))
    for number in range(rounds):
        random.Random(number).shuffle(order)
        for done, at in enumerate(order):
            taken[at].append(timers[at]())
            progress("measuring", (number + (done + 1) / len(order)) / rounds)
    return taken
