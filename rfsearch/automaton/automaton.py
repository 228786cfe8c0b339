"""Automaton: a space and a query compiled into merged states and transitions.

What can follow a prefix of a stack, and what it will cost, depends only on its spot (place of the
control, sizes, jump) and its receptive field (RF). Prefixes that agree on these share a state. A
transition is a step of its spot, so that it adds one constant to each cost. Nothing is kept that
cannot start or finish.

Where the control has loops the number of steps taken is no part of a state: each keeps the word of
the depths at which it is on a match. Elsewhere states ascend along transitions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from rfsearch.automaton.spots import Spots
from rfsearch.kernels.distinct import distinct
from rfsearch.layers.cost import RANKED, RF, SUM, scale_of
from rfsearch.layers.numbers import input_numbers
from rfsearch.request.query import Query

if TYPE_CHECKING:
    from rfsearch.automaton.charged import Items
    from rfsearch.space.edits.space import Neighbourhood
    from rfsearch.space.space import Space


@dataclass(frozen=True, eq=False, repr=False)
class Automaton:
    """States (S) and transitions (E), and what every question needs to know of them.

    spot [S]: the state's spot; rf [S]: the number of its RF, its row of `fields` [R, axes told
    apart]; 0 everywhere where RFs are not `tracked`; axes: those told apart. alive [S]: word of
    depths, bit d-1 for d steps; the start is alive at 0 besides. final [S]: may a stack end here.
    first [S+1], to, step [E]: transitions by source, steps in the order of stacks.
    """

    space: Space | Neighbourhood
    query: Query
    spots: Spots
    start: int
    spot: np.ndarray
    rf: np.ndarray
    alive: np.ndarray
    final: np.ndarray
    first: np.ndarray
    to: np.ndarray
    step: np.ndarray
    tracked: bool = True
    axes: tuple[int, ...] = (0,)
    fields: np.ndarray = field(default_factory=lambda: np.ones((1, 1), np.int64))
    depths: tuple[int, int] | None = None  # a narrower range of steps, where there are loops

    def __repr__(self) -> str:
        return f"Automaton({self.states:,} states, {self.transitions:,} transitions)"

    @property
    def states(self) -> int:
        """How many states."""
        return len(self.spot)

    @property
    def transitions(self) -> int:
        """How many transitions."""
        return len(self.to)

    @property
    def steps(self) -> int:
        """How many steps of spots."""
        return len(self.spots.source)

    @property
    def width(self) -> int:
        """How many columns the rows of matches have, at least one."""
        return max(self.depth[1], 1)

    def no_rows(self) -> np.ndarray:
        """[0, width] the rows of no match."""
        return np.full((0, self.width), -1, np.int64)

    @property
    def ascending(self) -> bool:
        """Returns True where states ascend along transitions; labels of budgets do not."""
        return not self.spots.loops and self.start == 0

    @cached_property
    def depth(self) -> tuple[int, int]:
        """Least and greatest number of transitions; where there are no loops, of steps."""
        if self.spots.loops:
            return self.depths or self.spots.depth
        return 1, max(int(self.alive.max(initial=np.uint64(1))).bit_length(), 1)

    @cached_property
    def jump(self) -> np.ndarray:
        """[S] rank of the jump, from 1; 0 where it is too great for a window to follow."""
        if self.spots.level is not None:
            levels: np.ndarray = self.spots.level[self.spot] + 1
            return levels
        products = np.array([float(prod(jump)) for jump in self.spots.jumps])
        rank = np.empty(len(products) + 1, np.int64)
        if self.spots.loops:
            rank[np.argsort(products, kind="stable")] = np.arange(1, len(products) + 1)
        else:  # every strided step, the input's among them, leads to a greater one
            rank[np.argsort(products, kind="stable")] = np.arange(2, len(products) + 2)
        rank[-1] = 0
        ranks: np.ndarray = rank[self.spots.jump]
        if not self.spots.loops:
            ranks[0] = 1
        return ranks.take(self.spot)

    def blocks(self) -> np.ndarray:
        """[B+1] bounds of runs of states; transitions lead to later runs, or stay in theirs."""
        if not self.spots.loops:
            return np.array([0, self.states])
        change = (np.diff(self.jump) != 0) | (np.diff(self.rf) != 0)
        return np.concatenate([[0], np.flatnonzero(change) + 1, [self.states]])

    @cached_property
    def stride(self) -> np.ndarray:
        """int64 [steps] total stride."""
        return self.spots.total_stride

    @cached_property
    def order(self) -> np.ndarray:
        """int32 [steps] where a step stands among all that may follow the same layers."""
        return self.spots.link.astype(np.int32)

    @cached_property
    def forks(self) -> bool:
        """Returns True where a first step leads to several states (see automaton.expressive)."""
        steps = self.step[self.first[self.start] : self.first[self.start + 1]]
        return len(distinct(self.spots.link[steps])) < len(steps)

    @property
    def one_rf(self) -> bool:
        """Returns True where all matches have one RF."""
        return len(distinct(self.rf[self.final])) <= 1

    @property
    def in_states(self) -> tuple[str, ...]:
        """Costs whose budgets are part of the states already."""
        return (("depth",) if self.spots.loops else ()) + ("peak_memory", *self.spots.decided)

    def cost(self, name: str) -> np.ndarray:
        """int64 [steps] what each step adds. Raises KeyError where it is no cost here.

        Of a declared cost that of the steps of matches alone; UsageError where it has no value.
        """
        charge = self.query.charges.get(name)
        if charge is None:
            return self.spots.figures[name]
        if name not in self._charged:
            from rfsearch.automaton.charged import constants

            self._charged[name] = constants(self.items, charge, self.steps)
        return self._charged[name]

    @cached_property
    def cost_names(self) -> tuple[str, ...]:
        """Every cost that its matches have."""
        return (*self.spots.figures, *self.query.charges)

    @cached_property
    def _charged(self) -> dict[str, np.ndarray]:
        """What the steps add to declared costs, as they were asked for."""
        return {}

    @cached_property
    def items(self) -> Items:
        """The items of all steps that stand in some match."""
        used = np.zeros(self.steps, bool)
        used[self.step] = True
        from rfsearch.automaton.charged import items_of

        return items_of(self.spots, np.flatnonzero(used))

    def begin(self, name: str, sign: int) -> int:
        """A cost before any step, negated where `sign` is -1.

        A field begins at one position an axis. Where there are loops the input is no step of the
        automaton: what such a step adds stands here.
        """
        if name == RF.name:
            return sign * self.spots.axes
        charge = self.query.charges.get(name)
        if charge is not None:
            return sign * charge.per_network if charge.combine == SUM else 0
        step = RANKED[name].step
        if not self.spots.loops or step is None:
            return 0
        values = prod(self.query.inputs[0]) * self.space.input_channels
        query = self.query
        added = step(input_numbers(values, query.weight_bytes, query.activation_bytes))
        return 0 if added is None else sign * int(added[0])

    def columns_of_axes(self) -> list[int]:
        """The column of `fields` that holds the RF of each axis; empty where axes are all alike."""
        if not self.spots.apart:
            return []
        growth = self.spots.growth
        return [
            next(
                (
                    column
                    for column, kept in enumerate(self.axes)
                    if (growth[:, kept] == growth[:, axis]).all()
                ),
                0,
            )
            for axis in range(self.spots.axes)
        ]

    def fields_at(self, states: np.ndarray) -> np.ndarray:
        """[n, axes told apart] RFs of states."""
        fields: np.ndarray = self.fields[self.rf[states]]
        return fields

    def scales(self) -> dict[str, int]:
        """How many times as large as shown each cost is kept."""
        declared = {name: charge.source.scale for name, charge in self.query.charges.items()}
        return {name: scale_of(name, self.spots.axes) for name in RANKED} | declared

    @property
    def most_layers(self) -> int | None:
        """No stack has more layers; None where that is not known beforehand."""
        return self.spots.most_layers

    def points(self) -> np.ndarray:
        """[S] numbers, equal where sizes, channels, jump and RF are: the points of families.

        Jumps that no growing window can follow count as one; the strides tell them apart.
        """
        widths, width = np.unique(np.array(self.spots.width), return_inverse=True)
        spot = self.spot
        key = self.rf.astype(np.int64)
        for values, count in (
            (self.spots.jump[spot], len(self.spots.jumps) + 1),
            (self.spots.size[spot], len(self.spots.sizes)),
            (width.reshape(-1)[self.spots.place[spot]], len(widths)),
        ):
            key = key * count + values
        return np.unique(key, return_inverse=True)[1].reshape(-1).astype(np.int64)


def nothing(space: Space | Neighbourhood, query: Query, spots: Spots) -> Automaton:
    """The automaton of a query without matches: a start and no transition."""
    none = np.empty(0, np.int32)
    one = np.zeros(1, np.int64)
    return Automaton(
        space, query, spots, 0, one, one.astype(np.int32), np.zeros(1, np.uint64),
        np.zeros(1, bool), np.zeros(2, np.int64), none, none,
    )  # fmt: skip
