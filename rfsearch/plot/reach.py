"""Every receptive field of a space against its least cost."""

from __future__ import annotations

from collections.abc import Sequence
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


def reach_chart(rows: Sequence[Row], cost: str = "macs", side: str = "least") -> Any:
    """RF against the `least` or `greatest` of a cost, or where `cost` is `matches` their number.

    Rows are those of `reach()`, with columns like `least_macs`. Where an RF has several axes, the
    first two are the places and the cost is the colour. Raises MissingExtraError without altair.
    """
    alt = altair()
    column = cost if cost == "matches" else f"{side}_{cost}"
    kept = [row for row in rows if row.get(column) is not None]
    label = "" if cost == "matches" else f"{side} {Measure(cost, cost, ()).title.split(' (')[0]}"
    values = [number(row[column]) for row in kept]
    measure = Measure(column, cost, values, label)
    if kept and isinstance(kept[0]["rf"], list | tuple):
        return _map(kept, measure)
    chart = calculated(alt.Chart(data_of(kept)), measure)
    places = {
        "x": alt.X("rf:Q", title="RF (pixels)", scale=alt.Scale(zero=False)),
        "y": measure.axis(alt.Y),
    }
    line = chart.mark_line(color=COLOURS[0], strokeWidth=0.8).encode(**places)
    points = chart.mark_circle(size=10, color=COLOURS[0], opacity=1).encode(**places)
    return styled((line + points).properties(width=WIDTH, height=HEIGHT))


def _map(rows: Sequence[Row], measure: Measure) -> Any:
    alt = altair()
    split = [dict(row) | {"rf1": row["rf"][0], "rf2": row["rf"][1]} for row in rows]
    chart = calculated(alt.Chart(data_of(split)), measure).mark_square(size=8, opacity=1)
    scale = alt.Scale(scheme="cividis", type="log" if measure.log else "linear")
    return styled(
        chart.encode(
            x=alt.X("rf2:Q", title="RF of the second axis (pixels)", scale=alt.Scale(zero=False)),
            y=alt.Y("rf1:Q", title="RF of the first axis (pixels)", scale=alt.Scale(zero=False)),
            color=measure.axis(alt.Color, scale=scale),
        ).properties(width=WIDTH, height=WIDTH)
    )
