"""The control of a neighbourhood: every word within so many changes of mine, each once.

A Levenshtein automaton reads a word from left to right. A way is a sign of mine that comes next,
and what is still to come of an added block; all ways to have read the same word are followed
together, each with the fewest changes, so that two alignments of one network count once and the
number of changes at the end is the least. Places from which the same may follow are merged.

Schulz, Mihov, "Fast string correction with Levenshtein automata", 2002.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from rfsearch.errors import LimitError
from rfsearch.layers.layer import Layer
from rfsearch.space.edits.context import Context
from rfsearch.space.edits.following import AT, NextSigns, Ways
from rfsearch.space.edits.numbers import NO_SIGN, Numbers
from rfsearch.space.edits.offers import Offers
from rfsearch.space.edits.reference import Mine, is_changeable
from rfsearch.space.edits.word import OPEN, Sign

MOST_ARCS = 1 << 20


class Place(NamedTuple):
    """Where a word may have come to: its context, and the signs that may follow, by number.

    signs   in the order of stacks; NO_SIGN first where a word may end here
    to      the place behind each sign; -1 behind NO_SIGN
    changes those of a word that ends here; -1 where none does
    """

    context: int
    signs: tuple[int, ...]
    to: tuple[int, ...]
    changes: int = -1


@dataclass(frozen=True, eq=False)
class LikeControl:
    """Places, the last the start: arcs lead to places before; and how many words there are.

    signs, contexts   what their numbers stand for
    """

    places: tuple[Place, ...]
    words: int
    signs: tuple[Sign, ...]
    contexts: tuple[Context, ...]

    @cached_property
    def used(self) -> frozenset[Sign]:
        """Every sign of some word, and the end."""
        numbers = {number for place in self.places for number in place.signs}
        return frozenset(self.signs[number] for number in numbers)


def control_of(mine: Mine, offers: Offers, changes: int) -> LikeControl:
    """All words within `changes` changes of mine. Raises LimitError beyond 2^20 arcs."""
    return _Builder(mine, offers, changes).build()


def following(mine: Mine, offers: Offers) -> tuple[bool, ...]:
    """Which signs of mine are convolutions whose width follows from the rule."""
    return tuple(
        isinstance(sign, Layer)
        and sign.channels is not None
        and offers.width_by_rule(sign, context) == sign.channels
        for sign, context in zip(mine.word, mine.contexts[:-1], strict=True)
    )


class _Builder:
    def __init__(self, mine: Mine, offers: Offers, changes: int) -> None:
        self.mine, self.most, self.numbers = mine, changes, Numbers()
        self.next = NextSigns(mine, offers, following(mine, offers), changes, self.numbers)
        self.left_out = [self._left_out(at) for at in range(len(mine.word))]
        self.places: list[Place] = []
        self.words: list[int] = []
        self.same: dict[Place, int] = {}
        self.known: dict[tuple[frozenset[tuple[int, int]], int], int] = {}
        self.arcs = 0

    def build(self) -> LikeControl:
        context = self.numbers.context(Context(self.mine.input_channels))
        start = self._place(self._closed({0: 0}), context)
        # What was made after the start is not reached from it.
        return LikeControl(
            tuple(self.places[: start + 1]), self.words[start] if start >= 0 else 0,
            tuple(self.numbers.signs), tuple(self.numbers.contexts),
        )  # fmt: skip

    def _place(self, ways: Ways, context: int) -> int:
        """The number of the place where exactly these ways lead; -1 where none can end."""
        key = (frozenset(ways.items()), context)
        if key in self.known:
            return self.known[key]
        changes = ways.get(len(self.mine.word), -1)
        ends = changes >= 0 and self.numbers.contexts[context].filled
        first = min(way & AT for way in ways)
        ahead = self.next.of(ways, first, self.numbers.contexts[context])
        self.arcs += len(ahead.signs)
        if self.arcs > MOST_ARCS:
            raise LimitError(
                f"changes: {self.most} of them make more than {MOST_ARCS:,} choices at all "
                "places together; allow fewer changes, or fewer kernels, strides, paddings or "
                "widths, or hold the network's beginning with stem"
            )
        behind = [self._behind(seen, there, first, context) for seen, there in ahead.groups]
        signs, to = ahead.signs, tuple([behind[group] for group in ahead.group])
        if -1 in behind:
            signs = tuple([sign for sign, place in zip(signs, to, strict=True) if place >= 0])
            to = tuple([place for place in to if place >= 0])
        words = sum(map(self.words.__getitem__, to)) + ends
        if ends:
            signs, to = (NO_SIGN, *signs), (-1, *to)
        number = -1
        if signs:
            place = Place(context, signs, to, changes if ends else -1)
            number = self.same.setdefault(place, len(self.places))
            if number == len(self.places):
                self.places.append(place)
                self.words.append(words)
        self.known[key] = number
        return number

    def _behind(self, seen: int, ways: Ways, first: int, context: int) -> int:
        """The number of the place behind signs of one look; `ways` are told from `first` on."""
        after = self.numbers.after(context, seen)
        if after < 0:
            return -1
        there = {way + first: changes for way, changes in ways.items()}
        return self._place(self._closed(there), after)

    def _closed(self, ways: Ways) -> Ways:
        """The ways with all that leave out signs of mine; changes `ways`."""
        own = [way for way in ways if way <= AT]
        at, last = min(own, default=0), max(own, default=-1)
        # What is left out leads further right only, so that one sweep closes all.
        while at <= last and at < len(self.left_out):
            if at in ways and (left_out := self.left_out[at]) is not None:
                then, cost = left_out
                changes = ways[at] + cost
                if changes < ways.get(then, self.most + 1):
                    ways[then] = changes
                    last = max(last, then)
            at += 1
        return ways

    def _left_out(self, at: int) -> tuple[int, int] | None:
        """The sign that comes next where the one at `at` is left out, and what that costs."""
        sign = self.mine.word[at]
        if at < self.mine.held:
            return None
        if is_changeable(sign):
            return at + 1, 1
        if not isinstance(sign, Layer) and sign.kind == OPEN:
            then = self.mine.closing[at] + 1
            return then, self.mine.layers(at, then)
        return None
