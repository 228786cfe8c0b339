"""The table of reach: a row for each receptive field."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rfsearch.screen.figures import grouped, shown

if TYPE_CHECKING:
    import polars as pl


def reach_screen(frame: pl.DataFrame, costs: tuple[str, ...] | None, width: int | None) -> str:
    """The rows as text, `costs` of the least ones (None: all), `width` in characters."""
    from rich.console import Console
    from rich.table import Table

    out = io.StringIO()
    console = Console(
        file=out, width=width or 100_000, color_system=None, highlight=False, markup=False
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    columns = [
        name
        for name in frame.columns
        if not name.startswith("least_") or costs is None or name.removeprefix("least_") in costs
    ]
    for name in columns:
        table.add_column(
            name.replace("_", " ").replace("macs", "MACs"), justify="right", no_wrap=True
        )
    for row in frame.iter_rows(named=True):
        table.add_row(*[_cell(name, row[name]) for name in columns])
    console.print(table)
    if frame["matches"].null_count():
        least, most = (_total(frame[f"matches_at_{end}"]) for end in ("least", "most"))
        stacks = f"between {grouped(least)} and {grouped(most)} stacks"
    else:
        stacks = f"{grouped(_total(frame['matches']))} stacks"
    console.print(f"{len(frame):,} receptive fields, {stacks}")
    return "".join(line.rstrip() + "\n" for line in out.getvalue().splitlines())


def _total(numbers: pl.Series) -> int:
    return sum(int(number) for number in numbers)


def _cell(name: str, value: object) -> str:
    if value is None:
        return "–"
    if name.startswith("matches"):
        return grouped(int(value))  # type: ignore[call-overload, no-any-return]
    return shown(name.removeprefix("least_").removeprefix("greatest_"), value)
