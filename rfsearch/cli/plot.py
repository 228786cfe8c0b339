"""`--plot FILE.svg|png|pdf` of every word that has one: a figure beside the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse


def add_plot(parser: argparse.ArgumentParser) -> None:
    """The flag, for words that do not take the flags of a search."""
    parser.add_argument(
        "--plot", metavar="FILE", help="also draw it as a figure: FILE.svg, .png or .pdf"
    )


def check_plot(path: str | None) -> None:
    """Refuse a place for the figure, or that nothing draws it, before the work is done.

    UsageError, MissingExtraError.
    """
    if path is None:
        return
    from rfsearch.cli.destination import check
    from rfsearch.errors import UsageError
    from rfsearch.plot.save import format_of, require

    try:
        format_of(path)
    except UsageError as error:
        raise UsageError(f"--plot: {error}") from None
    check(path, binary=False, flag="--plot")
    require()


def put_plot(path: str | None, chart: Callable[[], Any]) -> None:
    """Write the chart there; nothing where no figure was asked for."""
    if path is None:
        return
    from rfsearch.cli.destination import put
    from rfsearch.plot.save import encode, format_of

    put(encode(chart(), format_of(path)), path, "--plot")
