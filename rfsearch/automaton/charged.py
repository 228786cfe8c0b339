"""Charged: what steps add to declared costs, item by item.

A cost of one's own is a function of an item and of what flows into it (rfsearch.device.place). Each
distinct item at each place is looked up once, for all steps together, and only where it stands in a
match.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rfsearch.automaton.spots import Spots, finishing
from rfsearch.device.charge import Charge
from rfsearch.device.place import Place, places_of
from rfsearch.layers.cost import MAX

Places = tuple[Place, ...]


@dataclass(frozen=True, eq=False)
class Items:
    """The items of steps.

    step [n]    the steps, ascending; which [n] numbers `runs`, the items of a step in order: none
                of an input, one of a layer or block, several of a stem or head
    """

    step: np.ndarray
    which: np.ndarray
    runs: Sequence[Places]

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every item at a place once, in the order of steps."""
        used = dict.fromkeys(self.which.tolist())
        return tuple(dict.fromkeys(place for run in used for place in self.runs[run]))


def items_of(spots: Spots, step: np.ndarray) -> Items:
    """The items of some steps of spots."""
    written = spots.steps.written
    if written is not None:
        runs, run = written
        return Items(step, run[step], runs)
    source, link = spots.source[step], spots.link[step]
    width = np.array(spots.width, np.int64)[spots.place[source]]
    # Equal items at equal widths share one anatomy: its identity stands for both.
    kinds: dict[object, int] = {}
    number = np.zeros(len(spots.links), np.int64)
    for one in np.unique(link).tolist():
        made = spots.links[one].made
        key = (id(made), len(spots.links[one].stack)) if made is not None else one
        number[one] = kinds.setdefault(key, len(kinds))
    sizes = len(spots.sizes)
    keys, first, which = np.unique(
        number[link] * sizes + spots.size[source], return_index=True, return_inverse=True
    )
    found = [
        places_of(spots.links[a].stack, b, spots.sizes[c])
        for a, b, c in zip(
            link[first].tolist(),
            width[first].tolist(),
            (keys % sizes).tolist(),
            strict=True,
        )
    ]
    return Items(step, which.reshape(-1), found)


def constants(items: Items, charge: Charge, steps: int) -> np.ndarray:
    """int64 [steps] what steps add to a declared cost; 0 of those that stand in no match.

    UsageError where a match has an item without a value.
    """
    charge.require(items.places)
    known = {place: charge.constant(place) for place in items.places}
    of_run = np.zeros(len(items.runs), np.int64)
    for run in np.unique(items.which).tolist():
        values = [known[place] for place in items.runs[run]]
        # A run that is no choice stands in no match.
        whole = charge.joined(value for value in values if value is not None)
        # The greatest of sums with a constant is that of the values, plus the constant.
        of_run[run] = whole + (charge.per_network if values and charge.combine == MAX else 0)
    found = np.zeros(steps, np.int64)
    found[items.step] = of_run[items.which]
    return found


def allowed(spots: Spots, charges: Sequence[Charge]) -> Spots:
    """The spots without the steps that have an item which some charge allows nowhere."""
    refused = forbidden(items_of(spots, np.arange(len(spots.source))), charges)
    kept = np.ones(len(spots.source), bool)
    kept[refused] = False
    return kept_of(spots, kept)


def kept_of(spots: Spots, kept: np.ndarray, always: bool = False) -> Spots:
    """The spots with the steps kept [E] alone, and of these what begins and ends a stack.

    Steps lead to spots of greater number. `always`: look also where all steps are kept.
    """
    if kept.all() and not always:
        return spots
    alive = finishing(spots.source[kept], spots.target[kept], spots.final)
    reached = np.zeros(len(alive), bool)
    alive[0] = reached[0] = True
    for step in np.flatnonzero(kept).tolist():
        reached[spots.target[step]] |= reached[spots.source[step]]
    alive &= reached
    kept &= alive[spots.source] & alive[spots.target]
    number = np.cumsum(alive) - 1
    steps = np.flatnonzero(kept)
    source, target = number[spots.source[steps]], number[spots.target[steps]]
    return spots.unfolded(np.flatnonzero(alive), steps, source, target, {})


def forbidden(items: Items, charges: Sequence[Charge]) -> np.ndarray:
    """Steps that have an item which some charge allows nowhere, ascending."""
    refused = {
        place
        for charge in charges
        if charge.forbids
        for place in items.places
        if charge.constant(place) is None
    }
    runs = [any(place in refused for place in run) for run in items.runs] if refused else []
    return items.step[np.array(runs, bool)[items.which]] if refused else items.step[:0]
