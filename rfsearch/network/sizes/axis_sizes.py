"""The input sizes along one axis: those that the network takes, those at which strides divide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from rfsearch.errors import LimitError
from rfsearch.network.node import Node
from rfsearch.network.sizes.arithmetic import Arithmetic, arithmetic
from rfsearch.network.sizes.repeating import Repeating, repeating


@dataclass(frozen=True, slots=True)
class AxisSizes:
    """Input sizes in pixels along one axis, the other axes as they are.

    works    sizes that the network takes: no window larger than its input, branches of one size
    divides  those among them at which no stride leaves a remainder, so that no pixel is dropped;
             None where their rule repeats only after more sizes than can be worked out
    read_at  for a network read from a file or module, the sizes at which it was read to confirm
             the rule; empty where the rule is proven from a notation alone
    """

    works: Repeating
    divides: Repeating | None
    read_at: tuple[int, ...] = ()

    @property
    def least(self) -> int | None:
        """The least size that the network takes; None where it takes none."""
        return self.works.least

    @property
    def rule(self) -> str:
        """The sizes that the network takes, in words."""
        return self.works.rule

    def __repr__(self) -> str:
        return f"<AxisSizes {'; '.join(f'{name}: {said}' for name, said in self._rules)}>"

    def _repr_html_(self) -> str:
        """For notebooks: the rules in words."""
        from rfsearch.network.html import table

        return table(["sizes", "rule"], [list(one) for one in self._rules])

    @property
    def _rules(self) -> list[tuple[str, str]]:
        found = [("work", self.rule)]
        if self.divides is not None:
            found.append(("every stride divides", self.divides.rule))
        return found

    def nearest(self, n: int) -> list[int]:
        """The nearest sizes that the network takes, at most one below n and one above."""
        return self.works.below(n) + self.works.above(n)


def axis_sizes(nodes: Sequence[Node], axis: int, fixed: bool = False) -> AxisSizes:
    """The sizes of a network's nodes along an axis; LimitError where the rule is too long.

    `fixed` says that linear layers have weights for the sizes at hand, as those of a file have.
    """
    return sizes_by(arithmetic(nodes, axis, fixed))


def sizes_by(sums: Arithmetic) -> AxisSizes:
    """The sizes that an arithmetic takes; LimitError where the rule is too long."""
    least = sums.least()
    if least is None:
        nothing = Repeating((), 1, 1, ())
        return AxisSizes(nothing, nothing)
    start = sums.settled(least)
    meeting, period = sums.meeting_period(), sums.period
    sums.check_work(start - least + meeting)
    works = _counted(repeating(lambda n: sums.run(n) is not None, least, start, meeting), sums)
    try:
        sums.check_work(start - least + period)
    except LimitError:
        return AxisSizes(works, None)
    return AxisSizes(works, _counted(repeating(sums.divides, least, start, period), sums))


def _counted(sizes: Repeating, sums: Arithmetic) -> Repeating:
    """The set with its rule written as period · n + offset, n positions of the coarsest tensor."""
    if len(sizes.remainders) != 1:
        return sizes
    (size,) = sizes.above(sizes.start)
    made = sums.run(size)
    slope = Fraction(1, sizes.period)
    if made is None or slope not in sums.slopes:
        return sizes
    offset = size - sizes.period * made[sums.slopes.index(slope)]
    return replace(sizes, offset=offset) if offset > 0 else sizes
