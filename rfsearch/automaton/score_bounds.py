"""Bounds of DeepMAD's score: what any prefix and any completion of a spot may make of it.

A completion with weights W in all that adds R by itself makes of a prefix, whose logarithms add up
to S and which has A so far, a stack of A + S W + R (see rfsearch.automaton.expressive). That is
linear in (S, A) and in (W, R), so that only corners of convex hulls can be least or greatest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rfsearch.automaton.spots import Spots
from rfsearch.automaton.unfolding import BYTES_A_COPY, BYTES_A_SUM, check_fits
from rfsearch.kernels.states import greatest_along

LARGEST_TOTAL = 1 << 62
MOST_LOOSE = 64  # points of a spot, corners or not
BYTES_A_POINT = 400  # two of them, a tuple of numbers each
Point = tuple[int, int]  # (S, A) of a prefix, (W, R) of a completion
Limits = tuple[int | None, int | None]


@dataclass(frozen=True, eq=False)
class ScoreBounds:
    """Of spots whose steps have the logarithms `logs` [E] and end stages of the weights `more` [E].

    A step's own convolutions count for what ends behind it alone. limits: of the score.
    memory_limit: bytes beyond which LimitError is raised.
    """

    spots: Spots
    logs: np.ndarray
    more: np.ndarray
    limits: Limits
    memory_limit: int

    @property
    def fit(self) -> bool:
        """Whether every score, and every sum on the way, fits int64."""
        most = []
        for values in (self.logs, self.more):
            sums = np.zeros(len(self.spots.place), np.int64)
            greatest_along(self.spots.source, self.spots.target, values, sums)
            most.append(int(sums.max(initial=0)))
        return 4 * most[0] * most[1] <= LARGEST_TOTAL

    @property
    def kept_by_all(self) -> bool:
        """Whether every stack is within the limits."""
        low, high = self.limits
        return (low is None or low <= self._least_of_all(1)) and (
            high is None or high >= -self._least_of_all(-1)
        )

    def weights_within(self) -> list[np.ndarray]:
        """For each spot the sums of `more` that may follow in a stack within the limits, ascending.

        What is least and greatest of a prefix and of a completion need not go together with one
        RF, so that some may remain that no match has.
        """
        none = np.empty(0, np.int64)
        before = self._prefixes(1), self._prefixes(-1)
        known, own = (
            [none] * len(self.spots.place),
            [np.empty((2, 0), np.int64)] * len(self.spots.place),
        )
        first = self.spots.first.tolist()
        copies = 0
        for spot in range(len(known) - 1, -1, -1):
            if self.spots.final[spot]:
                known[spot], own[spot] = np.zeros(1, np.int64), np.zeros((2, 1), np.int64)
                continue
            sums, each = [none], [np.empty((2, 0), np.int64)]
            made = sum(len(known[self._steps[i][1]]) for i in range(first[spot], first[spot + 1]))
            self._check(copies * BYTES_A_COPY + made * BYTES_A_SUM)
            for step in range(first[spot], first[spot + 1]):
                _, target, logs, more = self._steps[step]
                sums.append(known[target] + more)
                each.append(own[target] + logs * known[target] * np.array([[1], [-1]]))
            found, at = np.unique(np.concatenate(sums), return_inverse=True)
            least = np.full((2, len(found)), LARGEST_TOTAL)
            for one, values in zip(least, np.concatenate(each, axis=1), strict=True):
                np.minimum.at(one, at.reshape(-1), values)
            if spot == 0:
                known[spot] = np.zeros(1, np.int64)
                break
            within = np.ones(len(found), bool)
            low, high = self.limits
            if high is not None:
                within &= least[0] + least_for(before[0][spot], found) <= high
            if low is not None:
                within &= least[1] + least_for(before[1][spot], found) <= -low
            known[spot], own[spot] = found[within], least[:, within]
            copies += len(known[spot])
        return known

    def _check(self, size: int) -> None:
        check_fits(size, "DeepMAD's sums", self.memory_limit)

    @cached_property
    def _steps(self) -> list[tuple[int, int, int, int]]:
        columns = (self.spots.source, self.spots.target, self.logs, self.more)
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def _least_of_all(self, sign: int) -> int:
        """The least of all scores times `sign`; 0 without any."""
        spots = self.spots
        columns = (spots.first, spots.target, self.logs, self.more, spots.final)
        return least_score(*columns, sign) or 0

    def _prefixes(self, sign: int) -> list[list[Point]]:
        """For each spot those whose score times `sign` may be least, whatever follows."""
        found: list[list[Point]] = [[] for _ in self.spots.place]
        found[0] = [(0, 0)]
        room = [MOST_LOOSE] * len(found)
        done, points = -1, 0
        for source, target, logs, more in self._steps:
            if source != done:
                found[source] = corners(found[source])
                done, points = source, points + len(found[source])
                self._check(points * BYTES_A_POINT)
            found[target] += [(s + sign * logs, a + more * s) for s, a in found[source]]
            if len(found[target]) > room[target]:  # what is no corner is not kept for long
                found[target] = corners(found[target])
                room[target] = max(2 * len(found[target]), MOST_LOOSE)
        return [corners(some) for some in found]


def least_score(
    first: np.ndarray, target: np.ndarray, logs: np.ndarray, more: np.ndarray, final: np.ndarray,
    sign: int,
) -> int | None:  # fmt: skip
    """The least of all scores times `sign`, of spots or states that ascend; None without any."""
    found: list[list[Point]] = [[] for _ in final]
    begin, ends = first.tolist(), final.tolist()
    steps = list(zip(*(column.tolist() for column in (target, logs, more)), strict=True))
    for number in range(len(found) - 1, -1, -1):
        some = [(0, 0)] if ends[number] else []
        for to, log, weight in steps[begin[number] : begin[number + 1]]:
            some += [(w + sign * weight, r + log * w) for w, r in found[to]]
        found[number] = corners(some)
    return min((r for _, r in found[0]), default=None)


def corners(points: Iterable[Point]) -> list[Point]:
    """The points (x, y) at which y + t x is least for some t of 0 and more, by rising x."""
    hull: list[Point] = []
    for x, y in sorted(points):
        if hull and y >= hull[-1][1]:
            continue
        while len(hull) > 1 and _is_above(hull[-2], hull[-1], (x, y)):
            hull.pop()
        hull.append((x, y))
    return hull


def _is_above(a: Point, b: Point, c: Point) -> bool:
    """Whether b is on or above the line from a to c."""
    return (b[1] - a[1]) * (c[0] - a[0]) >= (c[1] - a[1]) * (b[0] - a[0])


def least_for(points: list[Point], weights: np.ndarray) -> np.ndarray:
    """int64 [n] the least of y + t x over some points, for each of the weights t."""
    made = np.full(len(weights), LARGEST_TOTAL)
    for x, y in points:
        np.minimum(made, y + x * weights, out=made)
    return made
