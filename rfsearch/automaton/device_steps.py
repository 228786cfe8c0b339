"""What the steps of spots take on a device at least, each by itself."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rfsearch.automaton.charged import Items, Run, items_of
from rfsearch.automaton.plan import HEAD, INPUT
from rfsearch.automaton.spots import Spots
from rfsearch.device.tflm.border import Border, around
from rfsearch.device.tflm.ends import every_network
from rfsearch.device.tflm.item import ItemCost, end_cost, item_cost
from rfsearch.errors import UsageError
from rfsearch.layers.layer import Layer, Stack


@dataclass(frozen=True, eq=False)
class Steps:
    """Bytes of every step [E].

    last            a stack ends with it
    enters, leaves  the borders of its first and last item, as numbers of `borders`; 0: not known
    """

    persistent: np.ndarray
    peak: np.ndarray
    flash: np.ndarray
    last: np.ndarray
    enters: np.ndarray
    leaves: np.ndarray
    borders: list[Border | None]


def steps_of(spots: Spots) -> Steps:
    """What the items of every step take; what every network has stands at its input."""
    items = items_of(spots, np.arange(len(spots.source)))
    runs = [_joined(run) for run in items.runs]
    ends_here = np.ones(len(spots.place), bool)
    ends_here[spots.source] = False
    last = ends_here[spots.target]
    persistent, peak, flash = (
        np.array([getattr(run, name) for run in runs], np.int64)[items.which]
        for name in ("persistent", "peak", "flash")
    )
    flash = flash + _saved(spots, items, last)
    heads = [link.stack for link in spots.links if link.kind == HEAD]
    for step in np.flatnonzero(spots.source == 0).tolist():
        base = every_network(
            _stem(spots, int(spots.target[step])), heads[0] if heads else (),
            spots.links[spots.link[step]].input, spots.input_channels(step),
        )  # fmt: skip
        persistent[step] += base.persistent
        flash[step] += base.flash
    numbers: dict[Border | None, int] = {None: 0}
    enters, leaves = (
        np.array([numbers.setdefault(run.ends[k], len(numbers)) for run in runs])[items.which]
        for k in (0, 1)
    )
    return Steps(persistent, peak, flash, last, enters, leaves, list(numbers))


def _stem(spots: Spots, spot: int) -> Stack:
    """The items that every stack begins with behind an input; none where there is a choice."""
    first, end = np.searchsorted(spots.source, [spot, spot + 1]).tolist()
    if end - first != 1 or spots.links[spots.link[first]].kind in (INPUT, HEAD):
        return ()
    stack: Stack = spots.links[spots.link[first]].stack
    return stack


@dataclass(frozen=True)
class _Joined:
    """Several items together, with the borders of the first and of the last."""

    persistent: int
    peak: int
    flash: int
    ends: tuple[Border | None, Border | None]


def _joined(run: Run) -> _Joined:
    """Several items together; what is not known exactly counts nothing, see check_known."""
    found = []
    for place in run:
        try:
            found.append(item_cost(place.item, place.channels, place.sizes))
        except UsageError:
            found.append(ItemCost(0, 0, 0))
    peaks = [one.peak for one in found]
    peaks += [around(a.border, b.border) for a, b in pairwise(found)]
    return _Joined(
        sum(one.persistent for one in found),
        max(peaks, default=0),
        sum(one.flash for one in found),
        (found[0].border, found[-1].border) if found else (None, None),
    )


def _saved(spots: Spots, items: Items, last: np.ndarray) -> np.ndarray:
    """[E] what the end of a network saves at most, 0 or less, at the steps that end stacks."""
    saved = np.zeros(len(last), np.int64)
    before: dict[int, int] = {}
    for step in np.flatnonzero(last).tolist():
        run = items.runs[items.which[step]]
        number, open_end = _saved_by(run)
        if open_end:
            spot = int(spots.source[step])
            if spot not in before:
                entering = np.flatnonzero(spots.target == spot)
                runs = {int(items.which[one]) for one in entering}
                before[spot] = min((_saved_by(items.runs[one])[0] for one in runs), default=0)
            number += before[spot]
        saved[step] = number
    return saved


def _saved_by(run: Run) -> tuple[int, bool]:
    """(what ends a network with these items saves, whether the item before them ends it too)."""
    total = 0
    for place in reversed(run):
        try:
            total += end_cost(place.item, place.channels, place.sizes)
        except UsageError:
            return total, False
        if not (isinstance(place.item, Layer) and place.item.op == "GAP"):
            return total, False
    return total, True
