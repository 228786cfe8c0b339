"""The share of the receptive field's positions that reach the middle output, borders aside."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from rfsearch.layers.seen import added
from rfsearch.network.axis import Window
from rfsearch.network.node import Node

if TYPE_CHECKING:
    from rfsearch.network.network import Network

MOST_BITS = 1 << 30  # positions of a field with holes


@dataclass(frozen=True, slots=True)
class _Seen:
    """The positions that are read: the first, how many from there, and which as bits.

    bits: None where all are, however many.
    """

    first: int
    length: int
    bits: int | None = None

    @property
    def written(self) -> int:
        """Which, as bits."""
        return (1 << self.length) - 1 if self.bits is None else self.bits

    @property
    def share(self) -> Fraction:
        """How much of them is read."""
        return Fraction(1) if self.bits is None else Fraction(self.bits.bit_count(), self.length)

    def behind(self, kernel: int, step: int, before: int) -> _Seen | None:
        """What a window reads that begins so many positions before; None beyond MOST_BITS."""
        first, length = self.first - before, self.length + (kernel - 1) * step
        if kernel == 1 or (self.bits is None and step <= self.length):
            return _Seen(first, length, self.bits)
        if length > MOST_BITS:
            return None
        return _of_bits(first, added(self.written, kernel, step))


def coverage(network: Network) -> Fraction | None:
    """The least over the axes, as if the input went on for ever.

    None where something else than windows stands on the way: then outputs differ in what they see.
    None also where a field with holes is wider than MOST_BITS.
    """
    shares = []
    for axis in range(len(network.input)):
        seen = _at_the_end(network.nodes[: network.features_index + 1], axis)
        if seen is None:
            return None
        shares.append(seen.share)
    return min(shares)


def _at_the_end(nodes: list[Node], axis: int) -> _Seen | None:
    """What the last node reads on one axis."""
    seen: list[_Seen | None] = [_Seen(0, 1)]
    for node in nodes[1:]:
        known = [seen[source] for source in node.inputs if not nodes[source].after_head]
        window = node.maps[axis] if node.maps else Window()
        met = _met([one for one in known if one is not None]) if None not in known else None
        source = nodes[node.inputs[0]]
        jump = source.fields[axis].jump
        if met is None or not isinstance(window, Window) or int(jump) != jump:
            seen.append(None)
            continue
        before = window.padding(source.sizes[axis])[0]
        seen.append(met.behind(window.kernel, window.dilation * int(jump), before * int(jump)))
    return seen[-1]


def _met(ends: list[_Seen]) -> _Seen | None:
    """What any of them reads; None without any, or beyond MOST_BITS."""
    if len(ends) < 2:
        return ends[0] if ends else None
    ends = sorted(ends, key=lambda one: one.first)
    first = ends[0].first
    length = max(one.first + one.length for one in ends) - first
    end = first
    for one in ends:
        if one.bits is not None or one.first > end:
            break
        end = max(end, one.first + one.length)
    if end == first + length:
        return _Seen(first, length)
    if length > MOST_BITS:
        return None
    bits = 0
    for one in ends:
        bits |= one.written << one.first - first
    return _of_bits(first, bits)


def _of_bits(first: int, bits: int) -> _Seen:
    return _Seen(first, bits.bit_length(), bits if bits & bits + 1 else None)
