"""The places of tensors in the arena, as TensorFlow Lite Micro's greedy planner chooses them.

Buffers are placed from the largest to the smallest, each at the lowest place where a gap between
those that are alive at the same time is wide enough. That can leave gaps which nothing fills, so
the plan may be larger than the largest sum of what is alive at once (`peak`). Source:
GreedyMemoryPlanner of tensorflow/tflite-micro.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Buffer:
    """Bytes that are alive from operator `first` to operator `last`, both included."""

    bytes: int
    first: int
    last: int


def planned(buffers: Sequence[Buffer]) -> int:
    """Bytes of the whole plan."""
    # Of equal buffers the one that was added last comes first.
    order = sorted(range(len(buffers) - 1, -1, -1), key=lambda at: -buffers[at].bytes)
    placed: list[tuple[int, Buffer]] = []
    end = 0
    for at in order:
        buffer = buffers[at]
        place = 0
        for start, other in placed:
            if other.first > buffer.last or buffer.first > other.last:
                continue
            if start - place >= buffer.bytes:
                break
            place = max(place, start + other.bytes)
        placed.append((place, buffer))
        placed.sort(key=lambda one: one[0])
        end = max(end, place + buffer.bytes)
    return end


def peak(buffers: Sequence[Buffer]) -> int:
    """The most bytes alive at once: no plan is smaller."""
    times = {buffer.first for buffer in buffers}
    return max(
        (sum(one.bytes for one in buffers if one.first <= time <= one.last) for time in times),
        default=0,
    )
