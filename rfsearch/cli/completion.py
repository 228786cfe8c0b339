"""Completion in the shell by argcomplete: words, flags, and values that can be listed.

    eval "$(register-python-argcomplete rfsearch)"

The shell then calls the command with `_ARGCOMPLETE` set, which only this module looks at.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from importlib import import_module

from rfsearch.errors import MissingExtraError


def complete() -> None:
    """Write what may stand at the shell's cursor, and end the process."""
    try:
        import argcomplete
    except ImportError:
        raise MissingExtraError(
            "completion needs argcomplete: pip install 'rfsearch[completion]'"
        ) from None
    parser = _parser()
    _offer(parser)
    argcomplete.autocomplete(parser, always_complete_options="long")


def _parser() -> argparse.ArgumentParser:
    """The parser of the word that the line begins with, which is then cut from the line."""
    from rfsearch.cli.parser import Parser, search_parser
    from rfsearch.cli.words import WORDS

    line, point = os.environ["COMP_LINE"], int(os.environ["COMP_POINT"])
    words = line[:point].split(" ")
    if len(words) < 3 or words[1] not in WORDS:
        parser = search_parser("")
        parser.add_argument("word", nargs="?", choices=list(WORDS))
        return parser
    word = words[1]
    cut = len(word) + 1
    os.environ["COMP_LINE"] = line.replace(f" {word}", "", 1)
    os.environ["COMP_POINT"] = str(point - cut)
    module = import_module(WORDS[word][0])
    made: Parser = module.parser() if hasattr(module, "parser") else Parser(prog=f"rfsearch {word}")
    module.add_arguments(made)
    return made


def _offer(parser: argparse.ArgumentParser) -> None:
    """Values for the flags whose values can be listed; files remain for the others."""
    offers = _offers()
    for action in parser._actions:
        offer = offers.get(action.dest)
        if offer is not None:
            action.completer = lambda offer=offer, **_: offer()  # type: ignore[attr-defined]


def _offers() -> dict[str, Callable[[], list[str]]]:
    from rfsearch.layers.cost import RANKED
    from rfsearch.request.options import DISTINCT, FORMATS, FRAMEWORKS, ROUNDINGS

    costs = [*RANKED, *(f"max:{name}" for name in RANKED)]
    return {
        "rounding": lambda: list(ROUNDINGS),
        "distinct": lambda: list(DISTINCT),
        "format": lambda: list(FORMATS),
        "to": lambda: list(FRAMEWORKS),
        "framework": lambda: ["onnxruntime", "torch", "keras"],
        "rank_by": lambda: costs,
        "front": lambda: costs,
        "like": _names,
        "network": _names,
        "preset": _presets,
    }


def _names() -> list[str]:
    from rfsearch.network.names import published

    return sorted(published())


def _presets() -> list[str]:
    from rfsearch.cli.init import presets

    return presets()
