"""`rfsearch --target-rf 224 --input 227`: one search, from the flags to the screen or a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from rfsearch.errors import UsageError

if TYPE_CHECKING:
    from rfsearch.answer.answer import Answer
    from rfsearch.request.request import Request

FOUND, NOTHING, STOPPED = 0, 1, 3


def run(argv: list[str], epilog: str) -> int:
    """Search as `argv` says and print what was asked for; returns the exit code."""
    from rfsearch.cli import parser

    flags = parser.search_parser(epilog)
    try:
        parsed = flags.parse_args(parser.joined_negatives(argv))
    except SystemExit as stop:  # --help and --version have printed themselves
        return int(stop.code or 0)
    from rfsearch.cli.asking import request_of
    from rfsearch.cli.plot import check_plot
    from rfsearch.cli.report import check_report

    request = request_of(parsed)
    check_report(request["report"])
    check_plot(request["plot"])

    from rfsearch.answer.output.frames import format_of
    from rfsearch.cli.destination import check

    form = format_of(request["format"], request["output"])
    check(request["output"], binary=form == "parquet")
    if request["count"] and form not in ("table", "json"):
        raise UsageError(f"--format: {form} holds rows, and --count lists none; use json or table")
    if request["export"]:
        from rfsearch.cli.export import check_folder

        check_folder(request)
    answer, interrupted = _answer(request)
    _write(answer, form)
    if request["report"]:
        _report(answer, argv)
    _plot(answer)
    if request["export"]:
        _export(answer)
    if interrupted:  # what is known is said; the exit code is that of any interrupt
        raise KeyboardInterrupt
    return exit_code(answer)


def _answer(request: Request) -> tuple[Answer, bool]:
    """Ask everything, watched: progress on a terminal, what is known when interrupted.

    Also whether it was cut short by an interrupt, which --time-limit allows for.
    """
    space = request.space()
    query = request.query(space)

    from rfsearch.cli.compiling import told_of_compiling

    if request["where"]:
        from rfsearch.answer import where

        where.check(request["where"], request["cost"] or ())
    whole = not request["count"] and request["time_limit"] is None
    with told_of_compiling(request) as compile_all:
        # Only here: it imports much, while others compile already.
        from rfsearch.answer.answer import Answer

        return _watched(Answer(request, space, query), compile_all if whole else lambda: None)


def _watched(answer: Answer, prepare: Callable[[], None]) -> tuple[Answer, bool]:
    from rfsearch.answer.answer import fill
    from rfsearch.cli.progress import ProgressLine, watched

    request, deadline = answer.request, None
    if request["time_limit"] is not None:
        from rfsearch.question.timed import deadline_after

        deadline = deadline_after(request["time_limit"])

    def work(progress: ProgressLine) -> None:
        prepare()
        fill(answer, progress, deadline)

    try:
        interrupted = watched(
            work,
            None if request["quiet"] else sys.stderr,
            None if deadline is None else deadline.cut,
        )
    except KeyboardInterrupt:
        _say_so_far(answer)
        raise
    return answer, interrupted


def _say_so_far(answer: Answer) -> None:
    """To stderr: what was finished before an interrupt, the counts alone or a front or list too."""
    if answer.at_most is None:
        return
    from rfsearch.answer.screen.question import count_lines

    print(f"rfsearch: so far: {count_lines(answer)[0]}", file=sys.stderr)
    if answer.front is not None or answer.results is not None:
        print(_screen(answer, sys.stderr), file=sys.stderr, end="")


def _write(answer: Answer, form: str) -> None:
    from rfsearch.cli.destination import put

    path = answer.request["output"]
    if form == "json":
        from rfsearch.answer.answer import as_document
        from rfsearch.answer.output.plain import json_text

        put(json_text(as_document(answer)).encode(), path)
    elif form == "table":
        put(_screen(answer, sys.stdout if path is None else None).encode(), path)
    else:
        from rfsearch.answer.output.frames import encode

        # The list; where none was asked for (--top 0), the front.
        rows = answer.front if answer.results is None else answer.results
        if rows is not None:
            put(encode(rows.frame(), form), path)
    _write_errors(answer, form)


def _report(answer: Answer, argv: list[str]) -> None:
    from rfsearch.answer.answer import as_document
    from rfsearch.cli.report import put_report, sampled

    request = answer.request
    put_report(request["report"], as_document(answer), argv, sample=sampled(request, answer.space))


def _plot(answer: Answer) -> None:
    """The front over the list; nothing where there is no front to draw."""
    from rfsearch.cli.plot import put_plot

    front, request = answer.front, answer.request
    if front is None or not len(front):
        if request["plot"]:
            print("rfsearch: --plot: there is no front to draw", file=sys.stderr)
        return

    def chart() -> Any:
        from rfsearch.plot import front_chart

        listed = [] if answer.results is None else answer.results.to_dicts()
        return front_chart(front.to_dicts(), request["front"], others=listed)

    put_plot(request["plot"], chart)


def _export(answer: Answer) -> None:
    """The listed stacks as files of a framework; the front's where no list was asked for."""
    from rfsearch.cli.export import write_results

    request = answer.request
    rows = answer.front if answer.results is None else answer.results
    if rows is None or not len(rows):
        return
    number = write_results(rows, request)
    if not request["quiet"]:
        print(f"exported {number} stacks to {request['export']}", file=sys.stderr)


def _screen(answer: Answer, stream: TextIO | None) -> str:
    """The screen as `stream` shows it, coloured and folded where that is a terminal."""
    from rfsearch.answer.screen.fit import window
    from rfsearch.answer.screen.search import render

    width = window(stream)
    return render(answer, width, colour=width is not None and not os.environ.get("NO_COLOR"))


def _write_errors(answer: Answer, form: str) -> None:
    """To stderr: why nothing matched, what helps, what --where did, which limits were met."""
    from rfsearch.answer.screen.question import listed_line
    from rfsearch.answer.screen.rescue import rescue_lines

    lines = rescue_lines(answer) if answer.nothing else []
    where = listed_line(answer)
    if where and form != "table":
        lines.append(where)
    lines.extend(f"stopped: {line}" for line in answer.stopped)
    for line in lines:
        print(line, file=sys.stderr)


def exit_code(answer: Answer) -> int:
    """What the command ends with: matches, none, or stopped at a limit."""
    if answer.nothing:  # proven, whatever limit suggestions met
        return NOTHING
    return STOPPED if answer.stopped else FOUND
