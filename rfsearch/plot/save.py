"""Charts as the bytes of a file: SVG, PNG or PDF, made by vl-convert."""

from __future__ import annotations

import importlib.util
import io
from base64 import b64encode
from importlib.resources import files
from pathlib import Path
from typing import Any

from rfsearch.errors import MissingExtraError, UsageError
from rfsearch.plot.ground import FONT

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
    """The chart as `form`, its font embedded: text stays text in SVG and PDF.

    MissingExtraError where vl-convert is not installed.
    """
    require()
    if form == "svg":
        text = io.StringIO()
        chart.save(text, format=form)
        return _with_font(text.getvalue()).encode()
    data = io.BytesIO()
    chart.save(data, format=form, **({"ppi": PPI} if form == "png" else {}))
    return data.getvalue()


def _with_font(svg: str) -> str:
    """The drawing with the letters of its font in it, so that it looks alike everywhere.

    They are those of Arimo, which is Liberation Sans, the font that vl-convert has measured the
    texts with and that PNG and PDF are drawn with.
    """
    letters = b64encode((files("rfsearch.plot") / "font" / "sans.woff2").read_bytes()).decode()
    face = f'font-family:"{FONT}";src:url(data:font/woff2;base64,{letters}) format("woff2")'
    head, end, drawing = svg.partition(">")
    return f"{head}{end}<style>@font-face{{{face}}}</style>{drawing}"
