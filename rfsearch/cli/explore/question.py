"""What the page asks: the texts of options, checked, as the arguments of the command."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.layers.cost import COSTS
from rfsearch.request.options import (
    ANSWER,
    BUDGET,
    DISTINCT,
    OPTIONS,
    QUESTION,
    ROUNDINGS,
    SPACE,
    Option,
)

# Options that write files or say how an answer is printed: a page has no use for them.
REFUSED = ("count", "format", "output", "export", "to", "force", "report", "plot", "quiet")
_CHOICES = {"rounding": ROUNDINGS, "distinct": DISTINCT}
_GROUPS = {QUESTION: "question", SPACE: "space", BUDGET: "budgets", ANSWER: "ranking and limits"}
# Asked where nothing else is: the README's question.
_FIRST = {"target_rf": "224", "input": "227"}


@dataclass(frozen=True)
class Base:
    """What the command line gave: the config file, and the first question as texts."""

    config: str | None
    first: Mapping[str, str]

    @classmethod
    def of(cls, args: argparse.Namespace) -> Base:
        """From the parsed flags; without a file or a target the README's question is the first."""
        config = getattr(args, "config", None)
        texts = {
            name: "true" if option.switch else _as_text(getattr(args, name))
            for name, option in OPTIONS.items()
            if hasattr(args, name)
        }
        if config is None:
            texts = {**{name: text for name, text in _FIRST.items() if name not in texts}, **texts}
        return cls(config, texts)

    def arguments(self, question: Mapping[str, Any]) -> list[str]:
        """The arguments of `rfsearch` for a question of the page; UsageError for what is none."""
        found = [] if self.config is None else ["--config", self.config]
        for name, text in question.items():
            option = OPTIONS.get(name)
            if option is None or option.table or name in REFUSED:
                raise UsageError(f"{name}: not an option of a page")
            if not isinstance(text, str):
                raise UsageError(f"{name}: {text!r} is not a text")
            if option.switch:
                found += [option.flag] if text == "true" else []
            elif text.strip():
                # Joined, so that no text can be taken for a flag.
                found.append(f"{option.flag}={text.strip()}")
        return found

    def command(self, question: Mapping[str, Any]) -> str:
        """The command line of a question, to be copied."""
        return shlex.join(["rfsearch", *self.arguments(question)])

    def python(self, question: Mapping[str, Any]) -> str:
        """Python that asks the same, to be copied."""
        if self.config is not None or not _plain(question):
            return _by_command(["rfsearch", *self.arguments(question)])
        space = _keywords(question, (SPACE,))
        asked = _keywords(question, (QUESTION, BUDGET))
        front = OPTIONS["front"].read(question.get("front") or "memory,macs", "--front")
        lines = [
            "import rfsearch",
            "",
            f"space = rfsearch.Space({space})",
            f"found = space.search({asked})",
            "found.count()",
        ]
        if front:
            lines.append(f"found.front({list(front)!r})")  # type: ignore[call-overload]
        return "\n".join(lines) + "\n"


def _as_text(value: object) -> str:
    """What a flag holds; of one that may stand more than once all in one text."""
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)


def controls() -> list[dict[str, Any]]:
    """The options that the page offers, as it needs them."""
    return [
        {
            "name": option.name,
            "group": _GROUPS[option.room],
            "help": option.help,
            "metavar": option.metavar,
            "default": _text(option.default),
            "switch": option.switch,
            "choices": list(_CHOICES[option.name]) if option.name in _CHOICES else None,
        }
        for option in OPTIONS.values()
        if option.room in _GROUPS and option.name not in REFUSED and not option.table
    ]


def _text(default: object) -> str:
    if default is None or isinstance(default, bool):
        return ""
    if isinstance(default, list):
        return ",".join(map(str, default))
    if isinstance(default, tuple):
        return (".." if all(isinstance(one, int) for one in default) else ",").join(
            map(str, default)
        )
    return str(default)


def _plain(question: Mapping[str, Any]) -> bool:
    """Whether rfsearch.Space alone answers it, as far as its texts tell."""
    said = {name for name, text in question.items() if text.strip()}
    ends = str(question.get("target_rf", "")).split("..")
    words = ",".join(question.get(name, "") for name in ("rank_by", "front", "padding"))
    return (
        {OPTIONS[name].room for name in said} <= {QUESTION, SPACE, BUDGET, ANSWER}
        and all(end.strip().isdigit() for end in [*ends, question.get("input", "")])
        and {word.strip().removeprefix("max:") for word in words.split(",")} <= _PLAIN_WORDS
    )


_PLAIN_WORDS = {"", "none", "rf", "valid", "same", *COSTS, *map(str, range(100))}


def _keywords(question: Mapping[str, Any], rooms: tuple[str, ...]) -> str:
    def value(option: Option, text: str) -> object:
        return text == "true" if option.switch else option.read(text, option.flag)

    return ", ".join(
        f"{name}={value(OPTIONS[name], text.strip())!r}"
        for name, text in question.items()
        if text.strip() and OPTIONS[name].room in rooms
    )


def _by_command(words: list[str]) -> str:
    return (
        "import json\nimport subprocess\n\n"
        f"command = {[*words, '--format', 'json']!r}\n"
        "answer = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)\n"
    )
