"""The flags of a search as an argparse parser, made from the table of options.

Flags hold text until `given` reads them, so that a flag and a key of a file give the same errors.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

from rfsearch import __version__
from rfsearch.errors import UsageError
from rfsearch.request.options import (
    ANSWER,
    BUDGET,
    OPTIONS,
    QUESTION,
    SPACE,
)

_BOUND = re.compile(r"--(min|max)-[a-z][a-z0-9_-]*")


def _declaring(words: list[str]) -> bool:
    return any(word.split("=")[0] in ("--cost", "--config") for word in words)


_GROUPS = {
    QUESTION: "the question",
    SPACE: "the space of stacks; stages and blocks stand in a file (docs/stages.md)",
    BUDGET: "budgets, such as --max-macs 300M or --max-peak-memory 320KiB",
    ANSWER: "the answer",
}


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises UsageError, one line, instead of printing usage and exiting."""

    def error(self, message: str) -> NoReturn:
        flag, what = re.fullmatch(r"(?:argument (\S+): )?(.*)", message, re.DOTALL).groups()  # type: ignore[union-attr]
        raise UsageError(f"{flag.split('/')[-1]}: {what}" if flag else what)

    def parse_args(self, args: Iterable[str] | None = None, namespace: Any = None) -> Any:
        """As argparse does, but an unknown flag is answered with the nearest known one.

        Budgets on declared costs (--max-latency) are flags where --cost or --config stands beside
        them; whether there is such a cost is checked where the costs are known.
        """
        words = sys.argv[1:] if args is None else list(args)
        if "--cost" in self._option_string_actions and _declaring(words):
            for flag in dict.fromkeys(word.split("=")[0] for word in words):
                if _BOUND.fullmatch(flag) and flag not in self._option_string_actions:
                    self.add_argument(flag, metavar="N", help=argparse.SUPPRESS)
        known, extra = self.parse_known_args(args, namespace)
        if extra:
            from difflib import get_close_matches

            shown = [action for action in self._actions if action.help != argparse.SUPPRESS]
            flags = [flag for action in shown for flag in action.option_strings]
            close = get_close_matches(extra[0].split("=")[0], flags, n=1)
            hint = f"; did you mean {close[0]}?" if close else "; --help lists what there is"
            kind = "flag" if extra[0].startswith("-") else "word"
            places = [str(one.metavar or one.dest) for one in shown if not one.option_strings]
            if kind == "word" and places:
                raise UsageError(f"{extra[0]}: one too many; {self.prog} takes {' '.join(places)}")
            raise UsageError(f"{extra[0]}: no such {kind}{hint}")
        return known


_USAGE = "rfsearch --target-rf RF --input N [options]\n       rfsearch WORD …"
_DESCRIPTION = (
    "Which convolutional stacks have valid sizes and exactly this receptive field, how many are "
    "there, and which are cheapest?"
)


def search_parser(
    epilog: str,
    prog: str = "rfsearch",
    usage: str = _USAGE,
    description: str = _DESCRIPTION,
    refused: tuple[str, ...] = (),
) -> Parser:
    """Every option as a flag, without defaults: what is absent was not said.

    Flags of the options that a word refuses are read, so that it can say so, but not in its help.
    """
    parser = Parser(
        prog=prog,
        usage=usage,
        description=description,
        epilog=epilog,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", metavar="FILE", help="TOML file of options; flags override it")
    parser.add_argument("--version", action="version", version=f"rfsearch {__version__}")
    groups = {room: parser.add_argument_group(title) for room, title in _GROUPS.items()}
    for option in OPTIONS.values():
        if option.table:
            continue
        flags = ["-o", option.flag] if option.name == "output" else [option.flag]
        text = option.help
        if option.default is not None and not option.switch:
            text += f" (default {_shown(option.default)})"
        text = argparse.SUPPRESS if option.name in refused else text.replace("%", "%%")
        if option.repeated:
            groups[option.room].add_argument(
                *flags, action="append", metavar=option.metavar, help=text
            )
        elif option.switch:
            groups[option.room].add_argument(*flags, action="store_true", help=text)
        else:
            groups[option.room].add_argument(*flags, metavar=option.metavar, help=text)
    return parser


def joined_negatives(argv: list[str]) -> list[str]:
    """`--padding -1` as `--padding=-1`, so that its error is about the value, not the syntax."""
    joined: list[str] = []
    for word in argv:
        if re.match(r"-\d", word) and joined and re.fullmatch(r"--[a-z-]+", joined[-1]):
            joined[-1] += "=" + word
        else:
            joined.append(word)
    return joined


def given(flags: argparse.Namespace) -> dict[str, object]:
    """The options that the flags set, read; UsageError naming the flag and the value."""
    return {
        name: option.read(getattr(flags, name), option.flag)
        for name, option in OPTIONS.items()
        if hasattr(flags, name)
    } | {
        name: value
        for name, value in vars(flags).items()
        if name not in OPTIONS and _BOUND.fullmatch("--" + name.replace("_", "-"))
    }


def _shown(default: object) -> str:
    if isinstance(default, tuple) and all(isinstance(end, int) for end in default):
        return "..".join(map(str, default))
    if isinstance(default, list | tuple):
        return ",".join(map(str, default))
    gibibyte = 1 << 30
    if isinstance(default, int) and default >= gibibyte and default % gibibyte == 0:
        return f"{default // gibibyte}GiB"
    return str(default)
