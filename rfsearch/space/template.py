"""Template: the notation of a stack with holes, `{c}C1N-DW{k}S{s}P{k//2}N`.

A hole is an expression over named whole numbers: + - * // % and brackets. A value may be one number
an axis, and so is then what is made of it, written `3x1`. It is read by Python's own parser and
nothing but these is accepted, so that a file cannot run code.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from rfsearch.errors import UsageError
from rfsearch.layers.layer import PerAxis, along

_OPERATORS: dict[type, Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_HOLE = re.compile(r"\{([^{}]*)\}")
_IN = re.compile(r"\bin\b")  # a keyword of Python's, so that it is read by another name
_WIDTH = "in_"
LONGEST_HOLE = 200
LARGEST_VALUE = 1 << 40


class _Hole:
    """An expression, the names that it reads, and what is worked out of it, by their values."""

    def __init__(self, node: ast.expr) -> None:
        self.node = node
        read = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        self.names = tuple(sorted("in" if name == _WIDTH else name for name in read))
        self.known: dict[tuple[PerAxis | None, ...], str] = {}


@dataclass(frozen=True)
class Template:
    """Notation with holes; `place` says where it stands, for errors."""

    text: str
    place: str

    @cached_property
    def _pieces(self) -> tuple[str | _Hole, ...]:
        pieces: list[str | _Hole] = []
        for number, piece in enumerate(_HOLE.split(self.text)):
            pieces.append(_Hole(self._read(piece)) if number % 2 else piece)
        rest = "".join(piece for piece in pieces if isinstance(piece, str))
        if "{" in rest or "}" in rest:
            raise UsageError(f"{self.place}: a brace in {self.text!r} has no partner")
        return tuple(pieces)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that its holes read."""
        holes = (piece for piece in self._pieces if isinstance(piece, _Hole))
        return frozenset(name for hole in holes for name in hole.names)

    def fill(self, values: Mapping[str, PerAxis]) -> str:
        """The notation with every hole worked out. Raises UsageError."""
        return "".join(
            [
                piece if isinstance(piece, str) else self._filled(piece, values)
                for piece in self._pieces
            ]
        )

    def _filled(self, hole: _Hole, values: Mapping[str, PerAxis]) -> str:
        """A hole's number, or its numbers where some value has one an axis."""
        read = tuple([values.get(name) for name in hole.names])
        known = hole.known.get(read)
        if known is None:
            axes = max((len(one) for one in read if isinstance(one, tuple)), default=1)
            numbers = [
                self._worked_out(hole.node, {n: along(one, k) for n, one in values.items()})
                for k in range(axes)
            ]
            same = len(set(numbers)) == 1
            known = hole.known[read] = str(numbers[0]) if same else "x".join(map(str, numbers))
        return known

    def _read(self, text: str) -> ast.expr:
        if len(text) > LONGEST_HOLE:
            raise UsageError(f"{self.place}: a hole of {len(text)} characters is too long")
        try:
            return ast.parse(_IN.sub(_WIDTH, text.strip()), mode="eval").body
        except (SyntaxError, ValueError, RecursionError):
            raise UsageError(
                f"{self.place}: {{{text}}} is not an expression like {{in*t}} or {{k//2}}"
            ) from None

    def _worked_out(self, node: ast.expr, values: Mapping[str, int]) -> int:
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return node.value
        if isinstance(node, ast.Name):
            name = "in" if node.id == _WIDTH else node.id
            if name not in values:
                raise UsageError(
                    f"{self.place}: {{{name}}} is no hole of this block; known are "
                    f"{', '.join(sorted(values))}"
                )
            return values[name]
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            left, right = self._worked_out(node.left, values), self._worked_out(node.right, values)
            if right == 0 and isinstance(node.op, (ast.FloorDiv, ast.Mod)):
                raise UsageError(f"{self.place}: {{{ast.unparse(node)}}} divides by 0")
            value = _OPERATORS[type(node.op)](left, right)
            if abs(value) > LARGEST_VALUE:
                raise UsageError(f"{self.place}: {{{ast.unparse(node)}}} passes 2^40")
            return value
        raise UsageError(
            f"{self.place}: {{{ast.unparse(node)}}} may hold names, whole numbers, + - * // % and "
            "brackets"
        )
