"""The table of reach: a row for each receptive field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rfsearch.answer.screen.figures import grouped, shown
from rfsearch.answer.screen.fit import dropped, left_out
from rfsearch.layers.cost import RANKED, Cost

if TYPE_CHECKING:
    import polars as pl


def reach_screen(
    frame: pl.DataFrame,
    costs: tuple[str, ...] | None,
    known: Mapping[str, Cost] = RANKED,
    width: int | None = None,
) -> str:
    """The rows as text, `costs` of the least ones (None: all); no figure is ever cut short.

    `known`: the costs of the query. Columns that do not fit a window of `width` characters, the
    last ones first, are named below the table.

    Set here and not by rich, which takes seconds for the tens of thousands of RFs of two axes.
    """
    names = [
        name
        for name in frame.columns
        if not name.startswith("least_") or costs is None or name.removeprefix("least_") in costs
    ]
    heads = {name: name.replace("_", " ").replace("macs", "MACs") for name in names}
    columns = {
        name: [heads[name], *(_cell(name, value, known) for value in frame[name].to_list())]
        for name in names
    }
    widths = {name: max(map(len, cells)) for name, cells in columns.items()}
    gone = dropped(widths, [name for name in reversed(names) if name not in _KEPT], width)
    kept = [name for name in names if name not in gone]
    cells = [[cell.rjust(widths[name]) for cell in columns[name]] for name in kept]
    lines = ["  ".join(row) for row in zip(*cells, strict=True)]
    if gone:
        lines.append(left_out([heads[name] for name in gone]))
    if frame["matches"].null_count():
        least, most = (_total(frame[f"matches_at_{end}"]) for end in ("least", "most"))
        stacks = f"between {grouped(least)} and {grouped(most)} stacks"
    else:
        stacks = f"{grouped(_total(frame['matches']))} stacks"
    lines.append(f"{len(frame):,} receptive fields, {stacks}")
    return "".join(line + "\n" for line in lines)


_KEPT = ("rf", "matches", "matches_at_least", "matches_at_most")


def _total(numbers: pl.Series) -> int:
    return sum(int(number) for number in numbers)


def _cell(name: str, value: object, known: Mapping[str, Cost]) -> str:
    if value is None:
        return "–"
    if name.startswith("matches"):
        return grouped(int(value))  # type: ignore[call-overload]
    return shown(name.removeprefix("least_").removeprefix("greatest_"), value, known)
