"""Result frames: matches as arcs in, polars frames with the declared columns out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from rfsearch.automaton.arcs import SAME_CODE
from rfsearch.automaton.automaton import Automaton
from rfsearch.kernels.price_codes import FRACTIONS, Op
from rfsearch.layers.cost import COSTS
from rfsearch.layers.layer import SAME, Layer
from rfsearch.layers.notation.format import format_item
from rfsearch.layers.recurrence import CEIL
from rfsearch.network.bulk.few import FEW, figures_of_few
from rfsearch.network.bulk.layers import LayerArrays
from rfsearch.request.query import ROUNDINGS
from rfsearch.space.plain import Space

_OP_CODES = np.array([Op.CONV, Op.MAXPOOL, Op.AVGPOOL], np.int32)  # in the order of space.OPS
_OP_WORDS = ("C", "MP", "AP")


def frame_of(automaton: Automaton, rows: np.ndarray, threads: int | None = None) -> pl.DataFrame:
    """`stack` and every declared column for matches given as arcs [k, D], -1 after each.

    Costs are those of `rfsearch.evaluate`, not of the search. A figure that int64 cannot hold makes
    its column decimal strings.
    """
    if not isinstance(automaton.space, Space):
        from rfsearch.question.staged_frame import staged_frame

        return staged_frame(automaton, rows)  # type: ignore[arg-type]
    used = rows >= 0
    layer = automaton.arcs.layer[np.where(used, rows, 0)].astype(np.int32)
    op, kernel, stride, padding, dilation, channels = np.moveaxis(layer, 2, 0)
    layers = LayerArrays.of(
        {
            "op": np.where(used, _OP_CODES[op], Op.NONE),
            "kernel": kernel,
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "channels": channels,
        }
    )
    frame = _figures(automaton, layers, threads)
    frame = frame.insert_column(0, _notations(automaton, rows))
    return frame.with_columns(
        _searched(automaton, rows, "weight_memory"), _searched(automaton, rows, "entropy")
    )


def _figures(automaton: Automaton, layers: LayerArrays, threads: int | None) -> pl.DataFrame:
    """The columns from output_size to erf_variance."""
    query = automaton.query
    channels, per_value = automaton.space.input_channels, query.bytes_per_value
    if layers.op.size > FEW:
        from rfsearch.network.bulk.evaluate import figures_frame
        from rfsearch.network.bulk.score import score

        scores = score(
            layers,
            query.input,
            input_channels=channels,
            rounding=query.rounding,
            bytes_per_value=per_value,
            threads=threads,
        )
        if scores.all_valid:
            return figures_frame(scores).drop("valid")
        # Matches are valid, so a fault is a figure that int64 cannot hold.
    figures = figures_of_few(
        layers,
        query.input,
        input_channels=channels,
        rounding=ROUNDINGS[query.rounding],
        bytes_per_value=per_value,
    )
    return pl.DataFrame(
        [
            pl.Series(name, values, dtype=pl.Float64)
            if name in FRACTIONS
            else _integers(name, values)
            for name, values in figures.items()
        ]
    )


def _searched(automaton: Automaton, rows: np.ndarray, name: str) -> pl.Series:
    """A cost that is constant for each arc and that `evaluate` does not give."""
    each = np.append(automaton.arcs.coefficient[name][:, 0], 0)  # the last, of arc -1: no layer
    total = sum(each[column] for column in rows.T)
    scale = COSTS[name].scale
    return pl.Series(name, total / scale if scale > 1 else total)


def _notations(automaton: Automaton, rows: np.ndarray) -> pl.Series:
    """The column `stack`: each arc's notation once, gathered and joined."""
    if rows.size == 0:
        return pl.Series("stack", [""] * len(rows), dtype=pl.String)
    # Arcs are few and rows many: a table finds the distinct ones without sorting. -1 is its last.
    seen = np.zeros(len(automaton.arcs.to) + 1, np.bool_)
    seen[rows] = True
    arcs = np.flatnonzero(seen)
    place = np.cumsum(seen, dtype=np.uint32) - np.uint32(1)
    words = [format_item(_layer(automaton, arc)) for arc in arcs[arcs < len(seen) - 1].tolist()]
    texts = pl.Series([*words, None], dtype=pl.String).gather(pl.Series(place[rows].ravel()))
    lists = texts.reshape(rows.shape).arr.to_list()
    return lists.list.join("-", ignore_nulls=True).alias("stack")


def _layer(automaton: Automaton, arc: int) -> Layer:
    op, kernel, stride, padding, dilation, channels = map(int, automaton.arcs.layer[arc])
    ceil = op > 0 and ROUNDINGS[automaton.query.rounding] == CEIL
    return Layer(
        op=_OP_WORDS[op],
        kernel=kernel,
        stride=stride,
        padding=SAME if padding == SAME_CODE else padding,
        dilation=dilation,
        channels=None if op else channels,
        ceil=ceil,
    )


def ranked_frame(
    automaton: Automaton,
    rows: np.ndarray,
    members: Sequence[int | None],
    threads: int | None = None,
) -> pl.DataFrame:
    """As frame_of, with `rank` from 1 first and `twins` after the stack."""
    frame = frame_of(automaton, rows, threads)
    frame.insert_column(0, pl.Series("rank", np.arange(1, len(rows) + 1)))
    return frame.insert_column(frame.columns.index("stack") + 1, _integers("twins", members))


def _integers(name: str, values: Sequence[int | None]) -> pl.Series:
    """Int64, or decimal strings where one of them does not fit."""
    if all(value is None or value < 1 << 63 for value in values):
        return pl.Series(name, values, dtype=pl.Int64)
    texts = [None if value is None else str(value) for value in values]
    return pl.Series(name, texts, dtype=pl.String)
