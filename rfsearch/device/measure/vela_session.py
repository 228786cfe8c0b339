"""Arm's Vela in place of a device: what its compiler says of each item, no rounds, no spread.

An item takes seconds to convert and to compile, so that here, too, each is on disk when it is known
and a killed run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rfsearch.device.measure.items import Wanted
from rfsearch.device.measure.journal import Journal
from rfsearch.device.vela import ACCELERATORS, FIGURES, item_figure
from rfsearch.errors import LimitError, MissingExtraError, UsageError

if TYPE_CHECKING:
    import polars as pl


class VelaSession:
    """Asks Vela for one figure of every item; goes on where a journal of the same kind was left.

    UsageError for another figure or accelerator, MissingExtraError without the extra `vela`.
    """

    def __init__(
        self, items: Sequence[Wanted], journal: Path, *, figure: str, accelerator: str
    ) -> None:
        if figure not in FIGURES:
            raise UsageError(f"--figure: {figure} is not one of {', '.join(FIGURES)}")
        if accelerator not in ACCELERATORS:
            raise UsageError(
                f"--accelerator: {accelerator} is not one of {', '.join(ACCELERATORS)}"
            )
        try:
            self.versions = f"ethos-u-vela {version('ethos-u-vela')}"
        except PackageNotFoundError:
            raise MissingExtraError(
                "this needs ethos-u-vela: pip install 'rfsearch[vela]'"
            ) from None
        self.items, self.figure, self.accelerator = list(items), figure, accelerator
        self.journal = Journal(
            journal, {"machine": accelerator, "versions": self.versions, "figure": figure}
        )
        self._known = {_key(entry["key"]): entry for entry in self.journal.found}
        self.resumed = sum(one.place.key in self._known for one in self.items)

    def run(self, progress: Callable[[str, float], None]) -> None:
        """Ask what is missing. LimitError on a full disk."""
        for number, item in enumerate(self.items):
            key = item.place.key
            if key not in self._known:
                entry: dict[str, Any] = {"key": list(key)}
                try:
                    entry["value"] = item_figure(item.place, self.figure, self.accelerator)
                except (LimitError, UsageError) as error:  # the other items go on
                    entry["error"] = str(error)
                self.journal.add(entry)
                self._known[key] = entry
            progress("compiling", (number + 1) / len(self.items))

    @property
    def failed(self) -> list[tuple[Wanted, str]]:
        """The items that Vela has no figure for, and why."""
        found = [(item, self._known.get(item.place.key, {}).get("error")) for item in self.items]
        return [(item, error) for item, error in found if error]

    def table(self) -> pl.DataFrame:
        """A row for each item; null and the error where there is no figure."""
        import polars as pl

        entries = [self._known[item.place.key] for item in self.items]
        count = len(entries)
        uses = [None if item.uses is None else str(item.uses) for item in self.items]
        return pl.DataFrame(
            {
                "item": [item.place.key[0] for item in self.items],
                "channels": pl.Series([item.place.channels for item in self.items], dtype=pl.Int64),
                "sizes": ["x".join(map(str, item.place.sizes)) for item in self.items],
                "value": pl.Series([one.get("value") for one in entries], dtype=pl.Int64),
                "unit": [FIGURES[self.figure]] * count,
                "uses": pl.Series(uses, dtype=pl.String),
                "machine": [self.accelerator] * count,
                "versions": [self.versions] * count,
                "error": pl.Series([one.get("error") for one in entries], dtype=pl.String),
            }
        )


def _key(said: list[Any]) -> tuple[str, int, tuple[int, ...]]:
    text, channels, sizes = said
    return text, channels, tuple(sizes)
