"""The nodes of both halves of a staged automaton: where ways stand, and which steps lead there.

A node of the first half is a state. One of the second half is a spot with one growth of the RF
from there on, so that states of one spot share what may follow them. RFs of several axes are
packed into one number, far enough apart that no axis grows into the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rfsearch.kernels.halves import cost_range

if TYPE_CHECKING:
    from rfsearch.automaton.automaton import Automaton
    from rfsearch.automaton.spots import Spots

NEVER = 1 << 61


@dataclass(frozen=True, eq=False)
class Nodes:
    """Nodes (N) in the order of their spots (P), and the entries (M) that lead to each.

    spot, position [N]: packed RF or growth; spot_first [P + 1]; first [N + 1] of the entries.
    source, step [M]: N and -1 for the seed, where ways begin.
    """

    spot: np.ndarray
    spot_first: np.ndarray
    position: np.ndarray
    first: np.ndarray
    source: np.ndarray
    step: np.ndarray

    @classmethod
    def of(
        cls, spot: np.ndarray, spots: int, position: np.ndarray,
        node: np.ndarray, source: np.ndarray, step: np.ndarray, seeded: np.ndarray,
    ) -> Nodes:  # fmt: skip
        """From entries in any order; `seeded` are the nodes where ways begin."""
        node = np.concatenate([node, seeded])
        order = np.argsort(node, kind="stable")
        return cls(
            spot=spot,
            spot_first=np.searchsorted(spot, np.arange(spots + 1)),
            position=position,
            first=np.searchsorted(node[order], np.arange(len(spot) + 1)),
            source=np.concatenate([source, np.full(len(seeded), len(spot))])[order],
            step=np.concatenate([step, np.full(len(seeded), -1)])[order],
        )


@dataclass(frozen=True, eq=False)
class Halves:
    """Both halves' nodes; `ends` [G] the packed RFs of matches, ascending, and `rfs` the RFs.

    spots: of the nodes of either half; states: of those of the first one. Ways to node n of the
    first half go on from the nodes meets_first[meets[n]] up to the next of the second one.
    """

    ahead: Nodes
    back: Nodes
    ends: np.ndarray
    rfs: list[tuple[int, ...]]
    spots: tuple[np.ndarray, np.ndarray]
    states: np.ndarray
    meets: np.ndarray
    meets_first: np.ndarray


def halves_of(automaton: Automaton) -> Halves:
    """Both halves of an automaton whose states ascend."""
    spots = automaton.spots
    growth = np.zeros((len(spots.source), 1), np.int64)
    if automaton.tracked:
        growth = spots.growth[:, list(automaton.axes)]
    places = _places(spots, growth)
    fields = automaton.fields_at(np.arange(automaton.states))
    position, shift = fields @ places, growth @ places
    ends, first = np.unique(position[automaton.final], return_index=True)
    # On one axis what grows beyond every match is no way to one; packed axes do not tell.
    most = int(ends[-1]) if growth.shape[1] == 1 else NEVER
    rfs = [tuple(rf) for rf in fields[automaton.final][first].tolist()]
    ahead, back = _ahead(automaton, position), _back(automaton, shift, most)
    both = ahead.spot, back.spot
    each = np.arange(automaton.states)
    return Halves(ahead, back, ends, rfs, both, each, ahead.spot, back.spot_first)


def range_from_start(spots: Spots, cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest cost [P] of the ways from the start: to an end, all turned round."""
    count = len(spots.place)
    order = np.argsort(-spots.target, kind="stable")
    first = np.searchsorted(-spots.target[order], np.arange(-count + 1, 2))
    start = np.zeros(count, bool)
    start[-1] = True
    least, greatest = range_to_end(first, count - 1 - spots.source[order], cost[order], start)
    return least[::-1].copy(), greatest[::-1].copy()


def range_to_end(
    first: np.ndarray, to: np.ndarray, cost: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest cost [N] from each node to an end, of a graph whose nodes ascend."""
    least, greatest = np.full(len(ends), NEVER), np.full(len(ends), -NEVER)
    cost_range(first.astype(np.int64), to.astype(np.int64), cost, ends, least, greatest)
    return least, greatest


def _places(spots: Spots, growth: np.ndarray) -> np.ndarray:
    """[axes] what one pixel of an axis counts in a packed RF."""
    most = [int(range_from_start(spots, axis.copy())[1].max()) for axis in growth.T]
    return np.cumprod([1, *(one + 2 for one in most[:-1])])


def _ahead(automaton: Automaton, position: np.ndarray) -> Nodes:
    return Nodes.of(
        automaton.spot.astype(np.int64),
        len(automaton.spots.place),
        position,
        node=automaton.to,
        source=np.repeat(np.arange(automaton.states), np.diff(automaton.first)),
        step=automaton.step,
        seeded=np.array([automaton.start]),
    )


def _back(automaton: Automaton, shift: np.ndarray, most: int) -> Nodes:
    spots = automaton.spots
    count = len(spots.place)
    ends = np.zeros(count, bool)
    ends[automaton.spot[automaton.final]] = True
    grown = _grown(spots, shift, ends, most)
    sizes = np.array([len(some) for some in grown])
    spot_first = np.cumsum(sizes) - sizes
    position, spot = np.concatenate(grown), np.repeat(np.arange(count), sizes)
    # One entry for each step and each growth beyond it.
    many = sizes[spots.target]
    step = np.repeat(np.arange(len(many)), many)
    within = np.arange(len(step)) - np.repeat(np.cumsum(many) - many, many)
    source = spot_first[spots.target[step]] + within
    here = position[source] + shift[step]
    kept = here < most
    step, source, here = step[kept], source[kept], here[kept]
    width = int(position.max(initial=0)) + 1
    keys = spot * width + position
    return Nodes.of(
        spot,
        count,
        position,
        node=np.searchsorted(keys, spots.source[step] * width + here),
        source=source,
        step=step,
        seeded=np.searchsorted(keys, np.flatnonzero(ends) * width),
    )


def _grown(spots: Spots, shift: np.ndarray, ends: np.ndarray, most: int) -> list[np.ndarray]:
    """The growths from each spot on, ascending, those below `most`."""
    count = len(spots.place)
    # One of the steps that lead from spot to spot by the same growth.
    order = np.lexsort([shift, spots.target, spots.source])
    steps = np.column_stack([spots.source, spots.target, shift])[order]
    steps = steps[np.append(True, (steps[1:] != steps[:-1]).any(axis=1))]
    first = np.searchsorted(steps[:, 0], np.arange(count + 1))
    grown: list[np.ndarray] = [np.empty(0, np.int64)] * count
    for at in range(count - 1, -1, -1):
        parts = [grown[to] + more for _, to, more in steps[first[at] : first[at + 1]].tolist()]
        some = np.unique(np.concatenate([*parts, np.zeros(int(ends[at]), np.int64)]))
        grown[at] = some[some < most]
    return grown
