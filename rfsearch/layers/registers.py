"""Registers: numbers of channels as names, so that what holds for one item holds for many.

An item is followed with registers in place of its numbers of channels: `FLOW` is what flows into
it, `WAITING` what is put aside before it, then come its layers' own in the order in which they are
written, then what is worked out of these. Where numbers decide what is done, the decision is kept
as a `Test`: other numbers for which all tests end alike are followed the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from rfsearch.layers.layer import Block, Item, Layer, Stack

FLOW, WAITING, OWN = 0, 1, 2  # the first of the layers' own

EQUAL, MULTIPLE, DIVISIBLE, POSITIVE = range(4)  # kinds of tests


class Test(NamedTuple):
    """What a decision was: of register `one` and of `other`, a register, or a plain number where
    it is asked whether it divides."""

    kind: int
    one: int
    other: int
    outcome: bool


class Derived(NamedTuple):
    """A register: the sum of some less that of others, divided by a number and rounded down."""

    plus: tuple[int, ...]
    minus: tuple[int, ...] = ()
    over: int = 1


class Registers:
    """The numbers of one item, what was worked out of them, and how each test ended."""

    def __init__(self, given: Sequence[int]) -> None:
        self.numbers = list(given)
        self.derived: list[Derived] = []
        self.tests: list[Test] = []

    def added(self, how: Derived) -> int:
        """A register that is worked out of others."""
        self.derived.append(how)
        self.numbers.append(_derived(how, self.numbers))
        return len(self.numbers) - 1

    def equal(self, one: int, other: int) -> bool:
        """Whether two registers are one number."""
        return one == other or self._tested(EQUAL, one, other)

    def is_multiple(self, one: int, other: int) -> bool:
        """Whether a register is a multiple of another."""
        return one == other or self._tested(MULTIPLE, one, other)

    def is_divisible(self, one: int, number: int) -> bool:
        """Whether a register is a multiple of a number."""
        return number == 1 or self._tested(DIVISIBLE, one, number)

    def is_positive(self, one: int) -> bool:
        """Whether a register is 1 or more."""
        return self._tested(POSITIVE, one, 0)

    def _tested(self, kind: int, one: int, other: int) -> bool:
        outcome = _outcome(kind, one, other, self.numbers)
        self.tests.append(Test(kind, one, other, outcome))
        return outcome


def numbers_of(
    derived: Sequence[Derived], tests: Sequence[Test], given: Sequence[int]
) -> list[int] | None:
    """All registers of other given numbers; None where some test ends otherwise."""
    numbers = list(given)
    for how in derived:
        numbers.append(_derived(how, numbers))
    for kind, one, other, outcome in tests:
        if _outcome(kind, one, other, numbers) is not outcome:
            return None
    return numbers


def _derived(how: Derived, numbers: Sequence[int]) -> int:
    found = sum([numbers[one] for one in how.plus]) - sum([numbers[one] for one in how.minus])
    return found // how.over


def _outcome(kind: int, one: int, other: int, numbers: Sequence[int]) -> bool:
    if kind == EQUAL:
        return numbers[one] == numbers[other]
    if kind == MULTIPLE:
        return numbers[one] % numbers[other] == 0
    return numbers[one] % other == 0 if kind == DIVISIBLE else numbers[one] > 0


Shape = tuple[Any, ...]  # of an item: a layer but for its channels, or (join, patches, *branches)


def shape_of(stack: Stack, numbers: list[int]) -> tuple[Shape | Layer, ...]:
    """A stack but for its numbers of channels, which are added to `numbers`."""
    found: list[Shape | Layer] = []
    for item in stack:
        if isinstance(item, Block):
            branches = [shape_of(branch, numbers) for branch in item.branches]
            found.append((item.join, item.patches, *branches))
        else:
            found.append(item.bare)
            if item.channels is not None:
                numbers.append(item.channels)
    return tuple(found)


def numbered(stack: Stack, registers: Iterator[int]) -> Stack:
    """The stack with registers in place of channels."""
    found: list[Item] = []
    for item in stack:
        if isinstance(item, Block):
            branches = tuple([numbered(branch, registers) for branch in item.branches])
            found.append(Block(item.join, branches, item.patches))
        elif item.channels is None:
            found.append(item)
        else:
            found.append(
                Layer(
                    item.op, item.kernel, item.stride, item.padding, item.dilation,
                    next(registers), item.groups, item.ceil, item.norm, item.bias,
                )
            )  # fmt: skip
    return tuple(found)
