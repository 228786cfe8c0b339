"""What one operation does along one axis: its output size, and which positions an output reads.

Each class answers the same four questions; the formulas are those of `rfsearch.layers.recurrence`.
Positions are 0-based; those outside the input lie in the padding, or, where `clamps` is true,
stand for the edge pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Protocol

from rfsearch.layers import recurrence
from rfsearch.layers.recurrence import CEIL, FLOOR
from rfsearch.network.interpolation import place_of, positions

# What padding holds.
ZEROS, REFLECT, REPLICATE, CIRCULAR = "zeros", "reflect", "replicate", "circular"
# Which way an operation over all positions looks.
ALL, PAST, FUTURE = "all", "past", "future"


class AxisMap(Protocol):
    """One operation along one axis."""

    clamps: ClassVar[bool]

    def size(self, n: int) -> int:
        """Output size for n input positions; 0 where there is none."""

    def reads(self, index: int, n: int) -> range:
        """Positions that output `index` reads, padding included."""

    def period(self, n: int) -> tuple[int, int]:
        """(outputs, inputs): reads move on by `inputs` positions for every `outputs` outputs."""

    def dropped(self, n: int) -> int:
        """Positions at the end that no output reads because the last window would not fit."""

    def remainder(self, n: int) -> int:
        """What the division by the stride leaves over, padding included; 0 under SAME."""


@dataclass(frozen=True, slots=True)
class Window:
    """A convolution or pool. `same` is "upper" or "lower": where the odd pixel of SAME goes.

    edge    what padding holds: ZEROS, or pixels of the input itself: REFLECT (without the edge
            pixel), REPLICATE (the edge pixel) or CIRCULAR (the other end)
    """

    kernel: int = 1
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1
    ceil: bool = False
    same: str = ""
    edge: str = ZEROS
    clamps: ClassVar[bool] = False

    @property
    def growth(self) -> int:
        return recurrence.window_growth(self.kernel, self.dilation)

    def padding(self, n: int) -> tuple[int, int]:
        """Padding (before, after) at input size n."""
        if not self.same:
            return self.before, self.after
        needed = recurrence.same_padding(n, self.growth, self.stride)
        half = needed // 2
        return (half, needed - half) if self.same == "upper" else (needed - half, half)

    def size(self, n: int) -> int:
        if self.same:
            return recurrence.same_output_size(n, self.growth, self.stride, FLOOR)
        rounding = CEIL if self.ceil else FLOOR
        return recurrence.output_size(
            n, self.growth, self.stride, self.before, self.after, rounding
        )

    def reads(self, index: int, n: int) -> range:
        first = recurrence.first_read(index, self.stride, self.padding(n)[0])
        return range(first, first + self.growth + 1, self.dilation)

    def period(self, n: int) -> tuple[int, int]:
        return 1, self.stride

    def dropped(self, n: int) -> int:
        before = self.padding(n)[0]
        return recurrence.dropped(n, self.growth, self.stride, before, self.size(n))

    def remainder(self, n: int) -> int:
        if self.same:
            return 0
        return (n + self.before + self.after - self.growth - 1) % self.stride


@dataclass(frozen=True, slots=True)
class Whole:
    """One output that reads every position: global pools and fully connected layers."""

    clamps: ClassVar[bool] = False

    def size(self, n: int) -> int:
        return 1

    def reads(self, index: int, n: int) -> range:
        return range(index, index + n)

    def period(self, n: int) -> tuple[int, int]:
        return 1, 1

    def dropped(self, n: int) -> int:
        return 0

    def remainder(self, n: int) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Transposed:
    """A transposed convolution; `extra` positions are appended (output padding)."""

    kernel: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1
    extra: int = 0
    clamps: ClassVar[bool] = False

    def size(self, n: int) -> int:
        growth = recurrence.window_growth(self.kernel, self.dilation)
        return max(
            recurrence.transposed_output_size(
                n, growth, self.stride, self.before, self.after, self.extra
            ),
            0,
        )

    def reads(self, index: int, n: int) -> range:
        """Inputs i with index = i·stride − before + dilation·tap for some tap of the kernel."""
        taps = recurrence.transposed_taps(
            index, self.kernel, self.stride, self.before, self.dilation
        )
        if not taps:
            return range(0)
        first, last = (
            (index + self.before - tap * self.dilation) // self.stride
            for tap in (taps[-1], taps[0])
        )
        return range(first, last + 1, max(taps.step * self.dilation // self.stride, 1))

    def period(self, n: int) -> tuple[int, int]:
        return self.stride, 1

    def dropped(self, n: int) -> int:
        return 0

    def remainder(self, n: int) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Resize:
    """A resize by the factor `scale`, or to `target` positions where that is given.

    mode       "nearest", "linear" or "cubic"
    place      where outputs fall, one of interpolation.PLACES
    nearest    "floor", "ceil", "round_prefer_floor" or "round_prefer_ceil"
    antialias  whether a reduction weighs all positions between its outputs
    fits       whether it is to the size of the branches that it meets, whatever that is
    """

    scale: Fraction
    mode: str = "nearest"
    place: str = "asymmetric"
    nearest: str = "floor"
    target: int | None = None
    antialias: bool = False
    fits: bool = False
    clamps: ClassVar[bool] = True

    def size(self, n: int) -> int:
        if self.target is not None:
            return self.target
        return recurrence.resized_output_size(n, self.scale.numerator, self.scale.denominator)

    def _ratio(self, n: int) -> Fraction:
        """Input positions an output step."""
        m = self.size(n)
        if self.place == "align_corners":
            return Fraction(n - 1, m - 1) if m > 1 else Fraction(0)
        return 1 / self.scale if self.target is None else Fraction(n, m)

    def source(self, index: int, n: int) -> Fraction:
        """Where output `index` falls among the input positions."""
        return place_of(index, self._ratio(n), n, self.size(n), self.place)

    def reads(self, index: int, n: int) -> range:
        """Positions with a weight that is not 0."""
        widened = max(self._ratio(n), Fraction(1)) if self.antialias else Fraction(1)
        return positions(self.source(index, n), self.mode, self.nearest, widened)

    def period(self, n: int) -> tuple[int, int]:
        ratio = self._ratio(n)
        return ratio.denominator, ratio.numerator

    def dropped(self, n: int) -> int:
        return 0

    def remainder(self, n: int) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Adaptive:
    """An adaptive pool to `target` positions whose windows differ in size (PyTorch's rule)."""

    target: int
    clamps: ClassVar[bool] = False

    def size(self, n: int) -> int:
        return self.target

    def reads(self, index: int, n: int) -> range:
        first = recurrence.adaptive_first_read(index, n, self.target)
        return range(first, recurrence.adaptive_last_read(index, n, self.target) + 1)

    def period(self, n: int) -> tuple[int, int]:
        return self.target, n

    def dropped(self, n: int) -> int:
        return 0

    def remainder(self, n: int) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Global:
    """Every output reads all positions, or all up to its own (PAST) or from it on (FUTURE).

    Norms over positions, attention, recurrent layers. `target` is the output size where it is
    not the input's.
    """

    direction: str = ALL
    target: int | None = None
    clamps: ClassVar[bool] = False

    def size(self, n: int) -> int:
        return n if self.target is None else self.target

    def reads(self, index: int, n: int) -> range:
        return range(
            index if self.direction == FUTURE else 0, index + 1 if self.direction == PAST else n
        )

    def period(self, n: int) -> tuple[int, int]:
        return self.size(n), n

    def dropped(self, n: int) -> int:
        return 0

    def remainder(self, n: int) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Positions:
    """Output i is the input's position `table[i]`, or nothing of it where that is None.

    Rolls, flips, picked positions, and what a concatenation along the axis puts side by side.
    """

    table: tuple[int | None, ...]
    clamps: ClassVar[bool] = False

    def size(self, n: int) -> int:
        return len(self.table)

    def reads(self, index: int, n: int) -> range:
        position = self.table[index]
        return range(0) if position is None else range(position, position + 1)

    def period(self, n: int) -> tuple[int, int]:
        """One output a position where they are in order, so that a crop keeps the jump."""
        size = len(self.table)
        return size, size

    def dropped(self, n: int) -> int:
        return 0

    def remainder(self, n: int) -> int:
        return 0
