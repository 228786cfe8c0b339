"""Result frames of staged spaces: matches as steps in, polars frames of declared columns out."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import polars as pl

from rfsearch.automaton.closure import StagedAutomaton
from rfsearch.automaton.spots import Spots
from rfsearch.layers.cost import CHANGES, COSTS, STAGED_COSTS
from rfsearch.request.staged_query import scales, size_text


def staged_frame(automaton: StagedAutomaton, rows: np.ndarray) -> pl.DataFrame:
    """`stack` and every column for matches given as steps [k, D], -1 after each end.

    `input` stands first where there are several. Where the axes of some match differ, a column of
    one number an axis becomes a list.
    """
    query, spots = automaton.query, automaton.arcs.spots
    used = rows >= 0
    step = np.where(used, rows, 0)
    last = rows[np.arange(len(rows)), np.maximum(used.sum(axis=1) - 1, 0)]
    end = spots.target[last]
    columns: dict[str, object] = {}
    if len(query.inputs) > 1:
        columns["input"] = _inputs(spots, rows)
    columns["stack"] = _notations(spots, rows)
    columns |= _fields(spots, step, used, end)
    if query.hop is not None:
        columns["rf_seconds"] = _seconds(spots, step, used, query.hop)
    scale = scales(automaton.space.axes)
    for name, cost in {**COSTS, **STAGED_COSTS, CHANGES.name: CHANGES}.items():
        if name not in spots.figure:
            continue
        each = np.where(used, spots.figure[name][step], 0)
        total = each.max(axis=1, initial=0) if cost.combine == "max" else each.sum(axis=1)
        columns[name] = total / scale[name] if scale.get(name, 1) > 1 else total
    return pl.DataFrame(columns, schema_overrides={"stack": pl.String})


def _fields(
    spots: Spots, step: np.ndarray, used: np.ndarray, end: np.ndarray
) -> dict[str, pl.Series]:
    """Output size, RF, jump, centre and padding before the head."""
    start, stop, least = (
        np.where(used[:, :, None], some[step], 0).sum(axis=1)
        for some in (spots.start, spots.end, spots.least)
    )
    axes = spots.start.shape[1]
    sizes = np.array([one or (0,) * axes for one in spots.sizes], np.int64)[spots.size[end]]
    jumps = np.array(spots.jumps, np.int64)[spots.jump[end]]
    return {
        "output_size": _per_axis("output_size", sizes),
        "rf": _per_axis("rf", stop - start + 1),
        "rf_min": _per_axis("rf_min", least + 1),
        "jump": _per_axis("jump", jumps),
        "centre": _per_axis("centre", (start + stop) / 2),
        "padding_total": _per_axis("padding_total", -start),
    }


def _per_axis(name: str, values: np.ndarray) -> pl.Series:
    """One number a row where the axes agree in all rows, else lists."""
    if (values == values[:, :1]).all():
        return pl.Series(name, values[:, 0].copy())
    return pl.Series(name, values.tolist())


def _notations(spots: Spots, rows: np.ndarray) -> pl.Series:
    """The column `stack`: each step's notation once, gathered and joined."""
    if rows.size == 0:
        return pl.Series("stack", [""] * len(rows), dtype=pl.String)
    steps, which = np.unique(rows, return_inverse=True)
    links = [None if step < 0 else spots.links[spots.link[step]] for step in steps.tolist()]
    words = [(link.text or None) if link is not None else None for link in links]
    texts = pl.Series(words, dtype=pl.String).gather(which.ravel())
    lists = texts.reshape(rows.shape).arr.to_list()
    return lists.list.join(spots.joint, ignore_nulls=True).alias("stack")


def _inputs(spots: Spots, rows: np.ndarray) -> pl.Series:
    """The input of each match: a number, or text such as 128x431."""
    inputs = [spots.links[spots.link[step]].input for step in rows[:, 0].tolist()]
    if all(len(set(sizes)) == 1 for sizes in inputs):
        return pl.Series("input", [sizes[0] for sizes in inputs], dtype=pl.Int64)
    return pl.Series("input", [size_text(sizes) for sizes in inputs], dtype=pl.String)


def _seconds(spots: Spots, step: np.ndarray, used: np.ndarray, hop: Fraction) -> pl.Series:
    """The RF of the first axis in seconds."""
    grown = np.where(used, (spots.end - spots.start)[step, 0], 0).sum(axis=1) + 1
    return pl.Series("rf_seconds", [float(int(one) * hop) for one in grown], dtype=pl.Float64)
