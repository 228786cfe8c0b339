"""Kernels of the first two sweeps of the closure: cells, that is (jump, RF), and their rows.

Jumps that no growing kernel can follow (j > hi - r) share the last jump index, written J. See
kernels/closure.py for the whole.
"""

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.step import ONE
from rfsearch.layers.recurrence import CEIL


@jit.njit
def find_cells(jumps, next_jump, hops, hop_stride, low, high, most_growth):
    """Cells reachable from (jump 1, RF 1) that divisibility and depth let reach RF low..high.

    most_growth [D + 1] bounds the RF, in units of the jump, that so many layers can add. Returns
    (jump index [N], rf [N], following cell [N, H], -1 where dead). Cells ascend.
    """
    beyond = len(jumps)
    most_depth = len(most_growth) - 1
    # Least depth of a cell, later its number; -1 where none is.
    table = np.full((beyond + 1, high + 1), -1, np.int32)
    hop_count = len(hops)
    start = 0 if jumps[0] <= high - 1 else beyond
    count = 0
    if (start == 0 or low <= 1) and 1 + most_growth[most_depth] >= low:
        table[start, 1] = 0
        for index in range(beyond + 1):
            for rf in range(1, high + 1):
                depth = table[index, rf] + 1
                if depth == 0:
                    continue
                count += 1
                if depth > most_depth:
                    continue
                left = most_growth[most_depth - depth]
                for hop in range(hop_count):
                    i, r = _follow(
                        jumps, next_jump, hops, hop_stride, low, high, left, index, rf, hop
                    )
                    if i >= 0 and (table[i, r] < 0 or table[i, r] > depth):
                        table[i, r] = depth
    cell_jump = np.empty(count, np.int32)
    cell_rf = np.empty(count, np.int32)
    cell_left = np.zeros(count, np.int64)
    count = 0
    for index in range(beyond + 1):
        for rf in range(1, high + 1):
            if table[index, rf] >= 0:
                depth = table[index, rf] + 1
                cell_left[count] = -1 if depth > most_depth else most_growth[most_depth - depth]
                table[index, rf] = count
                cell_jump[count] = index
                cell_rf[count] = rf
                count += 1
    following = np.full((count, hop_count), -1, np.int32)
    for cell in range(count):
        if cell_left[cell] < 0:
            continue
        for hop in range(hop_count):
            i, r = _follow(
                jumps, next_jump, hops, hop_stride, low, high, cell_left[cell],
                cell_jump[cell], cell_rf[cell], hop,
            )  # fmt: skip
            if i >= 0:
                following[cell, hop] = table[i, r]
    return cell_jump, cell_rf, following


@jit.inner
def _follow(jumps, next_jump, hops, hop_stride, low, high, left, index, rf, hop):
    """(jump index, RF) after one hop; index -1 where the target can no longer be met.

    `left` bounds what the layers after the hop can add, in units of the jump.
    """
    beyond = len(jumps)
    growth = hops[hop, 0]
    if index == beyond:
        return (beyond, rf) if growth == 0 else (-1, rf)
    reached = rf + growth * jumps[index]
    if reached > high:
        return -1, reached
    after = next_jump[index, hop_stride[hop]]
    if after == beyond or jumps[after] > high - reached:
        return (beyond, reached) if reached >= low else (-1, reached)
    short = low - reached
    if short > 0:
        jump = jumps[after]
        if left * jump < short or reached + (short + jump - 1) // jump * jump > high:
            return -1, reached
    return after, reached


@jit.njit
def row_depths(following, cell_rf, place_first, place_hop, place_to, accepts, low, high, depths):
    """(reached, finishing) depth words of every row (cell * C + place), sizes ignored.

    `place_hop`/`place_to` list each place's distinct (hop, next place); `depths` is the word of
    the depth range. Bit d-1 of `finishing`: being here at depth d can end inside the range.
    """
    places = len(place_first) - 1
    cells = len(cell_rf)
    reached = np.zeros(cells * places, np.uint64)
    finishing = np.zeros(cells * places, np.uint64)
    for k in range(place_first[0], place_first[1]):  # depth 1: from the start, bit 0
        cell = following[0, place_hop[k]]
        if cell >= 0:
            reached[cell * places + place_to[k]] |= ONE
    for cell in range(cells):
        changed = True
        while changed:  # layers that keep jump and RF stay in the cell
            changed = False
            for place in range(places):
                word = reached[cell * places + place] << ONE
                if word == 0:
                    continue
                for k in range(place_first[place], place_first[place + 1]):
                    to = following[cell, place_hop[k]]
                    if to < 0:
                        continue
                    row = to * places + place_to[k]
                    if word & ~reached[row]:
                        reached[row] |= word
                        if to == cell:
                            changed = True
    for cell in range(cells - 1, -1, -1):
        inside = low <= cell_rf[cell] <= high
        for place in range(places):
            if inside and accepts[place]:
                finishing[cell * places + place] = depths
        changed = True
        while changed:
            changed = False
            for place in range(places):
                row = cell * places + place
                word = finishing[row]
                for k in range(place_first[place], place_first[place + 1]):
                    to = following[cell, place_hop[k]]
                    if to >= 0:
                        word |= finishing[to * places + place_to[k]] >> ONE
                if word != finishing[row]:
                    finishing[row] = word
                    changed = True
    return reached, finishing


@jit.njit
def row_sizes(
    following, live, first, to, geometry, least_n, most_n, shape, hop_of, low_n, high_n, most_depth
):
    """Least and greatest output size of every live row (least 1, most 0 where none occurs).

    For the inputs low_n..high_n together.
    """
    places = len(first) - 1
    cells = len(following)
    least = np.full(cells * places, 1 << 40, np.int64)
    most = np.zeros(cells * places, np.int64)
    least[0] = low_n
    most[0] = high_n
    for cell in range(cells):
        rounds = 0
        changed = True
        # A cell holds at most `most_depth` layers in a row, however often sizes still grow.
        while changed and rounds < most_depth:
            changed = False
            rounds += 1
            for place in range(places):
                row = cell * places + place
                if most[row] < least[row]:
                    continue
                for arc in range(first[place], first[place + 1]):
                    target = following[cell, hop_of[geometry[arc]]]
                    if target < 0:
                        continue
                    row_to = target * places + to[arc]
                    if not live[row_to]:
                        continue
                    low = max(least[row], least_n[arc])
                    high = min(most[row], most_n[arc])
                    if low > high:
                        continue
                    a, b = _size_range(shape[geometry[arc]], low, high)
                    if b < 1:
                        continue
                    if a < least[row_to]:
                        least[row_to] = a
                        changed = changed or target == cell
                    if b > most[row_to]:
                        most[row_to] = b
                        changed = changed or target == cell
    for row in range(cells * places):
        if most[row] == 0:
            least[row] = 1
    return least, most


@jit.inner
def _size_range(shape, low, high):
    """Bounds on the output sizes of inputs low..high: floor at the lower end, ceil at the upper."""
    growth, stride, padding = shape[0], shape[1], shape[2]
    if shape[3]:
        return (low + stride - 1) // stride, (high + stride - 1) // stride
    below = low + 2 * padding - growth - 1
    above = high + 2 * padding - growth - 1
    if above < 0:
        return 0, 0
    a = below // stride + 1 if below >= 0 else 1
    if shape[4] == CEIL:  # a last window may be dropped that floor would keep (wide padding)
        a -= 1
    return max(a, 1), (above + stride - 1) // stride + 1
