"""A sweep as two maps of its grid: how many stacks match, and the least of a cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

from rfsearch.plot.ground import WIDTH, Measure, Row, altair, calculated, data_of, number, styled

SIDE = 2 * WIDTH // 3  # of one map
NONE, UNKNOWN = "#eeeeee", "#bbbbbb"  # cells without a match, and where a budget hides how many


@dataclass(frozen=True)
class Cell:
    """An input and a target over all depths: how many match, None where a budget hides that.

    best: the least of the cost, or the greatest; None without a match.
    """

    input: Any
    target_rf: Any
    matches: int | None
    best: float | None


def over_depths(rows: Sequence[Row], ranked: str) -> list[Cell]:
    """The cells of a sweep's rows in their order; `ranked` is a cost, `max:` for the greatest."""
    choose, cost = (max if ranked.startswith("max:") else min), ranked.removeprefix("max:")
    counts: dict[tuple[Any, Any], int | None] = {}
    best: dict[tuple[Any, Any], float] = {}
    for row in rows:
        place = row["input"], row["target_rf"]
        count, known = row.get("matches"), counts.get(place, 0)
        counts[place] = None if count is None or known is None else known + int(count)
        value = row.get(cost)
        if value is not None:
            value = value if isinstance(value, int | float) else number(value)
            best[place] = choose(best.get(place, value), value)
    return [Cell(*place, count, best.get(place)) for place, count in counts.items()]


def sweep_chart(rows: Sequence[Row], cost: str = "memory") -> Any:
    """Two maps, inputs across and RFs down: the number of matches, and the least of a cost.

    rows: those of a sweep. cost: `max:` before it shows the greatest. Cells without a match are
    light grey, those of which a budget hides the number darker. Raises MissingExtraError without
    altair.
    """
    alt = altair()
    cells = over_depths(rows, cost)
    data = [
        {
            "input": cell.input, "rf": cell.target_rf,
            "known": "unknown" if cell.matches is None else "some" if cell.matches else "none",
            "digits": log10(cell.matches) if cell.matches else None, "best": cell.best,
        }
        for cell in cells
    ]  # fmt: skip
    name = cost.removeprefix("max:")
    word = "greatest" if cost.startswith("max:") else "least"
    label = f"{word} {Measure(name, name, ()).title.split(' (')[0]}"
    values = [cell.best for cell in cells if cell.best is not None]
    measure = Measure("best", name, values, label)
    places = {
        "x": _places(alt.X, "input", [cell.input for cell in cells]),
        "y": _places(alt.Y, "rf", [cell.target_rf for cell in cells]),
    }
    chart = alt.Chart(data_of(data)).properties(width=SIDE, height=SIDE)
    grey = alt.Scale(domain=["none", "unknown"], range=[NONE, UNKNOWN])
    known = alt.Color("known:N", scale=grey, legend=None)
    ground = _cells(chart, "known", known, places, "!== 'some'")
    count = _cells(chart, "digits", _colour("digits", "matches (powers of 10)"), places)
    least = _cells(chart, "best", _colour(measure.column, measure.title, measure.log), places)
    maps = [
        alt.layer(ground, one).resolve_scale(color="independent")
        for one in (count, calculated(least, measure))
    ]
    return styled(alt.hconcat(*maps).resolve_scale(color="independent"))


def _cells(chart: Any, column: str, colour: Any, places: Any, those: str = "!== null") -> Any:
    """Squares where `column` is one of `those`; without the words that each would have in SVG."""
    made = chart.transform_filter(f"datum.{column} {those}").mark_rect(aria=False)
    return made.encode(**places, color=colour)


def _places(side: Any, column: str, values: Sequence[Any]) -> Any:
    """An axis of columns or rows of cells, in the order of the sweep."""
    alt = altair()
    return side(
        f"{column}:O",
        title=f"{'RF' if column == 'rf' else column} (pixels)",
        scale=alt.Scale(domain=list(dict.fromkeys(values))),
        axis=alt.Axis(ticks=False, domain=False, labelAngle=0, labelOverlap="parity"),
    )


def _colour(column: str, title: str, log: bool = False) -> Any:
    alt = altair()
    scale = alt.Scale(scheme="viridis", reverse=True, type="log" if log else "linear")
    legend = alt.Legend(
        title=title, orient="top", gradientLength=SIDE, gradientThickness=8, format="~g",
        tickCount=5,
    )  # fmt: skip
    return alt.Color(f"{column}:Q", scale=scale, legend=legend)
