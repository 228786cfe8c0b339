"""The tightest choice of one vector from every list, with its proof: the smallest range, exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from rfsearch.kernels import narrow as kernel
from rfsearch.kernels.graph import DONE, FULL
from rfsearch.ladder.hold import tightness
from rfsearch.ladder.ratio import farthest, nearness, ratio_of

FIRST_GUESS = Fraction(1, 1 << 10)
GROWTH = 8  # of the guess, until some choice is within it
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


class Lists:
    """Vectors [N_i, C] of every list, and the tolerance of every coordinate."""

    def __init__(
        self,
        vectors: Sequence[np.ndarray],
        tolerances: Sequence[Fraction],
        look: Callable[[], None] = lambda: None,
    ) -> None:
        self.tolerances, self.look = tuple(tolerances), look
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
        self, stack: kernel.Stack, limit: Fraction, strict: bool, every: bool = False
    ) -> tuple[kernel.Stack, bool]:
        """Go on to a window of a tightness at most `limit` (below it where `strict`); if any."""
        pairs = [nearness(ratio_of(t, limit), self.most, strict) for t in self.tolerances]
        over, under = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
        while True:
            outcome = kernel.narrow(stack, len(self.sizes), over, under, every, MEMBERS)
            self.look()
            if outcome in (DONE, kernel.FOUND):
                return stack, outcome == kernel.FOUND
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


def narrowest(lists: Lists, below: Fraction | None) -> tuple[Fraction, list[int]] | None:
    """(tightness, numbers of the vectors in their lists) of the tightest choice of all.

    None where there is no choice, or none tighter than `below`.
    """
    if below == 0 or not all(lists.sizes):
        return None
    limit, strict = _guessed(lists, below)
    best: list[int] | None = None
    stack = lists.search()
    while limit is not None and (limit > 0 or not strict):
        stack, found = lists.step(stack, limit, strict)
        if not found:
            break
        best = lists.nearest(stack, lists.window(stack, limit, strict))
        tighter = lists.tightness(best)
        assert tighter is not None and (tighter < limit or not strict), "it is in the window"
        limit, strict = tighter, True
    if best is None or limit is None:
        return None
    numbers = [0] * len(lists.sizes)
    for at in best:
        numbers[lists.owner[at]] = int(lists.number[at])
    return limit, numbers


def windows(lists: Lists, limit: Fraction) -> Iterator[Window]:
    """Windows that together hold every choice of a tightness at most `limit`, and no other."""
    stack = lists.search()
    while True:
        stack, found = lists.step(stack, limit, False, every=True)
        if not found:
            return
        yield lists.window(stack, limit, False)
        stack.used[0] -= 1


def _guessed(lists: Lists, below: Fraction | None) -> tuple[Fraction | None, bool]:
    """A tightness that some choice has, found from below so that windows stay small."""
    guess = Fraction(0)
    while True:
        if below is not None and guess >= below:
            return below, True
        if lists.step(lists.search(), guess, False)[1]:
            return guess, False
        # Beyond this every ratio is near, but that of 0 to something.
        if all(ratio_of(t, guess) >= lists.most for t in lists.tolerances if t):
            return None, False
        guess = guess * GROWTH or FIRST_GUESS


def _grown(stack: kernel.Stack) -> kernel.Stack:
    return stack._replace(
        **{
            name: np.concatenate([getattr(stack, name), np.zeros_like(getattr(stack, name))])
            for name in ("low", "high", "first", "member")
        }
    )
