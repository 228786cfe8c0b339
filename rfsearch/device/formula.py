"""A cost from a formula: `0.4*macs + 3.1*(in_values + out_values) + 900`, worked out exactly.

Names are those of `whole_numbers.MEANINGS`; numbers may have decimals; + - * // % and brackets as
in the holes of a block, division by a number, and max(…) and min(…) for rooflines. It is read by
Python's own parser, nothing else is accepted, and nothing is evaluated by Python: a file cannot run
code. Decimals are fractions, so that a constant is the exact value times a whole `scale`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm

from rfsearch.device.place import Place
from rfsearch.device.source import within
from rfsearch.device.unit import Unit, unit_named
from rfsearch.device.whole_numbers import MEANINGS, whole_numbers
from rfsearch.errors import UsageError
from rfsearch.layers.layer import Item

LONGEST = 1000
# A denominator beyond this leaves no room for values.
LARGEST_SCALE = 10**9
_CHOICES = {"max": max, "min": min}


@dataclass(frozen=True)
class Formula:
    """A Source. `place` says where the text stands, for errors."""

    text: str
    place: str
    unit: Unit

    @property
    def scale(self) -> int:
        """The least number that makes every value whole."""
        return self._scale

    def constant(self, item: Item, channels: int, sizes: tuple[int, ...]) -> int:
        """The value there, times `scale`. UsageError where it is negative or passes 2^53."""
        value = self.value(whole_numbers(item, channels, sizes)) * self._scale
        assert value.denominator == 1, "the scale was worked out from the text"
        at = f"{self.place}: {Place(item, channels, sizes)}"
        if value < 0:
            raise UsageError(f"{at}: {self.text} is negative")
        return within(value.numerator, at)

    def value(self, numbers: Mapping[str, int]) -> Fraction:
        """The exact value for these whole numbers."""
        return self._worked_out(self._tree, numbers)

    @cached_property
    def _tree(self) -> ast.expr:
        if len(self.text) > LONGEST:
            raise UsageError(f"{self.place}: a formula of {len(self.text)} characters is too long")
        try:
            return ast.parse(self.text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise UsageError(
                f"{self.place}: {self.text!r} is no formula like 0.4*macs + 900"
            ) from None

    @cached_property
    def _scale(self) -> int:
        try:
            scale = self._denominator(self._tree)
        except RecursionError:
            raise UsageError(f"{self.place}: too many brackets within each other") from None
        if scale > LARGEST_SCALE:
            raise UsageError(f"{self.place}: its decimals multiply to more than nine places")
        return scale

    def _denominator(self, node: ast.expr) -> int:
        """A number by which every value of the expression is whole; refuses what is no formula."""
        if isinstance(node, ast.Constant):
            return self._number(node).denominator
        if isinstance(node, ast.Name):
            if node.id not in MEANINGS:
                raise UsageError(
                    f"{self.place}: {node.id} is not one of {', '.join(sorted(MEANINGS))}"
                )
            return 1
        if isinstance(node, ast.BinOp):
            left, right = self._denominator(node.left), self._denominator(node.right)
            if isinstance(node.op, ast.Add | ast.Sub | ast.Mod):
                return lcm(left, right)
            if isinstance(node.op, ast.Mult):
                return left * right
            if isinstance(node.op, ast.FloorDiv):
                return 1
            if isinstance(node.op, ast.Div) and not _names(node.right):
                return left * abs(self._divisor(node, {}).numerator)
        if isinstance(node, ast.Call) and self._is_choice(node):
            return lcm(*(self._denominator(one) for one in node.args))
        raise UsageError(
            f"{self.place}: {ast.unparse(node)} may hold names, numbers, + - * // %, brackets, "
            "max(…), min(…), and / by a number"
        )

    @staticmethod
    def _is_choice(node: ast.Call) -> bool:
        named = isinstance(node.func, ast.Name) and node.func.id in _CHOICES
        return named and len(node.args) > 1 and not node.keywords

    def _number(self, node: ast.Constant) -> Fraction:
        if type(node.value) not in (int, float):
            raise UsageError(f"{self.place}: {ast.unparse(node)} is no number")
        if node.value in (float("inf"), float("-inf")):
            raise UsageError(f"{self.place}: a number of it is too large")
        return Fraction(repr(node.value))

    def _worked_out(self, node: ast.expr, numbers: Mapping[str, int]) -> Fraction:
        if isinstance(node, ast.Constant):
            return self._number(node)
        if isinstance(node, ast.Name):
            return Fraction(numbers[node.id])
        if isinstance(node, ast.Call):
            assert isinstance(node.func, ast.Name)
            return _CHOICES[node.func.id](self._worked_out(one, numbers) for one in node.args)
        assert isinstance(node, ast.BinOp)
        left = self._worked_out(node.left, numbers)
        if isinstance(node.op, ast.Add):
            return left + self._worked_out(node.right, numbers)
        if isinstance(node.op, ast.Sub):
            return left - self._worked_out(node.right, numbers)
        if isinstance(node.op, ast.Mult):
            return left * self._worked_out(node.right, numbers)
        divisor = self._divisor(node, numbers)
        if isinstance(node.op, ast.FloorDiv):
            return Fraction(left // divisor)
        return left % divisor if isinstance(node.op, ast.Mod) else left / divisor

    def _divisor(self, node: ast.BinOp, numbers: Mapping[str, int]) -> Fraction:
        found = self._worked_out(node.right, numbers)
        if found == 0:
            raise UsageError(f"{self.place}: {ast.unparse(node)} divides by 0")
        return found


def _names(node: ast.expr) -> bool:
    return any(isinstance(one, ast.Name) for one in ast.walk(node))


def formula(text: str, place: str, *, unit: str = "") -> Formula:
    """The formula of a text, looked at now: UsageError names what it may not hold."""
    made = Formula(text, place, unit_named(unit, f"{place}: unit"))
    made._scale  # noqa: B018 - reads the text, so that a fault is told before any search
    return made
