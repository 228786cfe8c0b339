"""A network's sizes along one axis as plain arithmetic, and why their rule repeats for ever.

Every layer's output size is a floor, a ceiling or a multiple of its input size, so that after all
layers f(n + P) = f(n) + Q for every n at which no window is larger than its input: P is a multiple
of every stride on the way, Q / P the slope. Sizes never fall as n grows, so "no window is too
large" holds from one least n on. Where branches meet, their sizes agree or not; from the size on
at which the difference of their slopes decides, and none but a constant one is 1, agreement
repeats with P as well. So whether the network takes n is known for all n from one period.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, gcd, lcm

from rfsearch.errors import LimitError
from rfsearch.network.axis import AxisMap, Global, Positions, Resize, Transposed, Window
from rfsearch.network.node import CONCAT, Node

# Beyond this no window is ever large enough: a slope of 0, or strides beyond every input.
_BEYOND = 2**64
# Sizes times steps that are worked out for one rule.
MOST_WORK = 4_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """One node on one axis: the nodes that it reads, and its map; None where positions stay.

    meets   whether sizes of several inputs must agree; `strict` that one position is not spread
    pinned  the only size that its input may have (a linear layer over all positions); 0: any
    """

    inputs: tuple[int, ...]
    map: AxisMap | None = None
    meets: bool = False
    strict: bool = False
    pinned: int = 0


class Arithmetic:
    """The sizes of all nodes along one axis as functions of the input size."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = steps
        self.slopes, self.periods = _rates(steps)

    @property
    def period(self) -> int:
        """The least number of pixels by which every tensor moves on by whole positions."""
        return lcm(*self.periods)

    def run(self, n: int) -> list[int] | None:
        """The size of every node at input size n; None where the network does not take n."""
        sizes = self._sizes(n)
        return sizes if sizes is not None and self._agree(sizes) else None

    def divides(self, n: int) -> bool:
        """Whether the network takes n and no stride leaves a remainder."""
        sizes = self.run(n)
        return sizes is not None and not any(
            step.map is not None and step.map.remainder(sizes[step.inputs[0]])
            for step in self.steps[1:]
        )

    def _sizes(self, n: int) -> list[int] | None:
        """All sizes, of disagreeing branches the largest; None where a window does not fit."""
        sizes = [n]
        for step in self.steps[1:]:
            if step.map is None:
                sizes.append(max(sizes[source] for source in step.inputs))
                continue
            size = step.map.size(sizes[step.inputs[0]])
            if size < 1:
                return None
            sizes.append(size)
        return sizes

    def _agree(self, sizes: list[int]) -> bool:
        for step, size in zip(self.steps, sizes, strict=True):
            if step.pinned and sizes[step.inputs[0]] != step.pinned:
                return False
            if step.meets:
                spread = () if step.strict else (1,)
                if any(sizes[source] not in (size, *spread) for source in step.inputs):
                    return False
        return True

    def least(self) -> int | None:
        """The least n at which no window is larger than its input; None where there is none."""
        if self._sizes(_BEYOND) is None:
            return None
        return _first(lambda n: self._sizes(n) is not None, 1, _BEYOND)

    def settled(self, least: int) -> int:
        """The size from which on the rule repeats: see the module's text."""
        start = least
        for step in self.steps[1:]:
            if step.pinned and self.slopes[step.inputs[0]]:
                # Beyond it the input of the linear layer is larger than its weights for ever.
                start = max(start, self._first_above(step.inputs[0], step.pinned, start))
            if not step.meets:
                continue
            growing = [source for source in step.inputs if self.slopes[source]]
            if not step.strict:
                start = max(self._first_above(one, 1, start) for one in growing or [0])
            start = self._parted(step.inputs, start, strict=step.strict)
        return start

    def _first_above(self, node: int, size: int, least: int) -> int:
        """The least n at which the node is larger than `size`; its slope is not 0."""

        def larger(n: int) -> bool:
            sizes = self._sizes(n)
            return sizes is not None and sizes[node] > size

        high = least + ceil((size + 1) / self.slopes[node]) * self.period
        if high >> 64 and not larger(beyond := least + MOST_WORK):
            self.check_work(beyond)  # a search among numbers of thousands of digits would take long
        return _first(larger, least, high)

    def _parted(self, sources: Iterable[int], least: int, strict: bool) -> int:
        """The size ≥ least from which on branches of different slopes differ for ever."""
        by_slope = {self.slopes[source]: source for source in sources}
        start = least
        for low, high in pairwise(sorted(by_slope)):
            slower, faster = by_slope[low], by_slope[high]
            period = lcm(self.periods[slower], self.periods[faster])
            self.check_work(period)
            pairs = [(one[slower], one[faster]) for one in self._span(least, period)]
            if not low and not strict and pairs[0][0] == 1:
                continue  # one position, spread over the others
            gap = min(fast - slow for slow, fast in pairs)
            rounds = ceil((1 - gap) / ((high - low) * period))
            start = max(start, least + max(rounds, 0) * period)
        return start

    def _span(self, least: int, period: int) -> Iterator[list[int]]:
        """The sizes of all nodes at one period of input sizes that every window fits."""
        for n in range(least, least + period):
            sizes = self._sizes(n)
            assert sizes is not None
            yield sizes

    def meeting_period(self) -> int:
        """The period with which branches agree; 1 where nothing but chains is left."""
        parts = [1]
        for step in self.steps:
            if step.meets or step.pinned:
                parts += [self.periods[source] for source in step.inputs]
        return lcm(*parts)

    def check_work(self, sizes: int) -> None:
        """LimitError where a rule needs too many sizes to be worked out."""
        if sizes * len(self.steps) > MOST_WORK:
            raise LimitError(
                f"its rule repeats only after {sizes:,} sizes, too many to be worked out for "
                f"{len(self.steps)} rows"
            )


def arithmetic(nodes: Sequence[Node], axis: int, fixed: bool = False) -> Arithmetic:
    """The arithmetic of a network's nodes along one axis; `fixed` as in `steps_of`."""
    return Arithmetic(steps_of(nodes, axis, fixed))


def steps_of(nodes: Sequence[Node], axis: int, fixed: bool = False) -> list[Step]:
    """A step for each of a network's nodes, along one axis.

    `fixed` says that linear layers have weights for the sizes at hand, as those of a file have.
    """
    steps = [Step(())]
    for node in nodes[1:]:
        inputs = tuple(one for one in node.inputs if not _fits(nodes[one])) or node.inputs
        several = len(inputs) > 1 and not node.maps
        one = node.maps[axis] if node.maps and not _fits(node) else None
        # A table of positions is as long as the tensor that it was read for.
        pin = isinstance(one, Positions) or (fixed and node.op == "FC")
        steps.append(
            Step(
                inputs=inputs,
                map=one,
                meets=several,
                strict=several and node.op == CONCAT,
                pinned=nodes[node.inputs[0]].sizes[axis] if pin else 0,
            )
        )
    return steps


def _fits(node: Node) -> bool:
    """Whether it is one position written out over those that it meets: their sizes always agree."""
    return bool(node.maps) and all(isinstance(one, Resize) and one.fits for one in node.maps)


def _rates(steps: Sequence[Step]) -> tuple[list[Fraction], list[int]]:
    """For every node its slope, and the period P with f(n + P) = f(n) + slope · P."""
    slopes, periods = [Fraction(1)], [1]
    for step in steps[1:]:
        slope = max(slopes[source] for source in step.inputs)
        period = lcm(*(periods[source] for source in step.inputs))
        if step.map is not None:
            slope, period = _through(step.map, slope, period)
        slopes.append(slope)
        periods.append(period)
    return slopes, periods


def _through(one: AxisMap, slope: Fraction, period: int) -> tuple[Fraction, int]:
    """Slope and period after a map."""
    if isinstance(one, Window):
        up, down = 1, one.stride
    elif isinstance(one, Transposed):
        up, down = one.stride, 1
    elif isinstance(one, Resize) and one.target is None:
        up, down = one.scale.numerator, one.scale.denominator
    elif isinstance(one, Global) and one.target is None:
        up, down = 1, 1
    else:  # to a size of its own, whatever the input's
        return Fraction(0), 1
    moved = slope * period * up
    assert moved.denominator == 1
    return slope * up / down, period * (down // gcd(moved.numerator, down))


def _first(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The least n in low..high that holds; it does at `high`, and never stops once it does."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low
