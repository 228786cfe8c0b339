"""`rfsearch automaton … -o FILE`: a compiled question as a file; `automaton FILE` asks it on."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError
from rfsearch.schema import SCHEMA

if TYPE_CHECKING:
    from rfsearch.cli.parser import Parser
    from rfsearch.question.found import Found
    from rfsearch.request.request import Request
    from rfsearch.request.running import Progress

FOUND, NOTHING = 0, 1
_LISTED = ("rank_by", "top", "distinct", "front", "count", "where", "format")
_NEVER = ("time_limit", "export", "to", "force", "report", "plot")


def parser() -> Parser:
    """The flags of a search: its space and question to write, its answer to read."""
    from rfsearch.cli.parser import search_parser

    return search_parser(
        "",
        "rfsearch automaton",
        "rfsearch automaton --target-rf RF --input N -o FILE [options]\n"
        "       rfsearch automaton FILE [--count] [--top K] [--rank-by LIST] [--front LIST]",
        "A question compiled once and kept: its automaton as a file, in rfsearch's own compact "
        "form, or as OpenFst's text for other tools. A file of the own form is asked on without "
        "being compiled again.",
        refused=_NEVER,
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What only this word has."""
    group = parser.add_argument_group("the automaton")
    group.add_argument("file", metavar="FILE", nargs="?", help="one that was written, to be asked")
    group.add_argument(
        "--form", metavar="FORM", help="own, or openfst (with FILE.syms); .txt is OpenFst's"
    )
    group.add_argument(
        "--weight", metavar="COST", help="of OpenFst's arcs: a cost that adds up along a stack"
    )


def run(args: argparse.Namespace) -> int:
    """Write the file, or ask one that was written; the exit code. Raises UsageError."""
    from rfsearch.cli.asking import refuse

    refuse(args, _NEVER, "an automaton")
    if getattr(args, "file", None) is not None:
        return _ask(args)
    refuse(args, _LISTED, "writing an automaton; rfsearch automaton FILE answers")
    return _write(args)


def _write(args: argparse.Namespace) -> int:
    from rfsearch.cli.asking import request_of
    from rfsearch.cli.destination import check, put
    from rfsearch.enumeration.question import told
    from rfsearch.saved.files import files, form_of

    path = getattr(args, "output", None)
    if path is None:
        raise UsageError("--output: not given; the file to write")
    with _flags():
        form = form_of(path, getattr(args, "form", None))
    check(path, binary=True)
    request = request_of(args)
    question = told(request)
    found = _compiled(request)
    with _flags():
        made = files(found, question, path, form, getattr(args, "weight", None))
    for name, data in made.items():
        put(data, name)
    if not request["quiet"]:
        _tell(found, ", ".join(f"{name} {len(data):,} bytes" for name, data in made.items()))
    return FOUND if found.transitions else NOTHING


def _compiled(request: Request) -> Found:
    """The automaton, watched."""
    from rfsearch.cli.compiling import told_of_compiling
    from rfsearch.cli.progress import watched
    from rfsearch.question.found import Found

    made: list[Found] = []

    def build(progress: Progress) -> None:
        made.append(Found._of(request, progress))

    with told_of_compiling(request):
        watched(build, None if request["quiet"] else sys.stderr)
    return made[0]


@contextmanager
def _flags() -> Iterator[None]:
    """Errors about the form or the weight name their flags."""
    try:
        yield
    except UsageError as error:
        raise UsageError(re.sub(r"^(form|weight):", r"--\1:", str(error))) from None


def _tell(found: Found, more: str) -> None:
    print(
        f"{found.states:,} states, {found.transitions:,} transitions; {more}",
        file=sys.stderr,
    )


def _ask(args: argparse.Namespace) -> int:
    """The answer of a file: its count, list and front, by the flags of a search."""
    from rfsearch.answer import where
    from rfsearch.answer.output.frames import format_of
    from rfsearch.cli.destination import check
    from rfsearch.cli.parser import given
    from rfsearch.request.options import ANSWER, OPTIONS
    from rfsearch.saved.files import content
    from rfsearch.saved.own import question_in, read

    for name, option in OPTIONS.items():
        if hasattr(args, name) and option.room != ANSWER:
            raise UsageError(f"{option.flag}: the file says so itself; leave it out")
    for name in ("form", "weight"):
        if hasattr(args, name):
            raise UsageError(f"--{name}: for writing one; leave FILE out")
    said = given(args)
    form = format_of(said.get("format"), said.get("output"))  # type: ignore[arg-type]
    check(said.get("output"), binary=form == "parquet")  # type: ignore[arg-type]
    condition = said.get("where")
    if condition is not None:
        where.check(condition)  # type: ignore[arg-type]
    running = {name: said[name] for name in ("threads", "memory_limit") if name in said}
    data = content(args.file, "FILE")
    found = read(data, args.file, **running)  # type: ignore[arg-type]
    return _answer(found, question_in(data, args.file), said, form)


def _answer(found: Found, question: dict[str, Any], said: dict[str, Any], form: str) -> int:
    """Count, front and list, as far as they are asked for, printed; the exit code."""
    from rfsearch.answer import where
    from rfsearch.answer.output.frames import encode, rows
    from rfsearch.answer.output.plain import json_text
    from rfsearch.answer.screen.rows import rows_screen
    from rfsearch.cli.destination import put
    from rfsearch.request.options import OPTIONS

    low, high = found.count_bounds()
    counts = {"matches": low} if low == high else {"matches_at_least": low, "matches_at_most": high}
    ranking = said.get("rank_by", found.default_ranking)
    front = found.front(said["front"]) if said.get("front") else None
    best = None
    if not said.get("count") and (front is None or "top" in said):
        top = said.get("top", OPTIONS["top"].default)
        best = found.top(top, by=ranking, distinct=said.get("distinct"))
        if said.get("where"):
            best = where.kept(best, said["where"])
    output = said.get("output")
    if form == "json":
        listed = {
            name: rows(frame)
            for name, frame in (("front", front), ("results", best))
            if frame is not None
        }
        document = {"schema": SCHEMA, "query": question, **counts, **listed}
        put(json_text(document).encode(), output)
    elif form == "table":
        shown = f"{low:,} matches\n" if low == high else f"{low:,} to {high:,} matches\n"
        for frame in (front, best):
            if frame is not None:
                shown += "\n" + rows_screen(frame, ranking)
        put(shown.encode(), output)
    else:
        listed_rows = best if best is not None else front
        if listed_rows is None:
            raise UsageError(f"--format: {form} holds rows, and --count lists none")
        put(encode(listed_rows, form), output)
    return FOUND if high else NOTHING
