"""Python source as the formatters of the field lay it out: 88 columns, calls split where too long.

Values are written as they stand; a Code is an expression, everything else its literal.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rfsearch.errors import UsageError

WIDTH = 88
INDENT = "    "


class Code(str):
    """An expression, to be written without quotes."""


@dataclass(frozen=True)
class Argument:
    """One argument of a call; `key` "" for a positional one, `role` what it is."""

    key: str
    value: Any
    role: str

    @property
    def text(self) -> str:
        value = literal(self.value)
        return f"{self.key}={value}" if self.key else value


@dataclass(frozen=True)
class Call:
    """A call under construction."""

    target: str
    arguments: tuple[Argument, ...] = ()

    def with_values(self, values: Sequence[Any]) -> Call:
        """The same call with other values, in the same order."""
        arguments = tuple(
            replace(argument, value=value)
            for argument, value in zip(self.arguments, values, strict=True)
        )
        return replace(self, arguments=arguments)

    def lines(self, before: str, depth: int, after: str = "") -> list[str]:
        """The call after `before` (an assignment) and followed by `after`, indented."""
        return laid_out(
            f"{before}{self.target}", [one.text for one in self.arguments], depth, after
        )


def call(target: str, *positional: tuple[str, Any], **keywords: Any) -> Call:
    """A call; positional arguments are (role, value), keywords with the value None are left out."""
    arguments = [Argument("", value, role) for role, value in positional]
    arguments += [Argument(key, value, key) for key, value in keywords.items() if value is not None]
    return Call(target, tuple(arguments))


def literal(value: Any) -> str:
    """A value as source; strings in double quotes, −inf as the call that makes it."""
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f'float("{value}")'
    if isinstance(value, tuple):
        inner = ", ".join(map(literal, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return repr(value)


def laid_out(head: str, arguments: Sequence[str], depth: int, after: str = "") -> list[str]:
    """`head(arguments)after` on one line where it fits, else split as the formatters split it."""
    indent = INDENT * depth
    line = f"{indent}{head}({', '.join(arguments)}){after}"
    if len(line) <= WIDTH or not arguments:
        return [line]
    if after and len(line) - len(after) < WIDTH:
        # As the formatters do it: the last parentheses are the first to be split.
        return [f"{line.removesuffix(after)}(", f"{indent}{INDENT}{after[1:-1]}", f"{indent})"]
    inner = f"{indent}{INDENT}{', '.join(arguments)}"
    if len(inner) <= WIDTH:
        return [f"{indent}{head}(", inner, f"{indent}){after}"]
    split = [f"{indent}{INDENT}{argument}," for argument in arguments]
    return [f"{indent}{head}(", *split, f"{indent}){after}"]


def per_axis(values: Sequence[int]) -> int | tuple[int, ...]:
    """One number where all axes agree, else one an axis."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def with_support(text: str, support: Mapping[str, str], **filled: str) -> str:
    """The text, behind what it calls of the `support` that a file defines for itself.

    filled  what stands for {word} in the sources
    """
    sources = [source for kind, source in support.items() if re.search(rf"\b{kind}\(", text)]
    for word, value in filled.items():
        sources = [source.replace(f"{{{word}}}", value) for source in sources]
    return "\n\n".join([*sources, text])


def refuse_taken(name: str, taken: Iterable[str]) -> None:
    """UsageError where a file would call two things by one name."""
    if name in {*taken, *dir(builtins)}:
        raise UsageError(f"name: {name} is what the file calls something else")


def unless(value: Any, default: Any) -> Any:
    """None, which leaves an argument out, where the value is the framework's default."""
    return None if value == default else value
