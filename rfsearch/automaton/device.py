"""What arena and flash of TensorFlow Lite Micro take at least, as constants of steps.

    arena  >=  what every network keeps + sum of what items keep + the largest peak of an item
    flash  >=  what every file has + sum of what items add

The peak is a maximum beside a sum. It becomes one constant of the last step where a spot knows the
largest peak so far: spots are copied, one for each such peak that some way has. A peak below that
of every way onward does not matter, and what cannot keep to a budget goes at once. What is left
out, gaps between tensors above all, rfsearch.question.exact adds for each row that is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfsearch.automaton.charged import Items, Run, items_of, kept_of
from rfsearch.automaton.plan import HEAD, INPUT
from rfsearch.automaton.spots import Spots
from rfsearch.automaton.unfolding import Unfolding
from rfsearch.device.tflm.ends import every_network
from rfsearch.device.tflm.item import ItemCost, end_cost, item_cost
from rfsearch.errors import LimitError, UsageError
from rfsearch.layers.layer import Layer, Stack
from rfsearch.request.query import Query

UNBOUNDED = 1 << 60
FINEST = 16  # bytes, to which tensors are aligned: peaks are told apart so finely at first
MOST_COPIES = 400_000


def check_known(items: Items) -> None:
    """UsageError where the figures of an item that stands in some match are not known exactly."""
    for place in items.places:
        item_cost(place.item, place.channels, place.sizes)


@dataclass(frozen=True, eq=False)
class Steps:
    """Bytes of every step [E]; `last`: a stack ends with it."""

    persistent: np.ndarray
    peak: np.ndarray
    flash: np.ndarray
    last: np.ndarray


def charged(spots: Spots, query: Query) -> Spots:
    """Spots whose steps have the costs arena and flash. Raises LimitError."""
    if not len(spots.source):
        return spots
    steps = _steps(spots)
    _, most = query.budgets.get("arena", (None, None))
    grain = FINEST
    while True:
        known = _peaks(spots, steps, UNBOUNDED if most is None else most, grain)
        if sum(map(len, known)) <= MOST_COPIES:
            break
        if grain > 1 << 30:
            raise LimitError("arena: too many peaks to tell apart; reduce widths or repeats")
        grain *= 2
    return _by_peak(spots, steps, known, grain)


def _steps(spots: Spots) -> Steps:
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
    return Steps(persistent, peak, flash, last)


def _stem(spots: Spots, spot: int) -> Stack:
    """The items that every stack begins with behind an input; none where there is a choice."""
    first, end = np.searchsorted(spots.source, [spot, spot + 1]).tolist()
    if end - first != 1 or spots.links[spots.link[first]].kind in (INPUT, HEAD):
        return ()
    stack: Stack = spots.links[spots.link[first]].stack
    return stack


def _joined(run: Run) -> ItemCost:
    """Several items together; what is not known exactly counts nothing, see check_known."""
    found = []
    for place in run:
        try:
            found.append(item_cost(place.item, place.channels, place.sizes))
        except UsageError:
            continue
    return ItemCost(
        sum(one.persistent for one in found),
        max((one.peak for one in found), default=0),
        sum(one.flash for one in found),
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


def _peaks(spots: Spots, steps: Steps, most: int, grain: int) -> list[np.ndarray]:
    """For every spot the largest peaks so far that matter, ascending, rounded down to `grain`.

    A peak matters from the least of all ways onward up; with what is kept on the cheapest way
    through the spot it is within `most`.
    """
    count = len(spots.place)
    ahead = np.full(count, UNBOUNDED)  # the least largest peak to come
    kept = np.full(count, UNBOUNDED)  # the least to be kept
    ahead[spots.final] = kept[spots.final] = 0
    before = np.full(count, UNBOUNDED)
    before[0] = 0
    source, target = spots.source.tolist(), spots.target.tolist()
    peak, persistent = steps.peak.tolist(), steps.persistent.tolist()
    for step in range(len(source) - 1, -1, -1):
        a, b = source[step], target[step]
        ahead[a] = min(ahead[a], max(peak[step], ahead[b]))
        kept[a] = min(kept[a], persistent[step] + kept[b])
    waiting: list[set[int]] = [set() for _ in range(count)]
    waiting[0] = {0}
    known: list[np.ndarray] = [np.zeros(0, np.int64)] * count
    for step in range(len(source)):
        a, b = source[step], target[step]
        before[b] = min(before[b], before[a] + persistent[step])
    order = np.searchsorted(spots.source, np.arange(count + 1)).tolist()
    for spot in range(count):
        room = most - int(before[spot]) - int(kept[spot])
        values = sorted(one for one in waiting[spot] if one <= room)
        known[spot] = np.array(values, np.int64)
        for step in range(order[spot], order[spot + 1]):
            if steps.last[step]:
                waiting[target[step]].add(0)
                continue
            least = int(ahead[target[step]])
            for one in values:
                waiting[target[step]].add(max(one, peak[step], least) // grain * grain)
    return known


def _by_peak(spots: Spots, steps: Steps, known: list[np.ndarray], grain: int) -> Spots:
    """Every spot once for each peak, the peak added by the step that ends a stack."""
    made = Unfolding(spots, known, "peaks")
    # Peaks as in `_peaks`: the least of all ways onward is that of the lowest known one.
    lowest = [int(some[0]) if len(some) else 0 for some in known]
    source, target = spots.source.tolist(), spots.target.tolist()

    def link(step: int) -> tuple[np.ndarray, np.ndarray]:
        here, there = known[source[step]], known[target[step]]
        if steps.last[step]:
            return np.arange(len(here)), np.zeros(len(here), np.int64)
        wanted = np.maximum(here, int(steps.peak[step])) // grain * grain
        wanted = np.maximum(wanted, lowest[target[step]])
        at = np.searchsorted(there, wanted)
        found = np.flatnonzero(at < len(there))
        found = found[there[at[found]] == wanted[found]] if len(there) else found
        return found, at[found]

    made.fill(link)
    old, own = made.step, np.concatenate(known)[made.source]
    ending = steps.last[old]
    arena = steps.persistent[old] + np.where(ending, np.maximum(own, steps.peak[old]), 0)
    unfolded = made.spots({"arena": arena, "flash": steps.flash[old]})
    return kept_of(unfolded, np.ones(len(unfolded.source), bool), always=True)
