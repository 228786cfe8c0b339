"""The network that a word is about, the flags that say on which input, and where it goes."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from rfsearch.errors import UsageError

if TYPE_CHECKING:
    from rfsearch.network import Network


def add_input(parser: argparse.ArgumentParser) -> None:
    """The flags of the input; text, read in `network_of` so that their errors are one line."""
    parser.add_argument(
        "--input",
        metavar="N",
        help="input pixels: 227 (square), 224x320, 16x112x112, or 1d:16000, 3d:64; default: the "
        "name's or file's own, 227 for a stack",
    )
    parser.add_argument(
        "--input-channels", metavar="C", help="channels of the input; default: the name's, else 3"
    )


def add_reading(parser: argparse.ArgumentParser) -> None:
    """The flags that say how a file is read; `network_of` reads them, too."""
    parser.add_argument(
        "--until",
        metavar="NODE",
        help="of a file: end with this node, value or layer, instead of the file's outputs",
    )
    parser.add_argument(
        "--layout",
        metavar="LAYOUT",
        help="of an ONNX file: channels-first or channels-last; default: first, unless the file "
        "itself moves its channels there",
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """The flag of the file that an answer goes to."""
    parser.add_argument("-o", "--output", metavar="FILE", help="write there instead of to stdout")


def network_of(text: str, args: argparse.Namespace, **options: Any) -> Network:
    """The network of a stack, a name or a file. Raises UsageError."""
    from rfsearch.network import load, parse
    from rfsearch.network.sources import FILES
    from rfsearch.quantity import whole

    reading: dict[str, Any] = {one: getattr(args, one, None) for one in ("until", "layout")}
    if text.lower().endswith(FILES):
        if args.input_channels is not None:
            raise UsageError("--input-channels: a file has its own")
        return load(text, args.input, **reading, **options)
    for name, value in reading.items():
        if value is not None:
            raise UsageError(f"--{name}: {text[:60]!r} is no file with a network")
    channels = None
    if args.input_channels is not None:
        channels = whole(args.input_channels, "--input-channels", 1)
    if os.path.isfile(text):
        raise UsageError(f"{text}: a file with a network ends in {', '.join(FILES)}")
    return parse(text, args.input, channels, **options)
