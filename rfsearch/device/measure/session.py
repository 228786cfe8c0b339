"""One measuring session: items, journal, rounds, table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rfsearch.device.measure.frame import frame
from rfsearch.device.measure.items import Wanted
from rfsearch.device.measure.journal import Journal
from rfsearch.device.measure.machine import machine
from rfsearch.device.measure.rounds import Measured, measure
from rfsearch.device.measure.runtime import runtime_named

if TYPE_CHECKING:
    import polars as pl

ROUNDS = 9


class Session:
    """Measures `items` with a runtime; goes on where a journal of the same kind was left.

    UsageError where the journal is of another kind, MissingExtraError without the runtime.
    """

    def __init__(
        self,
        items: Sequence[Wanted],
        runtime: str,
        journal: Path,
        *,
        rounds: int = ROUNDS,
        threads: int = 1,
    ) -> None:
        self.runtime = runtime_named(runtime)
        self.rounds, self.threads = rounds, threads
        self.machine, self.versions = machine(), self.runtime.versions()
        self.items = [Measured(item) for item in items]
        how = {
            "machine": self.machine,
            "versions": self.versions,
            "threads": threads,
            "rounds": rounds,
        }
        self.overhead: list[float] = []
        self.journal = Journal(journal, how)
        self.resumed = self._take(self.journal.found)

    def _take(self, entries: Sequence[dict[str, Any]]) -> int:
        """What an earlier run measured; how many measurements these are."""
        known = {item.wanted.place.key: item for item in self.items}
        taken = 0
        for entry in entries:
            if "overhead" in entry:
                self.overhead.append(entry["overhead"])
                continue
            text, channels, sizes = entry["key"]
            item = known.get((text, channels, tuple(sizes)))
            if item is None:
                continue  # of an item that is asked for no longer
            if "error" in entry:
                item.error = entry["error"]
            else:
                item.nanoseconds[entry["round"]] = entry["ns"]
            taken += 1
        return taken

    def run(self, progress: Callable[[str, float], None]) -> None:
        """Measure what is missing. LimitError on a full disk."""
        measure(
            self.items,
            self.runtime,
            self.journal,
            rounds=self.rounds,
            threads=self.threads,
            progress=progress,
            overhead=self.overhead,
        )

    @property
    def failed(self) -> list[tuple[Wanted, str]]:
        """The items on which the runtime failed, and why."""
        return [(item.wanted, item.error) for item in self.items if item.error]

    def table(self) -> pl.DataFrame:
        """A row for each item."""
        return frame(self.items, self.machine, self.versions, self.overhead)
