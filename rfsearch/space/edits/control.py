"""The control of a neighbourhood: every word within so many changes of mine, each once.

A Levenshtein automaton reads a word from left to right. A way is a sign of mine that comes next,
and what is still to come of an added block; all ways to have read the same word are followed
together, each with the fewest changes, so that two alignments of one network count once and the
number of changes at the end is the least. Places from which the same may follow are merged.

Schulz, Mihov, "Fast string correction with Levenshtein automata", 2002.
"""

from __future__ import annotations

from dataclasses import dataclass

from rfsearch.errors import LimitError
from rfsearch.layers.layer import Layer
from rfsearch.space.edits.context import Context
from rfsearch.space.edits.following import NextSigns, Way, Ways
from rfsearch.space.edits.offers import Offers
from rfsearch.space.edits.reference import Mine, is_changeable
from rfsearch.space.edits.word import OPEN, THE_END, Sign

MOST_ARCS = 1 << 20


@dataclass(frozen=True)
class Place:
    """Where a word may have come to: its context, and the signs that may follow.

    arcs    (sign, place behind it) in the order of stacks; END leads to place -1
    changes those of a word that ends here
    """

    context: Context
    arcs: tuple[tuple[Sign, int], ...]
    changes: int = -1


@dataclass(frozen=True)
class LikeControl:
    """Places, the last the start: arcs lead to places before; and how many words there are."""

    places: tuple[Place, ...]
    words: int


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
        self.mine, self.offers, self.most = mine, offers, changes
        self.next = NextSigns(mine, offers, following(mine, offers), changes)
        self.places: list[Place] = []
        self.words: list[int] = []
        self.same: dict[Place, int] = {}
        self.known: dict[tuple[frozenset[tuple[Way, int]], Context], int] = {}
        self.arcs = 0

    def build(self) -> LikeControl:
        start = self._place(self._closed({(0, ()): 0}), Context(self.mine.input_channels))
        if start < 0:
            return LikeControl((), 0)
        # What was made after the start is not reached from it.
        return LikeControl(tuple(self.places[: start + 1]), self.words[start])

    def _place(self, ways: Ways, context: Context) -> int:
        """The number of the place where exactly these ways lead; -1 where none can end."""
        key = (frozenset(ways.items()), context)
        if key in self.known:
            return self.known[key]
        changes = ways.get((len(self.mine.word), ()), -1)
        ends = changes >= 0 and context.filled
        first = min(at for at, _ in ways)
        ahead = self.next.of(ways, first, context)
        self.arcs += len(ahead.signs)
        if self.arcs > MOST_ARCS:
            raise LimitError(
                f"changes: {self.most} of them make more than {MOST_ARCS:,} choices at all "
                "places together; allow fewer changes, or fewer kernels, strides, paddings or "
                "widths, or hold the network's beginning with stem"
            )
        to = [self._behind(sign, there, first, context) for sign, there in ahead.groups]
        arcs = [
            (sign, to[group])
            for sign, group in zip(ahead.signs, ahead.group, strict=True)
            if to[group] >= 0
        ]
        if ends:
            arcs.insert(0, (THE_END, -1))
        number = -1
        if arcs:
            place = Place(context, tuple(arcs), changes if ends else -1)
            number = self.same.setdefault(place, len(self.places))
            if number == len(self.places):
                self.places.append(place)
                self.words.append(ends + sum(self.words[to] for _, to in arcs[ends:]))
        self.known[key] = number
        return number

    def _behind(self, sign: Sign, ways: Ways, first: int, context: Context) -> int:
        """The number of the place behind a sign; `ways` are told from the sign `first` on."""
        after = context.after(sign)
        if after is None:
            return -1
        there = {(first + at, rest): changes for (at, rest), changes in ways.items()}
        return self._place(self._closed(there), after)

    def _closed(self, ways: Ways) -> Ways:
        """The ways with all that leave out signs of mine."""
        word, most = self.mine.word, self.most
        found = dict(ways)
        own = [at for at, rest in ways if not rest]
        last = max(own, default=-1)
        # What is left out leads further right only, so that one sweep closes all.
        for at in range(min(own, default=len(word)), len(word)):
            if at > last:
                break
            changes = found.get((at, ()))
            if changes is None or at < self.mine.held:
                continue
            sign = word[at]
            if is_changeable(sign):
                then, cost = at + 1, 1
            elif not isinstance(sign, Layer) and sign.kind == OPEN:
                then = self.mine.closing[at] + 1
                cost = self.mine.layers(at, then)
            else:
                continue
            if changes + cost < found.get((then, ()), most + 1):
                found[then, ()] = changes + cost
                last = max(last, then)
        return found
