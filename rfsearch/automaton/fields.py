"""Receptive fields on spots: which RFs a spot can have on the way to the target.

The RFs of one spot are the bits of one whole number, several axes one after another in mixed
radix, so that a step shifts them all at once. Axes that every step treats alike are one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfsearch.automaton.spots import Spots
from rfsearch.errors import LimitError, UsageError
from rfsearch.request.query import LARGEST_RF
from rfsearch.request.staged_query import Range, StagedQuery


@dataclass(frozen=True, eq=False)
class Fields:
    """RFs of every spot that can start and finish.

    axes     the axes told apart, one number each
    radix    positions an axis takes: RF r stands at r of radix
    kept     [P] bits of the RFs from which the target can be met
    shift    [E] how far a step shifts; growth [E, axes] in input positions
    """

    axes: tuple[int, ...]
    radix: tuple[int, ...]
    kept: list[int]
    shift: np.ndarray
    growth: np.ndarray

    @property
    def width(self) -> int:
        """Positions of one spot."""
        width = 1
        for one in self.radix:
            width *= one
        return width

    def unpacked(self, position: np.ndarray) -> np.ndarray:
        """[n, axes told apart] RFs of positions."""
        columns = []
        for radix in self.radix:
            columns.append(position % radix)
            position = position // radix
        return np.stack(columns, axis=1)


def fields_of(spots: Spots, query: StagedQuery, memory_limit: int) -> Fields:
    """The RFs that are alive at every spot. Raises LimitError."""
    growth_all = spots.end - spots.start
    ranges = query.target_rf or ((1, None),) * growth_all.shape[1]
    axes = _told_apart(growth_all, ranges)
    growth = growth_all[:, axes]
    target = [ranges[axis] for axis in axes]
    radix = tuple(
        (_greatest(spots, growth[:, k]) if high is None else high) + 1
        for k, (_, high) in enumerate(target)
    )
    width = int(np.prod([float(one) for one in radix]))
    size = width / 8 * 2 * len(spots.place)
    if size > memory_limit:
        raise LimitError(
            f"{width} receptive fields at {len(spots.place)} states need up to "
            f"{size / 2**30:.1f} GiB, above the limit of {memory_limit / 2**30:.1f} GiB "
            "(--memory-limit); bound target_rf from above, or leave it out"
        )
    places = np.concatenate([[1], np.cumprod(radix)[:-1]]).astype(np.int64)
    beyond = (growth >= np.array(radix)).any(axis=1)
    shift = np.where(beyond, 0, growth @ places)
    forward = _swept(spots, growth, shift, beyond, radix, target, back=False)
    backward = _swept(spots, growth, shift, beyond, radix, target, back=True)
    kept = [a & b for a, b in zip(forward, backward, strict=True)]
    return Fields(tuple(axes), radix, kept, shift, growth)


def _told_apart(growth: np.ndarray, ranges: tuple[Range, ...]) -> list[int]:
    """The first of every group of axes with one target on which all steps grow alike."""
    found: list[int] = []
    for axis in range(growth.shape[1]):
        if not any(
            ranges[axis] == ranges[other] and (growth[:, axis] == growth[:, other]).all()
            for other in found
        ):
            found.append(axis)
    return found


def _greatest(spots: Spots, growth: np.ndarray) -> int:
    """The greatest RF of any stack on one axis."""
    most = [1] * len(spots.place)
    steps = zip(spots.source.tolist(), spots.target.tolist(), growth.tolist(), strict=True)
    for source, target, more in steps:
        if most[source] + more > most[target]:
            most[target] = most[source] + more
    greatest = max(most)
    if greatest > LARGEST_RF:
        raise UsageError(
            f"target_rf: without an upper bound the RF reaches {greatest}, beyond {LARGEST_RF}; "
            f"give a range that ends, such as 1..{LARGEST_RF}"
        )
    return greatest


def _swept(
    spots: Spots, growth: np.ndarray, shift: np.ndarray, beyond: np.ndarray,
    radix: tuple[int, ...], target: list[Range], back: bool,
) -> list[int]:  # fmt: skip
    """The bits of every spot from the start on, or with `back` from the ends on."""
    bits = [0] * len(spots.place)
    if back:
        wanted = _box(
            [(low, radix[k] - 1 if high is None else high) for k, (low, high) in enumerate(target)],
            radix,
        )
        for spot in np.flatnonzero(spots.final).tolist():
            bits[spot] = wanted
    else:
        bits[0] = _box([(1, 1)] * len(radix), radix)
    masks: dict[tuple[int, ...], int] = {}
    order = _distinct(spots, growth, beyond)
    sources, targets = spots.source[order].tolist(), spots.target[order].tolist()
    shifts, grown = shift[order].tolist(), [tuple(row) for row in growth[order].tolist()]
    steps = range(len(sources) - 1, -1, -1) if back else range(len(sources))
    for i in steps:
        a, b, by = sources[i], targets[i], shifts[i]
        if by == 0:
            if back:
                bits[a] |= bits[b]
            else:
                bits[b] |= bits[a]
            continue
        more = grown[i]
        mask = masks.get(more)
        if mask is None:
            # Sources from which no axis grows past its own radix into the next one's place.
            ends = [(0, one - 1 - g) for one, g in zip(radix, more, strict=True)]
            mask = masks[more] = _box(ends, radix)
        if back:
            bits[a] |= (bits[b] >> by) & mask
        else:
            bits[b] |= (bits[a] & mask) << by
    return bits


def _distinct(spots: Spots, growth: np.ndarray, beyond: np.ndarray) -> np.ndarray:
    """One step of each (source, target, growth), by source; those that grow too far left out."""
    columns = [spots.target, *growth.T]
    order = np.lexsort([*reversed(columns), spots.source])
    rows = np.column_stack([spots.source, *columns])[order]
    new = np.ones(len(rows), bool)
    new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    kept = order[new & ~beyond[order]]
    return np.sort(kept)


def _box(ends: list[tuple[int, int]], radix: tuple[int, ...]) -> int:
    """The bits of all positions within low..high on every axis; none where one is empty."""
    if any(high < low for low, high in ends):
        return 0
    bits, place = 1, 1
    for (low, high), one in zip(ends, radix, strict=True):
        # The bits so far, repeated at every position low..high of this axis.
        count = high - low + 1
        repeated = bits * (((1 << (count * place)) - 1) // ((1 << place) - 1))
        bits = repeated << (low * place)
        place *= one
    return bits
