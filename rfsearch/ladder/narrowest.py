"""The tightest choice of one vector from every list, with its proof: the smallest range, exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from rfsearch.kernels import narrow as kernel
from rfsearch.kernels.graph import DONE, FULL, PAUSED
from rfsearch.kernels.narrow import FOUND
from rfsearch.ladder.hold import tightness
from rfsearch.ladder.ratio import farthest, nearness, ratio_of

ANCHORS = 32  # vectors about which a first choice is sought
HALVINGS = 3  # of the range in which the tightness lies, before the search for its proof
SHARES = 16  # parts of the work; a halving may take one
MEMBERS = 1 << 20  # looked at between two looks at the clock and at Ctrl-C
DEPTH = 64  # boxes that wait, at first


@dataclass(frozen=True)
class Window:
    """The vectors from `low` to `high`, both included."""

    low: tuple[int, ...]
    high: tuple[int, ...]

    def holds(self, vector: Sequence[int]) -> bool:
        """Whether a vector is in it."""
        return all(a <= v <= b for a, v, b in zip(self.low, vector, self.high, strict=True))


@dataclass(frozen=True)
class Choice:
    """One vector of every list, by its number there."""

    tightness: Fraction
    numbers: list[int]


class Lists:
    """Vectors [N_i, C] of every list, and the tolerance of every coordinate."""

    def __init__(
        self,
        vectors: Sequence[np.ndarray],
        tolerances: Sequence[Fraction],
        look: Callable[[], None] = lambda: None,
        most_work: int | None = None,
    ) -> None:
        self.tolerances, self.look = tuple(tolerances), look
        self.work, self.most_work = 0, most_work  # vectors looked at
        self.sizes = [len(one) for one in vectors]
        self.vector = np.concatenate(vectors)
        self.owner = np.repeat(np.arange(len(vectors), dtype=np.int32), self.sizes)
        self.number = np.concatenate([np.arange(size) for size in self.sizes])
        self.most = max(int(self.vector.max(initial=1)), 1)

    def search(self) -> kernel.Stack:
        """The box of all corners, to begin with."""
        size, coordinates = self.vector.shape
        stack = kernel.Stack(
            self.vector,
            self.owner,
            np.zeros((DEPTH, coordinates), np.int64),
            np.zeros((DEPTH, coordinates), np.int64),
            np.zeros(DEPTH + 1, np.int64),
            np.zeros(3 * size + 1, np.int32),
            np.ones(1, np.int64),
        )
        stack.high[0] = self.vector.max(axis=0)
        stack.low[0] = self.vector.min(axis=0)
        stack.member[:size] = np.arange(size)
        stack.first[1] = size
        return stack

    def step(
        self, stack: kernel.Stack, limit: Fraction, strict: bool, every: bool = False,
        share: int = 1,
    ) -> tuple[kernel.Stack, int]:  # fmt: skip
        """Go on to a window of a tightness at most `limit` (below it where `strict`).

        What came of it: FOUND, DONE where there is none left, PAUSED where the work is used up,
        of which this may take one part in `share`.
        """
        pairs = [nearness(ratio_of(t, limit), self.most, strict) for t in self.tolerances]
        over, under = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
        begun = self.work
        while True:
            looked, outcome = kernel.narrow(stack, len(self.sizes), over, under, every, MEMBERS)
            self.work += looked
            self.look()
            if outcome in (DONE, FOUND):
                return stack, outcome
            if self.most_work is not None and share * (self.work - begun) > self.most_work:
                return stack, PAUSED
            if outcome == FULL:
                stack = _grown(stack)

    def window(self, stack: kernel.Stack, limit: Fraction, strict: bool) -> Window:
        """The window at the low corner of the last box."""
        low = stack.low[stack.used[0] - 1].tolist()
        return Window(
            tuple(low),
            tuple(
                min(farthest(least, ratio_of(t, limit), strict), self.most)
                for least, t in zip(low, self.tolerances, strict=True)
            ),
        )

    def about(self, position: int) -> list[int] | None:
        """One vector of every list, that nearest a vector; None where some list has none near."""
        here = self.vector[position].astype(np.float64) + 1
        far = np.zeros(len(self.vector))
        # Rounded: any choice will do, and its tightness is then exact.
        for c, tolerance in enumerate(self.tolerances):
            if tolerance:
                ratio = (self.vector[:, c] + 1) / here[c]
                np.maximum(ratio, 1 / ratio, out=ratio)
                np.maximum(far, (ratio - 1) / float(tolerance), out=far)
            else:
                far[self.vector[:, c] != self.vector[position, c]] = np.inf
        begins = np.cumsum([0, *self.sizes])
        chosen = [int(a + np.argmin(far[a:b])) for a, b in pairwise(begins)]
        return chosen if np.isfinite(far[chosen]).all() else None

    def nearest(self, stack: kernel.Stack, window: Window) -> list[int]:
        """One vector of every list in a window: the position of the one nearest its corner."""
        top = stack.used[0] - 1
        where = np.sort(stack.member[stack.first[top] : stack.first[top + 1]])
        near = self.vector[where]
        where = where[((near >= window.low) & (near <= window.high)).all(axis=1)]
        least = np.maximum(np.array(window.low, np.float64), 1)
        weight = np.array([float(1 / t) if t else 0.0 for t in self.tolerances])
        # Rounded: any choice within the window will do, and its tightness is then exact.
        far = ((self.vector[where] - window.low) / least * weight).max(axis=1)
        owner = self.owner[where]
        order = np.lexsort((far, owner))
        first = np.searchsorted(owner[order], np.arange(len(self.sizes)))
        return where[order[first]].tolist()  # type: ignore[no-any-return]

    def tightness(self, positions: Sequence[int]) -> Fraction | None:
        """Of a choice."""
        return tightness(self.vector[list(positions)].T.tolist(), self.tolerances)


def narrowest(lists: Lists, below: Fraction | None) -> tuple[Choice | None, bool]:
    """The tightest choice of all, and whether that is proven: the work may have been used up.

    None where no choice is tighter than `below`, or known to be.
    """
    if below == 0 or not all(lists.sizes):
        return None, True
    search = _Search(lists, below)
    search.look_about()
    search.halve()
    outcome = search.finish()
    if search.best is None or search.limit is None:
        return None, outcome != PAUSED
    numbers = [0] * len(lists.sizes)
    for at in search.best:
        numbers[lists.owner[at]] = int(lists.number[at])
    return Choice(search.limit, numbers), outcome != PAUSED


class _Search:
    """The tightest choice so far, positions of vectors, and its tightness as the limit.

    floor: no choice is tighter, as far as that is proven.
    """

    def __init__(self, lists: Lists, below: Fraction | None) -> None:
        self.lists, self.limit, self.floor = lists, below, Fraction(0)
        self.best: list[int] | None = None

    def look_about(self) -> None:
        """Choices of what is nearest to some vectors of the shortest list."""
        lists = self.lists
        scarce = int(np.argmin(lists.sizes))
        begin, size = sum(lists.sizes[:scarce]), lists.sizes[scarce]
        for i in range(min(ANCHORS, size)):
            choice = lists.about(begin + i * size // min(ANCHORS, size))
            self._keep(choice)
            lists.look()

    def halve(self) -> None:
        """Ask for half the tightness as long as there is such a choice, then in between."""
        tries = HALVINGS
        while self.limit is not None and self.limit > self.floor and tries:
            limit = (self.limit + self.floor) / 2 if self.floor else self.limit / 2
            stack, outcome = self.lists.step(self.lists.search(), limit, False, share=SHARES)
            if outcome == FOUND:
                self._take(stack, limit, False)
                continue
            tries -= 1
            # What is not found with so much work may be there; but not where to look now.
            self.floor = limit

    def finish(self) -> int:
        """Whatever is tighter; DONE where the best is proven, PAUSED where work is used up."""
        lists, stack = self.lists, self.lists.search()
        if self.limit is None:
            everything = max((lists.most / t for t in lists.tolerances if t), default=Fraction(0))
            stack, outcome = lists.step(stack, everything, False)
            if outcome == FOUND:
                self._take(stack, everything, False)
        else:
            outcome = FOUND
        while outcome == FOUND and self.limit:
            stack, outcome = lists.step(stack, self.limit, True)
            if outcome == FOUND:
                self._take(stack, self.limit, True)
        return DONE if outcome == FOUND else outcome

    def _take(self, stack: kernel.Stack, limit: Fraction, strict: bool) -> None:
        choice = self.lists.nearest(stack, self.lists.window(stack, limit, strict))
        assert self._keep(choice) or not strict, "the choice is in the window"

    def _keep(self, choice: list[int] | None) -> bool:
        tightness = None if choice is None else self.lists.tightness(choice)
        if tightness is None or (self.limit is not None and tightness >= self.limit):
            return False
        self.best, self.limit = choice, tightness
        return True


def windows(lists: Lists, limit: Fraction) -> Iterator[Window]:
    """Windows that together hold every choice of a tightness at most `limit`, and no other."""
    stack = lists.search()
    while True:
        stack, outcome = lists.step(stack, limit, False, every=True)
        if outcome != FOUND:
            return
        yield lists.window(stack, limit, False)
        stack.used[0] -= 1


def _grown(stack: kernel.Stack) -> kernel.Stack:
    return stack._replace(
        **{
            name: np.concatenate([getattr(stack, name), np.zeros_like(getattr(stack, name))])
            for name in ("low", "high", "first", "member")
        }
    )
