"""What matches are: steps in, the declared columns out, as rows or as a polars frame."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.spots import Spots
from rfsearch.errors import LimitError
from rfsearch.kernels import totals as kernel
from rfsearch.kernels.distinct import distinct
from rfsearch.layers.cost import CHARGED, RF, SCORES
from rfsearch.question.exact import exact_of_rows, totals
from rfsearch.question.rows import INTEGER, REAL, TEXT, Column, Rows, whole
from rfsearch.question.skip_sums import has_skip_sums, shortest_of
from rfsearch.request.query import size_text

if TYPE_CHECKING:
    import polars as pl

LARGEST_FIELD = float(1 << 62)  # above it, whole numbers of Python's own
NAMES = ("output_size", "rf", "rf_min", "jump", "centre", "padding_total")


def rows_of(automaton: Automaton, rows: np.ndarray) -> Rows:
    """`stack` and every column of matches given as steps [k, D], -1 after each end.

    `input` stands first where there are several to choose from. Where the question tells the axes
    apart (an input, a target or a choice is not the same on each), a column of one number an axis
    is a list. A figure that int64 cannot hold makes its column decimal strings. Raises LimitError
    for a centre beyond every float.
    """
    return _with_stacks(automaton, rows, _joined(automaton.spots, rows))


def frame_of(automaton: Automaton, rows: np.ndarray) -> pl.DataFrame:
    """As rows_of, for many rows: a frame, its stacks put together by polars."""
    return _with_stacks(automaton, rows, _gathered(automaton.spots, rows)).frame()


def ranked_rows(
    automaton: Automaton,
    rows: np.ndarray,
    members: Sequence[int | None],
    most: int = 0,
) -> Rows:
    """As rows_of, with `rank` from 1 first and `twins`, at most `most`, after the stack."""
    made = rows_of(automaton, rows)
    made = made.inserted("rank", Column(range(1, len(rows) + 1), INTEGER))
    return made.inserted("twins", whole(members, most), after="stack")


def _with_stacks(automaton: Automaton, rows: np.ndarray, stacks: Column) -> Rows:
    query, spots = automaton.query, automaton.spots
    columns: dict[str, Column] = {}
    if len(query.inputs) > 1:
        columns["input"] = _inputs(spots, rows, all(len(set(one)) == 1 for one in query.inputs))
    columns["stack"] = stacks
    columns |= _fields(spots, rows)
    if query.hop is not None:
        columns["rf_seconds"] = _seconds(columns["rf"], query.hop, query.hop_axis)
    return Rows(columns | _costs(automaton, rows))


def _costs(automaton: Automaton, rows: np.ndarray) -> dict[str, Column]:
    """Every cost but the RF, as it is shown."""
    names = [name for name in automaton.cost_names if name != RF.name]
    total = totals(automaton, [(name, 1) for name in names], rows).T
    scales = automaton.scales()
    columns = {}
    exact = exact_of_rows(automaton, rows) if set(names) & set(CHARGED) else None
    for k, name in enumerate(names):
        if exact is not None and name in CHARGED:
            columns[name] = Column(exact[:, CHARGED.index(name)].copy(), INTEGER)
            continue
        values = total[k]
        if name in SCORES and name in automaton.spots.decided:
            values = _scores(name, automaton.spots, rows)  # steps do not say it of all
        if scales[name] > 1:
            columns[name] = Column(values / scales[name], REAL)
        else:
            columns[name] = Column(values, INTEGER)
    return columns


def _scores(name: str, spots: Spots, rows: np.ndarray) -> np.ndarray:
    """[k] one of SCORES in whole units."""
    from rfsearch.automaton.effectiveness import of_rows
    from rfsearch.automaton.expressive import scores_of

    return scores_of(spots, rows) if name == "deepmad" else of_rows(spots, rows)


def _fields(spots: Spots, rows: np.ndarray) -> dict[str, Column]:
    """Output size, RF, jump, centre and padding before the head."""

    def per_axis(values: np.ndarray) -> Column:
        return _per_axis(values, spots.apart)

    if spots.steps.grown is not None:
        from rfsearch.question.described import described_fields

        return {name: per_axis(values) for name, values in described_fields(spots, rows).items()}
    made = _fitting_fields(spots, rows)
    if made is None or (len(rows) and has_skip_sums(spots)):
        fields = _fields_of_arrays(spots, rows, object if made is None else np.int64)
        return {name: per_axis(values) for name, values in fields.items()}
    size, rf, rf_min, jump, twice_centre, padding = made
    columns = zip(NAMES, (size, rf, rf_min, jump, twice_centre / 2, padding), strict=True)
    if not spots.apart:
        return {name: per_axis(values.reshape(-1, 1)) for name, values in columns}
    return {name: per_axis(values.T) for name, values in columns}


def _fitting_fields(spots: Spots, rows: np.ndarray) -> np.ndarray | None:
    """[FIELDS, axes told apart, n] of rows; None where a sum might not fit int64."""
    # Where nothing tells the axes apart, the first stands for all.
    axes = spots.axes if spots.apart else 1
    found = np.zeros((kernel.FIELDS, axes, len(rows)), np.int64)
    if not rows.size:
        return found
    arrays = (spots.stride, *spots.boxes, _sizes(spots)[spots.target])
    stride, start, end, least, size = (np.ascontiguousarray(one[:, :axes]) for one in arrays)
    steps, most = np.ascontiguousarray(rows, np.int32), int(LARGEST_FIELD / _widest(spots))
    mine = np.empty((rows.shape[1] + 1, kernel.KEPT), np.int64)
    fits = kernel.fields(steps, stride, start, end, least, size, most, mine, found)
    return found if fits else None


def _sizes(spots: Spots) -> np.ndarray:
    """[P, axes] of every spot; 0 of the one before any input."""
    sizes = np.array([one or (0,) * spots.axes for one in spots.sizes], np.int64)
    of_spots: np.ndarray = sizes.reshape(-1, spots.axes)[spots.size]
    return of_spots


def _fields_of_arrays(spots: Spots, rows: np.ndarray, whole: type) -> dict[str, np.ndarray]:
    """Each of NAMES [n, axes] in these whole numbers; where paths part, too (see shortest)."""
    used = rows >= 0
    step = np.where(used, rows, 0)
    strides: np.ndarray = np.where(used[:, :, None], spots.stride[step], 1).astype(whole)
    jumps = np.cumprod(strides, axis=1)
    before = np.concatenate([np.ones_like(jumps[:, :1]), jumps[:, :-1]], axis=1)
    start, stop, least = (
        (np.where(used[:, :, None], some[step], 0).astype(whole) * before).sum(axis=1)
        for some in spots.boxes
    )
    if has_skip_sums(spots):
        least = shortest_of(spots, rows, before, spots.boxes[2][step].astype(whole))
    last = step[np.arange(len(rows)), used.sum(axis=1) - 1]
    figures = (
        _sizes(spots)[spots.target[last]], stop - start + 1, least + 1, jumps[:, -1],
        _halves(start + stop), -start,
    )  # fmt: skip
    return dict(zip(NAMES, figures, strict=True))


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
        step: spots.links[spots.link[step]].text for step in distinct(rows[rows >= 0]).tolist()
    }
    stacks = [
        spots.joint.join(filter(None, (words[step] for step in row if step >= 0)))
        for row in rows.tolist()
    ]
    return Column(stacks, TEXT)


def _gathered(spots: Spots, rows: np.ndarray) -> Column:
    """The same of many rows: one text of all, a line each, cut by polars."""
    import polars as pl

    if rows.size == 0:
        return Column([""] * len(rows), TEXT)
    first, letters = spots.words
    joint = np.frombuffer(spots.joint.encode(), np.uint8)
    steps, word = np.ascontiguousarray(rows, np.int32), spots.link.astype(np.int64)
    text = np.empty(kernel.text_size(steps, word, first, len(joint)), np.uint8)
    length = np.empty(rows.shape[1] + 1, np.int64)
    size = kernel.write_texts(steps, word, first, letters, joint, length, text)
    lines = pl.lit(str(text[: size - 1].data, "utf-8")).str.split("\n").explode()
    return Column(pl.select(lines).to_series(), TEXT)


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
