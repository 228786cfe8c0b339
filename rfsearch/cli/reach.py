"""`rfsearch reach --input 227`: every receptive field of a space, exact counts and best costs."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError
from rfsearch.schema import SCHEMA

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.cli.parser import Parser
    from rfsearch.request.query import Query
    from rfsearch.request.request import Request

NOT_ASKED = (
    "rank_by", "top", "distinct", "front", "count", "where", "time_limit", "export", "to", "force",
)  # fmt: skip
SHOWN = ("memory", "macs", "params", "depth")  # costs of the table where none are asked for


def parser() -> Parser:
    """The flags of a search, for the space and its question."""
    from rfsearch.cli.parser import search_parser

    return search_parser(
        "",
        "rfsearch reach",
        "rfsearch reach --input N [options]",
        "Every receptive field that the stacks of a space have: how many have it, exactly, and its "
        "least (and greatest) of each cost. Without --target-rf: every RF that occurs; a "
        "config file's own target is left out.",
        refused=NOT_ASKED,
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What only this word has."""
    group = parser.add_argument_group("reach")
    group.add_argument("--least", metavar="COSTS", help="least of which costs (default: every)")
    group.add_argument(
        "--greatest", metavar="COSTS", help="greatest of which costs (default: none)"
    )


def run(args: argparse.Namespace) -> int:
    """Ask and print; the exit code. Raises UsageError."""
    from rfsearch.answer.output.frames import format_of
    from rfsearch.cli.asking import refuse, request_of
    from rfsearch.cli.compiling import told_of_compiling
    from rfsearch.cli.destination import check
    from rfsearch.cli.plot import check_plot, put_plot
    from rfsearch.cli.report import check_report, put_report
    from rfsearch.request.declared import check_ranking
    from rfsearch.request.options import RANKING

    refuse(args, NOT_ASKED, "reach, which has a row for every RF")
    said = getattr(args, "target_rf", "any") != "any"
    request = _freed(request_of(args, needs_target=False), said)
    form = format_of(request["format"], request["output"])
    check(request["output"], binary=form == "parquet")
    check_report(request["report"])
    check_plot(request["plot"])
    asked = {
        side: RANKING(text, f"--{side}") if (text := getattr(args, side, None)) else None
        for side in ("least", "greatest")
    }
    for side, costs in asked.items():
        if costs and any(cost.startswith(("max:", "min:")) for cost in costs):
            raise UsageError(f"--{side}: {','.join(costs)}: name costs without max:")
        check_ranking(costs or (), request["cost"] or (), f"--{side}")
    space = request.space()
    with told_of_compiling(request):
        request, frame = _asked(request, space, asked)
    _write(request, space, frame, form, bool(asked["least"]))
    if request["report"]:
        put_report(request["report"], _document(request, space, frame), args.command)
    put_plot(request["plot"], lambda: _chart(frame, asked))
    return 0 if len(frame) else 1


def _freed(request: Request, said: bool) -> Request:
    """The request without the target of its file, unless a flag says one."""
    if said:
        return request
    return replace(request, options={**request.options, "target_rf": None})


def _asked(request: Request, space: Any, asked: dict[str, Any]) -> tuple[Request, pl.DataFrame]:
    """The answer, and the request; that has a range of RFs where too many occur."""
    from rfsearch.cli.progress import watched
    from rfsearch.question.found import Found

    found: list[tuple[Request, pl.DataFrame]] = []
    query = request.query(space)

    def ask(progress: Any) -> None:
        with request.placing_errors():
            made = Found._build(space, query, **request.running, progress=progress)._ending
        costs = {"least": asked["least"]} if asked["least"] else {}
        frame = made.reach(**costs, greatest=asked["greatest"] or ())
        found.append((_of_query(request, query, made.query), frame))

    watched(ask, None if request["quiet"] else sys.stderr)
    return found[0]


def _of_query(request: Request, asked: Query, answered: Query) -> Request:
    """The request with the RFs that were answered for; a line says so where they are not all."""
    if answered == asked:
        return request
    text = answered.target_text()
    if not request["quiet"]:
        print(
            f"rfsearch: RFs {text}, to twice the input, as too many occur; others by --target-rf, "
            "such as 1..20000",
            file=sys.stderr,
        )
    return replace(request, options={**request.options, "target_rf": text})


def _write(request: Request, space: Any, frame: pl.DataFrame, form: str, chosen: bool) -> None:
    from rfsearch.answer.output.frames import encode
    from rfsearch.cli.destination import put

    path = request["output"]
    if form == "json":
        from rfsearch.answer.output.plain import json_text

        put(json_text(_document(request, space, frame)).encode(), path)
    elif form == "table":
        from rfsearch.answer.screen.fit import window
        from rfsearch.answer.screen.reach import reach_screen
        from rfsearch.layers.cost import RANKED

        known = request.query(space).costs
        shown = (*SHOWN, *(name for name in known if name not in RANKED))
        width = window(sys.stdout) if path is None else None
        put(reach_screen(frame, None if chosen else shown, known, width).encode(), path)
    else:
        put(encode(frame, form), path)


def _chart(frame: pl.DataFrame, asked: dict[str, Any]) -> Any:
    """RF against the first cost that was asked for, else MACs."""
    from rfsearch.plot import reach_chart

    if asked["least"] is None and asked["greatest"]:
        return reach_chart(frame.to_dicts(), asked["greatest"][0], "greatest")
    return reach_chart(frame.to_dicts(), (asked["least"] or ("macs",))[0])


def _document(request: Request, space: Any, frame: pl.DataFrame) -> dict[str, Any]:
    """The JSON object."""
    return {
        "schema": SCHEMA,
        "query": request.resolved(space, request.query(space)),
        "reach": [_row(row) for row in frame.iter_rows(named=True)],
    }


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the JSON object carries it."""
    found: dict[str, Any] = {"rf": row["rf"]}
    for name in ("matches", "matches_at_least", "matches_at_most"):
        if name in row:
            found[name] = None if row[name] is None else int(row[name])
    for side in ("least", "greatest"):
        costs = {
            name.removeprefix(f"{side}_"): value
            for name, value in row.items()
            if name.startswith(f"{side}_")
        }
        if costs:
            found[side] = costs
    return found
