"""What is wanted of a question as a dataset: which matches, which columns, in which parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rfsearch.enumeration.columns import LAYERS, NOTATION, columns_of
from rfsearch.enumeration.manifest import Manifest, versions
from rfsearch.enumeration.question import Told
from rfsearch.enumeration.ranges import Ranges
from rfsearch.errors import UsageError

if TYPE_CHECKING:
    from rfsearch.question.found import Found

PART_ROWS = 1 << 20
GROUP_ROWS = 1 << 17
MOST_PART_ROWS = 1 << 26  # a part passes through memory, and is sent to a bucket, in one piece
MOST_PARTS = 1_000_000  # one file or object each
LOOKED_AT = 1_000  # matches, for the types of their columns
LARGEST_SAMPLE = 10**12


@dataclass(frozen=True)
class Wanted:
    """Ranks `start` to `stop` (None: to the last), or a uniform `sample` drawn with `seed`.

    columns  the names to keep; None: all
    layers   `notation`, or `list`: one text a layer or block
    """

    start: int = 0
    stop: int | None = None
    sample: int | None = None
    seed: int = 0
    columns: Sequence[str] | None = None
    layers: str = NOTATION
    part_rows: int = PART_ROWS

    def __post_init__(self) -> None:
        if self.layers not in LAYERS:
            raise UsageError(f"layers: {self.layers} is not one of {', '.join(LAYERS)}")
        if self.columns is not None and not self.columns:
            raise UsageError("columns: the list is empty; give at least one")
        whole = self.start == 0 and self.stop is None
        if self.sample is not None and not whole:
            raise UsageError("sample: draws from all matches; leave out from and to")
        for name, value, least in (
            ("from", self.start, 0), ("to", self.stop, 0), ("sample", self.sample, 1),
            ("seed", self.seed, 0), ("part_rows", self.part_rows, 1),
        ):  # fmt: skip
            if value is not None and value < least:
                raise UsageError(f"{name}: {value} is not ≥ {least}")
        for name, value, most in (
            ("sample", self.sample or 0, LARGEST_SAMPLE),
            ("part_rows", self.part_rows, MOST_PART_ROWS),
        ):
            if value > most:
                raise UsageError(f"{name}: {value} is not ≤ {most}")

    def manifest(self, found: Found, question: Told) -> Manifest:
        """The manifest of that dataset. UsageError, and LimitError where matches have no ranks."""
        matches = found.count()
        ranges = self._ranges(matches)
        some = found.sample(min(LOOKED_AT, matches))
        return Manifest(
            question=question,
            matches=matches,
            ranges=ranges,
            columns=columns_of(found, question, some, self.layers, self.columns),
            group_rows=min(GROUP_ROWS, self.part_rows),
            seed=None if self.sample is None else self.seed,
            **versions(),
        )

    def _ranges(self, matches: int) -> Ranges:
        if self.sample is not None:
            start, stop = 0, self.sample if matches else 0
        else:
            stop = matches if self.stop is None else self.stop
            start = self.start
            if stop > matches:
                raise UsageError(f"to: {stop} is not in 0..{matches} (there are {matches} matches)")
            if start > stop:
                raise UsageError(f"from: {start} is not in 0..{stop}")
        ranges = Ranges(start, stop, self.part_rows)
        if len(ranges) > MOST_PARTS:
            least = -(-(stop - start) // MOST_PARTS)
            raise UsageError(
                f"part_rows: {self.part_rows} gives {len(ranges):,} parts, above {MOST_PARTS:,}; "
                f"at least {least:,} rows a part, or a range or a sample of the matches"
            )
        return ranges
