"""Bodies: the items of a match before its head, and the sizes that they pass, told by its steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.plan import BODY, INPUT
from rfsearch.automaton.spots import Spots
from rfsearch.layers.anatomy import Anatomy, anatomy
from rfsearch.layers.geometry import Sizes, place
from rfsearch.layers.layer import Stack
from rfsearch.layers.recurrence import ROUNDINGS


class Passed(NamedTuple):
    """What one item is made of, and the sizes before and behind it."""

    made: Anatomy
    before: Sizes
    behind: Sizes


def body_of(spots: Spots, row: list[int]) -> Stack:
    """The body of a match given as its steps."""
    links = [spots.links[spots.link[step]] for step in row]
    if spots.in_pieces:
        from rfsearch.automaton.edits.plan import body_of_links

        return body_of_links(links)
    return tuple(item for link in links if link.kind == BODY for item in link.stack)


def input_of(automaton: Automaton, row: list[int]) -> Sizes:
    """The input of a match given as its steps."""
    links = [automaton.spots.links[automaton.spots.link[step]] for step in row[:1]]
    return links[0].input if links and links[0].kind == INPUT else automaton.query.inputs[0]


def passed(automaton: Automaton, row: list[int]) -> Iterator[Passed]:
    """Every item of the body of a match given as its steps, as far as it has sizes."""
    spots, sizes = automaton.spots, input_of(automaton, row)
    if spots.in_pieces:
        yield from _inside(automaton, body_of(spots, row), sizes)
        return
    for step in row:
        link = spots.links[spots.link[step]]
        if link.kind != BODY:
            continue
        behind = spots.sizes[spots.size[spots.target[step]]]
        if len(link.stack) == 1 and link.made is not None:
            yield Passed(link.made, sizes, behind)
        else:  # a stem
            yield from _inside(automaton, link.stack, sizes)
        sizes = behind


def _inside(automaton: Automaton, stack: Stack, sizes: Sizes) -> Iterator[Passed]:
    """The items of a stack that begins with the input."""
    rounding = ROUNDINGS[automaton.query.rounding]
    width, aside = automaton.space.input_channels, 0
    for item in stack:
        made = anatomy((item,), width, len(sizes), aside)
        placed = None if made is None else place(made.geometry, made.end, sizes, rounding)
        if made is None or placed is None:
            return
        yield Passed(made, sizes, placed.sizes)
        sizes, width, aside = placed.sizes, made.width, made.aside
