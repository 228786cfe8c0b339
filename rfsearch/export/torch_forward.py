"""The lines of a `forward`: which module reads which tensor, in order."""

from __future__ import annotations

from dataclasses import dataclass, field

from rfsearch.export.python_text import INDENT, WIDTH, laid_out
from rfsearch.export.torch_layers import FUNCTIONS


@dataclass
class Forward:
    """Statements so far.

    flat        names of the tensors without axes; "" is what `forward` returns
    collects    whether something is put aside or collected
    """

    axes: int
    lines: list[str] = field(default_factory=list)
    flat: set[str] = field(default_factory=set)
    collects: bool = False

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def say(self, statement: str) -> None:
        self.lines.append(statement)

    def assign(self, target: str, expression: str, flat: bool) -> None:
        """target = expression, unless it says nothing."""
        if target != expression:
            self.say(f"{target} = {expression}")
        self.mark(target, flat)

    def mark(self, target: str, flat: bool) -> None:
        """Note whether a tensor has no axes."""
        (self.flat.add if flat else self.flat.discard)(target)

    def flattened(self, target: str, source: str) -> None:
        """Merge all axes and channels, for a fully connected layer."""
        self.say(f"{target} = torch.flatten({source}, 1)")
        self.flat.add(target)

    def with_axes(self, target: str, source: str) -> None:
        """Give a flat tensor its axes of one position back."""
        self.say(f"{target} = {self.spread(source)}")
        self.flat.discard(target)

    def spread(self, tensor: str) -> str:
        """A flat tensor with its axes of one position."""
        return f"{tensor}[:, :{', None' * self.axes}]"

    def agree(self, ends: list[str]) -> bool:
        """Give all of these tensors axes unless all are flat; whether they are."""
        flat = all(end in self.flat for end in ends)
        for end in ends:
            if not flat and end in self.flat:
                self.with_axes(end, end)
        return flat

    def written(self, depth: int) -> list[str]:
        """The statements, indented, calls split where they are too long."""
        lines: list[str] = []
        for statement in self.lines:
            line = INDENT * depth + statement
            lines += [line] if len(line) <= WIDTH else _split(statement, depth)
        return lines


def activated(expression: str, activation: str) -> str:
    """The expression within its activation function."""
    return f"{FUNCTIONS[activation]}({expression})" if activation else expression


def _split(statement: str, depth: int) -> list[str]:
    """A call of several arguments over several lines; nested calls from the outside in."""
    head, _, rest = statement.partition("(")
    inner = rest[:-1]
    return laid_out(head, _arguments(inner), depth)


def _arguments(text: str) -> list[str]:
    """Arguments at the outermost level."""
    found, level, start = [], 0, 0
    for place, letter in enumerate(text):
        level += (letter in "([") - (letter in ")]")
        if letter == "," and level == 0:
            found.append(text[start:place].strip())
            start = place + 1
    return [*found, text[start:].strip()]
