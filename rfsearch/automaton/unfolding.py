"""Unfolding: spots copied, where a cost adds up only if more is known of what came before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rfsearch.automaton.spots import Spots
from rfsearch.errors import LimitError

MOST_SPOTS = 20_000_000
BYTES_A_COPY, BYTES_A_STEP = 100, 240  # of what is made of them, all together
BYTES_A_SUM = 100  # while the sums of a spot are sorted


def check_fits(size: int, what: str, memory_limit: int) -> None:
    """LimitError where what is about to be made needs more than so many bytes."""
    if size > memory_limit:
        raise LimitError(
            f"states that tell {what} apart need more than the limit of "
            f"{memory_limit / 2**30:.3g} GiB (--memory-limit); reduce widths, kernels or repeats"
        )


class Unfolding:
    """Copies of spots, and the steps between them.

    known [P]: what tells the copies of each spot apart, ascending; `what` it is, for an error.
    """

    def __init__(
        self, spots: Spots, known: Sequence[np.ndarray], memory_limit: int,
        what: str = "DeepMAD's sums",
    ) -> None:  # fmt: skip
        self.old, self.memory_limit, self.what = spots, memory_limit, what
        self.copies = np.array([len(some) for some in known])
        self.first = np.concatenate([[0], np.cumsum(self.copies)])
        if self.first[-1] > MOST_SPOTS:
            raise LimitError(
                f"{self.first[-1]} states that tell {what} apart are more than "
                f"{MOST_SPOTS}; reduce widths, kernels or repeats"
            )

    def fill(self, link: Callable[[int], tuple[np.ndarray, np.ndarray]]) -> None:
        """Make the steps: `link` gives copies of source and target for each old step."""
        sources, targets, steps = [], [], []
        size = int(self.first[-1]) * BYTES_A_COPY
        pairs = zip(self.old.source.tolist(), self.old.target.tolist(), strict=True)
        for step, (source, target) in enumerate(pairs):
            a, b = link(step)
            size += len(a) * BYTES_A_STEP
            check_fits(size, self.what, self.memory_limit)
            sources.append(a + self.first[source])
            targets.append(b + self.first[target])
            steps.append(np.full(len(a), step))
        self.source, self.target, self.step = (
            np.concatenate([np.empty(0, np.int64), *some]) for some in (sources, targets, steps)
        )
        order = np.lexsort((self.target, self.step, self.source))
        self.source, self.target, self.step = (
            some[order] for some in (self.source, self.target, self.step)
        )

    def spots(self, extra: dict[str, np.ndarray]) -> Spots:
        """The spots with costs more."""
        spot = np.repeat(np.arange(len(self.copies)), self.copies)
        return self.old.unfolded(spot, self.step, self.source, self.target, extra)
