"""Which positions of its input one output of a stack reads, along one axis, borders aside.

A window of kernel k and dilation d reads d * {0..k-1}; windows in a row add their sets up, each
times the stride before it; where branches meet, the output reads what any of them reads. A block's
own padding decides how its branches lie over each other, and so may its size.
"""

from __future__ import annotations

from itertools import pairwise
from math import gcd

from rfsearch.layers import recurrence
from rfsearch.layers.geometry import rounding_of, sides_of
from rfsearch.layers.layer import SAME, along
from rfsearch.layers.nodes import SIZES_ALONE, Geometry, Join, Up, Window

Positions = tuple[int, ...]  # ascending, the first of them 0
_End = tuple[int, int, int, int]  # size, jump, first position read, bits of what is read from there


def bits_seen(geometry: Geometry, end: int, axis: int, axes: int, size: int, rounding: int) -> int:
    """What an output of node `end` reads: bit i for the i-th position after the first one.

    `size` is the input's on this axis; without branches it makes no difference.
    """
    ends: list[_End] = [(size, 1, 0, 1)]
    for node in geometry:
        if isinstance(node, SIZES_ALONE):
            ends.append((1, 1, 0, 0))
        elif isinstance(node, Join):
            ends.append(_met([ends[one] for one in node.ends if ends[one][3]]))
        else:
            assert isinstance(node, Window), "holes are asked of windows alone"
            ends.append(_windowed(node, axis, axes, rounding, ends[node.parent]))
    return ends[end][3]


def positions_seen(
    geometry: Geometry, end: int, axis: int, axes: int, size: int, rounding: int
) -> Positions:
    """The same as numbers."""
    bits = bits_seen(geometry, end, axis, axes, size, rounding)
    return tuple(i for i, bit in enumerate(reversed(f"{bits:b}")) if bit == "1")


def _met(ends: list[_End]) -> _End:
    size, jump, *_ = ends[0]
    first = min(end[2] for end in ends)
    bits = 0
    for end in ends:
        bits |= end[3] << end[2] - first
    return size, jump, first, bits


def _windowed(node: Window, axis: int, axes: int, rounding: int, parent: _End) -> _End:
    size, jump, first, bits = parent
    kernel, stride, dilation = (
        along(value, axis) for value in (node.kernel, node.stride, node.dilation)
    )
    growth = recurrence.window_growth(kernel, dilation)
    mode = rounding_of(node, rounding)
    if node.padding == SAME:
        after = recurrence.same_output_size(size, growth, stride, mode)
        before = recurrence.same_padding(size, growth, stride) // 2
    else:
        before, behind = sides_of(node.padding, axis)
        after = recurrence.output_size(size, growth, stride, before, behind, mode)
    return after, jump * stride, first - before * jump, added(bits, kernel, dilation * jump)


def added(bits: int, kernel: int, step: int) -> int:
    """The sums of a set of numbers, as bits, and of step * {0..kernel-1}, by doubling."""
    done = 1
    while done < kernel:
        more = min(done, kernel - done)
        bits |= bits << more * step
        done += more
    return bits


def ratio_of(geometry: Geometry, end: int, axis: int) -> tuple[int, int]:
    """The total stride of node `end`, over and under; below 1 where it is finer than the input."""
    ratios = [(1, 1)]
    for node in geometry:
        if isinstance(node, Window):
            over, under = ratios[node.parent]
            ratios.append((over * along(node.stride, axis), under))
        elif isinstance(node, Up):
            over, under = ratios[node.parent]
            ratios.append((over, under * along(node.stride, axis)))
        else:
            ratios.append(ratios[node.ends[0]] if isinstance(node, Join) else (1, 1))
    over, under = ratios[end]
    common = gcd(over, under)
    return over // common, under // common


def widest_gap(positions: Positions) -> int:
    """The widest step from one position to the next; 0 of a single one."""
    return max((b - a for a, b in pairwise(positions)), default=0)


def is_safe(positions: Positions, stride: int) -> bool:
    """Returns True where an item that reads these can neither make nor meet a hole.

    It reads every position of its window, and its window is as wide as its stride: then a field
    of r positions at jump j that has no hole and r >= j becomes one of r + (b - 1) j >= b j >= s j
    positions, which has none either.
    """
    return widest_gap(positions) <= 1 and len(positions) >= stride


def windows_are_safe(geometry: Geometry, end: int, axis: int, axes: int, rounding: int) -> bool:
    """The same of windows in a row, whatever the size."""
    if len(geometry) == 1:
        (node,) = geometry
        if isinstance(node, Window):  # most items are: nothing to add up
            kernel = along(node.kernel, axis)
            gapless = kernel == 1 or along(node.dilation, axis) == 1
            return gapless and kernel >= along(node.stride, axis)
    read = positions_seen(geometry, end, axis, axes, 1, rounding)
    over, under = ratio_of(geometry, end, axis)
    return is_safe(read, over // under)
