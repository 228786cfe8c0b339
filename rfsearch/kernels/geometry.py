"""Kernels of geometry: what items do to one axis, at every input size or at chosen ones.

A geometry is a run of nodes (rfsearch.layers.anatomy), encoded one row a node: windows over
another node, nodes that are finer than it, joins where others meet, points of one position. Node 0
is the input itself. Parts and totals say what patches need of a node. Behind a finer node what
outputs see differs by phase, which is no matter of sizes (rfsearch.automaton.views): there only
sizes and jumps are those of the network.
"""

from typing import NamedTuple

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.jit import (
    first_needed,
    output_size,
    run_start,
    same_output_size,
    same_padding,
    stop_needed,
)

WINDOW, JOIN, POINT, FINER, PART, TOTAL = 0, 1, 2, 3, 4, 5  # kinds of a node
SAME_PADDING = -1  # in place of what stands before


class Nodes(NamedTuple):
    """The nodes (K) of all geometries (G) along one axis.

    first [G+1]  rows of a geometry, its input not among them; end [G] the node read at the end,
    counted from the input, 0; unit [G] the jump of the input, which all finer nodes divide;
    row [K, 8]: kind, parent, growth, stride, before, after, rounding,
    spread (twelfths of the variance); of a part kind, node, run, runs; ends, spreads: the
    members of joins, the readers of parts and their parts, the parts of totals, at
    ends_first [K+1] and spreads_first [K+1].
    """

    first: np.ndarray
    end: np.ndarray
    unit: np.ndarray
    row: np.ndarray
    ends_first: np.ndarray
    ends: np.ndarray
    spreads_first: np.ndarray
    spreads: np.ndarray


@jit.inner
def _window_size(row: np.ndarray, n: int) -> int:
    """The size behind a window at size n, 0 where it is not valid."""
    if row[4] == SAME_PADDING:
        return same_output_size(n, row[2], row[3], row[6])
    return output_size(n, row[2], row[3], row[4], row[5], row[6])


@jit.inner
def _window(row: np.ndarray, made: np.ndarray, parent: int, at: int) -> bool:
    """Enter a window's node at `at` of `made` [nodes, 6]; returns whether it is valid."""
    growth, stride, before = row[2], row[3], row[4]
    n, jump = made[parent, 0], made[parent, 1]
    size = _window_size(row, n)
    if before == SAME_PADDING:
        before = same_padding(n, growth, stride) // 2
    made[at, 0] = size
    made[at, 1] = jump * stride
    made[at, 2] = made[parent, 2] - before * jump
    made[at, 3] = made[parent, 3] + (growth - before) * jump
    made[at, 4] = made[parent, 4] + growth * jump
    made[at, 5] = made[parent, 5] + row[7] * jump * jump
    return size > 0


@jit.inner
def _finer(row: np.ndarray, made: np.ndarray, parent: int, at: int) -> bool:
    """Enter a node finer than its parent, sizes and jump alone; returns whether it is valid."""
    growth, stride, before, after = row[2], row[3], row[4], row[5]
    for column in range(6):
        made[at, column] = made[parent, column]
    made[at, 0] = max((made[parent, 0] - 1) * stride - before - after + growth + 1, 0)
    made[at, 1] = made[parent, 1] // stride
    return made[at, 0] > 0


@jit.inner
def _join(nodes: Nodes, k: int, made: np.ndarray, at: int) -> bool:
    """Enter the node where ends of one size and stride meet; returns whether they do."""
    begin, stop = nodes.ends_first[k], nodes.ends_first[k + 1]
    one = nodes.ends[begin]
    for column in range(6):
        made[at, column] = made[one, column]
    for i in range(begin + 1, stop):
        other = nodes.ends[i]
        if made[other, 0] != made[at, 0] or made[other, 1] != made[at, 1]:
            return False
        made[at, 2] = min(made[at, 2], made[other, 2])
        made[at, 3] = max(made[at, 3], made[other, 3])
        made[at, 4] = min(made[at, 4], made[other, 4])
    made[at, 5] = 0
    for i in range(nodes.spreads_first[k], nodes.spreads_first[k + 1]):
        made[at, 5] = max(made[at, 5], made[nodes.spreads[i], 5])
    return True


@jit.inner
def _part(nodes: Nodes, g: int, k: int, made: np.ndarray, at: int) -> None:
    """Enter the run [start, end) of a node's positions that one patch needs."""
    row = nodes.row[k]
    n = made[row[1], 0]
    begin, stop = nodes.ends_first[k], nodes.ends_first[k + 1]
    first, last = run_start(row[2], n, row[3]), run_start(row[2] + 1, n, row[3])
    if begin < stop:
        first, last = n, 0
        for i in range(begin, stop):
            part = nodes.spreads[nodes.spreads_first[k] + i - begin]
            if made[part, 0] == 0:  # a run of none, or one that reads padding alone
                continue
            reader = nodes.row[nodes.first[g] + nodes.ends[i] - 1]
            here, there = made[part, 2], made[part, 3]
            if reader[0] == WINDOW:
                before = reader[4]
                if before == SAME_PADDING:
                    before = same_padding(n, reader[2], reader[3]) // 2
                here = first_needed(here, n, reader[3], before)
                there = stop_needed(there, n, reader[2], reader[3], before)
            if here < there:
                first, last = min(first, here), max(last, there)
    for column in range(6):
        made[at, column] = 0
    made[at, 0] = max(last - first, 0)
    made[at, 2], made[at, 3] = first, last


@jit.inner
def _total(nodes: Nodes, k: int, made: np.ndarray, at: int) -> None:
    """Enter the sum of the sizes of parts."""
    for column in range(6):
        made[at, column] = 0
    for i in range(nodes.ends_first[k], nodes.ends_first[k + 1]):
        made[at, 0] += made[nodes.ends[i], 0]


@jit.inner
def walk(nodes: Nodes, g: int, n: int, made: np.ndarray) -> bool:
    """Follow geometry g from size n: made [nodes, 6] of size, jump, start, end, least, spread.

    Returns whether every node is valid.
    """
    for column in range(6):
        made[0, column] = 0
    made[0, 0], made[0, 1] = n, nodes.unit[g]
    at = 1
    for k in range(nodes.first[g], nodes.first[g + 1]):
        kind = nodes.row[k, 0]
        if kind == WINDOW:
            if not _window(nodes.row[k], made, nodes.row[k, 1], at):
                return False
        elif kind == JOIN:
            if not _join(nodes, k, made, at):
                return False
        elif kind == FINER:
            if not _finer(nodes.row[k], made, nodes.row[k, 1], at):
                return False
        elif kind == PART:
            _part(nodes, g, k, made, at)
        elif kind == TOTAL:
            _total(nodes, k, made, at)
        else:
            for column in range(6):
                made[at, column] = 0
            made[at, 0] = 1
        at += 1
    return True


@jit.inner
def _is_window(nodes: Nodes, g: int) -> bool:
    """Most items are one window: nothing but its size differs from one to the next."""
    row = nodes.first[g]
    alone = nodes.first[g + 1] == row + 1 and nodes.end[g] == 1
    return alone and nodes.row[row, 0] == WINDOW


@jit.njit
def fill_axis(
    nodes: Nodes, made: np.ndarray, wanted: np.ndarray, next_size: np.ndarray, growth: np.ndarray
) -> None:
    """Size after every geometry, next_size [G, N+1], 0 where it is invalid.

    wanted [N+1]: 1 at the sizes that are asked for; what is not one window is followed at these
    and at all that some items make of them. growth [G, M]: what the field grows by, in positions
    of the item's input; M is 1 where it is the same at all sizes, else N+1. made [nodes, 6] is
    scratch.
    """
    last = next_size.shape[1] - 1
    apart = growth.shape[1] > 1
    again = False
    for g in range(len(next_size)):
        if not _is_window(nodes, g):
            again = True
            continue
        one = nodes.row[nodes.first[g]]
        for n in range(1, last + 1):
            size = _window_size(one, n)
            if size > 0:
                growth[g, n if apart else 0] = one[2]
                if size <= last:
                    next_size[g, n] = size
    while again:
        again = False
        for n in range(last, 0, -1):  # few sizes grow
            if wanted[n] != 1:
                continue
            wanted[n] = 2
            for g in range(len(next_size)):
                if not _is_window(nodes, g) and walk(nodes, g, n, made):
                    end = nodes.end[g]
                    growth[g, n if apart else 0] = made[end, 3] - made[end, 2]
                    if made[end, 0] <= last:
                        next_size[g, n] = made[end, 0]
                size = next_size[g, n]
                if size > 0 and wanted[size] == 0:
                    wanted[size] = 1
                    again = again or size > n


@jit.njit
def place_pairs(
    nodes: Nodes, geometry: np.ndarray, size: np.ndarray, made: np.ndarray, sizes: np.ndarray,
    box: np.ndarray,
) -> None:  # fmt: skip
    """Each pair (geometry, size) [P] once more, whole: the sizes of its nodes, and its end.

    sizes [P, nodes]; box [P, 5] of stride, start, end, least, spread at the end.
    """
    for pair in range(len(geometry)):
        g = geometry[pair]
        walk(nodes, g, size[pair], made)
        for node in range(nodes.first[g + 1] - nodes.first[g] + 1):
            sizes[pair, node] = made[node, 0]
        end = nodes.end[g]
        for column in range(5):
            box[pair, column] = made[end, column + 1]
