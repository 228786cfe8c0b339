"""Rounds: every item once a round, in a new order each time, so that the machine's drift spreads.

A measurement is the mean of so many runs one after another that the clock is fine enough. An item's
value is the median of its rounds; its spread half of what lies between the quartiles. Each round
begins with a network that does nothing: what a run takes besides its items.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter_ns
from typing import Any, Protocol

from rfsearch.device.measure.build import item_plan
from rfsearch.device.measure.items import Wanted
from rfsearch.device.measure.runtime import Runtime
from rfsearch.device.place import Place
from rfsearch.device.whole_numbers import whole_numbers

# A measurement lasts at least this long: building an item takes more than twice as long.
LEAST_NS = 4_000_000
# Items that are prepared at the same time: weights and values of at most this many.
GROUP_VALUES = 1 << 27
Run = Callable[[], Any]


@dataclass
class Measured:
    """An item's measurements by round, nanoseconds a run; or why there is none."""

    wanted: Wanted
    nanoseconds: dict[int, float] = field(default_factory=dict)
    error: str = ""

    @property
    def value(self) -> float | None:
        """The median, in microseconds."""
        return round(median(self.nanoseconds.values()) / 1000, 3) if self.whole else None

    @property
    def spread(self) -> float | None:
        """Half the distance of the quartiles, in microseconds."""
        if not self.whole:
            return None
        if len(self.nanoseconds) == 1:
            return 0.0
        low, _, high = quantiles(self.nanoseconds.values(), n=4, method="inclusive")
        return round((high - low) / 2000, 3)

    @property
    def whole(self) -> bool:
        """Whether it was measured without a failure."""
        return bool(self.nanoseconds) and not self.error


class Keeps(Protocol):
    """Where measurements go as soon as they are made."""

    def add(self, entry: dict[str, Any], /) -> None:
        """Keep one."""


def measure(
    items: Sequence[Measured],
    runtime: Runtime,
    keeps: Keeps,
    *,
    rounds: int,
    threads: int,
    progress: Callable[[str, float], None],
    overhead: list[float] | None = None,
) -> None:
    """Fill in what is missing of `rounds` rounds. An item that fails is left with its error.

    `overhead` receives what a network that does nothing takes, each time it is run.
    """
    nothing = timer(runtime.nothing(threads))
    total = sum(rounds for _ in items)
    done = sum(len(item.nanoseconds) if not item.error else rounds for item in items)
    for group in groups([item for item in items if _open(item, rounds)]):
        prepared = {id(item): _prepared(item, runtime, threads, keeps) for item in group}
        for number in range(rounds):
            idle = nothing()
            keeps.add({"overhead": idle})
            if overhead is not None:
                overhead.append(idle)
            order = [item for item in group if number not in item.nanoseconds]
            # The order is another one each round, and the same one when a killed run goes on.
            random.Random(number).shuffle(order)
            for item in order:
                once = prepared[id(item)]
                if once is not None and not item.error:
                    _measure(item, number, once, keeps)
                done += 1
                progress("measuring", done / total)


def groups(items: Sequence[Measured]) -> list[list[Measured]]:
    """Items that fit into memory together, in order."""
    found: list[list[Measured]] = []
    held = GROUP_VALUES
    for item in items:
        values = _values(item.wanted.place)
        if held + values > GROUP_VALUES:
            found.append([])
            held = 0
        found[-1].append(item)
        held += values
    return found


def _open(item: Measured, rounds: int) -> bool:
    return not item.error and len(item.nanoseconds) < rounds


def _values(place: Place) -> int:
    numbers = whole_numbers(place.item, place.channels, place.sizes)
    return numbers["params"] + numbers["in_values"] + numbers["activations"]


def _prepared(item: Measured, runtime: Runtime, threads: int, keeps: Keeps) -> Run | None:
    """A warm function that measures once; None where the runtime fails on the item."""
    try:
        return timer(runtime.prepared(item_plan(item.wanted.place), threads))
    except Exception as error:  # whatever the runtime raises: the other items go on
        _failed(item, error, keeps)
        return None


def timer(run: Run) -> Callable[[], float]:
    """A function that measures `run` once, warm: nanoseconds."""
    run()
    began = perf_counter_ns()
    run()
    times = -(-LEAST_NS // max(perf_counter_ns() - began, 1))

    def once() -> float:
        run()  # whatever ran before has the caches
        began = perf_counter_ns()
        for _ in range(times):
            run()
        return (perf_counter_ns() - began) / times

    return once


def _measure(item: Measured, number: int, once: Run, keeps: Keeps) -> None:
    try:
        taken = once()
    except Exception as error:  # as above
        _failed(item, error, keeps)
        return
    item.nanoseconds[number] = taken
    keeps.add({"key": list(item.wanted.place.key), "round": number, "ns": taken})


def _failed(item: Measured, error: Exception, keeps: Keeps) -> None:
    text = " ".join(str(error).split()) or type(error).__name__
    item.error = text if len(text) <= 300 else f"{text[:297]}…"
    keeps.add({"key": list(item.wanted.place.key), "error": item.error})
