"""`rfsearch show STACK|NAME|FILE`: the layer table of a network, totals and findings.

With `--in FILE` also whether the space and question of a config file have it.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from rfsearch.cli.network import add_input, add_output, add_reading, network_of
from rfsearch.cli.one_blas_thread import import_numpy
from rfsearch.cli.plot import add_plot, check_plot, put_plot
from rfsearch.cli.report import add_report, check_report, put_report
from rfsearch.errors import LimitError, UsageError, shortened
from rfsearch.schema import SCHEMA

if TYPE_CHECKING:
    from rfsearch.answer.screen.extras import Extras
    from rfsearch.cli.member import FileVerdict
    from rfsearch.export.kept import Training
    from rfsearch.network import Network

LONGEST = 300  # characters of what stopped a file
FORMATS = ("table", "json", "ndjson", "csv", "parquet")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `show`; text, read in `run` so that their errors are one line."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "network",
        metavar="STACK|NAME|FILE",
        help="what to show; a file is .onnx, .keras, .h5 or .tflite",
    )
    parser.add_argument(
        "--in",
        dest="config",
        metavar="FILE",
        help="also say whether the space of this config file has it, within target and budgets, or "
        "what refuses it (exit code 1); input and channels are then the file's unless given",
    )
    add_input(parser)
    add_reading(parser)
    parser.add_argument(
        "--bytes-per-value", metavar="B", help="bytes of one value in memory; default 4"
    )
    parser.add_argument(
        "--bytes-per-weight", metavar="B", help="bytes of one weight; default: those of a value"
    )
    parser.add_argument(
        "--hop",
        metavar="TIME",
        help="seconds from one position to the next, like 10ms or 1/16000, of the second axis "
        "2:10ms: look-back and look-ahead in seconds",
    )
    parser.add_argument(
        "--sizes",
        action="store_true",
        help="also the input sizes that work: their rule, the least, the nearest",
    )
    parser.add_argument(
        "--tiling",
        action="store_true",
        help="also tiles that reproduce the whole image exactly: halo, least tile, step, alignment",
    )
    parser.add_argument("--batch", metavar="N", help="images of a training step; with --train")
    parser.add_argument(
        "--train",
        metavar="OPTIMIZER",
        help="also what training keeps: tensors saved by plain autograd, gradients, states of sgd, "
        "momentum, rmsprop, adagrad, adam or adamw; float values",
    )
    parser.add_argument("--format", metavar="FORMAT", help=", ".join(FORMATS) + "; default table")
    add_output(parser)
    add_report(parser)
    add_plot(parser)
    parser.epilog = "names:\n" + _names()


def run(args: argparse.Namespace) -> int:
    """Show one network; the exit code, 3 where a file could be followed only in part.

    Raises UsageError for what cannot be read.
    """
    from rfsearch.answer.output.frames import format_of
    from rfsearch.answer.screen.fit import window
    from rfsearch.cli.destination import check, put

    form = format_of(args.format, args.output)
    if form not in FORMATS:
        raise UsageError(f"--format: {form!r} is not one of {', '.join(FORMATS)}")
    check(args.output, binary=form == "parquet")
    check_report(args.report)
    check_plot(args.plot)
    for flag in ("sizes", "tiling"):
        if getattr(args, flag) and (form not in ("table", "json") or args.config is not None):
            raise UsageError(f"--{flag}: shown with --format table or json, without --in")
    import_numpy()
    if args.config is not None:
        from rfsearch.cli.member import verdict

        said = verdict(args)
        _put_verdict(said, form, args.output)
        _draw(args, said.network, {"member": said.document()})
        return 0 if said.membership.is_member else 1
    network = _network(args)
    width = window(sys.stdout) if args.output is None else None
    put(_encoded(network, form, _extras(args, network), width), args.output)
    _draw(args, network, {})
    if network.stopped:
        print(f"stopped: {shortened('; '.join(network.stopped), LONGEST)}", file=sys.stderr)
    return LimitError.exit_code if network.stopped else 0


def _draw(args: argparse.Namespace, network: Network | None, more: dict[str, object]) -> None:
    """The page and the figure of the network; none where it fits no input."""
    if args.report and network is not None:
        document = network.document() | more
        put_report(args.report, document, args.command, networks={network.name: network})
    if network is not None:
        put_plot(args.plot, network.plot)


def _put_verdict(said: FileVerdict, form: str, path: str | None) -> None:
    """The network, if any input has one, and the verdict: beside the rows only where they fit."""
    from rfsearch.answer.output.plain import json_text
    from rfsearch.answer.screen.fit import window
    from rfsearch.cli.destination import put

    if form == "json":
        document = {"schema": SCHEMA} if said.network is None else said.network.document()
        put(json_text(document | {"member": said.document()}).encode(), path)
        return
    lines = "".join(f"{line}\n" for line in said.lines())
    if form == "table":
        width = window(sys.stdout) if path is None else None
        table = b"" if said.network is None else _encoded(said.network, form, width=width) + b"\n"
        put(table + lines.encode(sys.stdout.encoding or "utf-8", "replace"), path)
        return
    if said.network is not None:
        put(_encoded(said.network, form), path)
    sys.stderr.write(lines)


def _network(args: argparse.Namespace) -> Network:
    from rfsearch.quantity import whole

    options = {}
    if args.bytes_per_value is not None:
        options["bytes_per_value"] = whole(args.bytes_per_value, "--bytes-per-value", 1, 1024)
    network = network_of(args.network, args, **options)
    if args.bytes_per_weight is not None:
        network.bytes_per_weight = whole(args.bytes_per_weight, "--bytes-per-weight", 1, 1024)
    return network


def _extras(args: argparse.Namespace, network: Network) -> Extras:
    from rfsearch.answer.screen.extras import Extras
    from rfsearch.request.query import read_hop

    hop, axis = None, 0
    if args.hop is not None:
        try:
            hop, axis = read_hop(args.hop, len(network.input))
        except UsageError as error:
            raise UsageError(f"--{error}") from None
    training = _training(args, network)
    return Extras(args.sizes, args.tiling, hop=hop, hop_axis=axis, training=training)


def _training(args: argparse.Namespace, network: Network) -> Training | None:
    """What a training step keeps, where --train or --batch asks for it."""
    from rfsearch.quantity import whole

    if args.train is None and args.batch is None:
        return None
    from rfsearch.export.kept import training
    from rfsearch.export.live import plan_of

    if args.train is None:
        raise UsageError(
            f"--batch: {args.batch} is of a training step; --train OPTIMIZER, such as sgd"
        )
    batch = 1 if args.batch is None else whole(args.batch, "--batch", 1, 1 << 20)
    try:
        return training(plan_of(network), network.totals["params"], batch, args.train)
    except UsageError as error:
        raise UsageError(f"--train: {str(error).removeprefix('train: ')}") from None


def _encoded(
    network: Network, form: str, extras: Extras | None = None, width: int | None = None
) -> bytes:
    """The network in a format; `extras` are added to the screen, `width` wide, and to JSON."""
    from rfsearch.answer.screen.extras import Extras, document, screen

    extras = extras or Extras()
    if form == "json":
        from rfsearch.answer.output.plain import json_text

        return json_text(document(network, extras)).encode()
    if form == "table":
        return screen(network, extras, width).encode(sys.stdout.encoding or "utf-8", "replace")
    from rfsearch.answer.output.frames import encode, flat

    table = network.table()
    return encode(flat(table, "x") if form == "csv" else table, form)


def _names() -> str:
    from textwrap import fill

    from rfsearch.network.names import published

    return fill(", ".join(sorted(published())), 78, initial_indent="  ", subsequent_indent="  ")
