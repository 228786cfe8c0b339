"""The share of the receptive field's positions that reach the middle output, borders aside."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from rfsearch.layers.seen import added
from rfsearch.network.axis import Window
from rfsearch.network.node import Node

if TYPE_CHECKING:
    from rfsearch.network.network import Network

_Seen = tuple[int, int]  # first position that is read, and the bits of what is read from there


def coverage(network: Network) -> Fraction | None:
    """The least over the axes, as if the input went on for ever.

    None where something else than windows stands on the way: then outputs differ in what they see.
    """
    shares = []
    for axis in range(len(network.input)):
        bits = _bits(network.nodes[: network.features_index + 1], axis)
        if not bits:
            return None
        shares.append(Fraction(bits.bit_count(), bits.bit_length()))
    return min(shares)


def _bits(nodes: list[Node], axis: int) -> int | None:
    """What the last node reads on one axis."""
    seen: list[_Seen | None] = [(0, 1)]
    for node in nodes[1:]:
        known = [seen[source] for source in node.inputs if not nodes[source].after_head]
        if (
            (len(node.maps) and not isinstance(node.maps[axis], Window))
            or not known
            or any(one is None for one in known)
        ):
            seen.append(None)
        else:
            first, bits = _met([one for one in known if one is not None])
            window = node.maps[axis] if node.maps else Window()
            assert isinstance(window, Window)
            source = nodes[node.inputs[0]]
            jump = source.fields[axis].jump
            before = window.padding(source.sizes[axis])[0]
            if int(jump) != jump:
                seen.append(None)
                continue
            bits = added(bits, window.kernel, window.dilation * int(jump))
            seen.append((first - before * int(jump), bits))
    last = seen[-1]
    return None if last is None else last[1]


def _met(ends: list[_Seen]) -> _Seen:
    first = min(begin for begin, _ in ends)
    bits = 0
    for begin, read in ends:
        bits |= read << begin - first
    return first, bits
