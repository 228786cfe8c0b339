"""Parts as ranges of ranks [low, high): their names, and the proof that none is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rfsearch.errors import UsageError

SUFFIX = ".parquet"
_NAME = re.compile(r"(\d+)-(\d+)\.parquet\Z")


@dataclass(frozen=True)
class Ranges:
    """The ranks `start` up to, not including, `stop`, cut into parts of `rows`; the last is rest.

    Names carry both ends with equally many digits, so that their order as text is that of ranks.
    """

    start: int
    stop: int
    rows: int

    def __len__(self) -> int:
        return -(-(self.stop - self.start) // self.rows)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return (self.part(number) for number in range(len(self)))

    def part(self, number: int) -> tuple[int, int]:
        """The range of a part, counted from 0; UsageError where there is none."""
        if not 0 <= number < len(self):
            raise UsageError(f"part: {number} is not in 0..{len(self) - 1}")
        low = self.start + number * self.rows
        return low, min(low + self.rows, self.stop)

    def name(self, number: int) -> str:
        """The file or object of a part."""
        low, high = self.part(number)
        digits = len(str(self.stop))
        return f"{low:0{digits}}-{high:0{digits}}{SUFFIX}"

    def number(self, name: str) -> int | None:
        """The part of that name; None where it is none of these."""
        found = _NAME.match(name)
        if found is None:
            return None
        number, beside = divmod(int(found.group(1)) - self.start, self.rows)
        if beside or not 0 <= number < len(self) or self.name(number) != name:
            return None
        return number

    def missing(self, names: Iterable[str]) -> list[int]:
        """The parts that are not among `names`. UsageError where a Parquet file is none of them.

        Where none is missing, the ranges follow upon each other from `start` to `stop`: that they
        sum to what was asked for and none overlaps is checked, not believed.
        """
        made: set[int] = set()
        for name in names:
            if not name.endswith(SUFFIX):
                continue
            number = self.number(name)
            if number is None:
                raise UsageError(f"{name}: not a part of this dataset; take it away")
            made.add(number)
        missing = [number for number in range(len(self)) if number not in made]
        if not missing:
            end = self.start
            for low, high in map(self.part, sorted(made)):
                assert low == end < high, "parts follow upon each other"
                end = high
            assert end == self.stop, "parts end where the ranks do"
        return missing
