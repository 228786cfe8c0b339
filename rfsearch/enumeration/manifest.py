"""The manifest: what a dataset holds, written once before the work; every part follows from it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rfsearch.enumeration.question import Told, digest
from rfsearch.enumeration.ranges import Ranges
from rfsearch.errors import UsageError

if TYPE_CHECKING:
    from rfsearch.enumeration.store import Store

NAME = "manifest.json"
SCHEMA = 1
_SHOWN = 2**53  # JSON numbers beyond this do not come through every reader


@dataclass(frozen=True)
class Manifest:
    """A dataset as it was asked for.

    question    keys and values of a config file (see rfsearch.enumeration.question)
    matches     how many there are of it, exactly
    ranges      of ranks; of a sample, of the numbers of its draws
    seed        of a sample; None where every match of the ranges is written
    columns     name: polars type
    group_rows  rows of a row group
    rfsearch, polars   versions that wrote it: with others parts might differ in their bytes
    """

    question: Told
    matches: int
    ranges: Ranges
    columns: dict[str, str]
    group_rows: int
    rfsearch: str
    polars: str
    seed: int | None = None

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that a part depends on; every part carries it."""
        return digest(self._document())

    @property
    def rows(self) -> int:
        """Rows of the whole dataset."""
        return self.ranges.stop - self.ranges.start

    def marks(self, number: int) -> dict[str, str]:
        """What a part says of itself in its metadata: of which dataset, which ranks."""
        low, high = self.ranges.part(number)
        return {"rfsearch.dataset": self.digest, "rfsearch.range": f"{low}-{high}"}

    def _document(self) -> dict[str, Any]:
        fields = {name: value for name, value in vars(self).items() if name != "digest"}
        ranges = {name: _number(end) for name, end in asdict(self.ranges).items()}
        return {
            "schema": SCHEMA, **fields, "matches": _number(self.matches), "ranges": ranges,
        }  # fmt: skip

    def text(self) -> str:
        """The manifest as JSON, its own SHA-256 last."""
        document = self._document() | {"sha256": self.digest}
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, text: str, place: str) -> Manifest:
        """The manifest of that text; UsageError naming `place` where it is not as it was written.

        Its checksum is looked at before anything else of it is believed.
        """
        damaged = (
            f"{place}: the manifest is cut short or changed, so that nothing here can be told "
            "apart; begin again in another place"
        )
        try:
            document = json.loads(text)
            said = document.pop("sha256")
        except (ValueError, AttributeError, KeyError, TypeError):
            raise UsageError(damaged) from None
        if digest(document) != said:
            raise UsageError(damaged)
        if document.pop("schema") != SCHEMA:
            raise UsageError(f"{place}: written by another rfsearch, {document.get('rfsearch')}")
        ranges = Ranges(**{name: int(end) for name, end in document.pop("ranges").items()})
        return cls(**document | {"ranges": ranges, "matches": int(document["matches"])})

    def check_versions(self, place: str) -> None:
        """UsageError where another version of rfsearch or polars would write other bytes."""
        for name, here in versions().items():
            there = getattr(self, name)
            if there != here:
                raise UsageError(
                    f"{place}: begun with {name} {there}, and this is {here}: parts might differ; "
                    f"install {name} {there}, or begin again in another place"
                )


def versions() -> dict[str, str]:
    """What a part's bytes depend on beside its manifest."""
    from importlib.metadata import version

    from rfsearch import __version__

    return {"rfsearch": __version__, "polars": version("polars")}


def manifest_in(store: Store) -> Manifest | None:
    """The manifest of a store; None where there is none. UsageError where it is damaged."""
    place = f"{store.address.rstrip('/')}/{NAME}"
    try:
        data = store.read(NAME)
    except FileNotFoundError:
        return None
    return Manifest.read(data.decode(errors="replace"), place)


def differences(there: Manifest, wanted: Manifest) -> str:
    """The first thing in which two differ, as text; empty where they do not."""
    if there.digest == wanted.digest:
        return ""
    theirs, mine = (
        one.question | asdict(one.ranges) | {"columns": list(one.columns), "seed": one.seed}
        for one in (there, wanted)
    )
    for name in {**theirs, **mine}:
        if mine.get(name) != theirs.get(name):
            told = ["not given" if one.get(name) is None else one[name] for one in (theirs, mine)]
            return f"its {name} {told[0]}, not {told[1]}"
    return "of other versions or types"


def _number(value: int) -> int | str:
    return str(value) if value > _SHOWN else value
