"""What all charts share: Altair itself, their look, rows as data, and axes with units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from importlib import import_module
from types import ModuleType
from typing import Any

from rfsearch.errors import MissingExtraError
from rfsearch.layers.cost import RANKED

Row = Mapping[str, Any]

# After Okabe and Ito (2008), which the colour-blind tell apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
FONT = "Liberation Sans"
# One column of a paper is some 85 mm: 241 points.
WIDTH, HEIGHT = 260, 180

_NAMES = {"macs": "MACs", "rf": "RF", "erf_variance": "ERF variance", "deepmad": "DeepMAD"}
_UNITS = {"multiply-accumulates": "", "input pixels squared": "pixels²"}
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB")
# A span wider than this is drawn on a log scale.
_WIDE = 30


def altair() -> ModuleType:
    """The library, imported now; MissingExtraError where it is not installed."""
    try:
        return import_module("altair")
    except ImportError:
        raise MissingExtraError("plots need altair: pip install 'rfsearch[plot]'") from None


def data_of(rows: Sequence[Row]) -> Any:
    """The rows as data of a chart: numbers and texts, whatever their type in a frame or in JSON."""
    values = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return altair().Data(values=values)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return "×".join(map(str, value))
    if isinstance(value, str):
        return float(Fraction(value)) if _is_number(value) else value
    return float(value) if isinstance(value, Fraction) else value


def _is_number(text: str) -> bool:
    try:
        Fraction(text)
    except (ValueError, ZeroDivisionError):
        return False
    return True


def number(value: Any) -> float:
    """A figure as a place on an axis; of several axes the largest."""
    if isinstance(value, list | tuple):
        return max(map(number, value))
    return float(Fraction(value)) if isinstance(value, str) else float(value)


class Measure:
    """A column on an axis: where it is written, how it is called and scaled.

    `calculated` are the transforms that the chart needs for it: bytes are shown in KiB or MiB.
    """

    def __init__(self, column: str, cost: str, values: Sequence[float], label: str = "") -> None:
        known = RANKED.get(cost)
        unit = "" if known is None else _UNITS.get(known.unit, known.unit)
        name = label or _NAMES.get(cost, cost.replace("_", " "))
        self.column, self.calculated = column, {}
        if unit == "bytes":
            power = _power(max(values, default=1.0))
            unit = _BINARY[power]
            self.column = f"{column}_{unit}"
            self.calculated = {self.column: f"datum['{column}'] / {1024**power}"}
        self.title = f"{name} ({unit})" if unit else name
        low, high = min(values, default=1.0), max(values, default=1.0)
        self.log = low > 0 and high / low > _WIDE

    def axis(self, side: Any, **options: Any) -> Any:
        """The encoding on `side`, altair's X, Y or Color."""
        alt = altair()
        scale = alt.Scale(type="log", nice=False) if self.log else alt.Scale(zero=False)
        if side is alt.Color:
            options["legend"] = alt.Legend(format="~s")
        else:
            options["axis"] = alt.Axis(format="~s", labelOverlap=True, tickCount=6)
        return side(
            f"{self.column}:Q", title=self.title, scale=options.pop("scale", scale), **options
        )


def _power(most: float) -> int:
    power = 0
    while most >= 1024 and power < len(_BINARY) - 1:
        most /= 1024
        power += 1
    return power


def calculated(chart: Any, *measures: Measure) -> Any:
    """The chart with the columns that its measures need."""
    columns = {name: how for one in measures for name, how in one.calculated.items()}
    return chart.transform_calculate(**columns) if columns else chart


def styled(chart: Any) -> Any:
    """The look of a figure in print: thin rules, no frame, small type."""
    return (
        chart.configure(font=f"{FONT}, Arial, Helvetica, sans-serif", background="white")
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=9,
            titleFontSize=10,
            titleFontWeight="normal",
            grid=False,
            labelFlush=False,
            tickSize=4,
            domainColor="#444",
            tickColor="#444",
        )
        .configure_legend(
            labelFontSize=9, titleFontSize=9, titleFontWeight="normal", labelLimit=240
        )
        .configure_title(fontSize=11, fontWeight="normal", anchor="start", limit=420)
        .configure_range(category=list(COLOURS))
    )
