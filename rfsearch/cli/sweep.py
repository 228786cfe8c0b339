"""`rfsearch sweep --input 32..512:32 --target-rf 31..511:16`: a grid of questions."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError
from rfsearch.schema import SCHEMA

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.cli.parser import Parser
    from rfsearch.request.request import Request

FOUND, NOTHING = 0, 1
NOT_ASKED = (
    "top", "distinct", "count", "where", "time_limit", "export", "to", "force", "threads",
    "report",
)  # fmt: skip


def parser() -> Parser:
    """The flags of a search, for the space and its question."""
    from rfsearch.cli.parser import search_parser

    return search_parser(
        "",
        "rfsearch sweep",
        "rfsearch sweep --input 32..512:32 --target-rf 31..511:16 [options]",
        "One question for each input and target, by many workers: at each depth the exact number "
        "of matches, the cheapest by --rank-by, and the front. Both take ranges with a step "
        "(32..512:32) and lists. As text two maps of the grid, how many match and the least first "
        "cost; as json, ndjson, csv or parquet a row for each input, target and depth.",
        refused=NOT_ASKED,
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What only this word has."""
    from rfsearch.cli.enumerate import add_crew

    add_crew(parser.add_argument_group("sweep"))


def run(args: argparse.Namespace) -> int:
    """Ask every cell and print; the exit code. Raises UsageError."""
    from rfsearch.answer.output.frames import format_of
    from rfsearch.cli.asking import refuse
    from rfsearch.cli.destination import check
    from rfsearch.cli.enumerate import crew_from
    from rfsearch.cli.plot import check_plot, put_plot
    from rfsearch.enumeration.sweep import Cells
    from rfsearch.ladder.targets import read_targets

    refuse(args, NOT_ASKED, "a sweep, which has a row for each input, target and depth")
    said = {name: vars(args).pop(name, None) for name in ("input", "target_rf")}
    for name, text in said.items():
        if text is None:
            flag = "--" + name.replace("_", "-")
            raise UsageError(f"{flag}: not given; the grid's, for example 32..512:32")
    inputs = read_targets(said["input"], "--input", "inputs")
    targets = read_targets(said["target_rf"], "--target-rf", "targets")
    args.input, args.target_rf = str(inputs[0]), str(targets[0])
    request, question = _question(args)
    form = format_of(request["format"], request["output"])
    check(request["output"], binary=form == "parquet")
    check_plot(request["plot"])
    cells = Cells(request["front"], request["rank_by"])
    rows = _swept(request, question, cells, crew_from(args), inputs, targets)
    _write(request, question, rows, form, inputs, targets)
    put_plot(request["plot"], lambda: _chart(rows, request["rank_by"][0]))
    return FOUND if any(int(count or 0) for count in rows["matches"]) else NOTHING


def _question(args: argparse.Namespace) -> tuple[Request, dict[str, Any]]:
    """The request of the first cell, and what all cells share, as a file's keys."""
    from rfsearch.cli.asking import request_of
    from rfsearch.enumeration.question import told

    request = request_of(args)
    question = told(request)
    for name in ("input", "target_rf"):
        del question[name]
    return request, question


def _swept(
    request: Request, question: dict[str, Any], cells: Any, crew: Any,
    inputs: list[Any], targets: list[Any],
) -> pl.DataFrame:  # fmt: skip
    """The rows of all cells, in the order of the grid; progress on a terminal."""
    from rfsearch.enumeration.crew import Job
    from rfsearch.enumeration.sweep import runs, table

    common = {"question": question, "front": cells.front, "rank_by": cells.rank_by, "threads": 1}
    showing = not request["quiet"] and sys.stderr.isatty()
    answers: dict[tuple[Any, Any], list[dict[str, Any]]] = {}
    tasks = runs(inputs, targets, crew.size)
    for rows in crew.work(Job("rfsearch.enumeration.sweep:run", common), tasks):
        for row in rows:
            answers.setdefault((row["input"], row["target_rf"]), []).append(row)
        if showing:
            done = f"\r{len(answers):,} of {len(inputs) * len(targets):,} cells\033[K"
            print(done, end="", file=sys.stderr, flush=True)
    if showing:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    places = ((one, target) for one in inputs for target in targets)
    return table((row for place in places for row in answers.get(place, [])), cells)


def _write(
    request: Request,
    question: dict[str, Any],
    rows: pl.DataFrame,
    form: str,
    inputs: list[Any],
    targets: list[Any],
) -> None:
    from rfsearch.answer.output import frames
    from rfsearch.answer.output.plain import json_text
    from rfsearch.answer.screen.heat import heat_screen
    from rfsearch.cli.destination import put

    path = request["output"]
    if form == "json":
        document = {
            "schema": SCHEMA, "query": question | {"input": inputs, "target_rf": targets},
            "rows": [_row(row) for row in frames.rows(rows)],
        }  # fmt: skip
        put(json_text(document).encode(), path)
    elif form == "table":
        put(heat_screen(rows, request["rank_by"][0]).encode(), path)
    else:
        put(frames.encode(rows, form), path)


def _chart(rows: pl.DataFrame, ranked: str) -> Any:
    from rfsearch.plot import sweep_chart

    return sweep_chart(rows.to_dicts(), ranked)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the JSON object carries it: counts as numbers, nothing where there is none."""
    count = row["matches"]
    row["matches"] = None if count is None else int(count)
    return {name: value for name, value in row.items() if value is not None or name == "matches"}
