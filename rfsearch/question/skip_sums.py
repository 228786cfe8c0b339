"""Skip sums: the shortest path of rows in which what is put aside is added up.

All other fields add up over steps (rfsearch.layers.aside); the shortest path of SUM is that of
whatever was put aside with the shortest, so that it is followed row by row.
"""

from __future__ import annotations

import numpy as np

from rfsearch.automaton.plan import Link
from rfsearch.automaton.spots import Spots
from rfsearch.layers.aside import SUM
from rfsearch.layers.geometry import place
from rfsearch.layers.recurrence import EXACT


def has_skip_sums(spots: Spots) -> bool:
    """Whether something may be put aside."""
    return any(link.made is not None and link.made.puts for link in spots.links)


def shortest_of(spots: Spots, rows: np.ndarray, jumps: np.ndarray, grown: np.ndarray) -> np.ndarray:
    """[k, axes] what the shortest path adds to a field of 1.

    Steps [k, D] with the jump before each and what it adds in units of that, both [k, D, axes].
    """
    puts = [_least_put(link, spots.axes) for link in spots.links]
    sums = [link.stack == (SUM,) for link in spots.links]
    found = np.zeros((len(rows), spots.axes), grown.dtype)
    for number, row in enumerate(rows):
        least = np.zeros(spots.axes, grown.dtype)
        aside: np.ndarray | None = None
        for at, step in enumerate(row[row >= 0].tolist()):
            link = int(spots.link[step])
            if sums[link] and aside is not None:
                least, aside = aside, None
                continue
            if (put := puts[link]) is not None:
                one = least + put * jumps[number, at]
                aside = one if aside is None else np.minimum(aside, one)
            least = least + grown[number, at] * jumps[number, at]
        found[number] = least
    return found


def _least_put(link: Link, axes: int) -> np.ndarray | None:
    """[axes] what the shortest path to something that an item puts aside adds, if it puts any.

    Layers around it keep their size, so that no size makes a difference.
    """
    if link.made is None or not link.made.puts:
        return None
    placed = [place(link.made.geometry, node, (1,) * axes, EXACT) for node in link.made.puts]
    found = np.array([one.least for one in placed if one is not None], np.int64)
    least: np.ndarray = found.min(axis=0)
    return least
