"""Next: the signs that may come next in a word of a neighbourhood, and where each leads.

Ways are told from the first of them on, not from the beginning of mine, and signs that lead to the
same ways and contexts are one group: deep networks repeat themselves, so that what may come next is
worked out once for all the places that look alike, and followed group by group.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from rfsearch.layers.layer import Layer
from rfsearch.space.edits.context import Context
from rfsearch.space.edits.numbers import NO_REST, Numbers
from rfsearch.space.edits.offers import Offers
from rfsearch.space.edits.reference import Mine, is_changeable

# A way is one number: the sign of mine that comes next in its low bits, above them the number of
# what is to come of an added block.
AT_BITS = 24
AT = (1 << AT_BITS) - 1
Ways = dict[int, int]  # changes so far


@dataclass(frozen=True, eq=False)
class Next:
    """What may come next.

    signs   in the order of stacks
    group   of each sign, which of the groups it is in
    groups  (look of its signs, ways behind them before anything is left out, told from the first
            way on)
    """

    signs: tuple[int, ...]
    group: tuple[int, ...]
    groups: tuple[tuple[int, Ways], ...]


class _Moves(NamedTuple):
    """The changes that a word may make where one sign of mine comes next: numbers of signs.

    added       layers
    changed     layers in place of that sign
    blocks      (number of a block as a rest, its layers)
    """

    added: tuple[int, ...]
    changed: tuple[int, ...]
    blocks: tuple[tuple[int, int], ...]


class NextSigns:
    """Every Next within `most` changes of mine; `follows`: see control.following."""

    def __init__(
        self, mine: Mine, offers: Offers, follows: tuple[bool, ...], most: int, numbers: Numbers
    ) -> None:
        self.mine, self.offers, self.follows, self.most = mine, offers, follows, most
        self.numbers = numbers
        looks = [
            (mine.typed[at : at + 1], follows[at : at + 1], mine.dresses[at], at < mine.held)
            for at in range(len(mine.word) + 1)
        ]
        number = {look: i for i, look in enumerate(dict.fromkeys(looks))}
        self._look = [number[look] for look in looks]
        self._moves: dict[tuple[int, int, bool], _Moves] = {}
        self._own: dict[tuple[int, int, bool], int] = {}
        self._known: dict[tuple[Any, ...], Next] = {}

    def of(self, ways: Ways, first: int, context: Context) -> Next:
        """What may come next; `first` is the first sign of mine that any of the ways is at."""
        alike = tuple([(way - first, self._look[way & AT], n) for way, n in ways.items()])
        key = (alike, context.width, context.convolved)
        if key not in self._known:
            self._known[key] = self._grouped(self._options(ways, first, context))
        return self._known[key]

    def _grouped(self, options: dict[int, Ways]) -> Next:
        signs = tuple(sorted(options, key=self.numbers.order.__getitem__))
        known: dict[tuple[Any, ...], int] = {}
        groups: list[tuple[int, Ways]] = []
        group = []
        for sign in signs:
            seen, ways = self.numbers.seen[sign], options[sign]
            number = known.setdefault((seen, *ways.items()), len(groups))
            if number == len(groups):
                groups.append((seen, ways))
            group.append(number)
        return Next(signs, tuple(group), tuple(groups))

    def _options(self, ways: Ways, first: int, context: Context) -> dict[int, Ways]:
        """Where each sign leads. Of the context it knows what `of` tells apart: nothing else."""
        options: dict[int, Ways] = {}

        def lead(sign: int, way: int, changes: int) -> None:
            there = options.setdefault(sign, {})
            if changes < there.get(way, self.most + 1):
                there[way] = changes

        for whole, changes in ways.items():
            at, rest, way = whole & AT, whole >> AT_BITS, whole - first
            if rest != NO_REST:
                sign, rest = self.numbers.rests[rest]
                lead(sign, (rest << AT_BITS) + at - first, changes)
                continue
            if at < len(self.mine.word):
                lead(self._unchanged(at, context), way + 1, changes)
            if changes == self.most or at < self.mine.held:
                continue
            moves = self._moves_at(at, context)
            for sign in moves.added:
                lead(sign, way, changes + 1)
            for block, cost in moves.blocks:
                if changes + cost <= self.most:
                    sign, rest = self.numbers.rests[block]
                    lead(sign, (rest << AT_BITS) + way, changes + cost)
            for sign in moves.changed:
                lead(sign, way + 1, changes + 1)
        return options

    def _moves_at(self, at: int, context: Context) -> _Moves:
        key = (self._look[at], context.width, context.convolved)
        if key not in self._moves:
            number, mine, offers = self.numbers.sign, self.mine, self.offers
            dress = mine.dresses[at]
            changed: tuple[Layer, ...] = ()
            if at < len(mine.word):
                sign = mine.typed[at]
                if isinstance(sign, Layer) and is_changeable(sign):
                    changed = offers.changed(sign, self.follows[at], dress, context)
            self._moves[key] = _Moves(
                tuple(map(number, offers.added(dress, context))),
                tuple(map(number, changed)),
                tuple((self.numbers.rest(word), cost) for word, cost in offers.words(context)),
            )
        return self._moves[key]

    def _unchanged(self, at: int, context: Context) -> int:
        """A sign of mine as it stands here: with the width that the rule gives, if it does."""
        key = (self._look[at], context.width, context.convolved)
        if key not in self._own:
            sign = self.mine.word[at]
            if self.follows[at] and isinstance(sign, Layer):
                sign = replace(sign, channels=self.offers.width_by_rule(sign, context))
            self._own[key] = self.numbers.sign(sign)
        return self._own[key]
