"""Spots told apart by the item before them, where that decides what a plan of tensors ends at.

No plan falls below what two items that follow each other leave it (rfsearch.device.tflm.border).
That is a constant of a step where its source knows the item before. Items that make no difference
to any step onward are one copy: those under which all peaks stay within what every way has anyway,
or pass the budget.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rfsearch.automaton.device_steps import Steps
from rfsearch.automaton.spots import Spots
from rfsearch.automaton.unfolding import Unfolding
from rfsearch.device.tflm.border import around

UNBOUNDED = 1 << 60


@dataclass(frozen=True, eq=False)
class Along:
    """The least of all ways to each spot, and from it onward, [P] each.

    peak_before, peak_ahead  of the largest peaks; kept_before, kept_ahead: of what is kept
    """

    peak_before: np.ndarray
    peak_ahead: np.ndarray
    kept_before: np.ndarray
    kept_ahead: np.ndarray


def along_of(spots: Spots, steps: Steps) -> Along:
    """Swept once from the ends and once from the start."""
    count = len(spots.place)
    peak_before, peak_ahead, kept_before, kept_ahead = ([UNBOUNDED] * count for _ in range(4))
    peak_before[0] = kept_before[0] = 0
    for spot in np.flatnonzero(spots.final).tolist():
        peak_ahead[spot] = kept_ahead[spot] = 0
    columns = (spots.source, spots.target, steps.peak, steps.persistent)
    every = list(zip(*(column.tolist() for column in columns), strict=True))
    for a, b, peak, kept in reversed(every):
        peak_ahead[a] = min(peak_ahead[a], max(peak, peak_ahead[b]))
        kept_ahead[a] = min(kept_ahead[a], kept + kept_ahead[b])
    for a, b, peak, kept in every:
        peak_before[b] = min(peak_before[b], max(peak, peak_before[a]))
        kept_before[b] = min(kept_before[b], kept + kept_before[a])
    found = (np.array(one) for one in (peak_before, peak_ahead, kept_before, kept_ahead))
    return Along(*found)


def by_border(spots: Spots, steps: Steps, most: int, memory_limit: int) -> tuple[Spots, Steps]:
    """Every spot once for each item before it that makes a difference; `most`: bytes of arena.

    The steps' peaks are then what no plan falls below, the item before them included.
    """
    count = len(spots.place)
    along = along_of(spots, steps)
    source, target = spots.source, spots.target
    floor = np.maximum(steps.peak, along.peak_before[source])
    floor = np.maximum(floor, along.peak_ahead[target])
    room = most - along.kept_before[source] - steps.persistent - along.kept_ahead[target]
    entering: list[set[int]] = [set() for _ in range(count)]
    entering[0].add(0)
    for spot, border in zip(target.tolist(), steps.leaves.tolist(), strict=True):
        entering[spot].add(border)
    copies: list[dict[int, int]] = [{} for _ in range(count)]  # by the border before
    peaks: list[list[np.ndarray]] = [[] for _ in range(count)]  # of each copy, one a step
    for spot in range(count):
        here = slice(int(spots.first[spot]), int(spots.first[spot + 1]))
        apart: dict[bytes, int] = {}
        behind, which = np.unique(steps.enters[here], return_inverse=True)
        for before in sorted(entering[spot]):
            first = steps.borders[before]
            each = [around(first, steps.borders[one]) for one in behind.tolist()]
            peak = np.maximum(np.array(each, np.int64)[which], steps.peak[here])
            told = np.maximum(peak, floor[here])
            told[told > room[here]] = UNBOUNDED
            number = copies[spot][before] = apart.setdefault(told.tobytes(), len(apart))
            if number == len(peaks[spot]):
                peaks[spot].append(peak)
    known = [np.arange(len(some)) for some in peaks]
    made = Unfolding(spots, known, memory_limit, "borders")
    ends = list(zip(source.tolist(), target.tolist(), steps.leaves.tolist(), strict=True))

    def link(step: int) -> tuple[np.ndarray, np.ndarray]:
        spot, behind, border = ends[step]
        number = len(peaks[spot])
        return np.arange(number), np.full(number, copies[behind][border])

    made.fill(link)
    # Every copy has all steps of its spot, in their order.
    peak = np.concatenate([np.zeros(0, np.int64), *(one for some in peaks for one in some)])
    arrays = ("persistent", "flash", "last", "enters", "leaves")
    kept = {name: getattr(steps, name)[made.step] for name in arrays}
    return made.spots({}), replace(steps, peak=peak, **kept)
