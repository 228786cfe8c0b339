"""Result rows as rich tables: figures to the right, the stack with its sizes below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from rfsearch.answer.screen.figures import grouped, shown
from rfsearch.answer.screen.sizes import arrows
from rfsearch.layers.cost import CHARGED, RANKED, Cost

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.why.nearby import Near

_HEADINGS = {"memory": "memory", "peak_memory": "peak", "macs": "MACs", "output_size": "out",
             "padding_total": "padding", "erf_variance": "ERF var.", "rank": "#"}  # fmt: skip

# A column that is not ranked by is shown only if it is one of these.
_ALWAYS = ("memory", "macs", "params", "peak_memory", "depth", "output_size", "jump")
_ALWAYS_NARROW = ("depth", "output_size")
_NARROW = 110  # characters; below it the stack needs the room


def result_table(
    rows: pl.DataFrame,
    ranked: tuple[str, ...],
    first: tuple[str, ...],
    width: int,
    known: Mapping[str, Cost] = RANKED,
) -> Table:
    """Rows of a front or a list for a screen of `width` characters.

    `first` columns, then the ranked costs, then the usual ones; below a stack its sizes, and what
    changed in a network like one. `known`: the costs of the query.
    """
    costs = [cost.removeprefix("max:") for cost in ranked]
    usual = _ALWAYS_NARROW if width < _NARROW else _ALWAYS
    inputs = ["input"] if "input" in rows.columns else []
    seconds = ["rf_seconds"] if "rf_seconds" in rows.columns else []
    device = [name for name in CHARGED if name in rows.columns]
    columns = list(dict.fromkeys([*first, *inputs, *costs, *device, *seconds, *usual]))
    if rows.height and rows["rf"].n_unique() > 1 and "rf" not in columns:
        columns.append("rf")
    table = _table()
    for column in columns:
        table.add_column(_HEADINGS.get(column, column), justify="right", no_wrap=True)
    table.add_column("stack, sizes", overflow="fold", ratio=1)
    for row in rows.iter_rows(named=True):
        cells = [shown(column, row[column], known) for column in columns]
        table.add_row(*cells, Text(row["stack"]).append("\n" + _below(row), style="dim"))
    return table


def _below(row: dict[str, Any]) -> str:
    changed = ", ".join(row.get("changed", ()))
    return arrows(row["sizes"]) + (f"\n{changed}" if changed else "")


def nearby_table(nearby: list[Near]) -> Table:
    """The questions next door, with exact matches and the cheapest of each."""
    table = _table()
    table.add_column("instead")
    for heading in ("matches", "least memory", "least MACs"):
        table.add_column(heading, justify="right", no_wrap=True)
    for near in nearby:
        counts = grouped(near.at_least)
        if near.matches is None:
            counts = f"{counts}..{grouped(near.at_most)}"
        table.add_row(
            near.change.label, counts, shown("memory", near.memory), shown("macs", near.macs)
        )
    return table


def _table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
