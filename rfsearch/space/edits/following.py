"""Next: the signs that may come next in a word of a neighbourhood, and where each leads.

Ways are told from the first of them on, not from the beginning of mine, and signs that lead to the
same ways and contexts are one group: deep networks repeat themselves, so that what may come next is
worked out once for all the places that look alike, and followed group by group.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rfsearch.layers.layer import Layer
from rfsearch.space.edits.context import Context
from rfsearch.space.edits.offers import Offers
from rfsearch.space.edits.reference import Mine, is_changeable
from rfsearch.space.edits.word import Sign, Word, sign_order

Way = tuple[int, Word]  # the sign of mine that comes next, and what is to come of an added block
Ways = dict[Way, int]  # changes so far


@dataclass(frozen=True, eq=False)
class Next:
    """What may come next.

    signs   in the order of stacks
    group   of each sign, which of the groups it is in
    groups  (one sign, ways behind it before anything is left out, told from the first way on)
    """

    signs: tuple[Sign, ...]
    group: tuple[int, ...]
    groups: tuple[tuple[Sign, Ways], ...]


class NextSigns:
    """Every Next within `most` changes of mine; `follows`: see like_control.following."""

    def __init__(self, mine: Mine, offers: Offers, follows: tuple[bool, ...], most: int) -> None:
        self.mine, self.offers, self.follows, self.most = mine, offers, follows, most
        looks = [
            (mine.word[at : at + 1], follows[at : at + 1], mine.dresses[at], at < mine.held)
            for at in range(len(mine.word) + 1)
        ]
        number = {look: i for i, look in enumerate(dict.fromkeys(looks))}
        self._look = [number[look] for look in looks]
        self._known: dict[tuple, Next] = {}

    def of(self, ways: Ways, first: int, context: Context) -> Next:
        """What may come next; `first` is the first sign of mine that any of the ways is at."""
        alike = tuple((at - first, self._look[at], rest, n) for (at, rest), n in ways.items())
        key = (alike, context.width, context.convolved)
        if key not in self._known:
            self._known[key] = self._grouped(self._options(ways, context), first)
        return self._known[key]

    def _grouped(self, options: dict[Sign, Ways], first: int) -> Next:
        signs = tuple(sorted(options, key=sign_order))
        known: dict[tuple, int] = {}
        groups: list[tuple[Sign, Ways]] = []
        group = []
        for sign in signs:
            number = known.setdefault((_seen(sign), *options[sign].items()), len(groups))
            if number == len(groups):
                there = {(at - first, rest): n for (at, rest), n in options[sign].items()}
                groups.append((sign, there))
            group.append(number)
        return Next(signs, tuple(group), tuple(groups))

    def _options(self, ways: Ways, context: Context) -> dict[Sign, Ways]:
        """Where each sign leads. Of the context it knows what `of` tells apart: nothing else."""
        options: dict[Sign, Ways] = {}

        def lead(sign: Sign, way: Way, changes: int) -> None:
            there = options.setdefault(sign, {})
            if changes < there.get(way, self.most + 1):
                there[way] = changes

        mine, offers = self.mine, self.offers
        for (at, rest), changes in ways.items():
            if rest:
                lead(rest[0], (at, rest[1:]), changes)
                continue
            if at < len(mine.word):
                lead(self._unchanged(at, context), (at + 1, ()), changes)
            if changes == self.most or at < mine.held:
                continue
            dress = mine.dresses[at]
            for layer in offers.added(dress, context):
                lead(layer, (at, ()), changes + 1)
            for word, cost in offers.words(context):
                if changes + cost <= self.most:
                    lead(word[0], (at, word[1:]), changes + cost)
            sign = mine.word[at] if at < len(mine.word) else None
            if isinstance(sign, Layer) and is_changeable(sign):
                for layer in offers.changed(sign, self.follows[at], dress, context):
                    lead(layer, (at + 1, ()), changes + 1)
        return options

    def _unchanged(self, at: int, context: Context) -> Sign:
        """A sign of mine as it stands here: with the width that the rule gives, if it does."""
        sign = self.mine.word[at]
        if self.follows[at] and isinstance(sign, Layer):
            return replace(sign, channels=self.offers.width_by_rule(sign, context))
        return sign


def _seen(sign: Sign) -> tuple:
    """What Context.after makes use of: behind signs that agree in it stands one context."""
    if isinstance(sign, Layer):
        reduction = sign.kernel if sign.op == "SE" else 1
        return (sign.op, reduction, sign.channels, sign.groups, sign.norm, sign.bias)
    return sign
