"""`rfsearch measure ITEMS.parquet --with RUNTIME -o TABLE.parquet`: the time of each item, here."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rfsearch.errors import UsageError

if TYPE_CHECKING:
    from rfsearch.device.measure.items import Wanted
    from rfsearch.device.measure.session import Session
    from rfsearch.device.measure.vela_session import VelaSession

MEASURED, FAILED = 0, 1
FORMATS = (".csv", ".parquet")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `measure`; text, read in `run` so that their errors are one line."""
    parser.add_argument(
        "items",
        metavar="SPACE|ITEMS",
        help="a config file, whose items are measured; or a .parquet or .csv with columns item, "
        "channels and sizes, as rfsearch items writes it",
    )
    parser.add_argument(
        "--with", dest="runtime", metavar="RUNTIME", default="onnxruntime",
        help="onnxruntime (default), torch, or vela: Arm's compiler for Ethos-U",
    )  # fmt: skip
    parser.add_argument(
        "--axes", metavar="N", help="axes of an item whose size is one number; default 2"
    )
    parser.add_argument(
        "--accelerator", metavar="NAME", help="of vela: ethos-u55-128 (default), ethos-u65-256, …"
    )
    parser.add_argument(
        "--figure", metavar="WHAT", help="of vela: cycles (default), memory or flash"
    )
    parser.add_argument("--rounds", metavar="N", help="measurements of each item; default 9")
    parser.add_argument("--threads", metavar="N", help="threads of a run; default 1")
    parser.add_argument("-o", "--output", metavar="FILE", help=f"the table: {', '.join(FORMATS)}")


def run(args: argparse.Namespace) -> int:
    """Measure every item; 1 where the runtime failed on any. Raises UsageError."""
    from rfsearch.cli.destination import check, put
    from rfsearch.cli.items import encoded
    from rfsearch.cli.progress import watched

    if args.output is None or Path(args.output).suffix.lower() not in FORMATS:
        raise UsageError(f"--output: give -o FILE, one of {', '.join(FORMATS)}")
    check(args.output, binary=True)
    items = _items(args)
    session = _session(args, items)
    if session.resumed:
        path = session.journal.path
        print(f"goes on after {session.resumed:,} measurements in {path}", file=sys.stderr)
    try:
        watched(session.run, sys.stderr)
    except BaseException:
        session.journal.close(done=False)
        raise
    put(encoded(session.table(), args.output), args.output)
    session.journal.close(done=True)
    for item, error in session.failed:
        print(f"{item.place}: {args.runtime} failed: {error}", file=sys.stderr)
    measured = len(session.items) - len(session.failed)
    print(f"{measured:,} of {len(session.items):,} items measured", file=sys.stderr)
    return FAILED if session.failed else MEASURED


def _items(args: argparse.Namespace) -> list[Wanted]:
    """The items of a space or a table, each place once."""
    from rfsearch.device.measure.items import wanted
    from rfsearch.device.table_file import read_rows
    from rfsearch.quantity import whole

    axes = 2 if args.axes is None else whole(args.axes, "--axes", 1, 3)
    if not args.items.lower().endswith(".toml"):
        return wanted(read_rows(args.items), args.items, axes)
    from rfsearch.cli.items import items_of

    frame, axes = items_of(argparse.Namespace(config=args.items))
    if not len(frame):
        raise UsageError(f"{args.items}: nothing matches, so that there are no items")
    return wanted(frame.to_dicts(), args.items, axes or 2)


def _session(args: argparse.Namespace, items: list[Wanted]) -> Session | VelaSession:
    """What measures, or compiles; UsageError for a flag that the other has."""
    from rfsearch.quantity import whole

    journal = Path(f"{args.output}.measured")
    of_vela = args.runtime == "vela"
    for name in ("rounds", "threads") if of_vela else ("accelerator", "figure"):
        if getattr(args, name) is not None:
            raise UsageError(f"--{name}: not with {args.runtime}")
    if of_vela:
        from rfsearch.device.measure.vela_session import VelaSession

        figure, accelerator = args.figure or "cycles", args.accelerator or "ethos-u55-128"
        return VelaSession(items, journal, figure=figure, accelerator=accelerator)
    from rfsearch.device.measure.session import ROUNDS, Session

    rounds = ROUNDS if args.rounds is None else whole(args.rounds, "--rounds", 1, 10_000)
    threads = 1 if args.threads is None else whole(args.threads, "--threads", 1, 1024)
    return Session(items, args.runtime, journal, rounds=rounds, threads=threads)
