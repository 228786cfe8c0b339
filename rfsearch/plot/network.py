"""One network: its RF growing layer by layer, the memory while each runs, MACs and params."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rfsearch.plot.ground import (
    COLOURS,
    HEIGHT,
    WIDTH,
    Measure,
    Row,
    altair,
    calculated,
    data_of,
    number,
    styled,
)

# Layers up to which each is named along its axis, in steps of so many points.
_NAMED = 60
_STEP = 11

_JOINS = {"+": "sum", "*": "product", "|": "concat"}


def network_chart(layers: Sequence[Row], name: str, input: int) -> Any:
    """Three panels, a layer a step from the top, in the order of execution.

    `layers` are rows with `layer`, `rf`, `centre`, `memory`, `macs`, `params`, as the table of a
    network has them; where axes differ the RF is the first axis's. `input` is its size in pixels.
    Raises MissingExtraError without altair.
    """
    alt = altair()
    sums = {cost: sum(number(row[cost]) for row in layers) or 1.0 for cost in ("macs", "params")}
    rows = [_row(step, row, sums) for step, row in enumerate(layers, start=1)]
    named = len(rows) <= _NAMED
    names = alt.Axis(labelExpr="split(datum.label, ' ')[1]", labelLimit=110, title=None)
    none = alt.Axis(labels=False, ticks=False, domain=False, title="layers")
    step = alt.Y("place:N", sort=None, axis=names if named else none)
    bare = alt.Y("place:N", sort=None, title=None, axis=None)
    data = data_of(rows)
    size = {"width": WIDTH * 0.62, "height": _STEP * len(rows) if named else HEIGHT}
    few = {"tickCount": 4}
    # Of an input that is far longer than what is seen only so much that the fields can be read.
    widest = max((row["last"] - row["first"] for row in rows), default=input)
    ends = {"first": 0, "last": min(input, 3 * widest)}
    memory = Measure("memory", "memory", [row["memory"] for row in rows])
    field = (
        alt.Chart(data)
        .mark_bar(color=COLOURS[0])
        .encode(
            x=alt.X("first:Q", title="RF of the first output (pixels)", axis=alt.Axis(**few)),
            x2="last:Q",
            y=step,
        )
    )
    ground = alt.Chart(data_of([ends])).mark_rect(color="#e8eef4").encode(x="first:Q", x2="last:Q")
    alive = (
        calculated(alt.Chart(data), memory)
        .mark_bar(color=COLOURS[5])
        .encode(x=alt.X(f"{memory.column}:Q", title=memory.title, axis=alt.Axis(**few)), y=bare)
    )
    costs = (
        alt.Chart(data)
        .transform_fold(["MACs", "params"], as_=["cost", "share"])
        .mark_bar()
        .encode(
            x=alt.X("share:Q", title="share of all", axis=alt.Axis(format="%", **few), stack=None),
            y=bare,
            yOffset="cost:N",
            color=alt.Color("cost:N", title=None),
        )
    )
    panels = [alt.layer(ground, field), alive, costs]
    row = alt.hconcat(*(panel.properties(**size) for panel in panels), spacing=14)
    # Of a file its own name, without the folders.
    title = re.split(r"[/\\]", name)[-1]
    return styled(row.resolve_scale(y="independent").properties(title=title))


def _row(step: int, row: Row, sums: Mapping[str, float]) -> dict[str, Any]:
    rf, centre = (number(_first(row[key])) for key in ("rf", "centre"))
    return {
        "place": f"{step:04} {_JOINS.get(row['layer'], row['layer'])}",
        "first": centre - (rf - 1) / 2,
        "last": centre + (rf + 1) / 2,
        "memory": number(row["memory"]),
        "MACs": number(row["macs"]) / sums["macs"],
        "params": number(row["params"]) / sums["params"],
    }


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list | tuple) else value
