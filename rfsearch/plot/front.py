"""A front on two of its costs, over the list and a sample of all matches where they are given."""

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


def front_chart(
    front: Sequence[Row],
    costs: Sequence[str] = ("memory", "macs"),
    *,
    others: Sequence[Row] = (),
    sample: Sequence[Row] = (),
) -> Any:
    """The front by its first two `costs`, a third one as colour; a `max:` before a cost is known.

    `others` are rows beside the front, such as the list; `sample` rows of all matches. Raises
    MissingExtraError without altair.
    """
    alt = altair()
    names = [cost.removeprefix("max:").removeprefix("min:") for cost in costs]
    rows = [*front, *others, *sample]
    x, y = (Measure(name, name, [number(row[name]) for row in rows]) for name in names[:2])
    places = {"x": x.axis(alt.X), "y": y.axis(alt.Y)}
    hint = [alt.Tooltip(f"{name}:Q", format=",") for name in names] + ["stack:N"]
    layers = []
    for shown, size, colour in ((sample, 6, "#b9c0c8"), (others, 18, COLOURS[4])):
        if shown:
            mark = alt.Chart(data_of(shown)).mark_circle(size=size, color=colour, opacity=0.7)
            layers.append(calculated(mark.encode(**places), x, y))
    base = calculated(alt.Chart(data_of(front)), x, y)
    if len(names) == 2:
        # Between two points of a front nothing is better than the worse of both.
        interpolate = "step-after" if not costs[0].startswith("max:") else "step-before"
        line = base.mark_line(color=COLOURS[0], strokeWidth=0.8, interpolate=interpolate)
        layers.append(line.encode(**places, order=alt.Order(f"{x.column}:Q")))
    points = base.mark_circle(size=30, color=COLOURS[0], opacity=1)
    if len(names) > 2:
        third = Measure(names[2], names[2], [number(row[names[2]]) for row in front])
        points = calculated(points, third)
        colour_scale = alt.Scale(scheme="cividis", type="log" if third.log else "linear")
        places["color"] = third.axis(alt.Color, scale=colour_scale)
    layers.append(points.encode(**places, tooltip=hint))
    return styled(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT))
