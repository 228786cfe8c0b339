"""Spots: states without their receptive field, and the steps between them with their numbers.

Two makers fill them: `discover` from the control of a space, `edits` from that of a neighbourhood.
All that comes after is the same for both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from rfsearch.automaton.figures import Figures
from rfsearch.automaton.grammar import Jump
from rfsearch.automaton.plan import INPUT, Link
from rfsearch.kernels.states import finish_spots
from rfsearch.layers.geometry import Sizes

if TYPE_CHECKING:
    from rfsearch.automaton.edits.effects import Effects
    from rfsearch.automaton.placement import Placement


@dataclass(frozen=True, eq=False)
class Spots:
    """Spots (P) and steps (E) between them; spot 0 is where everything begins.

    width, ends [C]  channels at a place of the plan; whether a stack may end there
    links            of the plan; sizes, jumps: what the numbers of these stand for
    place, size, jump [P]   jump numbers `jumps`, len(jumps) where it is too great to matter
    final [P]        a stack may end there, its RF aside
    source, target, link [E]   steps stand by source, links in order
    steps            what each step is made of
    extra            costs of steps [E] that need states told further apart
    loops            whether steps lead back; then `depth` is the range of their number, and one
                     step is one layer
    """

    width: tuple[int, ...]
    ends: tuple[bool, ...]
    links: tuple[Link, ...]
    sizes: list[Sizes]
    jumps: list[Jump]
    place: np.ndarray
    size: np.ndarray
    jump: np.ndarray
    final: np.ndarray
    source: np.ndarray
    target: np.ndarray
    link: np.ndarray
    steps: Placement | Effects
    extra: dict[str, np.ndarray]
    loops: bool = False
    depth: tuple[int, int] = (1, 1)
    joint: str = "-"  # between the texts of links
    most_layers: int | None = None  # of any stack, where that is known beforehand
    decided: frozenset[str] = frozenset()  # costs whose budgets are part of the spots
    dense_only: bool = False  # stacks whose RF has holes are left out, as nothing else is said
    rf: np.ndarray | None = None  # [P, classes of axes] where each spot has one RF (automaton.seen)
    # [P] items that changed the jump so far; where some make it less (rfsearch.automaton.views).
    level: np.ndarray | None = None

    @property
    def axes(self) -> int:
        """How many axes."""
        return self.steps.axes

    @property
    def in_pieces(self) -> bool:
        """Whether links are pieces of items, so that a point may lie within one."""
        return self.joint == ""

    @property
    def apart(self) -> bool:
        """Whether something tells the axes apart, so that a figure of one is a list."""
        return self.steps.apart

    @cached_property
    def first(self) -> np.ndarray:
        """[P+1] the steps of each spot."""
        return np.searchsorted(self.source, np.arange(len(self.place) + 1))

    @cached_property
    def words(self) -> tuple[np.ndarray, np.ndarray]:
        """(first [L+1], letters): the text of link l is letters[first[l] : first[l + 1]]."""
        words = [link.text.encode() for link in self.links]
        letters = np.frombuffer(b"".join(words) or b" ", np.uint8)
        return np.cumsum([0, *map(len, words)]), letters

    @cached_property
    def figures(self) -> Figures:
        """What each step adds to every cost."""
        return Figures(self.steps, self.extra)

    @cached_property
    def stride(self) -> np.ndarray:
        """[E, axes] positions that become one."""
        return self.steps.stride

    @cached_property
    def total_stride(self) -> np.ndarray:
        """[E] of all axes; 2 for an input, which is a point of its family."""
        inputs = np.array([link.kind == INPUT for link in self.links])[self.link]
        if self.level is not None:
            return np.where(self.level[self.target] > self.level[self.source], 2, 1)
        total = self.stride[:, 0].copy()  # numpy takes longer for a product of few columns
        for column in self.stride.T[1:]:
            total *= column
        return np.where(inputs, 2, total)

    @cached_property
    def boxes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(start, end, least) [E, axes] of a step's field in units of the jump before it."""
        return self.steps.boxes()

    @cached_property
    def growth(self) -> np.ndarray:
        """[E, axes] of the field in input positions; 0 where the jump is too great to matter."""
        if self.steps.grown is not None:
            return self.steps.grown
        start, end, _ = self.boxes
        jumps = np.array([*self.jumps, (0,) * self.axes], np.int64)
        grown: np.ndarray = (end - start) * jumps[self.jump[self.source]]
        return grown

    def input_channels(self, step: int) -> int:
        """Channels behind a step that leads to an input."""
        return int(self.width[self.place[self.target[step]]])

    def unfolded(
        self, spot: np.ndarray, step: np.ndarray, source: np.ndarray, target: np.ndarray,
        extra: dict[str, np.ndarray],
    ) -> Spots:  # fmt: skip
        """Copies of spots [P'] and steps [E'], with costs `extra` [E'] more."""
        return replace(
            self,
            **{name: getattr(self, name)[spot] for name in ("place", "size", "jump", "final")},
            level=None if self.level is None else self.level[spot],
            source=source,
            target=target,
            link=self.link[step],
            steps=self.steps.chosen(step),
            extra={name: values[step] for name, values in self.extra.items()} | extra,
            rf=None if self.rf is None else self.rf[spot],
        )


def without_dead_ends(spots: Spots, decided: set[str]) -> Spots:
    """Those spots that lie on the way to an end, and the first; budgets of `decided` hold."""
    kept = finishing(spots.source, spots.target, spots.final)
    reached = np.arange(len(kept)) == 0
    finish_spots(spots.target[::-1].copy(), spots.source[::-1].copy(), reached)
    kept &= reached
    kept[0] = True
    number = np.cumsum(kept) - 1
    alive = np.flatnonzero(kept[spots.source] & kept[spots.target])
    made = spots.unfolded(
        np.flatnonzero(kept), alive, number[spots.source[alive]], number[spots.target[alive]], {}
    )
    return replace(made, decided=spots.decided | decided)


def finishing(source: np.ndarray, target: np.ndarray, final: np.ndarray) -> np.ndarray:
    """[P] whether an end can be reached; sources come before their targets in number."""
    kept = final.copy()
    finish_spots(source, target, kept)
    return kept
