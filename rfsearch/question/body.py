"""Bodies: the items of a match before its head, and the sizes that they pass, told by its steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.plan import BODY, INPUT
from rfsearch.layers.anatomy import Anatomy, anatomy
from rfsearch.layers.geometry import Sizes, place
from rfsearch.layers.layer import Stack
from rfsearch.layers.recurrence import ROUNDINGS


class Passed(NamedTuple):
    """What one item is made of, and the sizes before and behind it."""

    made: Anatomy
    before: Sizes
    behind: Sizes


def body_of(automaton: Automaton, row: list[int]) -> Stack:
    """The body of a match given as its steps."""
    spots = automaton.spots
    links = [spots.links[spots.link[step]] for step in row]
    if spots.in_pieces:
        from rfsearch.automaton.edits.plan import body_of_links

        return body_of_links(links, automaton.space.head_stack, automaton.space.axes)
    return tuple(item for link in links if link.kind == BODY for item in link.stack)


def input_of(automaton: Automaton, row: list[int]) -> Sizes:
    """The input of a match given as its steps."""
    links = [automaton.spots.links[automaton.spots.link[step]] for step in row[:1]]
    return links[0].input if links and links[0].kind == INPUT else automaton.query.inputs[0]


def passed(automaton: Automaton, row: list[int]) -> Iterator[Passed]:
    """Every item of the body of a match given as its steps, as far as it has sizes."""
    sizes = input_of(automaton, row)
    width, aside = automaton.space.input_channels, 0
    rounding = ROUNDINGS[automaton.query.rounding]
    for items, known in _parts(automaton, row):
        for item in items:
            made = known or anatomy((item,), width, len(sizes), aside)
            placed = None if made is None else place(made.geometry, made.end, sizes, rounding)
            if made is None or placed is None:
                return
            yield Passed(made, sizes, placed.sizes)
            sizes, width, aside = placed.sizes, made.width, made.aside


def _parts(automaton: Automaton, row: list[int]) -> Iterator[tuple[Stack, Anatomy | None]]:
    """The items that each step adds, and what a single one is made of where the step knows it.

    A stem, a network like one and an automaton read from a file do not.
    """
    spots = automaton.spots
    if spots.in_pieces:
        yield body_of(automaton, row), None
        return
    for step in row:
        link = spots.links[spots.link[step]]
        if link.kind == BODY:
            yield link.stack, link.made if len(link.stack) == 1 else None
