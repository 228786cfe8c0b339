"""Where a network's execution may be between two signs, and what a step adds to it.

Fields are kept as boxes (first and last input position read, the least growth of any path, the
spread), in positions of the network's input divided by the jump where the outermost open bracket
begins; over branches, and over an inverted block that may have a skip, in the bracket until it
closes.
"""

from __future__ import annotations

from typing import NamedTuple

from rfsearch.device.place import Place
from rfsearch.space.edits.word import Sign

Sizes = tuple[int, ...]
Rooms = frozenset[tuple[int, int]]  # (number, values) of the tensors that something occupies
Box = tuple[Sizes, Sizes, Sizes, Sizes]  # start, end, least, spread; one number an axis

COSTS = ("depth", "params", "macs", "activations", "live", "entropy")


class Bracketed(NamedTuple):
    """An open bracket.

    sizes, rooms    of the tensor at its start
    stride          of its branch so far
    left            branches still to come behind this one
    box             of its branch so far; None where steps give theirs away at once
    done            finished branches: their sizes, stride, box and rooms
    peaks           of an inverted block: values alive so far, without its input waiting and with
    """

    join: str
    sizes: Sizes
    rooms: Rooms
    stride: Sizes
    left: int
    box: Box | None
    done: tuple[Sizes, Sizes, Box, tuple[Rooms, ...]] | None = None
    peaks: tuple[int, int] | None = None


class Written(NamedTuple):
    """A block that is open, where whole items matter: what flows into it, its signs so far."""

    channels: int
    sizes: Sizes
    signs: tuple[Sign, ...]


class Where(NamedTuple):
    """All that matters between two signs, widths (Context) and jump aside.

    written     the outermost open block, where whole items matter
    """

    sizes: Sizes
    rooms: Rooms
    opened: tuple[Bracketed, ...] = ()
    written: Written | None = None


class Effect(NamedTuple):
    """What signs add: the box, the stride of the network, and the costs in the order of COSTS.

    items   those that they finish, where these matter
    """

    box: Box
    stride: Sizes
    costs: tuple[int, ...]
    items: tuple[Place, ...] = ()

    def then(self, other: Effect) -> Effect:
        """This and what comes after it."""
        depth, params, macs, activations, peak, entropy = self.costs
        more = other.costs
        return Effect(
            added(self.box, scaled(other.box, self.stride)),
            tuple(a * b for a, b in zip(self.stride, other.stride, strict=True)),
            (
                depth + more[0], params + more[1], macs + more[2], activations + more[3],
                max(peak, more[4]), entropy + more[5],
            ),
            self.items + other.items,
        )  # fmt: skip


def rooms_of(one: Bracketed) -> list[Rooms]:
    """What a bracket's input and its finished branches occupy."""
    return [one.rooms, *(one.done[3] if one.done is not None else ())]


def numbered_anew(where: Where) -> Where:
    """The same with rooms numbered in the order in which they are met, so that equals are equal.

    Outside of brackets only what a tensor occupies in all matters.
    """
    if not where.opened:
        return where._replace(rooms=frozenset(((0, values_of(where.rooms)),)))
    number: dict[int, int] = {}
    for rooms in (*(some for one in where.opened for some in rooms_of(one)), where.rooms):
        for old, _ in sorted(rooms):
            number.setdefault(old, len(number))

    def anew(rooms: Rooms) -> Rooms:
        return frozenset((number[old], values) for old, values in rooms)

    opened = tuple(
        one._replace(
            rooms=anew(one.rooms),
            done=one.done and (*one.done[:3], tuple(anew(rooms) for rooms in one.done[3])),
        )
        for one in where.opened
    )
    return where._replace(rooms=anew(where.rooms), opened=opened)


def values_of(rooms: Rooms) -> int:
    """Values of all rooms together."""
    return sum(values for _, values in rooms)


def scaled(box: Box, stride: Sizes) -> Box:
    """A box in positions of a tensor that was strided over: spreads are squares."""
    if not any(s > 1 for s in stride):
        return box
    start, end, least, variance = box
    return (
        tuple(a * s for a, s in zip(start, stride, strict=True)),
        tuple(a * s for a, s in zip(end, stride, strict=True)),
        tuple(a * s for a, s in zip(least, stride, strict=True)),
        tuple(a * s * s for a, s in zip(variance, stride, strict=True)),
    )


def added(one: Box, other: Box) -> Box:
    """One box after the other."""
    a, b, c, d = (
        tuple(x + y for x, y in zip(p, q, strict=True)) for p, q in zip(one, other, strict=True)
    )
    return a, b, c, d


def widest(one: Box, other: Box) -> Box:
    """The box over both branches, what the shorter one grows, and the greater spread."""
    return (
        tuple(map(min, one[0], other[0])),
        tuple(map(max, one[1], other[1])),
        tuple(map(min, one[2], other[2])),
        tuple(map(max, one[3], other[3])),
    )
