"""Steps and links as they come back from a file: their numbers are known, not worked out."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from rfsearch.automaton.plan import Link
from rfsearch.layers.numbers import KnownNumbers, Numbers


@dataclass(eq=False)
class StoredLink(Link):
    """A link whose text and convolutions stand in the file."""

    words: str = ""
    counted: tuple[int, int] = (0, 0)

    @property
    def text(self) -> str:
        """What it adds to the printed stack."""
        return self.words

    @property
    def convolutions(self) -> tuple[int, int]:
        """(how many are written in it, the sum of their logarithms in units of 2^-24)."""
        return self.counted


@dataclass(frozen=True, eq=False)
class StoredSteps:
    """Steps (E): stride [E, axes]; start, end and least [E, axes] of their fields; their numbers;
    whether axes are told apart.

    See rfsearch.automaton.spots for the units.
    """

    stride: np.ndarray
    start: np.ndarray
    end: np.ndarray
    least: np.ndarray
    known: KnownNumbers
    apart: bool

    written = None  # the items of a step are those of its link
    grown = None  # growth is that of the boxes

    @property
    def axes(self) -> int:
        """How many axes."""
        return int(self.stride.shape[1])

    def boxes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(start, end, least) [E, axes] of each step in units of the jump before it."""
        return self.start, self.end, self.least

    def numbers(self) -> KnownNumbers:
        """What every step is made of."""
        return self.known

    def chosen(self, step: np.ndarray) -> StoredSteps:
        """Those of some steps [E']."""
        chosen = {
            name: value[step]
            for name, value in vars(self.known).items()
            if isinstance(value, np.ndarray)
        }
        arrays = {name: getattr(self, name)[step] for name in ("stride", "start", "end", "least")}
        return replace(self, **arrays, known=replace(self.known, **chosen))


def split_numbers(numbers: Numbers) -> tuple[dict[str, np.ndarray], dict[str, int | None]]:
    """The arrays of numbers, and what is one number for all steps, or none."""
    values = {one.name: getattr(numbers, one.name) for one in fields(KnownNumbers)}
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    return arrays, {name: value for name, value in values.items() if name not in arrays}
