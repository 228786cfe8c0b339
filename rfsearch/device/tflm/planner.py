"""The places of tensors in the arena, as TensorFlow Lite Micro's greedy planner chooses them.

Buffers are placed from the largest to the smallest, each at the lowest place where a gap between
those that are alive at the same time is wide enough. That can leave gaps which nothing fills, so
the plan may be larger than the largest sum of what is alive at once (`peak`). Source:
GreedyMemoryPlanner of tensorflow/tflite-micro.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Span = tuple[int, int]  # from byte, to byte


@dataclass(frozen=True)
class Buffer:
    """Bytes that are alive from operator `first` to operator `last`, both included."""

    bytes: int
    first: int
    last: int

    def meets(self, other: Buffer) -> bool:
        """Whether both are alive at the same time."""
        return self.first <= other.last and other.first <= self.last


def in_order(buffers: Sequence[Buffer]) -> list[int]:
    """Their numbers in the order in which the planner places them."""
    # Of equal buffers the one that was added last comes first.
    return sorted(range(len(buffers) - 1, -1, -1), key=lambda at: -buffers[at].bytes)


def lowest(taken: Iterable[Span], size: int) -> int:
    """The lowest place for so many bytes between what is taken, in ascending order."""
    place = 0
    for start, end in taken:
        if start - place >= size:
            break
        place = max(place, end)
    return place


def planned(buffers: Sequence[Buffer]) -> int:
    """Bytes of the whole plan."""
    placed: list[tuple[int, Buffer]] = []
    for at in in_order(buffers):
        buffer = buffers[at]
        met = ((start, start + other.bytes) for start, other in placed if other.meets(buffer))
        insort(placed, (lowest(met, buffer.bytes), buffer), key=lambda one: one[0])
    return max((place + buffer.bytes for place, buffer in placed), default=0)


def peak(buffers: Sequence[Buffer]) -> int:
    """The most bytes alive at once: no plan is smaller."""
    times = {buffer.first for buffer in buffers}
    return max(
        (sum(one.bytes for one in buffers if one.first <= time <= one.last) for time in times),
        default=0,
    )
