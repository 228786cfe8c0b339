"""Kernels of the closure: which states a space has, found without a queue and without a hash.

Every move keeps or raises the jump, and keeps or raises the RF, so that the pairs (jump, RF),
called cells here, can be swept once in ascending order. A row is a cell at one control place; it
holds the contiguous range of output sizes that can occur there, one machine word a size, whose bit
d-1 says that depth d reaches it. A layer is then a shift of words along rows: for stride 1 a
vector operation. Three sweeps of growing detail, each on what the one before left:

    cells    (jump, RF) that divisibility lets reach the target
    rows     with control, depths from the start and depths that still finish, sizes ignored
    sizes    the exact states, forward and backward

The first two are in kernels/cells.py, the third here.
"""

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.step import ONE


@jit.bare_njit
def fill_sizes(shape, table):
    """Output size table [G, N + 1] of every geometry at every input size; 0 where invalid."""
    for g in range(len(shape)):
        growth, stride, padding, same, rounding = shape[g]
        for n in range(1, table.shape[1]):
            if same:
                table[g, n] = jit.same_output_size(n, growth, stride, rounding)
            else:
                table[g, n] = jit.output_size(n, growth, stride, padding, padding, rounding)


@jit.bare
def _forward(reached, source, aim, low, high, low_to, high_to, shifts, by, sizes, most_depths):
    """Pass depths on through one arc: from reached[source + n] to reached[aim + size of n].

    Sizes low..high lead to sizes low_to..high_to of the other row; what would lead outside is
    beyond the depths. Where sizes only shift (`shifts`, by `by`) this is a vector operation.
    Returns whether a depth is new.
    """
    if shifts:
        low, high = max(low, low_to - by), min(high, high_to - by)
        if low > high:
            return False
        # Views from 0 on: their plain indices are what makes the loop a vector operation.
        here = reached[source + low : source + high + 1]
        there = reached[aim + low + by : aim + high + by + 1]
        new = np.uint64(0)
        for i in range(len(here)):
            word = (here[i] << ONE) & most_depths
            new |= word & ~there[i]
            there[i] |= word
        return new != 0
    if low > high:
        return False
    changed = False
    leads = sizes[low : high + 1]
    here = reached[source + low : source + high + 1]
    there = reached[aim + low_to : aim + high_to + 1]
    for i in range(len(leads)):
        to = leads[i] - low_to
        if here[i] and 0 <= to < len(there):
            word = (here[i] << ONE) & most_depths
            changed = changed or (word & ~there[to]) != 0
            there[to] |= word
    return changed


@jit.bare
def _backward(finishing, source, aim, low, high, low_to, high_to, shifts, by, sizes):
    """Pass depths back through one arc, as _forward does on."""
    if shifts:
        low, high = max(low, low_to - by), min(high, high_to - by)
        if low > high:
            return False
        here = finishing[source + low : source + high + 1]
        there = finishing[aim + low + by : aim + high + by + 1]
        new = np.uint64(0)
        for i in range(len(here)):
            word = there[i] >> ONE
            new |= word & ~here[i]
            here[i] |= word
        return new != 0
    if low > high:
        return False
    changed = False
    leads = sizes[low : high + 1]
    here = finishing[source + low : source + high + 1]
    there = finishing[aim + low_to : aim + high_to + 1]
    for i in range(len(leads)):
        to = leads[i] - low_to
        if 0 <= to < len(there):
            word = there[to] >> ONE
            changed = changed or (word & ~here[i]) != 0
            here[i] |= word
    return changed


# Which way depths are passed, and which arcs of a cell. Numbers of numpy: for every True, False or
# number of Python's own numba would compile the function anew.
BACK, ON = np.int64(0), np.int64(1)
LEAVING, STAYING = np.int64(0), np.int64(1)


@jit.bare
def _pass(way, words, cell, which, following, arcs, table, least, most, offset, most_depths):
    """Pass depths back or on through the arcs of one cell that stay in it or leave it.

    Returns whether a depth is new.
    """
    first, to, hop, geometry, least_n, most_n, shifts, by = arcs
    places = len(first) - 1
    changed = False
    for place in range(places):
        row = cell * places + place
        if most[row] < least[row]:
            continue
        source = offset[row] - least[row]
        for arc in range(first[place], first[place + 1]):
            target = following[cell, hop[arc]]
            if target < 0 or (target == cell) != (which == STAYING):
                continue
            row_to = target * places + to[arc]
            if most[row_to] < least[row_to]:
                continue
            low = max(least[row], least_n[arc])
            high = min(most[row], most_n[arc])
            aim = offset[row_to] - least[row_to]
            g = geometry[arc]
            if way == ON:
                new = _forward(
                    words, source, aim, low, high, least[row_to], most[row_to], shifts[g], by[g],
                    table[g], most_depths,
                )  # fmt: skip
            else:
                new = _backward(
                    words, source, aim, low, high, least[row_to], most[row_to], shifts[g], by[g],
                    table[g],
                )  # fmt: skip
            changed = changed or new
    return changed


@jit.bare_njit
def sweep(
    following, cell_rf, arcs, staying, table, least, most, offset, accepts, low, high,
    out_low, out_high, start_n, depths, most_depths, reached, finishing,
):  # fmt: skip
    """Fill reached, finishing, zeros: depth words of every size of every row, the exact states.

    Row `row` stands at offset[row] .. offset[row + 1] with sizes least[row] .. most[row];
    `most_depths` is the word of all depths up to the greatest. `arcs` are the arrays of all arcs,
    `staying` those of the arcs without growth, which alone may stay in a cell.
    """
    first, to, hop, geometry, least_n, most_n, _, _ = arcs
    places = len(first) - 1
    cells = len(cell_rf)
    for arc in range(first[0], first[1]):
        cell = following[0, hop[arc]]
        if cell < 0 or not least_n[arc] <= start_n <= most_n[arc]:
            continue
        n = table[geometry[arc], start_n]
        row = cell * places + to[arc]
        if n > 0 and least[row] <= n <= most[row]:
            reached[offset[row] + n - least[row]] |= ONE
    for cell in range(cells):
        while _pass(
            ON, reached, cell, STAYING, following, staying, table, least, most, offset, most_depths
        ):
            pass
        _pass(ON, reached, cell, LEAVING, following, arcs, table, least, most, offset, most_depths)
    for cell in range(cells - 1, -1, -1):
        for place in range(places):
            row = cell * places + place
            if accepts[place] and low <= cell_rf[cell] <= high:
                for n in range(max(least[row], out_low), min(most[row], out_high) + 1):
                    finishing[offset[row] + n - least[row]] = depths
        _pass(
            BACK, finishing, cell, LEAVING, following, arcs, table, least, most, offset, most_depths
        )
        while _pass(
            BACK, finishing, cell, STAYING, following, staying, table, least, most, offset,
            most_depths,
        ):  # fmt: skip
            pass


@jit.njit
def number_states(reached, finishing, least, most, offset, places, start_at):
    """Number the states that can start and finish, in row order.

    Returns (number [cells], -1 where none; size, row, alive depths [S]). The start is kept.
    """
    number = np.full(len(reached), -1, np.int32)
    count = 0
    for i in range(len(reached)):
        if (reached[i] & finishing[i]) != 0 or i == start_at:
            number[i] = count
            count += 1
    size = np.empty(count, np.int32)
    row_of = np.empty(count, np.int32)
    alive = np.empty(count, np.uint64)
    count = 0
    for row in range(len(least)):
        for i in range(offset[row], offset[row + 1]):
            if number[i] >= 0:
                size[count] = least[row] + i - offset[row]
                row_of[count] = row
                alive[count] = reached[i] & finishing[i]
                count += 1
    return number, size, row_of, alive


@jit.bare_njit
def link(
    size, row_of, start, following, places, first, to, geometry, least_n, most_n, hop_of, table,
    least, most, offset, number, reached, finishing, edge_first, edge_to, edge_arc,
):  # fmt: skip
    """Transitions of every state, arcs in order: counted into edge_first, as many kept as fit.

    Returns how many there are. A transition stays if a depth that reaches its source lets its
    target finish in the range.
    """
    count = 0
    for state in range(len(size)):
        edge_first[state] = count
        n = size[state]
        row = row_of[state]
        cell = row // places
        place = row % places
        word = reached[offset[row] + n - least[row]] << ONE
        if state == start:
            word |= ONE
        for arc in range(first[place], first[place + 1]):
            g = geometry[arc]
            target = following[cell, hop_of[g]]
            if target < 0:
                continue
            row_to = target * places + to[arc]
            size_to = table[g, n]
            if size_to < least[row_to] or size_to > most[row_to]:
                continue
            if n < least_n[arc] or n > most_n[arc]:
                continue
            i = offset[row_to] + size_to - least[row_to]
            if word & finishing[i]:
                if count < len(edge_to):
                    edge_to[count] = number[i]
                    edge_arc[count] = arc
                count += 1
    edge_first[len(size)] = count
    return count
