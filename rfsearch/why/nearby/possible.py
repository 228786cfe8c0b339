"""Which targets and inputs nearby can match at all: one automaton or sweep for a whole side.

Only those are then asked one by one, so that a search in vain costs a few automata and not one for
each pixel. Budgets on adding costs are left aside here: what they forbid is asked, and found empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rfsearch.automaton.arcs import NO_SIZE_LIMIT, arcs_of
from rfsearch.automaton.automaton import MEMORY_LIMIT, _jumps, _most_growth, _word, depth_range
from rfsearch.errors import LimitError
from rfsearch.kernels import cells, closure
from rfsearch.request.query import Query
from rfsearch.space.plain import LARGEST_NUMBER, Space
from rfsearch.why.nearby.change import Question, all_targets, target_of
from rfsearch.why.reasons import obstructions
from rfsearch.why.reasons.residues import divisor_reasons

ONE = np.uint64(1)


def possible_targets(
    space: Space, question: Question, running: Mapping[str, Any], farthest: int
) -> set[int]:
    """The offsets, up to `farthest` pixels, at which a target may match; one automaton a side.

    Raises UsageError and LimitError as Space.search does.
    """
    low, high = target_of(question)
    offsets: set[int] = set()
    for sign in (-1, 1):
        values = all_targets(question, farthest, sign).values
        least, most = values["target_rf"]
        changed = {**question, **values}
        if least > most or obstructions(space, Query.of(**changed)):
            continue
        found = space.search(**changed, **running)
        if not found.count_bounds()[1]:
            continue
        automaton = found.automaton
        ends = automaton.final & (automaton.alive & _word(*automaton.depth) != 0)
        rfs = np.unique(automaton.rf[ends])
        moved = sign * np.arange(1, farthest + 1)
        first = np.searchsorted(rfs, low + moved)
        last = np.searchsorted(rfs, high + moved, side="right")
        offsets.update(moved[last > first].tolist())
    return offsets


def possible_inputs(
    space: Space, question: Question, running: Mapping[str, Any], farthest: int
) -> set[int]:
    """The offsets, up to `farthest` pixels, at which an input may match.

    What can still finish depends on the size that a layer meets, not on the input it came from: one
    sweep from the end serves all inputs. Raises UsageError, and LimitError where it does not fit.
    """
    query = Query.of(**question)
    if divisor_reasons(space, query):  # whatever the input
        return set()
    least, most = max(query.input - farthest, 1), min(query.input + farthest, LARGEST_NUMBER)
    sizes = np.arange(least, most + 1)
    ends = _ends(space, query, sizes, running.get("memory_limit") or MEMORY_LIMIT)
    return set((sizes[ends] - query.input).tolist()) - {0}


def _ends(space: Space, query: Query, sizes: np.ndarray, memory_limit: int) -> np.ndarray:
    """[N] whether some stack ends as the query asks, from each of the consecutive input `sizes`."""
    low, high = query.target_rf
    depth_low, depth_high = depth_range(space, query)
    depths = _word(depth_low, depth_high)
    arcs = arcs_of(space, query)
    jumps, next_jump, hop_stride = _jumps(arcs, high)
    _, cell_rf, following = cells.find_cells(
        jumps, next_jump, arcs.hops, hop_stride, low, high, _most_growth(arcs, depth_high)
    )
    if len(cell_rf) == 0:
        return np.zeros(len(sizes), bool)
    reached, finishing = cells.row_depths(
        following, cell_rf, *arcs.place_hops, arcs.accepts, low, high, depths
    )
    live = (reached & finishing) != 0
    live[0] = True
    least, most = cells.row_sizes(
        following, live, arcs.first, arcs.to, arcs.geometry, arcs.least_n, arcs.most_n, arcs.shape,
        arcs.hop_of, int(sizes[0]), int(sizes[-1]), max(depth_high, 1),
    )  # fmt: skip
    offset = np.concatenate([[0], np.cumsum(most - least + 1)])
    size = int(offset[-1]) * 16 + len(arcs.shape) * (int(most.max()) + 1) * 4
    if size > memory_limit:
        raise LimitError(
            f"inputs {sizes[0]}..{sizes[-1]} at once need {size / 2**30:.1f} GiB, above the limit "
            f"of {memory_limit / 2**30:.1f} GiB (--memory-limit)"
        )
    table = np.zeros((len(arcs.shape), int(most.max()) + 1), np.int32)
    closure.fill_sizes(arcs.shape, table)
    out_low, out_high = query.output_size or (1, NO_SIZE_LIMIT)
    reached, finishing = np.zeros((2, int(offset[-1])), np.uint64)
    closure.sweep(
        following, cell_rf, arcs.swept, arcs.swept_staying, table, least, most, offset,
        arcs.accepts, low, high, out_low, out_high, query.input, depths, _word(1, depth_high),
        reached, finishing,
    )  # fmt: skip
    ends = np.zeros(len(sizes), bool)
    for arc in range(arcs.first[0], arcs.first[1]):  # a first layer, after which depth is 1
        cell = following[0, arcs.hop_of[arcs.geometry[arc]]]
        row = cell * len(arcs.places) + arcs.to[arc]
        after = table[arcs.geometry[arc], sizes]
        fits = (arcs.least_n[arc] <= sizes) & (sizes <= arcs.most_n[arc]) & (cell >= 0)
        fits &= (least[row] <= after) & (after <= most[row]) & (after > 0)
        ends[fits] |= finishing[offset[row] + after[fits] - least[row]] & ONE != 0
    return ends
