"""The screen of a ladder: what is held how tightly, what is proven, and a row for each rung."""

from __future__ import annotations

import io
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from rfsearch.answer.screen.figures import shown
from rfsearch.answer.screen.fit import dropped, left_out
from rfsearch.layers.cost import RANKED, Cost
from rfsearch.why.reasons.wording import counted

if TYPE_CHECKING:
    from rich.table import Table

    from rfsearch.ladder import Ladder

_HEADINGS = {"macs": "MACs", "output_size": "out", "rf": "RF"}
_ALWAYS = ("depth", "output_size", "jump")
_STACK = 32  # characters that a stack has at the least, where it is that long


def ladder_screen(ladder: Ladder, width: int | None, known: Mapping[str, Cost] = RANKED) -> str:
    """The ladder as text, `width` in characters (None: not folded); `known`: the query's costs."""
    from rich.console import Console

    out = io.StringIO()
    console = Console(
        file=out, width=width or 100_000, color_system=None, highlight=False, markup=False
    )
    for line in summary_lines(ladder):
        console.print(line)
    if len(ladder.rungs):
        console.print()
        console.print(_table(ladder, known, width))
    return "".join(line.rstrip() + "\n" for line in out.getvalue().splitlines())


def summary_lines(ladder: Ladder) -> list[str]:
    """How tight it is, and what is proven of that."""
    held = ", ".join(_held(name, tolerance) for name, tolerance in ladder.hold.items())
    if ladder.tightness is None:
        if not ladder.complete:
            return [f"No ladder was found yet that holds {held}"]
        return [f"No ladder holds {held}" + (f": {ladder.why}" if ladder.why else "")]
    verdict = "within" if ladder.within else "not within"
    spreads = ", ".join(
        f"{_name(name)} {percent(wide)}" for name, wide in ladder.spread.items() if wide
    )
    lines = [
        f"Ladder of {counted(len(ladder.rungs), 'rung')}, {verdict} {held}",
        f"greatest over least: {spreads or 'all equal'}; {_times(ladder.tightness)} the tolerance",
    ]
    if ladder.complete:
        lines.append("proven: no ladder of these rungs is tighter")
    elif ladder.bound:
        lines.append(f"proven: no ladder is tighter than {_times(ladder.bound)} the tolerance")
    elif ladder.stopped:
        lines.append("open: whether a tighter one exists; stopped before that was known")
    else:
        lines.append("open: whether a tighter one exists; there are too many stacks to list")
    return lines


def unreached_lines(ladder: Ladder) -> list[str]:
    """The rungs that are impossible, and why; a line each."""
    lines = []
    for target, why in ladder.impossible.items():
        lines.append(f"RF {target} is impossible: {'; '.join(why)}")
    return lines


def percent(number: Fraction) -> str:
    """`3%`, `0.0128%`."""
    return f"{float(100 * number):.3g}%"


def _times(number: Fraction) -> str:
    return f"{float(number):.3g} ×"


def _held(name: str, tolerance: Fraction) -> str:
    return f"{_name(name)} {percent(tolerance)}" if tolerance else f"{_name(name)} equal"


def _name(name: str) -> str:
    return name.replace("_", " ").replace("macs", "MACs")


def _table(ladder: Ladder, known: Mapping[str, Cost], width: int | None) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    frame = ladder.rungs
    costs = [name for name in ladder.spread if name not in _ALWAYS]
    columns = ["rf", *(["input"] if "input" in frame.columns else [])]
    for name in costs:
        columns += [name, f"deviation_{name}"]
    columns += [name for name in _ALWAYS if name in frame.columns]
    rows = list(frame.iter_rows(named=True))
    cells = {name: [_cell(name, row[name], known) for row in rows] for name in columns}
    widths = {name: max(map(len, [_heading(name), *cells[name]])) for name in columns}
    widths["stack"] = min(_STACK, max(len(row["stack"]) for row in rows))
    gone = dropped(widths, [name for name in reversed(_ALWAYS) if name not in ladder.hold], width)
    kept = [name for name in columns if name not in gone]
    for name in kept:
        table.add_column(_heading(name), justify="right", no_wrap=True)
    table.add_column("stack", overflow="fold", ratio=1)
    for number, row in enumerate(rows):
        table.add_row(*(cells[name][number] for name in kept), row["stack"])
    if gone:
        table.caption, table.caption_justify = left_out([_heading(name) for name in gone]), "left"
    return table


def _heading(name: str) -> str:
    return "above" if name.startswith("deviation_") else _HEADINGS.get(name, _name(name))


def _cell(name: str, value: Any, known: Mapping[str, Cost]) -> str:
    if name.startswith("deviation_"):
        return f"{100 * value:.3g}%" if value else "0"
    return shown(name, value, known)
