"""Heads: what the fixed end of a space costs on features of given sizes and width."""

from __future__ import annotations

from math import prod

from rfsearch.errors import UsageError
from rfsearch.layers.cost import log_fixed
from rfsearch.layers.geometry import Sizes
from rfsearch.layers.layer import Stack
from rfsearch.layers.numbers import COUNTED

CONVOLUTIONS = ("C", "DW", "T")


class Heads:
    """The numbers of a head at sizes and widths, each worked out once."""

    def __init__(
        self, head: Stack, input_channels: int, peak: tuple[int | None, int | None], per_value: int
    ) -> None:
        self.head, self.input_channels = head, input_channels
        self.least, self.most = peak
        self.per_value = per_value
        self._found: list[dict[str, int]] = []
        self._at: dict[tuple[Sizes, int], int | None] = {}

    @property
    def known(self) -> tuple[dict[str, int], ...]:
        """The numbers, in the order in which `at` numbered them."""
        return tuple(self._found)

    def at(self, sizes: Sizes, width: int) -> tuple[int, int] | None:
        """(number among `known`, whether it meets the least peak); None where it does not fit."""
        key = (sizes, width)
        if key not in self._at:
            figures = head_numbers(self.head, sizes, width)
            self._at[key] = None
            if figures is not None:
                self._at[key] = len(self._found)
                self._found.append(figures)
        number = self._at[key]
        if number is None:
            return None
        peak = self._found[number]["live"] * self.per_value
        if self.most is not None and peak > self.most:
            return None
        return number, int(self.least is not None and peak >= self.least)


def head_numbers(head: Stack, sizes: Sizes, width: int) -> dict[str, int] | None:
    """Numbers of a head on features of these sizes: as a network of its own, its input aside.

    None where it does not fit.
    """
    if not head:
        return dict.fromkeys(COUNTED, 0)
    from rfsearch.network.from_notation import describe_sizes
    from rfsearch.network.network import Network

    try:
        network = Network(describe_sizes(head, sizes, width), "head", 1)
    except UsageError:
        return None
    totals = network.totals
    entropy = 0
    for node in network.nodes:
        if node.op in CONVOLUTIONS:
            weights = node.params - node.norm_params - (node.channels if node.bias else 0)
            entropy += log_fixed(max(weights // node.channels, 1))
    return {
        "depth": 0,
        "params": totals["params"],
        "macs": totals["macs"],
        "activations": totals["activations"] - prod(sizes) * width,
        "live": totals["peak_memory"],
        "entropy": entropy,
    }
