"""Ranked rows of a dataset as plain text, the stack last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rfsearch.answer.screen.figures import shown
from rfsearch.answer.screen.fit import dropped, left_out

if TYPE_CHECKING:
    import polars as pl

_USUAL = ("memory", "macs", "params", "peak_memory", "depth", "output_size", "rf")
_STACKS = ("stack", "layers")


def rows_screen(frame: pl.DataFrame, ranked: Sequence[str], width: int | None = None) -> str:
    """`rank`, the ranked costs, the usual ones among the columns, and the stack.

    Usual columns that do not fit a window of `width` characters, the last ones first, are named
    below the table.
    """
    costs = [cost.removeprefix("max:") for cost in ranked]
    names = [
        name for name in dict.fromkeys(["rank", "input", *costs, *_USUAL]) if name in frame.columns
    ]
    columns = {name: [name, *(shown(name, value) for value in frame[name])] for name in names}
    for name in _STACKS:
        if name in frame.columns:
            stacks = [one if name == "stack" else "-".join(one) for one in frame[name].to_list()]
            columns[name] = [name, *stacks]
    widths = {name: max(map(len, cells)) for name, cells in columns.items()}
    gone = dropped(widths, [name for name in reversed(_USUAL) if name not in costs], width)
    kept = [name for name in columns if name not in gone]
    lines = [
        "  ".join(
            columns[name][line].ljust(0 if name == kept[-1] else widths[name])
            if name in _STACKS
            else columns[name][line].rjust(widths[name])
            for name in kept
        )
        for line in range(len(frame) + 1)
    ]
    return "".join(line + "\n" for line in [*lines, *([left_out(gone)] if gone else [])])
