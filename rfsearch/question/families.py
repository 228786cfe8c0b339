"""Families: how many there are. Exact."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.kernels import families as kernel
from rfsearch.kernels import lanes
from rfsearch.kernels.distinct import distinct
from rfsearch.kernels.graph import DONE, PAUSED
from rfsearch.question.depths import depth_hull
from rfsearch.question.room import check_room, doubled
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

SWEEPS = 16  # between two looks at the progress and at Ctrl-C
MOST_REACH = 64 << 20  # bytes of lanes in their course
PIECE_BITS = 20  # of a digit, so that the sum over all frontiers fits int64


def count_families(
    automaton: Automaton,
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = silent,
) -> int:
    """Exact number of families. Raises LimitError beyond `memory_limit` bytes."""
    if automaton.transitions == 0:
        return 0
    order, jumps = _order(automaton)
    steps = _steps(automaton, order)
    shapes = _shapes(steps)
    merged = automaton.states - int(np.count_nonzero(automaton.jump == 0))
    point_jump = np.searchsorted(jumps, steps.row_state[steps.point_first[:-1]], side="right") - 1
    for jump, (begin, end) in enumerate(pairwise(jumps)):
        sweep = _sweep(steps, int(begin), int(end), merged)
        most_words = sweep.words
        # A strided layer leads to a greater jump: all that leads to this one is known. Jumps too
        # great to matter count as one, the last; there a strided layer raises the least depth.
        depth_by_depth = range(steps.most_depth + 1) if end == jumps[-1] else None
        for depth in depth_by_depth or [None]:
            todo = np.flatnonzero(point_jump[shapes.point[: int(shapes.used[0])]] == jump)
            todo = todo[np.argsort(shapes.point[todo], kind="stable")]
            low, high = (0, steps.most_depth) if depth is None else (depth, depth)
            shapes.used[1] = 0
            words = -(-len(todo) // lanes.LANES)
            sweep = sweep._replace(words=max(1, min(words, most_words)))
            while True:
                room = _room(steps, shapes, sweep.words)
                outcome = kernel.expand(steps, shapes, sweep, room, todo, low, high, SWEEPS)
                if outcome == DONE:
                    break
                if outcome != PAUSED:
                    shapes = _grown(shapes, outcome, memory_limit)
                progress("families", begin / jumps[-1])
    return _sum(shapes)


def _order(automaton: Automaton) -> tuple[np.ndarray, np.ndarray]:
    """The states by jump and RF, [S], and in that order where each jump begins, and the end."""
    jump = automaton.jump.astype(np.int64)
    rank = np.where(jump == 0, int(jump.max()) + 1, jump)  # 0 is beyond them all
    key = rank * (int(automaton.rf.max()) + 1) + automaton.rf
    order = np.argsort(key, kind="stable")
    return order, np.flatnonzero(np.diff(rank[order], prepend=-1, append=-1))


def _steps(automaton: Automaton, order: np.ndarray) -> lanes.Steps:
    states, edges = automaton.states, automaton.transitions
    stride = automaton.stride
    strides = distinct(np.append(1, stride))
    place = np.empty(states, np.int64)
    place[order] = np.arange(states)
    plain_to, loops = np.empty(edges, np.int32), np.zeros(states, np.bool_)
    plain_first, strided_first = np.zeros(states + 1, np.int64), np.zeros(states + 1, np.int64)
    keys = np.empty(edges, np.int64)
    strided = lanes.thin(
        order, place, automaton.first, automaton.to, automaton.step,
        np.searchsorted(strides, stride), len(strides), automaton.jump,
        np.full(states * len(strides), -1, np.int32),
        plain_first, plain_to, loops, strided_first, keys,
    )  # fmt: skip
    rows, point = _rows(keys[:strided], automaton.points()[order], len(strides))
    row_of = np.empty(states * len(strides), np.int32)
    row_of[rows] = np.arange(len(rows), dtype=np.int32)
    row_state = np.append(rows // len(strides), place[automaton.start])
    point_first = np.append(np.flatnonzero(np.diff(point, prepend=-1)), [len(rows)])
    low, high = (depths[order] for depths in depth_hull(automaton))
    return lanes.Steps(
        plain_first=plain_first,
        plain_to=plain_to,
        loops=loops,
        strided_first=strided_first,
        strided_row=row_of[keys[:strided]],
        low=low,
        high=high,
        alive=automaton.alive[order],
        final=automaton.final[order],
        rf=automaton.rf[order],
        row_state=row_state,
        point_first=np.append(point_first, len(rows) + 1),
        point_low=np.minimum.reduceat(low[row_state], point_first),
        point_high=np.maximum.reduceat(high[row_state], point_first),
        least_depth=automaton.depth[0],
        most_depth=automaton.depth[1],
    )


def _rows(keys: np.ndarray, spot: np.ndarray, strides: int) -> tuple[np.ndarray, np.ndarray]:
    """The distinct keys (state * strides + stride) by point, and the point of each: both [R].

    A point is numbered by the least state of its spot, so that points stand as states do.
    """
    seen = np.zeros(len(spot) * strides, np.bool_)
    seen[keys] = True
    rows = np.flatnonzero(seen)
    least = np.empty(len(spot), np.int64)
    least[spot[::-1]] = np.arange(len(spot) - 1, -1, -1)
    point = least[spot[rows // strides]] * strides + rows % strides
    by_point = np.argsort(point, kind="stable")
    return rows[by_point], point[by_point]


def _shapes(steps: lanes.Steps) -> kernel.Shapes:
    """Room, and the first shape: the start before any layer."""
    points, rows = len(steps.point_low), len(steps.row_state)
    most_rows = int(np.diff(steps.point_first).max())
    places = steps.point_high - steps.point_low + 1
    capacity = 2 * points + steps.most_depth + 2
    members = 2 * capacity + (steps.most_depth + 2) * most_rows
    counts = 2 * int(places.sum()) + (steps.most_depth + 1) * int(places.max())
    shapes = kernel.Shapes(
        point=np.zeros(capacity, np.int32),
        first=np.zeros(capacity, np.int64),
        at=np.zeros(capacity, np.int64),
        chain=np.zeros(capacity, np.int32),
        row=np.zeros(members, np.int32),
        word=np.zeros(members, np.uint64),
        leading=np.zeros((counts, 1), np.uint64),
        finals=np.zeros(counts, np.int64),
        head=np.full(points, -1, np.int32),
        used=np.array([1, 0, 0, 0, 0], np.int64),
    )
    shapes.point[0], shapes.row[0], shapes.word[0] = points - 1, rows - 1, 1
    shapes.first[1], shapes.at[1], shapes.leading[0, 0] = 1, places[-1], 1
    return shapes


def _sweep(steps: lanes.Steps, begin: int, end: int, merged: int) -> lanes.Sweep:
    """Room for sweeps from the states begin..end-1, those of one jump, and the merged ones."""
    rows, layers = len(steps.row_state), steps.most_depth + 1
    states = end - begin + len(steps.low) - merged
    words = min(lanes.MOST_WORDS, max(1, MOST_REACH // (8 * layers * (states + rows))))
    return lanes.Sweep(
        reach=np.zeros(states * layers * words, np.uint64),
        row_reach=np.zeros(rows * layers * words, np.uint64),
        touched=np.zeros(len(steps.low), np.bool_),
        row_touched=np.zeros(rows, np.bool_),
        relative=np.zeros(int(np.diff(steps.point_first).max()), np.uint64),
        begin=begin,
        end=end,
        merged=merged,
        words=words,
    )


def _room(steps: lanes.Steps, shapes: kernel.Shapes, words: int) -> kernel.Room:
    layers, digits = steps.most_depth + 1, shapes.leading.shape[1]
    return kernel.Room(
        counts=np.zeros((lanes.LANES * words, layers * digits), np.uint64),
        sums=np.zeros(layers * digits, np.uint64),
        parts=np.zeros((lanes.LANES * words, words), np.uint64),
        ends=np.zeros((layers, words), np.uint64),
    )


def _grown(shapes: kernel.Shapes, outcome: int, memory_limit: int) -> kernel.Shapes:
    """One digit more where counts are WIDE, else twice the room."""
    if outcome == kernel.WIDE:
        bits = np.uint64(kernel.DIGIT_BITS)
        lead = shapes.leading[:, -1:]
        digits = (shapes.leading[:, :-1], lead & ((1 << bits) - np.uint64(1)), lead >> bits)
        return shapes._replace(leading=np.ascontiguousarray(np.concatenate(digits, axis=1)))
    held = f"counting families holds {int(shapes.used[0])} sets of states so far"
    check_room(shapes, memory_limit, held, "reduce depth or strides")
    return doubled(shapes, ("head", "used"))


def _sum(shapes: kernel.Shapes) -> int:
    """Over all frontiers, the words that lead there times the families that end there."""
    known = int(shapes.at[int(shapes.used[0])])
    finals, total = shapes.finals[:known].astype(np.uint64), 0
    for digit in range(shapes.leading.shape[1]):
        values = shapes.leading[:known, digit]
        for shift in range(0, 64, PIECE_BITS):
            piece = (values >> np.uint64(shift)) & np.uint64((1 << PIECE_BITS) - 1)
            total += int(piece @ finals) << (shift + digit * kernel.DIGIT_BITS)
    return total
