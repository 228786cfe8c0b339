"""`rfsearch measure ITEMS.parquet --with RUNTIME -o TABLE.parquet`: the time of each item, here."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rfsearch.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

MEASURED, FAILED = 0, 1
FORMATS = (".csv", ".parquet")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `measure`; text, read in `run` so that their errors are one line."""
    parser.add_argument(
        "items", metavar="ITEMS", help="a .parquet or .csv with columns item, channels and sizes"
    )
    parser.add_argument(
        "--with", dest="runtime", metavar="RUNTIME", default="onnxruntime",
        help="onnxruntime (default) or torch",
    )  # fmt: skip
    parser.add_argument(
        "--axes", metavar="N", help="axes of an item whose size is one number; default 2"
    )
    parser.add_argument("--rounds", metavar="N", help="measurements of each item; default 9")
    parser.add_argument("--threads", metavar="N", help="threads of a run; default 1")
    parser.add_argument("-o", "--output", metavar="FILE", help=f"the table: {', '.join(FORMATS)}")


def run(args: argparse.Namespace) -> int:
    """Measure every item; 1 where the runtime failed on any. Raises UsageError."""
    from rfsearch.cli.destination import check, put
    from rfsearch.cli.progress import watched
    from rfsearch.device.measure.items import wanted
    from rfsearch.device.measure.session import ROUNDS, Session
    from rfsearch.device.table_file import read_rows
    from rfsearch.quantity import whole

    if args.output is None or Path(args.output).suffix.lower() not in FORMATS:
        raise UsageError(f"--output: give -o FILE, one of {', '.join(FORMATS)}")
    check(args.output, binary=True)
    rounds = ROUNDS if args.rounds is None else whole(args.rounds, "--rounds", 1, 10_000)
    threads = 1 if args.threads is None else whole(args.threads, "--threads", 1, 1024)
    axes = 2 if args.axes is None else whole(args.axes, "--axes", 1, 3)
    items = wanted(read_rows(args.items), args.items, axes)
    journal = Path(f"{args.output}.measured")
    session = Session(items, args.runtime, journal, rounds=rounds, threads=threads)
    if session.resumed:
        print(f"goes on after {session.resumed:,} measurements in {journal}", file=sys.stderr)
    try:
        watched(session.run, sys.stderr)
    except BaseException:
        session.journal.close(done=False)
        raise
    put(_encoded(session.table(), args.output), args.output)
    session.journal.close(done=True)
    for item in session.failed:
        print(f"{item.wanted.place}: {args.runtime} failed: {item.error}", file=sys.stderr)
    measured = len(session.items) - len(session.failed)
    print(f"{measured:,} of {len(session.items):,} items measured", file=sys.stderr)
    return FAILED if session.failed else MEASURED


def _encoded(frame: pl.DataFrame, path: str) -> bytes:
    import io

    buffer = io.BytesIO()
    if Path(path).suffix.lower() == ".parquet":
        frame.write_parquet(buffer)
    else:
        frame.write_csv(buffer)
    return buffer.getvalue()
