"""How far the borders of a tile reach into it: at every node, the positions that they change.

A tile is a part of the image from pixel `start` on. Where `start` is a multiple of the alignment
each of its tensors is a part of the whole's tensor, and a position holds what it holds there
unless something that it reads lies beyond a border that the whole image does not have. Those
positions lie at the two ends: `clean_from` counts what the border before spoils, `clean_to` is the
first position that the border after spoils.
"""

from __future__ import annotations

from math import ceil, floor

from rfsearch.network.axis import ZEROS, AxisMap, Resize, Transposed, Window

# Positions that a resize reads around the one where its output falls, at most.
_WIDEST = 4


def clean_from(one: AxisMap, clean: int, n: int) -> int:
    """The first output from which on nothing before position `clean` of the n is read."""
    if isinstance(one, Window):
        return max(-(-(clean + one.padding(n)[0]) // one.stride), 0)
    if isinstance(one, Transposed):
        # The last output that the position just before `clean` is spread to, and the next.
        reached = one.dilation * (one.kernel - 1)
        return max((clean - 1) * one.stride - one.before + reached + 1, 0)
    assert isinstance(one, Resize)
    index = min(ceil((clean + _WIDEST) * one.scale + one.scale), one.size(n))
    while index and one.reads(index - 1, n).start >= clean:
        index -= 1
    return index


def clean_to(one: AxisMap, clean: int, n: int) -> int:
    """The first output that reads position `clean` of the n or one after it; all before do not."""
    size = one.size(n)
    if isinstance(one, Window):
        first = -(-(clean + one.padding(n)[0] - one.growth) // one.stride)
    elif isinstance(one, Transposed):
        first = clean * one.stride - one.before
    else:
        assert isinstance(one, Resize)
        first = max(floor((clean - _WIDEST) * one.scale - one.scale) - 1, 0)
        while first < size and one.reads(first, n).stop <= clean:
            first += 1
    return min(max(first, 0), size)


def mirrors_cleanly(one: AxisMap, first: int, end: int, n: int) -> bool:
    """Whether padding made of the image's own pixels, at its own borders, holds clean ones."""
    if not isinstance(one, Window) or one.edge == ZEROS:
        return True
    before, after = one.padding(n)
    return before < end and first <= n - 1 - after
