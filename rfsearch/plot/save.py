"""Charts as the bytes of a file: SVG, PNG or PDF, made by vl-convert."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path
from typing import Any

from rfsearch.errors import MissingExtraError, UsageError

FORMATS = (".svg", ".png", ".pdf")
# Pixels an inch of a PNG, as journals ask for.
PPI = 300


def format_of(path: str) -> str:
    """The format that a file's ending names; UsageError where it names none."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise UsageError(f"{path} ends in none of {', '.join(FORMATS)}")
    return suffix[1:]


def require() -> None:
    """MissingExtraError where what draws and writes charts is not installed."""
    for module in ("altair", "vl_convert"):
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError(f"plots need {module}: pip install 'rfsearch[plot]'")


def encode(chart: Any, form: str) -> bytes:
    """The chart as `form`: text stays text in SVG, fonts are embedded in PDF.

    MissingExtraError where vl-convert is not installed.
    """
    require()
    if form == "svg":
        text = io.StringIO()
        chart.save(text, format=form)
        return text.getvalue().encode()
    data = io.BytesIO()
    chart.save(data, format=form, **({"ppi": PPI} if form == "png" else {}))
    return data.getvalue()
