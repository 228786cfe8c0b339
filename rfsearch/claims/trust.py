"""How far sums of items may be trusted: whole networks run, beside what a declared cost says.

offset    median of measured less predicted: what to declare as `per_network`
error     mean absolute percentage error, as it is and with the offset
tau       Kendall's tau-b of the two orders: 1 where both rank alike, 0 where by chance
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median


@dataclass(frozen=True)
class Trust:
    """Predicted and measured of each network, in one unit."""

    predicted: tuple[float, ...]
    measured: tuple[float, ...]

    @property
    def offset(self) -> float:
        """What measured networks take more than predicted, in the middle."""
        return median(m - p for p, m in self._pairs)

    @property
    def error(self) -> float:
        """Mean absolute percentage error of the prediction, as a ratio of the measured."""
        return mean(abs(p - m) / m for p, m in self._pairs)

    @property
    def error_with_offset(self) -> float:
        """The same once the offset is added to each prediction."""
        offset = self.offset
        return mean(abs(p + offset - m) / m for p, m in self._pairs)

    @property
    def tau(self) -> float | None:
        """Kendall's tau-b; None where one side is all alike."""
        return kendall_tau(self.predicted, self.measured)

    @property
    def _pairs(self) -> list[tuple[float, float]]:
        return list(zip(self.predicted, self.measured, strict=True))


def kendall_tau(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Tau-b (Kendall 1945): pairs in one order less pairs in opposite ones, ties left out."""
    alike = against = only_one = only_other = 0
    for at in range(len(one)):
        for before in range(at):
            a, b = one[at] - one[before], other[at] - other[before]
            if a and b:
                alike += (a > 0) == (b > 0)
                against += (a > 0) != (b > 0)
            elif a:
                only_one += 1
            elif b:
                only_other += 1
    untied = alike + against
    scale = ((untied + only_one) * (untied + only_other)) ** 0.5
    return (alike - against) / scale if scale else None
