"""A ladder: how far each rung is above the least in what is held, beside the tolerance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rfsearch.plot.ground import (
    COLOURS,
    HEIGHT,
    WIDTH,
    Measure,
    Row,
    altair,
    data_of,
    number,
    styled,
)


def ladder_chart(rungs: Sequence[Row], hold: Mapping[str, Any]) -> Any:
    """RF against each held cost, as a share above the least of all rungs; tolerances are dashed.

    `rungs` have `rf` and a `deviation_COST` for each cost of `hold`. Raises MissingExtraError
    without altair.
    """
    alt = altair()
    points = [
        {
            "rf": number(row["rf"]),
            "held": Measure(cost, cost, ()).title.split(" (")[0],
            "above": number(row[f"deviation_{cost}"]),
            "stack": row["stack"],
        }
        for row in rungs
        for cost in hold
        if row.get(f"deviation_{cost}") is not None
    ]
    places = {
        "x": alt.X("rf:Q", title="RF (pixels)", scale=alt.Scale(zero=False, padding=10)),
        "y": alt.Y("above:Q", title="above the least", axis=alt.Axis(format=".2~%")),
    }
    kind = {"color": alt.Color("held:N", title=None), "shape": alt.Shape("held:N", title=None)}
    marks = alt.Chart(data_of(points)).mark_point(size=36, filled=True, opacity=1)
    limits = [{"above": one} for one in sorted({number(tolerance) for tolerance in hold.values()})]
    rules = alt.Chart(data_of(limits)).mark_rule(strokeDash=[5, 4], color=COLOURS[1])
    return styled(
        alt.layer(
            rules.encode(y="above:Q"), marks.encode(**places, **kind, tooltip="stack:N")
        ).properties(width=WIDTH, height=HEIGHT)
    )
