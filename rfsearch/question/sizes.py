"""The sizes that rows of a list pass through, told from the states they pass."""

from __future__ import annotations

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.plan import BODY, INPUT
from rfsearch.layers.anatomy import anatomy
from rfsearch.layers.geometry import Sizes, place
from rfsearch.layers.layer import Stack
from rfsearch.layers.recurrence import ROUNDINGS
from rfsearch.question.rows import TEXT, Column, Rows
from rfsearch.request.query import size_text


def with_sizes(automaton: Automaton, listed: Rows, rows: np.ndarray) -> Rows:
    """The columns of rows [n, D] of steps with a last column `sizes`: `227,55,27`.

    The input and what follows each item of the stack, up to the head; one number, or `128x431`
    where axes differ.
    """
    texts = [
        ",".join(map(size_text, _passed(automaton, row[row >= 0].tolist(), stack)))
        for row, stack in zip(rows, listed.values("stack"), strict=True)
    ]
    return listed.inserted("sizes", Column(texts, TEXT), after=listed.names[-1])


def _passed(automaton: Automaton, row: list[int], stack: str) -> list[Sizes]:
    spots = automaton.spots
    links = [spots.links[spots.link[step]] for step in row]
    passed = [links[0].input if links and links[0].kind == INPUT else automaton.query.inputs[0]]
    if spots.in_pieces:
        items = automaton.space.body(stack)  # type: ignore[union-attr]
        return [*passed, *_inside(automaton, passed[0], items, len(items) + 1)]
    for step, link in zip(row, links, strict=True):
        if link.kind == BODY:
            passed.extend(_inside(automaton, passed[-1], link.stack, len(link.stack)))
            passed.append(spots.sizes[spots.size[spots.target[step]]])
    return passed


def _inside(automaton: Automaton, sizes: Sizes, stack: Stack, stop: int) -> list[Sizes]:
    """The sizes after each item of a stack that begins with the input, before the `stop`th."""
    found = []
    rounding = ROUNDINGS[automaton.query.rounding]
    for count in range(1, stop):
        made = anatomy(stack[:count], automaton.space.input_channels, len(sizes))
        placed = None if made is None else place(made.geometry, made.end, sizes, rounding)
        if placed is not None:
            found.append(placed.sizes)
    return found
