"""`rfsearch export STACK|NAME|FILE --to FRAMEWORK`: a network as source or as ONNX."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rfsearch.cli.network import add_input, add_output, network_of
from rfsearch.errors import UsageError

if TYPE_CHECKING:
    from rfsearch.export.write import Style
    from rfsearch.question.rows import Rows
    from rfsearch.request.request import Request


# What files are called before their numbers: those of a search's list, those of a ladder.
RANK, RUNG = "rank", "rung"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `export`; text, read in `run` so that their errors are one line."""
    parser.add_argument("network", metavar="STACK|NAME|FILE", help="what to export")
    parser.add_argument("--to", metavar="FRAMEWORK", help="torch, keras or onnx; or by -o's .onnx")
    add_output(parser)
    parser.add_argument("--force", action="store_true", help="replace a file that exists")
    add_input(parser)
    parser.add_argument(
        "--classes", metavar="K", help="add a classifier: global average and K outputs"
    )
    parser.add_argument("--name", metavar="NAME", help="name of the class; default Network")
    parser.add_argument(
        "--norm",
        metavar="NORM",
        help="batch, layer or none for every convolution; default: as the stack says",
    )
    parser.add_argument("--activation", metavar="F", help="relu, gelu, silu or none; default relu")
    parser.add_argument("--seed", metavar="N", help="of the random weights in ONNX; default 0")


def run(args: argparse.Namespace) -> int:
    """Write one network; the exit code. Raises UsageError for what cannot be."""
    from rfsearch.cli.destination import check, put
    from rfsearch.export.planner import notation_of
    from rfsearch.export.write import encode, planned

    framework = _framework(args.to, args.output)
    check(args.output, binary=framework == "onnx")
    if args.output is not None and not args.force and Path(args.output).is_file():
        raise UsageError(f"--output: {args.output} exists; --force replaces it")
    style = _style(args)
    network = network_of(args.network, args)
    made = planned(notation_of(network), network.input, network.input_channels, style)
    put(encode(made, framework, style), args.output)
    return 0


def write_results(rows: Rows, request: Request) -> int:
    """One file for each stack of a search's list, named by its rank; their number."""
    from rfsearch.export.folder import numbered, wanted_of, write_folder
    from rfsearch.export.write import Style

    names = numbered(RANK, len(rows))
    wanted = wanted_of(rows.to_dicts(), names, request["input"], request["axes"])
    channels, folder = request["input_channels"], request["export"]
    with placing_folder():
        return len(write_folder(wanted, channels, folder, request["to"], Style(), force=True))


@contextlib.contextmanager
def placing_folder() -> Iterator[None]:
    """Errors about the folder name the flag."""
    try:
        yield
    except UsageError as error:
        raise UsageError(str(error).replace("folder:", "--export:", 1)) from None


def check_folder(request: Request, file: str = RANK) -> None:
    """Refuse a folder that cannot be written to, or holds an earlier list, unless by --force.

    It is made where it does not exist. `file`: how the names of files begin.
    """
    from rfsearch.cli.destination import looked_up

    with looked_up(request["export"], "--export"):
        _check_folder(request["export"], request, file)


def _check_folder(folder: str, request: Request, file: str) -> None:
    from rfsearch.export.write import FRAMEWORKS

    path = Path(folder)
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):  # both are told below
        os.lstat(path)
    if path.exists() and not path.is_dir():
        raise UsageError(f"--export: {folder} is not a folder")
    above = path if path.is_dir() else path.absolute().parent
    if not above.is_dir():
        raise UsageError(f"--export: {folder}: there is no folder {above}")
    if not os.access(above, os.W_OK):
        raise UsageError(f"--export: {folder}: the folder {above} cannot be written to")
    taken = sorted(path.glob(f"{file}[0-9]*{FRAMEWORKS[request['to']]}"))
    if taken and not request["force"]:
        raise UsageError(f"--export: {taken[0]} exists; --force replaces it")


def _framework(chosen: str | None, output: str | None) -> str:
    from rfsearch.export.write import FRAMEWORKS

    if chosen is None and output is not None and output.lower().endswith(".onnx"):
        return "onnx"
    if chosen is None:
        raise UsageError(f"--to: not given; one of {', '.join(FRAMEWORKS)}")
    if chosen not in FRAMEWORKS:
        raise UsageError(f"--to: {chosen!r} is not one of {', '.join(FRAMEWORKS)}")
    return chosen


def _style(args: argparse.Namespace) -> Style:
    from rfsearch.export.dress import NORMS
    from rfsearch.export.write import Style
    from rfsearch.quantity import whole

    if args.norm is not None and args.norm not in NORMS:
        raise UsageError(f"--norm: {args.norm!r} is not one of {', '.join(NORMS)}")
    classes = None if args.classes is None else whole(args.classes, "--classes", 1)
    seed = 0 if args.seed is None else whole(args.seed, "--seed", 0)
    try:
        name = "Network" if args.name is None else args.name
        return Style(name, classes, args.norm, args.activation or "relu", seed)
    except UsageError as error:
        raise UsageError(f"--{error}") from None
