"""Charged: what steps add to declared costs, item by item.

A cost of one's own is a function of an item and of what flows into it (rfsearch.device.place). Each
distinct item at each place is looked up once, for all steps together, and only where it stands in a
match. They are arrays until somebody asks for them one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise

import numpy as np

from rfsearch.automaton.spots import Spots, finishing
from rfsearch.device.charge import Charge
from rfsearch.device.place import Place, places_of
from rfsearch.device.places import Places
from rfsearch.layers.cost import MAX

Run = tuple[Place, ...]
MOST_PAIRS = 1 << 22  # of an item and sizes, for which a table of all is written


@dataclass(frozen=True, eq=False)
class Items:
    """The items of steps, as runs (R): the items of one step in order.

    step [n]     the steps, ascending; which [n] numbers the runs: none of an input, one of a layer
                 or block, several of a stem or head
    in_runs [N]  the run of each place of `in_order`, ascending
    """

    step: np.ndarray
    which: np.ndarray
    number: int
    in_order: Places
    in_runs: np.ndarray

    @cached_property
    def runs(self) -> Sequence[Run]:
        """The items of each run, one by one."""
        first = np.searchsorted(self.in_runs, np.arange(self.number + 1)).tolist()
        each = self.in_order.each
        return [each[a:b] for a, b in pairwise(first)]

    @cached_property
    def places(self) -> Run:
        """Every item at a place once, in the order of steps."""
        return self.in_order.distinct


def items_of(spots: Spots, step: np.ndarray) -> Items:
    """The items of some steps of spots."""
    written = spots.steps.written
    if written is not None:
        runs, run = written
        number, first = _numbered(run[step], len(runs))
        return _of_runs(step, number, [runs[one] for one in run[step[first]].tolist()])
    source, link = spots.source[step], spots.link[step]
    sizes = len(spots.sizes)
    kind, kinds = _kinds(spots, link)
    which, first = _numbered(kind[link] * sizes + spots.size[source], kinds * sizes)
    link, source = link[first], source[first]
    width, size = np.array(spots.width, np.int64)[spots.place[source]], spots.size[source]
    used, link = np.unique(link, return_inverse=True)
    stacks = [spots.links[one].stack for one in used.tolist()]
    single = np.array([len(stack) == 1 for stack in stacks], bool)[link]
    short, long = np.flatnonzero(single), np.flatnonzero(~single)
    heads = [stack[:1] for stack in stacks]
    number = np.cumsum([len(head) for head in heads], dtype=np.int64) - 1
    items = list(chain.from_iterable(heads))
    one = Places(items, number[link[short]], width[short], spots.sizes, size[short])
    columns = (link[long].tolist(), width[long].tolist(), size[long].tolist())
    runs = [places_of(stacks[a], b, spots.sizes[c]) for a, b, c in zip(*columns, strict=True)]
    run = np.concatenate([short, np.repeat(long, [len(run) for run in runs])])
    places = one.joined(Places.of(chain.from_iterable(runs)))
    order = np.argsort(run, kind="stable")
    return Items(step, which, len(first), places.at(order), run[order])


def _of_runs(step: np.ndarray, which: np.ndarray, runs: Sequence[Run]) -> Items:
    """Items whose runs are known one by one."""
    in_runs = np.repeat(np.arange(len(runs)), [len(run) for run in runs])
    places = Places.of(chain.from_iterable(runs))
    return Items(step, which, len(runs), places, in_runs)


def _kinds(spots: Spots, link: np.ndarray) -> tuple[np.ndarray, int]:
    """(number [links] of each that is used, how many): equal for equal items at equal widths."""
    used = np.zeros(len(spots.links), bool)
    used[link] = True
    # Equal items at equal widths share one anatomy: its identity stands for both.
    kinds: dict[object, int] = {}
    number = np.zeros(len(spots.links), np.int64)
    for one in np.flatnonzero(used).tolist():
        made = spots.links[one].made
        key = (id(made), len(spots.links[one].stack)) if made is not None else one
        number[one] = kinds.setdefault(key, len(kinds))
    return number, len(kinds)


def _numbered(key: np.ndarray, keys: int) -> tuple[np.ndarray, np.ndarray]:
    """(number [n] of each key, the first [R] that has it), numbered as they come.

    Keys are below `keys`.
    """
    if keys > MOST_PAIRS + 8 * len(key):
        key = np.unique(key, return_inverse=True)[1].reshape(-1)
        keys = int(key.max(initial=-1)) + 1
    met = np.full(keys, len(key), np.int64)
    np.minimum.at(met, key, np.arange(len(key)))
    first = np.sort(met[met < len(key)])
    number = np.empty(keys, np.int64)
    number[key[first]] = np.arange(len(first))
    return number[key], first


def constants(items: Items, charge: Charge, steps: int) -> np.ndarray:
    """int64 [steps] what steps add to a declared cost; 0 of those that stand in no match.

    UsageError where a match has an item without a value.
    """
    values, known = charge.values(items.in_order)
    run = items.in_runs[known]
    of_run = np.zeros(items.number, np.int64)
    if charge.combine == MAX:
        np.maximum.at(of_run, run, values[known])
        # The greatest of sums with a constant is that of the values, plus the constant.
        of_run[np.unique(items.in_runs)] += charge.per_network
    else:
        np.add.at(of_run, run, values[known])
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
    if len(spots.place) == 0 or (kept.all() and not always):
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
    refused = np.zeros(items.number, bool)
    for charge in charges:
        if charge.forbids:
            refused[items.in_runs[~charge.values(items.in_order)[1]]] = True
    steps: np.ndarray = items.step[refused[items.which]]
    return steps
