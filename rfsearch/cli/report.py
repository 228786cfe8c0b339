"""`--report FILE.html` of every word that has one: the page of its answer, beside the answer."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from rfsearch.errors import LimitError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from rfsearch.network import Network
    from rfsearch.request.request import Request

SAMPLE = 1_000
_SEED = 0
# Flags that say where an answer goes: the command that reproduces it does without.
_ELSEWHERE = ("--report", "--plot", "--output", "-o", "--format")


def add_report(parser: argparse.ArgumentParser) -> None:
    """The flag, for words that do not take the flags of a search."""
    parser.add_argument("--report", metavar="FILE", help="also draw the answer as one HTML page")


def check_report(path: str | None) -> None:
    """Refuse a place for the page before the work is done; UsageError."""
    from rfsearch.cli.destination import check

    if path is None:
        return
    if not path.lower().endswith((".html", ".htm")):
        raise UsageError(f"--report: {path} does not end in .html")
    check(path, binary=False, flag="--report")


def put_report(
    path: str,
    document: Mapping[str, Any],
    argv: Sequence[str],
    *,
    sample: Sequence[Mapping[str, Any]] = (),
    networks: Mapping[str, Network] | None = None,
) -> None:
    """Write the page of a document there; `networks` where it cannot bring them back itself."""
    from rfsearch.answer.output.plain import plain
    from rfsearch.answer.page.report import report
    from rfsearch.cli.destination import put

    page = report(plain(document), command_of(argv), sample=sample, networks=networks)
    put(page, path, "--report")


def command_of(argv: Sequence[str]) -> str:
    """The command line that gives the answer again, on the terminal."""
    kept: list[str] = []
    words = iter(argv)
    for word in words:
        if word in _ELSEWHERE:
            next(words, None)
        elif word.split("=")[0] not in _ELSEWHERE:
            kept.append(word)
    return shlex.join(["rfsearch", *kept])


def sampled(request: Request, space: Any) -> list[dict[str, Any]]:
    """Rows drawn uniformly from all matches; none where a limit keeps them from being drawn."""
    from rfsearch.answer.output.frames import rows
    from rfsearch.question.found import Found

    try:
        found = Found._build(space, request.query(space), **request.running)
        return rows(found.sample(SAMPLE, seed=_SEED).drop("stack"))
    except LimitError:
        return []
