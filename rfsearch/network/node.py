"""Node: one operation of a network and the tensor that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from math import prod
from typing import TYPE_CHECKING

from rfsearch.network.axis import AxisMap, Window
from rfsearch.network.field import Box, Field

if TYPE_CHECKING:
    from rfsearch.network.patches import Patches

# How the output is stored: a tensor of its own, on top of an input, or as a view of the inputs.
OWN, IN_PLACE, VIEW = "own", "in place", "view"

INPUT, ADD, MULTIPLY, CONCAT, PAD, NORM = "input", "+", "*", "|", "PAD", "norm"
# Every output reads every position along some axis: attention, norms over positions and their like.
MIX = "mix"
# A tensor of one position, written out over many.
EXPAND = "expand"
# What a global path is, as findings name it.
ATTENTION, GLOBAL_NORM, RECURRENT = "attention", "norm over positions", "recurrent layer"
UNKNOWN = "operator that is not known"


@dataclass(slots=True)
class Node:
    """One operation. Sequences have one entry an axis; sizes are in positions.

    op          INPUT, an op of the notation, ADD, MULTIPLY, CONCAT or NORM
    inputs      the nodes whose tensors it reads, in order
    maps        what it does along each axis; empty where every output reads its own position
    fields      what its outputs see of the input
    gates       pixels that every output sees besides, through a global path (squeeze-and-
                excitation); None where there is no such path
    norm_params, bias   learned values of norms, and whether there is a bias: part of `params`
    weights     where a source knows them: its learned tensors by name, with their values, so that
                what several nodes share is counted once (`Graph.finish` makes `params` of them)
    norm        what its norm is: "N" batch norm, "L" layer norm over channels, "SCALE"; "" unknown
    kind        of a node with Global maps: ATTENTION, GLOBAL_NORM, …; of any other, what it is
                where that is not what its op stands for (a maximum in place of a sum)
    spread      axes along which it was written out from one position (EXPAND)
    patches     what it runs in patches with, of which each takes `runs` of its positions, one an
                axis for each of the patches along it
    after_head  whether all positions have been merged on every path before it
    features    the node before that head; itself where there is none
    """

    name: str
    op: str
    inputs: tuple[int, ...]
    maps: tuple[AxisMap, ...]
    sizes: tuple[int, ...]
    channels: int
    fields: tuple[Field, ...]
    gates: tuple[Box | None, ...]
    place: str
    features: int
    params: int = 0
    norm_params: int = 0
    bias: bool = False
    macs: int = 0
    storage: str = OWN
    after_head: bool = False
    weights: dict[str, int] = dataclass_field(default_factory=dict)
    norm: str = ""
    kind: str = ""
    spread: frozenset[int] = frozenset()
    patches: Patches | None = None
    runs: tuple[tuple[int, ...], ...] = ()

    @property
    def volume(self) -> int:
        """Positions of the tensor, all axes."""
        return prod(self.sizes)

    @property
    def values(self) -> int:
        """Values of the tensor."""
        return self.volume * self.channels

    @property
    def done_macs(self) -> int:
        """Multiply-accumulates that are done: where it runs in patches, those of each."""
        return self.macs // self.volume * prod(map(sum, self.runs)) if self.patches else self.macs

    @property
    def learns(self) -> bool:
        """Whether it has weights, so that a norm right after it belongs to its row."""
        return self.op in ("C", "DW", "T", "FC")

    @property
    def is_layer(self) -> bool:
        """Whether it counts in the depth: convolutions and pools before the head.

        A pool of one position only leaves some out, as the skip of some residual networks does.
        """
        pools = self.op in ("MP", "AP") and any(
            one != Window(1, one.stride) for one in self.windows
        )
        return (self.op in ("C", "DW", "T") or pools) and not self.after_head

    @property
    def windows(self) -> list[Window]:
        """Those of its maps that are windows."""
        return [one for one in self.maps if isinstance(one, Window)]
