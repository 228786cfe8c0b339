"""`rfsearch compare A.json B.json`: what one answer has that the other lacks."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from rfsearch.cli.network import add_output
from rfsearch.errors import UsageError

SAME, DIFFERENT = 0, 1
FORMATS = ("table", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two files."""
    parser.add_argument("first", metavar="A.json", help="an answer of --format json")
    parser.add_argument("second", metavar="B.json", help="another one of the same word")
    parser.add_argument("--format", metavar="FORMAT", help="table or json; default table")
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Compare; 1 where anything differs but the time it took. Raises UsageError."""
    from rfsearch.answer.compare import compare
    from rfsearch.answer.output.frames import format_of
    from rfsearch.cli.destination import check, put

    form = format_of(args.format, args.output)
    if form not in FORMATS:
        raise UsageError(f"--format: {form} is not one of {', '.join(FORMATS)}")
    check(args.output, binary=False)
    found = compare(_document(args.first), _document(args.second))
    if form == "json":
        from rfsearch.answer.output.plain import json_text

        put(json_text(found).encode(), args.output)
    else:
        from rfsearch.answer.screen.compare import compare_screen

        put(compare_screen(found, args.first, args.second).encode(), args.output)
    return SAME if found["same"] else DIFFERENT


def _document(path: str) -> dict[str, Any]:
    from rfsearch.answer.compare import LISTS

    try:
        found = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UsageError(f"{path}: not a JSON file: {error}") from None
    counted = isinstance(found, dict) and "space" in found
    if not isinstance(found, dict) or not (counted or any(name in found for name in LISTS)):
        raise UsageError(f"{path}: not an answer of search, reach, ladder or verify")
    for name, key in LISTS.items():
        rows = found.get(name) or []
        if not isinstance(rows, list) or not all(
            isinstance(row, dict) and key[-1] in row for row in rows
        ):
            raise UsageError(f"{path}: not an answer: {name} is not a list of rows with {key[-1]}")
    return found
