"""`rfsearch items … -o items.parquet`: what somebody with a board measures and fills in."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.cli.parser import Parser
    from rfsearch.request.request import Request

FOUND, NOTHING = 0, 1
FORMATS = (".csv", ".parquet")
NOT_ASKED = (
    "rank_by", "top", "distinct", "front", "count", "where", "time_limit", "export", "to", "force",
    "report", "plot", "format",
)  # fmt: skip


def parser() -> Parser:
    """The flags of a search, for the space and its question."""
    from rfsearch.cli.parser import search_parser

    return search_parser(
        "",
        "rfsearch items",
        "rfsearch items --config FILE -o items.parquet",
        "Every distinct item (a layer, or a block as a whole) at every width and size at which it "
        "stands in a match, and in how many matches: a table to fill in with a column value, or "
        "to give to rfsearch measure.",
        refused=NOT_ASKED,
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing that a search has not."""


def run(args: argparse.Namespace) -> int:
    """Write the items; the exit code. Raises UsageError."""
    from rfsearch.cli.asking import refuse
    from rfsearch.cli.destination import check, put

    refuse(args, NOT_ASKED, "items, which are a table")
    output = getattr(args, "output", None)
    if output is not None and Path(output).suffix.lower() not in FORMATS:
        raise UsageError(f"--output: {output} is not one of {', '.join(FORMATS)}")
    check(output, binary=False)
    frame, _ = items_of(args)
    put(encoded(frame, output or "items.csv"), output)
    print(f"{len(frame):,} items", file=sys.stderr)
    return FOUND if len(frame) else NOTHING


def items_of(args: argparse.Namespace) -> tuple[pl.DataFrame, int]:
    """The items of the space that the flags and the file say, and its axes."""
    from rfsearch.cli.asking import request_of
    from rfsearch.cli.compiling import told_of_compiling
    from rfsearch.cli.progress import watched
    from rfsearch.question.found import Found

    request = without_declared(request_of(args, needs_target=False))
    found: list[pl.DataFrame] = []

    def ask(progress: Any) -> None:
        found.append(Found._of(request, progress).items())

    with told_of_compiling(request):
        watched(ask, None if request["quiet"] else sys.stderr)
    return found[0], request["axes"]


def without_declared(request: Request) -> Request:
    """The question without declared costs, whose tables are what is to be filled in."""
    from rfsearch.request.options import OPTIONS

    kept = {name: value for name, value in request.options.items() if name in OPTIONS}
    return replace(request, options={**kept, "cost": None})


def encoded(frame: pl.DataFrame, path: str) -> bytes:
    """A table in the format of a file's suffix."""
    import io

    buffer = io.BytesIO()
    if Path(path).suffix.lower() == ".parquet":
        frame.write_parquet(buffer)
    else:
        frame.write_csv(buffer)
    return buffer.getvalue()
