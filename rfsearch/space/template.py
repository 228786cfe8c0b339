"""Template: the notation of a stack with holes, `{c}C1N-DW{k}S{s}P{k//2}N`.

A hole is an expression over named whole numbers: + - * // % and brackets. A value may be one number
an axis, and so is then what is made of it, written `3x1`. It is read by Python's own parser and
nothing but these is accepted, so that a file cannot run code.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from keyword import iskeyword

from rfsearch.errors import UsageError
from rfsearch.layers.layer import (
    ASIDE,
    GAP,
    Block,
    Layer,
    PerAxis,
    Stack,
    along,
    blocks_in,
    layers_in,
)
from rfsearch.layers.notation import parse_stack
from rfsearch.layers.notation.cursor import Cursor
from rfsearch.layers.notation.parse_layer import parse_layer

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
_LAYER = re.compile(r"(?:[0-9A-Za-z:]|\{[^{}]*\})+")  # one layer with its holes, and no more
# Where a layer with holes stands while the notation around it is read: SE with such a number.
_MARK, _MARKED = "SE", 900_000_000
LONGEST_HOLE = 200
LARGEST_VALUE = 1 << 40


class _Hole:
    """An expression, the names that it reads, and what is worked out of it, by their values."""

    def __init__(self, node: ast.expr) -> None:
        self.node = node
        read = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        self.names = tuple(sorted("in" if name == _WIDTH else name for name in read))
        self.known: dict[tuple[PerAxis | None, ...], str] = {}


class _Pattern:
    """A layer with holes, and the layers that it was, by what they hold."""

    def __init__(self, pieces: Sequence[str | _Hole]) -> None:
        self.pieces = pieces
        names = {name for piece in pieces if isinstance(piece, _Hole) for name in piece.names}
        self.names = tuple(sorted(names))
        self.known: dict[tuple[PerAxis | None, ...], Layer | None] = {}


@dataclass(frozen=True)
class Template:
    """Notation with holes; `place` says where it stands, for errors."""

    text: str
    place: str

    @cached_property
    def _pieces(self) -> tuple[str | _Hole, ...]:
        pieces = self._split(self.text)
        rest = "".join(piece for piece in pieces if isinstance(piece, str))
        if "{" in rest or "}" in rest:
            raise UsageError(f"{self.place}: a brace in {self.text!r} has no partner")
        return pieces

    def _split(self, text: str) -> tuple[str | _Hole, ...]:
        """Text and holes in turn."""
        return tuple(
            [
                self._hole(piece) if number % 2 else piece
                for number, piece in enumerate(_HOLE.split(text))
            ]
        )

    def _hole(self, text: str) -> _Hole:
        if text not in self._holes:
            self._holes[text] = _Hole(self._read(text))
        return self._holes[text]

    @cached_property
    def _holes(self) -> dict[str, _Hole]:
        return {}

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that its holes read."""
        holes = (piece for piece in self._pieces if isinstance(piece, _Hole))
        return frozenset(name for hole in holes for name in hole.names)

    def fill(self, values: Mapping[str, PerAxis]) -> str:
        """The notation with every hole worked out. Raises UsageError."""
        return self._written(self._pieces, values)

    @cached_property
    def fixed(self) -> tuple[Layer, ...]:
        """Its layers without holes, where `layers` reads the others."""
        if self._outline is None:
            return ()
        every = list(layers_in(self._outline[0]))
        return tuple([layer for layer in every if not _is_mark(layer)])

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Its blocks, where `layers` reads the layers that have holes."""
        return () if self._outline is None else tuple(blocks_in(self._outline[0]))

    def completed(self, layers: Sequence[Layer]) -> Stack:
        """Its items with the layers that have holes."""
        assert self._outline is not None
        return _completed(self._outline[0], layers)

    def layers(self, values: Mapping[str, PerAxis]) -> list[Layer] | None:
        """The layers that have holes, as `fill` would write them. Raises UsageError.

        None where it has to be read as a whole: then what is wrong is said there.
        """
        if self._outline is None:
            return None
        layers: list[Layer] = []
        for one in self._outline[1]:
            read = tuple([values.get(name) for name in one.names])
            if read not in one.known:
                one.known[read] = _layer_of(self._written(one.pieces, values))
            layer = one.known[read]
            if layer is None:
                return None
            layers.append(layer)
        return layers

    @cached_property
    def _outline(self) -> tuple[Stack, tuple[_Pattern, ...]] | None:
        """(the notation with a mark for each layer that has holes, these layers).

        None where a hole stands elsewhere, or where items depend on each other.
        """
        patterns: list[_Pattern] = []
        text, end = "", 0
        for found in _LAYER.finditer(self.text):
            if "{" not in found[0]:
                continue
            before, behind = self.text[: found.start()].rstrip(), self.text[found.end() :].lstrip()
            if before.endswith(")") or behind.startswith("("):  # a number of repeats, of patches
                return None
            text += f"{self.text[end : found.start()]}{_MARK}{_MARKED + len(patterns)}"
            patterns.append(_Pattern(self._split(found[0])))
            end = found.end()
        text += self.text[end:]
        if "{" in text or text.count(f"{_MARK}{_MARKED // 1000}") > len(patterns):
            return None
        try:
            items = parse_stack(text)
        except UsageError:
            return None
        return None if _depends(items) else (items, tuple(patterns))

    def _written(self, pieces: Sequence[str | _Hole], values: Mapping[str, PerAxis]) -> str:
        return "".join(
            [piece if isinstance(piece, str) else self._filled(piece, values) for piece in pieces]
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
        if (name := text.strip()).isidentifier() and (name == "in" or not iskeyword(name)):
            return ast.Name(_WIDTH if name == "in" else name)  # as most holes are
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


@lru_cache(maxsize=1 << 6)
def template_of(text: str, place: str) -> Template:
    """A template, one for all slots that name it."""
    return Template(text, place)


def _layer_of(text: str) -> Layer | None:
    """The one layer that is written; None where it is none."""
    cursor = Cursor(text)
    if _LAYER.fullmatch(text) is None:
        return None
    try:
        layer = parse_layer(cursor)
    except UsageError:
        return None
    return layer if cursor.done else None


def _completed(items: Stack, layers: Sequence[Layer]) -> Stack:
    """Items with layers in place of marks."""
    found: list[Layer | Block] = []
    for item in items:
        if isinstance(item, Block):
            branches = tuple([_completed(one, layers) for one in item.branches])
            found.append(Block(item.join, branches, item.patches))
        else:
            marked = _is_mark(item)
            found.append(layers[item.kernel - _MARKED] if marked else item)  # type: ignore[operator]
    return tuple(found)


def _is_mark(layer: Layer) -> bool:
    return layer.op == _MARK and layer.kernel >= _MARKED  # type: ignore[operator]


def _depends(items: Stack) -> bool:
    """Whether layers stand here that may do so beside some others alone."""
    return any(
        item.join == ASIDE or any(map(_depends, item.branches))
        if isinstance(item, Block)
        else item == GAP or item.op == "SUM"
        for item in items
    )
