"""The queries that are measured, for the engine and for the C++ yardsticks alike."""

from __future__ import annotations

from dataclasses import dataclass

from native import question

import rfsearch

KERNELS, STRIDES, PADDINGS = (1, 2, 3, 5, 7, 11), (1, 2, 3, 4), (0, 1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Measured:
    """One query about plain convolutions."""

    input: int
    target: int
    rounding: str
    depth: int
    gaps: bool = False
    kernel: tuple = KERNELS
    stride: tuple = STRIDES
    padding: tuple = PADDINGS
    widths: tuple = (64, 512)

    @property
    def native(self):
        """As the C++ programs take it."""
        return question(
            self.input, self.target, self.target, self.rounding, (1, self.depth), self.gaps,
            self.widths, self.kernel, self.stride, self.padding,
        )  # fmt: skip

    @property
    def space(self):
        """As rfsearch takes it."""
        return rfsearch.Space(
            kernel=self.kernel,
            stride=self.stride,
            padding=self.padding,
            channels=f"double:{self.widths[0]}:{self.widths[1]}",
            depth=(1, self.depth),
            allow_gaps=self.gaps,
        )

    def search(self, **running):
        """The engine's automaton."""
        return self.space.search(self.input, self.target, rounding=self.rounding, **running)


DEFAULT = Measured(227, 224, "exact", 10)
DEFAULT_16 = Measured(227, 224, "exact", 16)
WIDE_16 = Measured(1024, 1023, "floor", 16, gaps=True)
WIDE_64 = Measured(1024, 1023, "floor", 64, gaps=True)
PROTOTYPE_EXACT = Measured(
    227, 224, "exact", 16, gaps=True, padding=(0, 1, 2, 3, 5), widths=(64, 64)
)
PROTOTYPE_FLOOR = Measured(
    224, 224, "floor", 16, gaps=True, padding=(0, 1, 2, 3, 5), widths=(64, 64)
)
DEFAULT_6 = Measured(227, 224, "exact", 6)
FLOOR_8 = Measured(
    224, 212, "floor", 8, gaps=True, kernel=(2, 3, 5), stride=(1, 2), padding=(0, 1, 2)
)
