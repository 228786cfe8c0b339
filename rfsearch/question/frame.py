"""What matches are: steps in, the declared columns out, as rows or as a polars frame."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.effectiveness import of_rows as effectiveness_of
from rfsearch.automaton.spots import Spots
from rfsearch.errors import LimitError
from rfsearch.kernels.threads import shards
from rfsearch.kernels.totals import add_up
from rfsearch.layers.cost import CHARGED, MAX, RF
from rfsearch.question.exact import exact_of_rows
from rfsearch.question.rows import INTEGER, REAL, TEXT, Column, Rows, whole
from rfsearch.question.skip_sums import has_skip_sums, shortest_of
from rfsearch.request.query import size_text

if TYPE_CHECKING:
    import polars as pl

LARGEST_FIELD = float(1 << 62)  # above it, whole numbers of Python's own


def rows_of(automaton: Automaton, rows: np.ndarray, threads: int | None = None) -> Rows:
    """`stack` and every column of matches given as steps [k, D], -1 after each end.

    `input` stands first where there are several to choose from. Where the question tells the axes
    apart (an input, a target or a choice is not the same on each), a column of one number an axis
    is a list. A figure that int64 cannot hold makes its column decimal strings. Raises LimitError
    for a centre beyond every float.
    """
    return _with_stacks(automaton, rows, _joined(automaton.spots, rows), threads)


def frame_of(automaton: Automaton, rows: np.ndarray, threads: int | None = None) -> pl.DataFrame:
    """As rows_of, for many rows: a frame, its stacks put together by polars."""
    return _with_stacks(automaton, rows, _gathered(automaton.spots, rows), threads).frame()


def ranked_rows(
    automaton: Automaton,
    rows: np.ndarray,
    members: Sequence[int | None],
    threads: int | None = None,
    most: int = 0,
) -> Rows:
    """As rows_of, with `rank` from 1 first and `twins`, at most `most`, after the stack."""
    made = rows_of(automaton, rows, threads)
    made = made.inserted("rank", Column(range(1, len(rows) + 1), INTEGER))
    return made.inserted("twins", whole(members, most), after="stack")


def _with_stacks(
    automaton: Automaton, rows: np.ndarray, stacks: Column, threads: int | None
) -> Rows:
    query, spots = automaton.query, automaton.spots
    columns: dict[str, Column] = {}
    if len(query.inputs) > 1:
        columns["input"] = _inputs(spots, rows, all(len(set(one)) == 1 for one in query.inputs))
    columns["stack"] = stacks
    columns |= _fields(spots, rows)
    if query.hop is not None:
        columns["rf_seconds"] = _seconds(columns["rf"], query.hop, query.hop_axis)
    return Rows(columns | _costs(automaton, rows, threads))


def _costs(automaton: Automaton, rows: np.ndarray, threads: int | None) -> dict[str, Column]:
    """Every cost but the RF, as it is shown."""
    names = [name for name in automaton.cost_names if name != RF.name]
    cost = np.stack([automaton.cost(name) for name in names], axis=1)
    greatest = np.array([automaton.query.costs[name].combine == MAX for name in names])
    begin = np.array([automaton.begin(name, 1) for name in names], np.int64)
    total = np.empty((len(rows), len(names)), np.int64)
    steps = np.ascontiguousarray(rows, np.int64)
    if len(rows):
        with shards(len(rows), threads) as run:
            run(add_up, steps, cost, greatest, begin, total)
    scales = automaton.scales()
    columns = {}
    exact = exact_of_rows(automaton, rows) if set(names) & set(CHARGED) else None
    for k, name in enumerate(names):
        if exact is not None and name in CHARGED:
            columns[name] = Column(exact[:, CHARGED.index(name)].copy(), INTEGER)
            continue
        values = total[:, k].copy()
        if name == "effectiveness" and name in automaton.spots.decided:
            values = effectiveness_of(automaton.spots, rows)  # steps do not say it of all
        if scales[name] > 1:
            columns[name] = Column(values / scales[name], REAL)
        else:
            columns[name] = Column(values, INTEGER)
    return columns


def _fields(spots: Spots, rows: np.ndarray) -> dict[str, Column]:
    """Output size, RF, jump, centre and padding before the head."""

    def per_axis(values: np.ndarray) -> Column:
        return _per_axis(values, spots.apart)

    if spots.steps.grown is not None:
        from rfsearch.question.described import described_fields

        return {name: per_axis(values) for name, values in described_fields(spots, rows).items()}
    used = rows >= 0
    step = np.where(used, rows, 0)
    strides = np.where(used[:, :, None], spots.stride[step], 1)
    whole: type = np.int64
    if strides.prod(axis=1, dtype=np.float64).max(initial=1.0) * _widest(spots) > LARGEST_FIELD:
        whole = object
    jumps = np.cumprod(strides.astype(whole), axis=1)
    before = np.concatenate([np.ones_like(jumps[:, :1]), jumps[:, :-1]], axis=1)
    start, stop, least = (
        (np.where(used[:, :, None], some[step], 0).astype(whole) * before).sum(axis=1)
        for some in spots.boxes
    )
    if has_skip_sums(spots):
        least = shortest_of(spots, rows, before, spots.boxes[2][step].astype(whole))
    count = np.maximum(used.sum(axis=1) - 1, 0)
    end = spots.target[step[np.arange(len(rows)), count]] if rows.size else np.zeros(0, np.int64)
    sizes = np.array([one or (0,) * spots.axes for one in spots.sizes], np.int64)[spots.size[end]]
    return {
        "output_size": per_axis(sizes),
        "rf": per_axis(stop - start + 1),
        "rf_min": per_axis(least + 1),
        "jump": per_axis(jumps[:, -1] if rows.size else sizes),
        "centre": per_axis(_halves(start + stop)),
        "padding_total": per_axis(-start),
    }


def _widest(spots: Spots) -> float:
    """No sum over a stack is more than this many times its last jump."""
    widest = max((float(np.abs(some).max(initial=1)) for some in spots.boxes), default=1.0)
    return 128.0 * max(widest, 1.0)


def _halves(twice: np.ndarray) -> np.ndarray:
    if twice.dtype != object:
        return np.asarray(twice / 2)
    try:
        flat = [value / 2 for value in twice.ravel().tolist()]
    except OverflowError:
        raise LimitError("centre: a stack's is beyond 10^308; reduce stride or depth") from None
    return np.array(flat, np.float64).reshape(twice.shape)


def _per_axis(values: np.ndarray, apart: bool) -> Column:
    """Lists of one number an axis where these are told apart, else one number a row."""
    if values.dtype == object:
        rows = values.tolist()
        if not apart:
            return whole([row[0] for row in rows])
        if all(abs(one) < 1 << 63 for row in rows for one in row):
            return Column(rows, INTEGER, lists=True)
        return Column([list(map(str, row)) for row in rows], TEXT, lists=True)
    kind = {"U": TEXT, "f": REAL}.get(values.dtype.kind, INTEGER)
    return Column(values if apart else values[:, 0].copy(), kind, lists=apart)


def _joined(spots: Spots, rows: np.ndarray) -> Column:
    """The column `stack` of some rows: the notations of their steps put together."""
    words = {
        step: spots.links[spots.link[step]].text for step in np.unique(rows[rows >= 0]).tolist()
    }
    stacks = [
        spots.joint.join(filter(None, (words[step] for step in row if step >= 0)))
        for row in rows.tolist()
    ]
    return Column(stacks, TEXT)


def _gathered(spots: Spots, rows: np.ndarray) -> Column:
    """The same of many rows: each step's notation once, gathered and joined by polars."""
    import polars as pl

    if rows.size == 0:
        return Column([""] * len(rows), TEXT)
    # Steps are few and rows many: a table finds the distinct ones without sorting. -1 is its last.
    seen = np.zeros(len(spots.source) + 1, np.bool_)
    seen[rows] = True
    steps = np.flatnonzero(seen)
    place = np.cumsum(seen, dtype=np.uint32) - np.uint32(1)
    links = spots.link[steps[steps < len(seen) - 1]].tolist()
    words = [spots.links[link].text or None for link in links]
    texts = pl.Series([*words, None], dtype=pl.String).gather(pl.Series(place[rows].ravel()))
    lists = texts.reshape(rows.shape).arr.to_list()
    return Column(lists.list.join(spots.joint, ignore_nulls=True), TEXT)


def _inputs(spots: Spots, rows: np.ndarray, square: bool) -> Column:
    """The input of each match: a number, or text such as 128x431 where some is not square."""
    inputs = [spots.links[spots.link[step]].input for step in rows[:, 0].tolist()]
    if square:
        return Column([sizes[0] for sizes in inputs], INTEGER)
    return Column([size_text(sizes) for sizes in inputs], TEXT)


def _seconds(rf: Column, hop: Fraction, axis: int) -> Column:
    """The RF of the axis that is time in seconds."""
    along = [int(one) if isinstance(one, int | str) else int(one[axis]) for one in rf.plain()]
    return Column([float(one * hop) for one in along], REAL)
