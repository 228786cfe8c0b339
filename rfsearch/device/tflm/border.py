"""Borders: where the tensors between items cannot be in any plan of a network.

An item's own tensors are alive together with each other and with its input and its output alone.
The greedy planner places from the largest to the smallest, so one that comes before all that it
meets but others of this kind has the same place in every network: it is *certain*. Input and output
have to keep clear of the certain ones, of both items that they stand between. So where two items
follow each other, no plan ends below the lowest arrangement of the three tensors around them that
keeps clear (`around`). That says more than the largest sum of what is alive at once: an input
and an output that both must lie above the same large tensors lie above each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

from rfsearch.device.tflm.planner import Buffer, Span, in_order, lowest


@dataclass(frozen=True)
class Border:
    """Of one item: bytes of its input and output, and where the certain tensors keep each out.

    before, behind  taken places, ascending, that the input and the output cannot have
    meet            both are alive at the same time
    """

    input: int
    output: int
    before: tuple[Span, ...]
    behind: tuple[Span, ...]
    meet: bool


def border(buffers: Sequence[Buffer], output: int) -> Border:
    """Of the buffers of an item's own model: number 0 is its input, `output` what it makes."""
    certain: dict[int, int] = {}
    passed: list[int] = []
    for at in in_order(buffers):
        met = [one for one in passed if buffers[one].meets(buffers[at])]
        passed.append(at)
        if at not in (0, output) and all(one in certain for one in met):
            taken = sorted((certain[one], certain[one] + buffers[one].bytes) for one in met)
            certain[at] = lowest(taken, buffers[at].bytes)

    def kept_out(end: int) -> tuple[Span, ...]:
        met = [at for at in certain if buffers[at].meets(buffers[end])]
        return _joined((certain[at], certain[at] + buffers[at].bytes) for at in met)

    mine, made = buffers[0], buffers[output]
    return Border(mine.bytes, made.bytes, kept_out(0), kept_out(output), mine.meets(made))


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Ascending, those that touch as one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return tuple(found)


@lru_cache(maxsize=1 << 16)
def around(first: Border | None, second: Border | None) -> int:
    """Bytes that no plan falls below where an item of the second follows one of the first.

    0 where one of them is not known.

    Of any arrangement the one in the same order, each tensor as low as it can be, ends no higher:
    so all orders of the three tensors are tried.
    """
    if first is None or second is None:
        return 0
    sizes = (first.input, first.output, second.output)
    kept_out = (first.before, _joined((*first.behind, *second.before)), second.behind)
    found = []
    for order in permutations(range(3)):
        ends: dict[int, int] = {}
        for at in order:
            met = [0]
            if first.meet and at < 2:
                met.append(ends.get(1 - at, 0))
            if second.meet and at > 0:
                met.append(ends.get(3 - at, 0))
            taken = sorted(((0, max(met)), *kept_out[at]))
            ends[at] = lowest(taken, sizes[at]) + sizes[at]
        found.append(max(ends.values()))
    return min(found)
