"""What a measurement would take, estimated before anything is built."""

from __future__ import annotations

from rfsearch.errors import LimitError, shortened
from rfsearch.network.network import Network

# Positions of all tensors of the one-channel copy: each is a number of 8 bytes, and its gradient.
MOST_POSITIONS = 2**28
# Bytes of tensors alive at once in a run at full width.
MOST_BYTES = 2**31


def check_fits(network: Network, name: str, where: str) -> None:
    """LimitError where the one-channel copy has more positions than can be measured."""
    positions = sum(node.volume for node in network.nodes)
    if positions > MOST_POSITIONS:
        largest = max(network.nodes, key=lambda node: node.volume)
        raise LimitError(
            f"{shortened(name)}: {positions:,} positions {where}, {largest.volume:,} of them in "
            f"{largest.place}, are more than {MOST_POSITIONS:,}; give a smaller --input"
        )


def fits_at_full_width(network: Network) -> bool:
    """Whether the tensors that are alive at once fit; else shapes are only inferred."""
    return network.totals["peak_memory"] // network.bytes_per_value * 4 <= MOST_BYTES
