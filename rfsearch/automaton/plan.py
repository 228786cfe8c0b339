"""Plan: the control of a space as arrays, with what comes before and after the body as arcs.

Places are those of the control behind the inputs and the stem; where there is a head, or where
the end is told apart, one place more is the end of all. Where a control has loops its own places
are all there are: the one input is where it begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rfsearch.layers.anatomy import Anatomy, anatomy
from rfsearch.layers.geometry import Sizes
from rfsearch.layers.layer import Item, Stack, with_head
from rfsearch.layers.nodes import Part, differs_by_axis, is_finer
from rfsearch.layers.notation.format import format_item

if TYPE_CHECKING:
    from rfsearch.automaton.table import Ended
    from rfsearch.space.control import Control

INPUT, BODY, HEAD = 0, 1, 2  # kinds of a link


@dataclass(eq=False)  # a frozen one takes three times as long to make, and plans have thousands
class Link:
    """One arc of a plan: an input, items of the body or stem, the head.

    `made` is None where widths do not fit together: no such arc.
    """

    kind: int
    stack: Stack
    to: int
    made: Anatomy | None = None
    input: Sizes = ()

    @property
    def text(self) -> str:
        """What it adds to the printed stack, the sign between items aside."""
        stack = with_head((), self.stack) if self.kind == HEAD else self.stack
        return "-".join(map(format_item, stack))

    @property
    def convolutions(self) -> tuple[int, int]:
        """(how many are written in it, the sum of their logarithms in units of 2^-24)."""
        return (self.made.convolutions, self.made.log_sum) if self.made else (0, 0)


@dataclass(frozen=True, eq=False)
class Body:
    """Places (C) with their links (A) in the order of stacks; what no input decides.

    width [C]        channels at a place
    ends [C]         whether a stack may end there
    first [C+1], to [A], geometry [A]   arcs by place; geometry numbers `geometries`, below 0: none
    loops            whether arcs lead back; then `depth` is the range of steps
    before           places that stand before the control's: inputs, and the stem
    """

    width: tuple[int, ...]
    ends: tuple[bool, ...]
    links: tuple[Link, ...]
    first: np.ndarray
    to: np.ndarray
    geometry: np.ndarray
    geometries: tuple[Ended, ...]
    loops: bool
    depth: tuple[int, int]
    before: int

    @property
    def is_finer(self) -> bool:
        """Whether some tensor may be finer than the input."""
        return any(is_finer(geometry) for geometry, _ in self.geometries)

    @property
    def in_patches(self) -> bool:
        """Whether some item runs in patches."""
        return any(isinstance(node, Part) for made, _ in self.geometries for node in made)

    @property
    def differs_by_axis(self) -> bool:
        """Whether some item does one thing on one axis and another on the next."""
        return any(differs_by_axis(geometry) for geometry, _ in self.geometries)


def body_of(
    control: Control, stem: Stack, head: Stack, axes: int, ended: bool, apart: bool
) -> Body:
    """The arrays of a control. `ended`: the end is a step of its own also where there is no head;
    `apart`: axes may be told apart, see rfsearch.layers.anatomy.

    The inputs' own links are left out, as a query chooses them: place 0 has no arcs.
    """
    before = 0 if control.loops else 2 if stem else 1
    end = before + len(control.width)
    closed = bool(head) or ended
    rows: list[tuple[Link, ...]] = []
    if not control.loops:
        rows.append(())
    if stem:
        made = anatomy(stem, control.input_channels, axes, 0, apart)
        rows.append((Link(BODY, stem, before, made),))
    # A control holds each item once, so that its identity stands for it.
    known: dict[tuple[int, int, int], tuple[Stack, Anatomy | None]] = {}

    def described(item: Item, width: int, aside: int) -> tuple[Stack, Anatomy | None]:
        key = (id(item), width, aside)
        if key not in known:
            known[key] = (item,), anatomy((item,), width, axes, aside, apart)
        return known[key]

    for number, arcs in enumerate(control.arcs):
        width, aside = control.width[number], control.aside[number]
        here: list[Link] = []
        for item, to in arcs:
            stack, made = described(item, width, aside)
            here.append(Link(BODY, stack, before + to, made))
        # The order of stacks is that of their bodies, a prefix first.
        if closed and _may_end(control, number, stem):
            here.insert(0, Link(HEAD, head, end))
        rows.append(tuple(here))
    ends = [False] * before + [
        not closed and _may_end(control, number, stem) for number in range(len(control.width))
    ]
    width_of = [control.input_channels] * before + list(control.width)
    if closed:
        rows.append(())
        ends.append(True)
        width_of.append(0)
    links = tuple(link for row in rows for link in row)
    geometries: dict[Ended, int] = {}
    number_of: dict[int, int] = {}  # of a form, by its identity
    numbers: list[int] = []
    for one in links:
        if one.made is None:
            numbers.append(-1)
            continue
        form = one.made.form
        if id(form) not in number_of:
            geometry = (form.geometry, form.end)
            number_of[id(form)] = geometries.setdefault(geometry, len(geometries))
        numbers.append(number_of[id(form)])
    return Body(
        tuple(width_of), tuple(ends), links,
        np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
        np.array([one.to for one in links], np.int64),
        np.array(numbers, np.int64),
        tuple(geometries), control.loops, control.depth, before,
    )  # fmt: skip


def _may_end(control: Control, number: int, stem: Stack) -> bool:
    # An empty stack is none; where there are loops the start is met again.
    return control.accepts[number] and (number > 0 or bool(stem) or control.loops)
