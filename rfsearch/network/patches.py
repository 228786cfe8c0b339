"""Patches: what each needs of the tensors of a run of nodes that makes its output patch by patch.

The output is cut into nearly equal runs along each axis. A patch takes one run of each, and is
computed from what it needs of every tensor before it, as one box within the tensor's borders:
there alone stands padding, so that all values are those of the whole maps. What patches share is
computed again by each.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod

from rfsearch.layers.recurrence import run_start
from rfsearch.network.node import Node


@dataclass(frozen=True, eq=False)
class Patches:
    """Nodes that run patch by patch, `counts` along each axis; the last makes their output."""

    nodes: tuple[Node, ...]
    counts: tuple[int, ...]

    @property
    def whole_macs(self) -> int:
        """Multiply-accumulates of the whole maps."""
        return sum(node.macs for node in self.nodes)

    @property
    def macs(self) -> int:
        """Those of all patches."""
        return sum(node.done_macs for node in self.nodes)


def run_in_patches(nodes: list[Node], first: int, counts: tuple[int, ...]) -> None:
    """Say of the nodes from `first` on, the last of them their output, that they run in patches."""
    end = len(nodes) - 1
    patches = Patches(tuple(nodes[first:]), counts)
    needed = {
        end: [
            [range(run_start(run, n, count), run_start(run + 1, n, count)) for run in range(count)]
            for n, count in zip(nodes[end].sizes, counts, strict=True)
        ]
    }
    for number in range(end, first - 1, -1):
        node, here = nodes[number], needed[number]
        for read in node.inputs:
            if read < first:
                continue
            there = needed.setdefault(read, [[range(0)] * count for count in counts])
            for axis, n in enumerate(nodes[read].sizes):
                there[axis] = [
                    _hull(known, _read(node, axis, run, n))
                    for known, run in zip(there[axis], here[axis], strict=True)
                ]
        node.patches = patches
        node.runs = tuple(tuple(map(len, along)) for along in here)


def _read(node: Node, axis: int, run: range, n: int) -> range:
    """From the first to the last of n positions that a run of a node's outputs reads."""
    if not run or not node.maps:
        return run
    first, last = node.maps[axis].reads(run[0], n), node.maps[axis].reads(run[-1], n)
    return range(max(first[0], 0), min(last[-1] + 1, n))


def _hull(one: range, other: range) -> range:
    if not one or not other:
        return one or other
    return range(min(one.start, other.start), max(one.stop, other.stop))


def alive_in_patch(patches: Patches, parts: list[tuple[Node, int]]) -> list[int]:
    """Values of so many channels of some nodes in the patch that takes most of them together."""
    return max(
        (
            [
                channels * prod(along[one] for along, one in zip(node.runs, run, strict=True))
                for node, channels in parts
            ]
            for run in product(*map(range, patches.counts))
        ),
        key=sum,
    )
