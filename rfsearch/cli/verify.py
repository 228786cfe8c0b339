"""`rfsearch verify STACK|NAME|FILE|RESULTS`: build, run and compare with what is claimed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rfsearch.cli.network import add_input, add_output, network_of
from rfsearch.cli.report import add_report, check_report, put_report
from rfsearch.errors import UsageError

if TYPE_CHECKING:
    from rfsearch.claims.claim import Claim

AS_CLAIMED, DIFFERENT = 0, 1
FORMATS = ("table", "json", "ndjson", "csv")
RESULTS = (".json", ".parquet")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `verify`; text, read in `run` so that their errors are one line."""
    parser.add_argument(
        "claims",
        metavar="STACK|NAME|FILE|RESULTS",
        help="a network, or results.json or .parquet",
    )
    parser.add_argument(
        "--with", dest="framework", metavar="FRAMEWORK", default="onnxruntime",
        help="onnxruntime (default), torch, keras or tflm",
    )  # fmt: skip
    add_input(parser)
    parser.add_argument(
        "--cost",
        metavar="NAME[=TABLE]",
        help="run whole networks (--with onnxruntime, torch or vela) and say how far the sums of "
        "this declared cost may be trusted: offset, error, Kendall's tau",
    )
    parser.add_argument("--rounds", metavar="N", help="of --cost: measurements of each; default 9")
    parser.add_argument("--threads", metavar="N", help="of --cost: threads of a run; default 1")
    parser.add_argument("--accelerator", metavar="NAME", help="of --cost --with vela")
    parser.add_argument(
        "--tiling",
        action="store_true",
        help="run the image whole and in tiles, random weights, and compare what they give",
    )
    parser.add_argument(
        "--tile", metavar="N", help="pixels of a tile with --tiling; default: a few tiles an axis"
    )
    parser.add_argument("--format", metavar="FORMAT", help=", ".join(FORMATS) + "; default table")
    add_output(parser)
    add_report(parser)


def run(args: argparse.Namespace) -> int:
    """Verify every claim; 1 where any figure differs. Raises UsageError for what is no claim."""
    from rfsearch.answer.output.frames import format_of
    from rfsearch.claims import check as verified
    from rfsearch.claims.check import module_named
    from rfsearch.cli.destination import check, put
    from rfsearch.cli.verdicts import Written

    form = format_of(args.format, args.output)
    if form not in FORMATS:
        raise UsageError(f"--format: {form!r} is not one of {', '.join(FORMATS)}")
    check(args.output, binary=False)
    check_report(args.report)
    if args.cost is None:
        module_named(args.framework)
        for name in ("rounds", "threads", "accelerator"):
            if getattr(args, name) is not None:
                raise UsageError(f"--{name}: only with --cost")
    if args.tile is not None and not args.tiling:
        raise UsageError("--tile: only with --tiling")
    if args.report is not None and args.tiling:
        raise UsageError("--report: not with --tiling")
    if args.tiling:
        from rfsearch.cli.tiles import run_tiling

        return run_tiling(args, form)
    claims = _claims(args)
    if args.cost is not None:
        from rfsearch.cli.trust import run_trust

        return run_trust(args, claims, form)
    written = Written(form, claims, args.framework)
    pieces = written.pieces(verified(claim, args.framework) for claim in claims)
    if args.output is None:
        for piece in pieces:
            put(piece.encode(), None)
    else:
        put("".join(pieces).encode(), args.output)
    if args.report:
        networks = {claim.stack: claim.network for claim in claims}
        put_report(args.report, written.document(), args.command, networks=networks)
    return DIFFERENT if written.different else AS_CLAIMED


def _claims(args: argparse.Namespace) -> list[Claim]:
    from rfsearch.claims.claim import of_file, of_network
    from rfsearch.quantity import whole

    if not args.claims.lower().endswith(RESULTS):
        return [of_network(network_of(args.claims, args))]
    channels = None
    if args.input_channels is not None:
        channels = whole(args.input_channels, "--input-channels", 1)
    try:
        data = Path(args.claims).read_bytes()
    except OSError as error:
        raise UsageError(f"{args.claims}: {error.strerror}") from None
    return of_file(args.claims, data, args.input, channels)
