"""What arena and flash of TensorFlow Lite Micro take at least, as constants of steps.

    arena  >=  what every network keeps + sum of what items keep + the largest peak of an item
    flash  >=  what every file has + sum of what items add

What two items that follow each other leave no plan below counts among the peaks
(rfsearch.automaton.borders). The peak is a maximum beside a sum. It becomes one constant of the
last step where a spot knows the largest peak so far: spots are copied, one for each such peak that
some way has. A peak below that of every way onward does not matter, and what cannot keep to a
budget goes at once. What is left out, gaps across more items above all, rfsearch.question.exact
adds for each row that is shown.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rfsearch.automaton.borders import UNBOUNDED, along_of, by_border
from rfsearch.automaton.charged import Items, kept_of
from rfsearch.automaton.device_steps import Steps, steps_of
from rfsearch.automaton.spots import Spots
from rfsearch.automaton.unfolding import Unfolding
from rfsearch.device.tflm.item import item_cost
from rfsearch.errors import LimitError
from rfsearch.layers.cost import CHARGED
from rfsearch.request.query import Query

FINEST = 16  # bytes, to which tensors are aligned: peaks are told apart so finely at first
MOST_COPIES = 400_000


def check_known(items: Items) -> None:
    """UsageError where the figures of an item that stands in some match are not known exactly."""
    for place in items.places:
        item_cost(place.item, place.channels, place.sizes)


def charged(spots: Spots, query: Query, memory_limit: int) -> Spots:
    """Spots whose steps have the costs arena and flash. Raises LimitError."""
    if not len(spots.source):
        return replace(spots, extra=spots.extra | dict.fromkeys(CHARGED, np.zeros(0, np.int64)))
    _, budget = query.budgets.get("arena", (None, None))
    most = UNBOUNDED if budget is None else budget
    spots, steps = by_border(spots, steps_of(spots), most, memory_limit)
    grain = FINEST
    while True:
        known = _peaks(spots, steps, most, grain)
        if sum(map(len, known)) <= MOST_COPIES:
            break
        if grain > 1 << 30:
            raise LimitError("arena: too many peaks to tell apart; reduce widths or repeats")
        grain *= 2
    return _by_peak(spots, steps, known, grain, memory_limit)


def _peaks(spots: Spots, steps: Steps, most: int, grain: int) -> list[np.ndarray]:
    """For every spot the largest peaks so far that matter, ascending, rounded down to `grain`.

    A peak matters from the least of all ways onward up; with what is kept on the cheapest way
    through the spot it is within `most`.
    """
    count = len(spots.place)
    along = along_of(spots, steps)
    target, peak = spots.target.tolist(), steps.peak.tolist()
    waiting: list[set[int]] = [set() for _ in range(count)]
    waiting[0] = {0}
    known: list[np.ndarray] = [np.zeros(0, np.int64)] * count
    order = spots.first.tolist()
    for spot in range(count):
        room = most - int(along.kept_before[spot]) - int(along.kept_ahead[spot])
        values = sorted(one for one in waiting[spot] if one <= room)
        known[spot] = np.array(values, np.int64)
        for step in range(order[spot], order[spot + 1]):
            if steps.last[step]:
                waiting[target[step]].add(0)
                continue
            least = int(along.peak_ahead[target[step]])
            for one in values:
                waiting[target[step]].add(max(one, peak[step], least) // grain * grain)
    return known


def _by_peak(
    spots: Spots, steps: Steps, known: list[np.ndarray], grain: int, memory_limit: int
) -> Spots:
    """Every spot once for each peak, the peak added by the step that ends a stack."""
    made = Unfolding(spots, known, memory_limit, "peaks")
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
