"""The network that a word is about, and the flags that say on which input."""

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


def network_of(text: str, args: argparse.Namespace, **options: Any) -> Network:
    """The network of a stack, a name or an ONNX file. Raises UsageError."""
    from rfsearch.network import load, parse
    from rfsearch.quantity import whole

    if text.lower().endswith(".onnx"):
        if args.input_channels is not None:
            raise UsageError("--input-channels: an ONNX file has its own")
        return load(text, args.input, **options)
    channels = None
    if args.input_channels is not None:
        channels = whole(args.input_channels, "--input-channels", 1)
    if os.path.isfile(text):
        raise UsageError(f"{text}: a file with a network ends in .onnx")
    return parse(text, args.input, channels, **options)
