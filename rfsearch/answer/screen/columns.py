"""Tables of a screen: plain text for a pipe or a file, and through rich for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from rfsearch.answer.screen.fit import GAP

if TYPE_CHECKING:
    from rich.table import Table


class Column(NamedTuple):
    """A column of figures, which stand to the right and are never cut, or of text.

    `folds`: text is broken anywhere where a terminal is too narrow for it, not between words.
    """

    heading: str
    text: bool = False
    folds: bool = False


class Cell(NamedTuple):
    """What stands in a column of text: some lines, and dim ones below them, each after a \\n."""

    lines: str
    below: str = ""


class Columns(NamedTuple):
    """A table."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


def text_lines(table: Columns) -> Iterator[str]:
    """The table without a limit of width, the headings first."""
    headings = [Cell(column.heading) for column in table.columns]
    rows = [
        [(cell.lines + cell.below).split("\n") for cell in row] for row in (headings, *table.rows)
    ]
    widths = [max(len(line) for row in rows for line in row[at]) for at in range(len(headings))]
    for row in rows:
        for line in zip_longest(*row, fillvalue=""):
            cells = zip(line, widths, table.columns, strict=True)
            shown = [
                cell.ljust(width) if column.text else cell.rjust(width)
                for cell, width, column in cells
            ]
            yield (" " * GAP).join(shown).rstrip()


def rich_table(table: Columns) -> Table:
    """The same for a console of rich, which knows the width."""
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    for heading, text, folds in table.columns:
        if not text:
            made.add_column(heading, justify="right", no_wrap=True)
        elif folds:
            made.add_column(heading, overflow="fold", ratio=1)
        else:
            made.add_column(heading)
    for row in table.rows:
        made.add_row(*(Text(cell.lines).append(cell.below, style="dim") for cell in row))
    return made
