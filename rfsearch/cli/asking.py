"""What every word that asks a space shares: the request from its flags and its file."""

from __future__ import annotations

import argparse
from typing import Any

from rfsearch.request.request import Request


def request_of(parsed: argparse.Namespace, needs_target: bool = True) -> Request:
    """The flags over the file over the defaults. Raises UsageError."""
    from rfsearch.cli import parser

    file = getattr(parsed, "config", None)
    flags = parser.given(parsed)
    in_file: dict[str, object] = {}
    if file:
        from rfsearch.cli.source import content
        from rfsearch.request import config

        costs: Any = flags.get("cost") or {}
        in_file = config.options(content(file), file, costs)
    return Request.of(flags, file, in_file, needs_target)


def refuse(parsed: argparse.Namespace, names: tuple[str, ...], word: str) -> None:
    """UsageError where a flag was given that the word, of which `word` tells, has no use for."""
    from rfsearch.errors import UsageError
    from rfsearch.request.options import OPTIONS

    for name in names:
        if hasattr(parsed, name):
            raise UsageError(f"{OPTIONS[name].flag}: not for {word}")
