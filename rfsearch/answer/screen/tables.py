"""Result rows as tables: figures to the right, the stack with its sizes below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rfsearch.answer.screen.columns import Cell, Column, Columns
from rfsearch.answer.screen.figures import grouped, shown
from rfsearch.answer.screen.fit import GAP
from rfsearch.answer.screen.growth import standing
from rfsearch.answer.screen.sizes import arrows
from rfsearch.layers.cost import CHARGED, RANKED, Cost

if TYPE_CHECKING:
    from rfsearch.question.rows import Rows
    from rfsearch.why.nearby.ask import Near

_HEADINGS = {"memory": "stored", "peak_memory": "peak RAM", "macs": "MACs", "output_size": "out",
             "padding_total": "padding", "erf_variance": "ERF var.", "rank": "#", "rf": "RF",
             "weight_memory": "weights"}  # fmt: skip

# A column that the question does not ask about is shown only if it is one of these.
_ALWAYS = ("memory", "macs", "params", "peak_memory", "depth", "output_size", "jump", "rf")
_ALWAYS_NARROW = ("depth", "output_size", "rf")
_NARROW = 110  # characters; below it the stack needs the room
_LEAST_STACK = 24  # characters that a stack is given, however narrow the screen

# Beside a row of the list that is on the front, too.
FRONT = "●"

# What readers of a table ask about first, in a few words.
_LEGEND = {
    "rf": "RF, jump, out: pixels",
    "memory": "stored: every layer's output, what training keeps",
    "peak_memory": "peak RAM: most tensors alive at once, what inference needs",
}


def columns_of(
    rows: Rows,
    first: tuple[str, ...],
    ranked: tuple[str, ...],
    bounded: Iterable[str],
    width: int,
) -> list[str]:
    """The columns of a table: `first`, the ranked costs, the usual columns that fit, budgets."""
    costs = [cost.removeprefix("max:") for cost in ranked]
    usual = _ALWAYS_NARROW if width < _NARROW else _ALWAYS
    own = [name for name in ("input",) if name in rows.names]
    seconds = [name for name in (*CHARGED, "rf_seconds") if name in rows.names]
    wanted = dict.fromkeys([*first, *own, *costs, *seconds, *usual, *bounded])
    return [name for name in wanted if name in rows.names]


def legend(rows: Rows, columns: list[str]) -> str:
    """A line below the tables: what its columns are, and which are left out."""
    said = [text for name, text in _LEGEND.items() if name in columns]
    beside = ("stack", "sizes", "changed", *columns)
    left = [_HEADINGS.get(name, name) for name in rows.names if name not in beside]
    if left:
        said.append(f"not shown: {', '.join(left)} (--format json)")
    return "; ".join(said)


def result_table(
    rows: Rows,
    columns: list[str],
    width: int,
    known: Mapping[str, Cost] = RANKED,
    front: frozenset[tuple[object, ...]] = frozenset(),
) -> Columns:
    """Rows of a front or a list for a screen of `width` characters.

    Below a stack its sizes, how its RF grows, and what changed in a network like one. Stacks break
    between layers. `known`: the costs of the query; rows whose `identity` is in `front` are marked.
    """
    headings = [_HEADINGS.get(column, column) for column in columns]
    cells = [[shown(column, row[column], known) for column in columns] for row in rows]
    taken = sum(max(map(len, column)) + GAP for column in zip(headings, *cells, strict=True))
    left = max(width - taken - GAP, _LEAST_STACK)
    marks = [identity(row) in front for row in rows]
    room = 2 if any(marks) else 0  # of the mark and the space behind it
    made = []
    for number, (row, texts, mark) in enumerate(zip(rows, cells, marks, strict=True)):
        lines = broken(row["stack"], left - room).replace("\n", "\n" + " " * room)
        below = "".join("\n" + " " * room + line for line in _below(row, rows.growth(number)))
        made.append([*map(Cell, texts), Cell((FRONT if mark else "").ljust(room) + lines, below)])
    stacks = Column("stack, sizes, RF growth", text=True, folds=True)
    return Columns([*map(Column, headings), stacks], made)


def identity(row: Mapping[str, Any]) -> tuple[object, ...]:
    """What tells a match from another: its stack, and where there are several its input."""
    return tuple(str(row[name]) for name in ("input", "stack") if name in row)


def broken(stack: str, width: int) -> str:
    """A stack in lines of at most `width` characters, broken behind the sign between layers.

    A single layer, or what stands between two signs, may be longer.
    """
    lines = [""]
    parts = stack.split("-")
    for number, part in enumerate(parts, start=1):
        text = part + ("-" if number < len(parts) else "")
        if lines[-1] and len(lines[-1]) + len(text) > width:
            lines.append("")
        lines[-1] += text
    return "\n".join(lines)


def _below(row: dict[str, Any], growth: list[int]) -> list[str]:
    changed = ", ".join(row.get("changed", ()))
    sizes = f"{arrows(row['sizes'])}  {standing(growth)}".rstrip()
    return [sizes, *([changed] if changed else [])]


def nearby_table(nearby: list[Near]) -> Columns:
    """The questions next door, with exact matches and the cheapest of each."""
    made = []
    for near in nearby:
        counts = grouped(near.at_least)
        if near.matches is None:
            counts = f"{counts}..{grouped(near.at_most)}"
        least = (shown("memory", near.memory), shown("macs", near.macs))
        made.append(list(map(Cell, (near.change.label, counts, *least))))
    headings = ("matches", "least stored", "least MACs")
    return Columns([Column("instead", text=True), *map(Column, headings)], made)
