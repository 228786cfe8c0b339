"""`rfsearch rank DIR --rank-by memory,macs`: the best rows of a dataset, larger than memory."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.schema import SCHEMA

FOUND, NOTHING = 0, 1
_ANSWER = ("rank_by", "top", "where", "format", "output")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The dataset, and the flags of a search's answer that make sense here."""
    from rfsearch.request.options import OPTIONS

    parser.description = (
        "The best rows of a dataset that `rfsearch enumerate` wrote: read once, in streams, "
        "whatever its size. Ties stand in the order of stacks."
    )
    parser.argument_default = argparse.SUPPRESS
    parser.add_argument("dataset", metavar="DIR", help="folder of parts, or s3://bucket/prefix")
    for option in (OPTIONS[name] for name in _ANSWER):
        flags = ["-o", option.flag] if option.name == "output" else [option.flag]
        parser.add_argument(
            *flags, metavar=option.metavar, help=option.help, default=argparse.SUPPRESS
        )
    parser.add_argument(
        "--partial",
        action="store_true",
        default=False,
        help="of the parts that there are, though some are missing",
    )


def run(args: argparse.Namespace) -> int:
    """Rank and print; the exit code. Raises UsageError."""
    from rfsearch.answer import where
    from rfsearch.answer.output.frames import encode, format_of, rows
    from rfsearch.answer.output.plain import json_text
    from rfsearch.answer.screen.fit import window
    from rfsearch.answer.screen.rows import rows_screen
    from rfsearch.cli.destination import check, put
    from rfsearch.cli.parser import given
    from rfsearch.enumeration.dataset import Dataset
    from rfsearch.enumeration.ranking import ranked
    from rfsearch.enumeration.scan import scanned
    from rfsearch.enumeration.store import store_at
    from rfsearch.request.options import defaults

    options: dict[str, Any] = defaults() | given(args)
    path = options["output"]
    form = format_of(options["format"], path)
    check(path, binary=form == "parquet")
    dataset = Dataset.found(store_at(args.dataset, "DIR"), "DIR")
    lazy = scanned(dataset, args.partial)
    condition = options["where"]
    if condition is not None:
        where.kept(lazy.clear().collect(), condition)
    try:
        best = ranked(lazy, options["rank_by"], options["top"], condition)
    except UsageError as error:
        raise UsageError(str(error).replace("rank_by:", "--rank-by:", 1)) from None
    if form == "json":
        document = {
            "schema": SCHEMA, "query": dataset.manifest.question, "rank_by": options["rank_by"],
            "where": condition, "results": rows(best),
        }  # fmt: skip
        put(json_text(document).encode(), path)
    elif form == "table":
        width = window(sys.stdout) if path is None else None
        put(rows_screen(best, options["rank_by"], width).encode(), path)
    else:
        put(encode(best, form), path)
    if not len(best):
        print("No row of the dataset is left", file=sys.stderr)
    return FOUND if len(best) else NOTHING
