"""Ranked rows of a dataset as plain text, the stack last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rfsearch.answer.screen.figures import shown

if TYPE_CHECKING:
    import polars as pl

_USUAL = ("memory", "macs", "params", "peak_memory", "depth", "output_size", "rf")
_STACKS = ("stack", "layers")


def rows_screen(frame: pl.DataFrame, ranked: Sequence[str]) -> str:
    """`rank`, the ranked costs, the usual ones among the columns, and the stack."""
    costs = [cost.removeprefix("max:") for cost in ranked]
    names = [
        name for name in dict.fromkeys(["rank", "input", *costs, *_USUAL]) if name in frame.columns
    ]
    columns = [[name, *(shown(name, value) for value in frame[name])] for name in names]
    widths = [max(map(len, cells)) for cells in columns]
    lines = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in zip(*columns, strict=True)
    ]
    for name in _STACKS:
        if name in frame.columns:
            stacks = [one if name == "stack" else "-".join(one) for one in frame[name].to_list()]
            lines = [f"{line}  {text}" for line, text in zip(lines, [name, *stacks], strict=True)]
    return "".join(line + "\n" for line in lines)
