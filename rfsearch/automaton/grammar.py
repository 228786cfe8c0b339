"""Grammar: a plan and a query as the arrays that the kernels of spots walk on."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from rfsearch.automaton.plan import Body
from rfsearch.automaton.table import Ended, Table, classes_of, table_of
from rfsearch.errors import LimitError
from rfsearch.kernels import spots as kernel
from rfsearch.layers.geometry import size_of
from rfsearch.layers.limits import LARGEST_NUMBER
from rfsearch.layers.nodes import SIZES_ALONE, Join
from rfsearch.layers.recurrence import EXACT, FLOOR, ROUNDINGS
from rfsearch.request.query import Query

Jump = tuple[Fraction | int, ...]  # one number a class of axes, or an axis
LARGEST_JUMP = 1 << 40  # of an axis: squares of jumps, times spreads, must stay below 2^63
MOST_JUMPS = 1 << 16
LARGEST_KEY = 1 << 62


class Walked(NamedTuple):
    """A grammar with what its numbers stand for.

    jumps [J] are tuples of one number an axis class; in `walk` row J is one too great to matter.
    """

    table: Table
    jumps: list[Jump]
    walk: kernel.Grammar

    def sizes_of(self, size: np.ndarray, axes: int) -> np.ndarray:
        """[n, axes] from sizes by class [n, X]."""
        return by_axis(self.table, size, axes)


def by_axis(table: Table, of_class: np.ndarray, axes: int) -> np.ndarray:
    """[n, axes] from one number a class of axes [n, X]."""
    found = np.empty((len(of_class), axes), of_class.dtype)
    for x, group in enumerate(table.axes):
        for axis in group:
            found[:, axis] = of_class[:, x]
    return found


def jump_by_axis(table: Table, jump: Jump, axes: int) -> Jump:
    """One number an axis from one a class of axes."""
    found = dict(zip((group[0] for group in table.axes), jump, strict=True))
    first = {axis: group[0] for group in table.axes for axis in group}
    return tuple(found[first[axis]] for axis in range(axes))


def grammar_of(
    body: Body, query: Query, axes: int, steps: int, memory_limit: int,
    radix: Sequence[int] = (), most_jump: int = LARGEST_JUMP,
) -> Walked:  # fmt: skip
    """The arrays; `steps`: no stack has more items behind its input. Raises LimitError.

    radix: one a class of axes where receptive fields are followed, fields below it; jumps of
    `most_jump` or more are too great to matter, and all one; without radix they are an error.
    """
    told_apart: list[list[object]] = [
        [tuple(sizes[axis] for sizes in query.inputs) for axis in range(axes)],
        list(query.output_size or (None,) * axes),
        list(query.target_rf or (None,) * axes),
        list(query.jump or (None,) * axes),
    ]
    classes = classes_of(body.geometries, axes, told_apart)
    begun = [{sizes[group[0]] for sizes in query.inputs} for group in classes]
    rounding = ROUNDINGS[query.rounding]
    largest = largest_size(body, axes, max(map(max, begun)), rounding) if body.is_finer else None
    table = table_of(body.geometries, classes, axes, begun, steps, rounding, memory_limit, largest)
    ratios = list(map(tuple, np.concatenate([table.stride, table.finer], axis=1).tolist()))
    known = {row: number for number, row in enumerate(sorted(set(ratios)))}
    stride = np.array([known[row] for row in ratios], np.int64)
    strides = [tuple(map(_ratio, row[: len(classes)], row[len(classes) :])) for row in known]
    jumps, next_jump = _jumps(strides, len(classes), steps, most_jump, bool(radix))
    count = len(classes)
    bounds = np.array([*radix] or [0] * count, np.int64)
    least, limit = query.budgets.get("peak_memory", (None, None))
    per_value = query.activation_bytes
    if least is None and limit is None:
        live: tuple[np.ndarray, ...] = (
            np.zeros(1, np.int64), np.zeros((1, 1), np.int64),
            np.zeros(1, np.int64), np.zeros((1, 1, 1), np.int32),
        )  # fmt: skip
    else:
        live = (*_live(body, table.most_nodes), *table.node_sizes)
    sizes = table.next_size.shape[2]
    rows = len(body.width) * float(sizes) ** count * (len(jumps) + 1) * 2
    if rows > LARGEST_KEY:
        raise LimitError(
            f"{len(body.width)} places, {sizes} sizes an axis and {len(jumps)} jumps are too many "
            "to number; reduce inputs, strides or repeats"
        )
    walk = kernel.Grammar(
        first=body.first, to=body.to, geometry=body.geometry,
        next_size=table.next_size, growth=table.growth, stride=stride,
        next_jump=next_jump, jump=whole_jumps([*jumps, (1,) * count]),
        radix=bounds, weight=_weights(bounds),
        live_first=live[0], live=live[1], node_first=live[2], node_size=live[3],
        times=np.array([len(group) for group in classes], np.int64),
        least_peak=-1 if least is None else -(-least // per_value),
        most_peak=-1 if limit is None else limit // per_value,
    )  # fmt: skip
    return Walked(table, jumps, walk)


def _weights(radix: np.ndarray) -> np.ndarray:
    """Where an RF stands: one class alone is followed by its own number."""
    return (radix > 0).astype(np.int64)


def largest_size(body: Body, axes: int, size: int, rounding: int) -> int:
    """No tensor at a place is larger, of an input of at most `size` positions an axis.

    What an item makes of a size never falls as the size grows, so that the greatest ones suffice.
    """
    most = [0] * len(body.width)
    most[min(1, len(most) - 1)] = size
    mode = FLOOR if rounding == EXACT else rounding
    known: dict[tuple[int, int], tuple[int, int]] = {}
    largest = size
    for place in range(len(most)):
        for arc in range(int(body.first[place]), int(body.first[place + 1])):
            number, to = int(body.geometry[arc]), int(body.to[arc])
            if number < 0 or most[place] < 1:
                continue
            key = number, most[place]
            if key not in known:
                known[key] = _sizes_after(body.geometries[number], axes, key[1], mode)
            behind, inside = known[key]
            largest, most[to] = max(largest, inside), max(most[to], behind)
    return min(largest, LARGEST_NUMBER)


def _sizes_after(ended: Ended, axes: int, size: int, mode: int) -> tuple[int, int]:
    """(greatest size of any axis behind a geometry, greatest within), branches taken apart."""
    geometry, end = ended
    sizes = [size]
    for node in geometry:
        if isinstance(node, Join):
            sizes.append(max(sizes[one] for one in node.ends))
        elif isinstance(node, SIZES_ALONE):
            sizes.append(1)
        else:
            parent = sizes[node.parent]
            sizes.append(max(size_of(node, parent, axis, axes, mode) for axis in range(axes)))
    return sizes[end], max(sizes)


def whole_jumps(jumps: Sequence[Jump]) -> np.ndarray:
    """int64 [J, X]; a part of one, which only views follow, as 0."""
    return np.array([[int(one) for one in jump] for jump in jumps], np.int64)


def _jumps(
    strides: Sequence[Jump], count: int, steps: int, most: int, joined: bool
) -> tuple[list[Jump], np.ndarray]:
    """(jumps, int64 [J+1, strides] where each leads, J too great to matter); see grammar_of."""
    first: Jump = (1,) * count
    known: dict[Jump, int] = {first: 0}
    order = [first]
    if joined and most <= 1:  # nothing can grow at all
        order, known = [], {}
    rows: list[list[int]] = []
    at, level_end, level = 0, len(order), 0
    while at < len(order):
        if at == level_end:
            level, level_end = level + 1, len(order)
        row = []
        for stride in strides:
            after = tuple(_whole(j * s) for j, s in zip(order[at], stride, strict=True))
            if max(after) >= most and joined:
                row.append(-2)
                continue
            number = known.get(after)
            if number is None:
                if level >= steps:  # no stack goes on so long
                    row.append(-1)
                    continue
                if max(after) > most or len(order) >= MOST_JUMPS:
                    row.append(kernel.TOO_FAR)
                    continue
                number = known[after] = len(order)
                order.append(after)
            row.append(number)
        rows.append(row)
        at += 1
    ranked = sorted(range(len(order)), key=lambda number: order[number])
    place = {number: rank for rank, number in enumerate(ranked)} | {
        -1: -1, -2: len(order), kernel.TOO_FAR: kernel.TOO_FAR,
    }  # fmt: skip
    table = [[place[to] for to in rows[number]] for number in ranked]
    table.append([len(order)] * len(strides))
    return [order[number] for number in ranked], np.array(table, np.int64).reshape(
        len(order) + 1, -1
    )


def _ratio(over: int, under: int) -> Fraction | int:
    """An int where it is one: fractions are slow."""
    return over if under == 1 else Fraction(over, under)


def _whole(jump: Fraction | int) -> Fraction | int:
    """An int where it is one."""
    return jump if isinstance(jump, int) or jump != int(jump) else int(jump)


def _live(body: Body, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """(first [A+1], channels alive on each node [R, nodes]) at the steps of every arc."""
    first = [0]
    rows: list[tuple[int, ...]] = []
    for link in body.links:
        if link.made is not None:
            rows.extend(row + (0,) * (nodes - len(row)) for row in link.made.live)
        first.append(len(rows))
    return np.array(first, np.int64), np.array(rows, np.int64).reshape(-1, nodes)
