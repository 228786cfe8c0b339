"""The whole numbers of an item at a place that a formula may use."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from rfsearch.layers.layer import Item
from rfsearch.network.from_notation import describe
from rfsearch.network.memory import live_values, stored

if TYPE_CHECKING:
    from collections.abc import Mapping

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "macs": "multiply-accumulates",
        "params": "learned values",
        "in_channels": "channels that flow in",
        "out_channels": "channels that flow out",
        "in_positions": "positions of the input, all axes",
        "out_positions": "positions of the output, all axes",
        "in_values": "values of the input: channels × positions",
        "out_values": "values of the output",
        "activations": "values of everything that the item's layers and sums make",
        "peak_values": "most values alive at once, input and output among them",
        "layers": "convolutions, pools, fully connected layers and averages",
        "axes": "axes of the input",
    }
)


@lru_cache(maxsize=1 << 16)
def whole_numbers(item: Item, channels: int, sizes: tuple[int, ...]) -> Mapping[str, int]:
    """The number of each name in MEANINGS. UsageError where the item does not fit there."""
    graph = describe((item,), sizes, channels)
    nodes = graph.finish()
    first, last = nodes[0], nodes[-1]
    own = nodes[1:]
    return MappingProxyType(
        {
            "macs": sum(node.done_macs for node in own),
            "params": sum(node.params for node in own),
            "in_channels": first.channels,
            "out_channels": last.channels,
            "in_positions": first.volume,
            "out_positions": last.volume,
            "in_values": first.values,
            "out_values": last.values,
            "activations": sum(node.values for node in own if stored(node)),
            "peak_values": max(live_values(nodes, graph.outputs)),
            "layers": sum(bool(node.maps) for node in own),
            "axes": len(sizes),
        }
    )
