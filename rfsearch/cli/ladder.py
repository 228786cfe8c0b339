"""`rfsearch ladder --target-rf 23..151:16 --input 128`: a network for each RF, alike in cost."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, cast

from rfsearch.errors import UsageError
from rfsearch.schema import SCHEMA

if TYPE_CHECKING:
    from rfsearch.cli.parser import Parser
    from rfsearch.ladder import Ladder, Question
    from rfsearch.request.request import Request

FOUND, NOTHING, STOPPED = 0, 1, 3
NOT_ASKED = ("top", "distinct", "front", "count", "where")


def parser() -> Parser:
    """The flags of a search, for the space and its question."""
    from rfsearch.cli.parser import search_parser

    return search_parser(
        "",
        "rfsearch ladder",
        "rfsearch ladder --target-rf 23..151:16 --input N [options]",
        "One network for each receptive field, all within a tolerance of each other in the costs "
        "that are held: the tightest such ladder, with what is proven of it. --target-rf takes "
        "ranges with a step (23..151:16), lists (23,39,55), one number an axis (64x20), and with "
        "--hop times (0.1s..0.5s:0.1s); a "
        "config file's own target is left out. --rank-by breaks ties. Without --time-limit the "
        "search ends after a fixed number of steps, some seconds; a proof ends it earlier. A "
        "ladder that is not within the tolerance is shown all the same, with exit code 1, not 0.",
        refused=NOT_ASKED,
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What only this word has."""
    group = parser.add_argument_group("ladder")
    group.add_argument(
        "--hold",
        metavar="LIST",
        help="what is held, and its tolerance, greatest over least: any cost, and depth:0, "
        "output_size:0, jump:0 for the same depth, output size and strides "
        "(default params:3%%,macs:3%%)",
    )
    group.add_argument("--notation", action="store_true", help="only the stacks, a line each")


def run(args: argparse.Namespace) -> int:
    """Ask and print; the exit code. Raises UsageError."""
    from rfsearch.answer.output.frames import format_of
    from rfsearch.cli.asking import refuse, request_of
    from rfsearch.cli.compiling import told_of_compiling
    from rfsearch.cli.destination import check
    from rfsearch.cli.export import RUNG, check_folder
    from rfsearch.cli.plot import check_plot, put_plot
    from rfsearch.cli.report import check_report, put_report

    targets = vars(args).pop("target_rf", None)
    if targets is None:
        raise UsageError("--target-rf: not given; the rungs, for example 23..151:16")
    refuse(args, NOT_ASKED, "a ladder, which is one stack for each RF")
    hold = getattr(args, "hold", None)
    notation = getattr(args, "notation", False)
    request = request_of(args, needs_target=False)
    form = format_of(request["format"], request["output"])
    if notation and form != "table":
        raise UsageError(f"--notation: is text, not {form}")
    check(request["output"], binary=form == "parquet")
    check_report(request["report"])
    check_plot(request["plot"])
    if request["export"] is not None:
        check_folder(request, RUNG)
    question = _question(request, targets, hold)
    with told_of_compiling(request):
        ladder, interrupted = _answered(request, question)
    _write(request, question, ladder, "notation" if notation else form)
    if request["report"]:
        put_report(request["report"], _document(request, question, ladder), args.command)
    if len(ladder.rungs):
        put_plot(request["plot"], ladder.plot)
        _export(request, ladder)
    if interrupted:
        raise KeyboardInterrupt
    if ladder.stopped and not ladder.complete:
        return STOPPED
    return FOUND if ladder.within else NOTHING


def _question(request: Request, targets: str, hold: str | None) -> Question:
    """The ladder that the flags and the file ask for."""
    from rfsearch.ladder import Question
    from rfsearch.ladder.hold import DEFAULT_HOLD, read_hold
    from rfsearch.ladder.targets import read_targets
    from rfsearch.request.keywords import Asked

    rungs = read_targets(targets, "--target-rf")
    space = request.space()
    more = request.question()
    declared = tuple(request["cost"] or ())
    held = read_hold(DEFAULT_HOLD if hold is None else hold, "--hold", declared)
    with request.placing_errors():
        return Question(
            space,
            more.pop("input"),
            rungs,
            hold=held,
            rank_by=request["rank_by"],
            time_limit=request["time_limit"],
            **request.running,
            more=cast(Asked, {name: more[name] for name in more if name != "target_rf"}),
        )


def _answered(request: Request, question: Question) -> tuple[Ladder, bool]:
    from rfsearch.cli.progress import watched

    found: list[Ladder] = []

    def ask(progress: Any) -> None:
        question.watch(progress)
        with request.placing_errors():
            found.append(question.answer())

    interrupted = watched(ask, None if request["quiet"] else sys.stderr, question.cut)
    return found[0], interrupted


def _export(request: Request, ladder: Ladder) -> None:
    """Every rung as a file of a framework, where that is asked for."""
    from rfsearch.cli.export import placing_folder

    if request["export"] is None:
        return
    with placing_folder():
        written = ladder.export(request["export"], request["to"], force=True)
    if not request["quiet"]:
        print(f"exported {len(written)} rungs to {request['export']}", file=sys.stderr)


def _write(request: Request, question: Question, ladder: Ladder, form: str) -> None:
    from rfsearch.answer.output.frames import encode
    from rfsearch.answer.screen.fit import window
    from rfsearch.answer.screen.ladder import ladder_screen, summary_lines, unreached_lines
    from rfsearch.cli.destination import put

    path = request["output"]
    if form == "json":
        from rfsearch.answer.output.plain import json_text

        put(json_text(_document(request, question, ladder)).encode(), path)
    elif form == "table":
        width = window(sys.stdout) if path is None else None
        put(ladder_screen(ladder, width, question.costs).encode(), path)
    elif form == "notation":
        stacks = ladder.rungs["stack"].to_list() if len(ladder.rungs) else []
        put("".join(f"{stack}\n" for stack in stacks).encode(), path)
    else:
        put(encode(ladder.rungs, form), path)
    if form != "table" and not ladder.within:  # the table says so itself
        for line in summary_lines(ladder):
            print(line, file=sys.stderr)
    for line in unreached_lines(ladder):
        print(line, file=sys.stderr)


def _document(request: Request, question: Question, ladder: Ladder) -> dict[str, Any]:
    """The JSON object."""
    from rfsearch.answer.output.frames import rows

    query = next(iter(question.queries.values()))
    resolved = request.resolved(question.space, query)
    for name in NOT_ASKED:
        resolved.pop(name, None)
    resolved["target_rf"] = [int(one) if one.isdigit() else one for one in question.queries]
    return {
        "schema": SCHEMA,
        "query": {**resolved, "hold": dict(ladder.hold)},
        "tightness": ladder.tightness,
        "bound": ladder.bound,
        "complete": ladder.complete,
        "within": ladder.within,
        "spread": dict(ladder.spread),
        "rungs": rows(ladder.rungs),
        "impossible": [
            {"target_rf": int(one) if one.isdigit() else one, "why": list(why)}
            for one, why in ladder.impossible.items()
        ],
    }
