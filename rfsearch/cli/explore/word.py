"""`rfsearch explore [flags]`: serve the page, say where, open the browser, until interrupted."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rfsearch.cli.parser import Parser


def parser() -> Parser:
    """The flags of a search, for the first question."""
    from rfsearch.cli.explore.question import REFUSED
    from rfsearch.cli.parser import search_parser

    return search_parser(
        "",
        "rfsearch explore",
        "rfsearch explore [--config FILE] [options]",
        "The page of a search in the browser, served on 127.0.0.1 alone: target, input, choices, "
        "budgets and ranking are controls, and every change asks again. The newest question wins; "
        "the address is the question. Flags are the first one. Ends with Ctrl-C.",
        refused=REFUSED,
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What only this word has."""
    group = parser.add_argument_group("explore")
    group.add_argument("--port", metavar="N", default="0", help="default: any that is free")
    group.add_argument(
        "--no-browser", action="store_true", default=False, help="only print the address"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted. Raises UsageError."""
    from rfsearch.cli.asking import refuse
    from rfsearch.cli.explore.question import REFUSED, Base
    from rfsearch.cli.explore.server import Server
    from rfsearch.cli.explore.workers import Workers
    from rfsearch.quantity import whole

    refuse(args, REFUSED, "explore, which shows its answers in the browser")
    port = whole(args.port, "--port", 0, 65_535)
    base = Base.of(args)
    with Workers() as workers, Server(port, base, workers) as server:
        print(server.address, flush=True)
        print("rfsearch: serving on this machine alone; Ctrl-C ends it", file=sys.stderr)
        if not args.no_browser:
            import webbrowser

            webbrowser.open(server.address)
        server.serve_forever()
    return 0
