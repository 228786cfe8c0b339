"""Grammar: a plan and a query as the arrays that the kernels of spots walk on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rfsearch.automaton.plan import Body
from rfsearch.automaton.table import Table, classes_of, table_of
from rfsearch.errors import LimitError
from rfsearch.kernels import spots as kernel
from rfsearch.layers.geometry import Sizes
from rfsearch.layers.recurrence import ROUNDINGS
from rfsearch.request.query import Query

LARGEST_JUMP = 1 << 40  # of an axis: squares of jumps, times spreads, must stay below 2^63
MOST_JUMPS = 1 << 16
LARGEST_KEY = 1 << 62


@dataclass(frozen=True, eq=False)
class Walked:
    """A grammar with what its numbers stand for.

    jumps [J] are tuples of one number an axis class; in `walk` row J is one too great to matter.
    """

    table: Table
    jumps: list[Sizes]
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
    most = [max(sizes[group[0]] for sizes in query.inputs) for group in classes]
    rounding = ROUNDINGS[query.rounding]
    table = table_of(body.geometries, classes, axes, most, steps, rounding, memory_limit)
    stride_rows, stride = np.unique(table.stride, axis=0, return_inverse=True)
    jumps, next_jump = _jumps(stride_rows, len(classes), steps, most_jump, bool(radix))
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
        next_size=table.next_size, growth=table.growth, stride=stride.reshape(-1).astype(np.int64),
        next_jump=next_jump, jump=np.array([*jumps, (1,) * count], np.int64),
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


def _jumps(
    strides: np.ndarray, count: int, steps: int, most: int, joined: bool
) -> tuple[list[Sizes], np.ndarray]:
    """(jumps, int64 [J+1, strides] where each leads, J too great to matter); see grammar_of."""
    known: dict[Sizes, int] = {(1,) * count: 0}
    order = [(1,) * count]
    if joined and most <= 1:  # nothing can grow at all
        order, known = [], {}
    rows: list[list[int]] = []
    at, level_end, level = 0, len(order), 0
    while at < len(order):
        if at == level_end:
            level, level_end = level + 1, len(order)
        row = []
        for stride in strides.tolist():
            after = tuple(j * s for j, s in zip(order[at], stride, strict=True))
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


def _live(body: Body, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """(first [A+1], channels alive on each node [R, nodes]) at the steps of every arc."""
    first = [0]
    rows: list[tuple[int, ...]] = []
    for link in body.links:
        if link.made is not None:
            rows.extend(row + (0,) * (nodes - len(row)) for row in link.made.live)
        first.append(len(rows))
    return np.array(first, np.int64), np.array(rows, np.int64).reshape(-1, nodes)
