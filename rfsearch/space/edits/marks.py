"""Marks: what changed from mine to another network of its neighbourhood, as a person reads it.

The same moves as in rfsearch.space.edits.control, so that as many layers are marked as there are
changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from rfsearch.layers.layer import Layer
from rfsearch.layers.notation.format import format_item, format_stack
from rfsearch.space.edits.context import Context
from rfsearch.space.edits.offers import Offers
from rfsearch.space.edits.reference import Mine, is_changeable
from rfsearch.space.edits.word import OPEN, Sign, Word, stack_of

ARROW, ADDED, REMOVED = " → ", "+ ", "− "
FAR = 1 << 30

Marks = tuple[str, ...]
Pair = tuple[int, int]


@dataclass(eq=False)
class Alignment:
    """Mine beside another word; the cheapest way through both, the first of equals.

    `follows`: which widths of mine follow from the rule.
    """

    mine: Mine
    offers: Offers
    follows: tuple[bool, ...]
    other: Word

    def marks(self) -> Marks:
        """`64C3P1 → 64C5P2`, `+ 64C1`, `− MP2S2`, in the order of the network."""
        end = (len(self.mine.word), len(self.other))
        best: dict[Pair, int] = {end: 0}
        step: dict[Pair, tuple[Pair, Marks]] = {}
        for at in range(end[0], -1, -1):
            for by in range(end[1], -1, -1):
                if (at, by) == end:
                    continue
                moves = [
                    (cost + best.get(then, FAR), number, then, marks)
                    for number, (then, cost, marks) in enumerate(self._moves(at, by))
                ]
                if moves:
                    cost, _, then, marks = min(moves)
                    best[at, by], step[at, by] = cost, (then, marks)
        found: list[str] = []
        here: Pair = (0, 0)
        while here != end:
            here, marks = step[here]
            found.extend(marks)
        return tuple(found)

    def _moves(self, at: int, by: int) -> list[tuple[Pair, int, Marks]]:
        """(where, changes, marks) of every move from sign `at` of mine and `by` of the other."""
        mine = self.mine.word[at] if at < len(self.mine.word) else None
        other = self.other[by] if by < len(self.other) else None
        moves: list[tuple[Pair, int, Marks]] = []
        if mine is not None and other is not None and self._stays(at, by):
            moves.append(((at + 1, by + 1), 0, ()))
        if at < self.mine.held:
            return moves
        context = self.contexts[by]
        dress = self.mine.dresses[at]
        if isinstance(mine, Layer) and is_changeable(mine):
            typed = self.mine.typed[at]
            assert isinstance(typed, Layer)
            if isinstance(other, Layer) and other in self.offers.changed(
                typed, self.follows[at], dress, context
            ):
                text = format_item(mine) + ARROW + format_item(other)
                moves.append(((at + 1, by + 1), 1, (text,)))
            moves.append(((at + 1, by), 1, (REMOVED + format_item(mine),)))
        elif isinstance(mine, tuple) and mine.kind == OPEN:
            then = self.mine.closing[at] + 1
            text = REMOVED + format_stack(stack_of(self.mine.word[at:then]))
            moves.append(((then, by), self.mine.layers(at, then), (text,)))
        if isinstance(other, Layer) and other in self.offers.added(dress, context):
            moves.append(((at, by + 1), 1, (ADDED + format_item(other),)))
        for word, cost in self.offers.words(context) if other is not None else ():
            if self.other[by : by + len(word)] == word:
                text = ADDED + format_stack(stack_of(word))
                moves.append(((at, by + len(word)), cost, (text,)))
        return moves

    def _stays(self, at: int, by: int) -> bool:
        mine: Sign = self.mine.word[at]
        if self.follows[at] and isinstance(mine, Layer):
            mine = replace(mine, channels=self.offers.width_by_rule(mine, self.contexts[by]))
        return mine == self.other[by]

    @cached_property
    def contexts(self) -> list[Context]:
        """The context before each sign of the other, and at its end."""
        found = [Context(self.mine.input_channels)]
        for sign in self.other:
            after = found[-1].after(sign)
            assert after is not None, "a network that matches fits together"
            found.append(after)
        return found
