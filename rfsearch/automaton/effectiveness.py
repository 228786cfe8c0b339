"""Effectiveness of Shen et al. 2023, made a maximum of constants by telling spots further apart.

At a stage's end it is exp(log D - W / D) of D convolutions so far whose logarithms add up to W, and
of a stack the greatest of its ends. A spot that knows D and W makes it a constant of a step, so
that spots are copied, one for each such pair. That is nearly one for each stack.

Where it is bounded from above and not ranked by, most pairs need not be told apart. For a given D
it falls with W, so that a limit is a least W for each D. A pair is *free* where W is enough for
every D at which any completion may end a stage, whatever that adds at least: all free pairs of a
spot are one copy. It is dropped where W is too little at the end of each completion, whatever that
adds at most. The others are told apart until one or the other holds, at the last end if not before.
"""

from __future__ import annotations

from decimal import Context, Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from rfsearch.automaton.plan import BODY, HEAD
from rfsearch.automaton.spots import Spots, without_dead_ends
from rfsearch.automaton.unfolding import BYTES_A_COPY, Unfolding, check_fits
from rfsearch.errors import LimitError
from rfsearch.layers.cost import EFFECTIVENESS_SCALE

if TYPE_CHECKING:
    from rfsearch.automaton.automaton import Automaton

FREE = -1  # in place of a pair: the limit is kept, whatever follows
_COUNT_SHIFT = 40  # D above W in one number
_UNREACHED = 1 << 60
_NO_WAY = -_UNREACHED
_MOST_CELLS = 50_000_000  # spots times numbers of convolutions
_PRECISE = Context(prec=40)


def by_shape(spots: Spots, limit: int | None, memory_limit: int) -> Spots:
    """Every spot once for each number of convolutions before it and sum of their logarithms.

    limit: stacks above it are left out and pairs that cannot pass it are one; None: no limit, and
    the steps at which a stage ends have the cost. Raises LimitError.
    """
    steps = _Steps(spots)
    if limit is not None and len(spots.place) * (steps.most + 1) > _MOST_CELLS:
        limit = None
    told = _Told(steps, limit, memory_limit)
    made = Unfolding(spots, told.known, memory_limit)
    made.fill(told.link)
    before = np.concatenate(told.known)[made.source]
    ends = steps.ends[made.step] & (before != FREE)
    figure = np.zeros(len(before), np.int64)
    figure[ends] = figures_of(before[ends])
    found = made.spots({"effectiveness": figure})
    return found if limit is None else without_dead_ends(found, {"effectiveness"})


def figures_of(shapes: np.ndarray) -> np.ndarray:
    """[n] effectiveness in whole units of pairs, W in units of 2^-24 below D."""
    each, which = np.unique(shapes, return_inverse=True)
    count, logs = each >> _COUNT_SHIFT, each & ((1 << _COUNT_SHIFT) - 1)
    power = -logs / np.maximum(count * float(1 << 24), 1.0)
    rough = np.where(count > 0, count * np.exp(power) * EFFECTIVENESS_SCALE, 0.0)
    # Floating point decides only where it is far from the middle between two whole numbers.
    doubtful = np.abs(rough - np.floor(rough) - 0.5) <= np.maximum(rough * 1e-12, 1e-6)
    whole = np.rint(rough).astype(np.int64)
    for one in np.flatnonzero(doubtful & (count > 0)).tolist():
        whole[one] = exactly(int(count[one]), int(logs[one]))
    return whole[which.reshape(-1)]


def exactly(count: int, logs: int) -> int:
    """exp(log D - W / D) in whole units, in decimal arithmetic; 0 before any convolution."""
    if not count:
        return 0
    power = -Decimal(logs) / (count << 24)
    return int((count * power.exp(_PRECISE) * EFFECTIVENESS_SCALE).to_integral_value())


def of_rows(spots: Spots, rows: np.ndarray) -> np.ndarray:
    """[k] effectiveness in whole units of matches given as steps [k, D], -1 after each end."""
    steps = _Steps(spots)
    used = rows >= 0
    step = np.where(used, rows, 0)
    more = np.where(used, (steps.count[step] << _COUNT_SHIFT) + steps.logs[step], 0)
    before = np.cumsum(more, axis=1) - more
    ends = used & steps.ends[step]
    figure = np.zeros(rows.shape, np.int64)
    figure[ends] = figures_of(before[ends])
    return np.asarray(figure.max(axis=1, initial=0))


class _Steps:
    """What each step adds, [E]: convolutions, their logarithms; `ends`: a stage ends before it."""

    def __init__(self, spots: Spots) -> None:
        self.spots = spots
        self.count, self.logs = (
            _of_links(spots, [link.convolutions[k] for link in spots.links]) for k in (0, 1)
        )
        kinds = _of_links(spots, [link.kind for link in spots.links])
        self.last = kinds == HEAD
        self.ends = self.last | ((kinds == BODY) & (spots.total_stride > 1))
        self.most = self._most()

    def _most(self) -> int:
        """No stack has more convolutions."""
        most = np.zeros(len(self.spots.place), np.int64)
        first = self.spots.first
        for spot in range(len(most)):
            here = slice(int(first[spot]), int(first[spot + 1]))
            np.maximum.at(most, self.spots.target[here], most[spot] + self.count[here])
        return int(most.max(initial=0))


def _of_links(spots: Spots, values: list[int]) -> np.ndarray:
    return np.array(values, np.int64).take(spots.link)


class _Told:
    """The pairs of every spot, ascending, FREE among them where a limit is kept."""

    def __init__(self, steps: _Steps, limit: int | None, memory_limit: int) -> None:
        self.steps, self.limit = steps, limit
        self.more = (steps.count << _COUNT_SHIFT) + steps.logs
        self.known: list[np.ndarray] = []
        if limit is not None:
            self._bound(limit)
        spots = steps.spots
        waiting: list[list[np.ndarray]] = [[] for _ in spots.place]
        waiting[0].append(np.zeros(1, np.int64))
        copies = moving = 0
        for spot, arrived in enumerate(waiting):
            here = np.unique(np.concatenate([np.empty(0, np.int64), *arrived]))
            self.known.append(here)
            copies, moving = copies + len(here), moving - sum(map(len, arrived))
            waiting[spot] = []
            for step in range(int(spots.first[spot]), int(spots.first[spot + 1])):
                after = self._after(step, here)[1]
                waiting[int(spots.target[step])].append(after)
                moving += len(after)
            check_fits(copies * BYTES_A_COPY + 8 * moving, "DeepMAD's sums", memory_limit)

    def link(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Copies of a step's source and target."""
        spots = self.steps.spots
        kept, after = self._after(step, self.known[spots.source[step]])
        return kept, np.searchsorted(self.known[spots.target[step]], after)

    def _after(self, step: int, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(which pairs go on, what becomes of them) at a step."""
        if self.limit is None:
            return np.arange(len(pairs)), pairs + self.more[step]
        free = pairs == FREE
        count, logs = pairs >> _COUNT_SHIFT, pairs & ((1 << _COUNT_SHIFT) - 1)
        going = free | (not self.steps.ends[step]) | (logs >= self.enough[np.where(free, 0, count)])
        target = self.steps.spots.target[step]
        after = np.where(free, FREE, pairs + self.more[step])
        count, logs = after >> _COUNT_SHIFT, after & ((1 << _COUNT_SHIFT) - 1)
        need, least = self.need[target], self.hope[target]
        count = np.where(free, 0, count)
        after = np.where(free | (logs >= need[count]), FREE, after)
        going &= free | (logs >= least[count])
        kept = np.flatnonzero(going)
        return kept, after[kept]

    def _bound(self, limit: int) -> None:
        """enough [D]: the least W that keeps the limit; need, hope [P, D]: to be free, to go on."""
        most, spots, steps = self.steps.most, self.steps.spots, self.steps
        self.enough = np.array([_least_logs(count, limit) for count in range(2 * most + 1)])
        low = np.full((len(spots.place), most + 1), _UNREACHED)  # least W to an end that adds D
        high = np.full((len(spots.place), most + 1), -_UNREACHED)  # most W to the end of all
        for step in range(len(spots.source) - 1, -1, -1):
            source, target = int(spots.source[step]), int(spots.target[step])
            count, logs = int(steps.count[step]), int(steps.logs[step])
            if steps.ends[step]:
                low[source, 0] = min(low[source, 0], 0)
            if steps.last[step]:
                high[source, 0] = max(high[source, 0], 0)
            to = slice(count, most + 1)
            of = slice(0, most + 1 - count)
            reached = low[target, of] < _UNREACHED
            low[source, to] = np.where(
                reached, np.minimum(low[source, to], low[target, of] + logs), low[source, to]
            )
            reached = high[target, of] > -_UNREACHED
            high[source, to] = np.where(
                reached, np.maximum(high[source, to], high[target, of] + logs), high[source, to]
            )
        self.need = np.full((len(spots.place), most + 1), -1)
        self.hope = np.full((len(spots.place), most + 1), _UNREACHED)
        for more in range(most + 1):
            wanted = self.enough[more : more + most + 1]
            self.need = np.maximum(
                self.need, np.where(low[:, [more]] < _UNREACHED, wanted - low[:, [more]], -1)
            )
            some = high[:, [more]] > -_UNREACHED
            self.hope = np.minimum(self.hope, np.where(some, wanted - high[:, [more]], _UNREACHED))
        self.hope[spots.final] = -1  # behind the last step nothing is asked


def _least_logs(count: int, limit: int) -> int:
    """The least W with which D convolutions keep the limit: the figure falls as W rises."""
    low, high = 0, (1 << _COUNT_SHIFT) - 1
    while low < high:
        middle = (low + high) // 2
        if exactly(count, middle) <= limit:
            high = middle
        else:
            low = middle + 1
    return low


def extreme(automaton: Automaton, sign: int) -> int | None:
    """The least effectiveness of any match, or with sign -1 the greatest; None without a match.

    Of an automaton that ascends, whatever budgets on sums say. Of stacks with D convolutions at a
    state the one with the most W is the best to have a low figure, as it falls with W, and the one
    with the least W to have a high one. Raises LimitError.
    """
    ways = _Ways(automaton, sign)
    if sign < 0:
        return ways.greatest()
    low, high = -1, (ways.most + 1) * EFFECTIVENESS_SCALE  # the figure is at most D
    if not ways.any_within(high):
        return None
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if ways.any_within(middle) else (middle, high)
    return high


class _Ways:
    """The transitions of an automaton in the order in which they are gone through.

    best [S, D]: W of the best way to a state with so many convolutions, times sign.
    """

    def __init__(self, automaton: Automaton, sign: int) -> None:
        steps, step = _Steps(automaton.spots), automaton.step
        self.automaton, self.sign, self.most = automaton, sign, steps.most
        if automaton.transitions * (self.most + 1) > _MOST_CELLS:
            raise LimitError("effectiveness: too many transitions to follow every way through them")
        source = np.repeat(np.arange(automaton.states), np.diff(automaton.first))
        self.columns = source, automaton.to, steps.count[step], steps.logs[step], steps.ends[step]
        # A word's highest bit is the longest way to a state, which is shorter than any way on.
        level = np.array([int(word).bit_length() for word in automaton.alive.tolist()])
        level[automaton.start] = 0
        order = np.argsort(level[source], kind="stable")
        bounds = np.flatnonzero(np.diff(level[source][order], prepend=-1, append=-1))
        self.groups = [order[low:high] for low, high in pairwise(bounds.tolist())]

    def any_within(self, limit: int) -> bool:
        """Whether some match has no more."""
        enough = np.array([_least_logs(count, limit) for count in range(self.most + 1)])
        best = self._followed(enough)[1]
        return bool((best[self.automaton.final] >= 0).any())

    def greatest(self) -> int | None:
        """The greatest figure of any end of a stage: each lies on a match."""
        pairs, best = self._followed(None)
        if not (best[self.automaton.final] > _NO_WAY).any():
            return None
        return int(figures_of(np.unique(np.concatenate(pairs))).max())

    def _followed(self, enough: np.ndarray | None) -> tuple[list[np.ndarray], np.ndarray]:
        """(the best pairs at ends of stages, best), where `enough` [D] W must be there at ends."""
        width, sign = self.most + 1, self.sign
        best = np.full((self.automaton.states, width), _NO_WAY)
        best[self.automaton.start, 0] = 0
        pairs: list[np.ndarray] = [np.zeros(0, np.int64)]
        for group in self.groups:
            source, to, count, logs, ends = (column[group] for column in self.columns)
            here = best[source]
            reached = here > _NO_WAY
            if enough is not None:
                reached &= ~ends[:, None] | (here >= enough)
            row, number = np.nonzero(reached)
            values = here[row, number]
            if enough is None:
                at = ends[row]
                pairs.append((number[at] << _COUNT_SHIFT) + sign * values[at])
            np.maximum.at(best, (to[row], number + count[row]), values + sign * logs[row])
        return pairs, best
