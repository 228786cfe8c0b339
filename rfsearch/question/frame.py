"""Result frames: matches as steps in, polars frames with the declared columns out."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import polars as pl

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.effectiveness import of_rows as effectiveness_of
from rfsearch.automaton.spots import Spots
from rfsearch.errors import LimitError
from rfsearch.kernels.threads import shards
from rfsearch.kernels.totals import add_up
from rfsearch.layers.cost import CHARGED, MAX, RF
from rfsearch.question.exact import exact_of_rows
from rfsearch.request.query import size_text

LARGEST_FIELD = float(1 << 62)  # above it, whole numbers of Python's own


def frame_of(automaton: Automaton, rows: np.ndarray, threads: int | None = None) -> pl.DataFrame:
    """`stack` and every column of matches given as steps [k, D], -1 after each end.

    `input` stands first where there are several to choose from. Where the question tells the axes
    apart (an input, a target or a choice is not the same on each), a column of one number an axis
    is a list. A figure that int64 cannot hold makes its column decimal strings. Raises LimitError
    for a centre beyond every float.
    """
    query, spots = automaton.query, automaton.spots
    columns: dict[str, object] = {}
    if len(query.inputs) > 1:
        columns["input"] = _inputs(spots, rows, all(len(set(one)) == 1 for one in query.inputs))
    columns["stack"] = _notations(spots, rows)
    columns |= _fields(spots, rows)
    if query.hop is not None:
        columns["rf_seconds"] = _seconds(columns["rf"], query.hop, query.hop_axis)  # type: ignore[arg-type]
    return pl.DataFrame(
        columns | _costs(automaton, rows, threads), schema_overrides={"stack": pl.String}
    )


def ranked_frame(
    automaton: Automaton,
    rows: np.ndarray,
    members: Sequence[int | None],
    threads: int | None = None,
    most: int = 0,
) -> pl.DataFrame:
    """As frame_of, with `rank` from 1 first and `twins`, at most `most`, after the stack."""
    frame = frame_of(automaton, rows, threads)
    frame.insert_column(0, pl.Series("rank", np.arange(1, len(rows) + 1)))
    return frame.insert_column(frame.columns.index("stack") + 1, integers("twins", members, most))


def integers(name: str, values: Sequence[int | None], most: int = 0) -> pl.Series:
    """Int64, or decimal strings where one of them, or `most`, does not fit."""
    if most < 1 << 63 and all(value is None or value < 1 << 63 for value in values):
        return pl.Series(name, values, dtype=pl.Int64)
    texts = [None if value is None else str(value) for value in values]
    return pl.Series(name, texts, dtype=pl.String)


def _costs(automaton: Automaton, rows: np.ndarray, threads: int | None) -> dict[str, pl.Series]:
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
            columns[name] = pl.Series(name, exact[:, CHARGED.index(name)].copy())
            continue
        values = total[:, k].copy()
        if name == "effectiveness" and name in automaton.spots.decided:
            values = effectiveness_of(automaton.spots, rows)  # steps do not say it of all
        columns[name] = pl.Series(name, values / scales[name] if scales[name] > 1 else values)
    return columns


def _fields(spots: Spots, rows: np.ndarray) -> dict[str, pl.Series]:
    """Output size, RF, jump, centre and padding before the head."""

    def per_axis(name: str, values: np.ndarray) -> pl.Series:
        return _per_axis(name, values, spots.apart)

    if spots.steps.grown is not None:
        from rfsearch.question.described import described_fields

        return {
            name: per_axis(name, values) for name, values in described_fields(spots, rows).items()
        }
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
    count = np.maximum(used.sum(axis=1) - 1, 0)
    end = spots.target[step[np.arange(len(rows)), count]] if rows.size else np.zeros(0, np.int64)
    sizes = np.array([one or (0,) * spots.axes for one in spots.sizes], np.int64)[spots.size[end]]
    return {
        "output_size": per_axis("output_size", sizes),
        "rf": per_axis("rf", stop - start + 1),
        "rf_min": per_axis("rf_min", least + 1),
        "jump": per_axis("jump", jumps[:, -1] if rows.size else sizes),
        "centre": per_axis("centre", _halves(start + stop)),
        "padding_total": per_axis("padding_total", -start),
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


def _per_axis(name: str, values: np.ndarray, apart: bool) -> pl.Series:
    """Lists of one number an axis where these are told apart, else one number a row."""
    if values.dtype == object:
        rows = values.tolist()
        if not apart:
            return integers(name, [row[0] for row in rows])
        fits = all(abs(one) < 1 << 63 for row in rows for one in row)
        return pl.Series(name, rows if fits else [list(map(str, row)) for row in rows])
    if not apart:
        return pl.Series(name, values[:, 0].copy())
    kinds = {"U": pl.String, "f": pl.Float64}
    kind = pl.List(kinds.get(values.dtype.kind, pl.Int64))
    return pl.Series(name, values.tolist(), dtype=kind)


def _notations(spots: Spots, rows: np.ndarray) -> pl.Series:
    """The column `stack`: each step's notation once, gathered and joined."""
    if rows.size == 0:
        return pl.Series("stack", [""] * len(rows), dtype=pl.String)
    # Steps are few and rows many: a table finds the distinct ones without sorting. -1 is its last.
    seen = np.zeros(len(spots.source) + 1, np.bool_)
    seen[rows] = True
    steps = np.flatnonzero(seen)
    place = np.cumsum(seen, dtype=np.uint32) - np.uint32(1)
    links = spots.link[steps[steps < len(seen) - 1]].tolist()
    words = [spots.links[link].text or None for link in links]
    texts = pl.Series([*words, None], dtype=pl.String).gather(pl.Series(place[rows].ravel()))
    lists = texts.reshape(rows.shape).arr.to_list()
    return lists.list.join(spots.joint, ignore_nulls=True).alias("stack")


def _inputs(spots: Spots, rows: np.ndarray, square: bool) -> pl.Series:
    """The input of each match: a number, or text such as 128x431 where some is not square."""
    inputs = [spots.links[spots.link[step]].input for step in rows[:, 0].tolist()]
    if square:
        return pl.Series("input", [sizes[0] for sizes in inputs], dtype=pl.Int64)
    return pl.Series("input", [size_text(sizes) for sizes in inputs], dtype=pl.String)


def _seconds(rf: pl.Series, hop: Fraction, axis: int) -> pl.Series:
    """The RF of the axis that is time in seconds."""
    along = [int(one) if isinstance(one, int | str) else int(one[axis]) for one in rf.to_list()]
    return pl.Series("rf_seconds", [float(one * hop) for one in along], dtype=pl.Float64)
