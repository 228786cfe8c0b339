"""Together: questions that differ in target and depth alone, with what they share made once.

Where the control has loops, spots are found with the RFs of every target; each question keeps those
that can meet its own, and takes over what their steps add to costs. Elsewhere spots know no target.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.by_depth import Reached
from rfsearch.automaton.closure import beyond_rows, build, looped
from rfsearch.automaton.holes import share_of
from rfsearch.automaton.makers import by_depth, depth_within, has_loops, serve_all
from rfsearch.automaton.placement import Placement, Worked
from rfsearch.automaton.rows import bits_of, range_bits
from rfsearch.automaton.spots import Spots
from rfsearch.kernels import states as kernel
from rfsearch.layers.cost import UNFOLDED
from rfsearch.request.query import Query
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

if TYPE_CHECKING:
    from rfsearch.space.edits.space import Neighbourhood
    from rfsearch.space.space import Space


class Together:
    """Automata of questions that are `query` but for a target within its own, and less depth.

    Raises UsageError and LimitError, as the compilation of a question does.
    """

    def __init__(
        self,
        space: Space | Neighbourhood,
        query: Query,
        memory_limit: int = MEMORY_LIMIT,
        progress: Progress = silent,
    ) -> None:
        self._space, self._asked = space, (memory_limit, progress)
        self._known: Spots | None = None
        self._all: Reached | None = None
        self._own: tuple[object, Reached] | None = None
        if _serves(space, query, memory_limit, progress):
            found = by_depth(space, query, memory_limit, progress)
            self._all = replace(found, spots=_worked(found.spots))

    def automaton(self, query: Query) -> Automaton:
        """Of one question: the same matches, in the same order, as closure.build has of it."""
        if self._all is None:
            return self._over_known_spots(query)
        assert query.target_rf is not None
        target, every = query.target_rf[0], self._all.spots.depth
        low, high = target
        assert high is not None
        if self._own is None or self._own[0] != target:
            start = int(self._all.live[:, 0].argmax())
            self._own = target, _of_spots(_finished(self._all, (low, high), every), start)
        found = self._own[1]
        depth = depth_within(query, every)
        if depth != every:
            found = _finished(found, (low, high), depth)
        return replace(looped(self._space, query, found, self._asked[0]), depths=depth)

    def _over_known_spots(self, query: Query) -> Automaton:
        """As build, over the spots of the question before where they are the same."""
        made = build(self._space, query, *self._asked, known=self._known)
        spots = made.spots
        if serve_all(self._space) and spots.rf is None:
            self._known = spots
        return made


def _serves(
    space: Space | Neighbourhood, query: Query, memory_limit: int, progress: Progress
) -> bool:
    """Returns True where questions are compiled with loops, and so may be found together."""
    told_apart = set(query.budgets) & set(UNFOLDED) or any(
        charge.forbids for charge in query.charges.values()
    )
    return (
        not told_apart
        and has_loops(space, query)
        and not beyond_rows(query)
        and share_of(space, query, (), memory_limit, progress) is None
    )


def _worked(spots: Spots) -> Spots:
    """The same, with what its steps add worked out, for all that take some of them."""
    steps = spots.steps
    assert isinstance(steps, Placement)
    return replace(spots, steps=replace(steps, worked=Worked(spots.figures.numbers, spots.boxes)))


def _finished(found: Reached, target: tuple[int, int], depth: tuple[int, int]) -> Reached:
    """The RFs that can meet a target within fewer depths; spots and steps as they are."""
    low, high = target
    words, depths = (high >> 6) + 1, depth[1] + 1 if depth[0] <= depth[1] else 1
    bits = found.bits[:, :depths, :words].copy()
    live: np.ndarray = np.any(bits, axis=2)
    steps = found.steps._replace(masks=np.ascontiguousarray(found.steps.masks[:, :words]))
    wanted = bits_of(range_bits(low, high), words)
    row, span = np.zeros(words, np.uint64), np.zeros((len(bits), 2), np.int64)
    kernel.finish_by_depth(steps, found.spots.final, wanted, depth[0], row, span, bits, live)
    kept = np.zeros((len(bits), words), np.uint64)
    kernel.united(bits, live, kept)
    return replace(found, steps=steps, kept=kept, bits=bits, live=live)


def _of_spots(found: Reached, start: int) -> Reached:
    """Those spots alone that some RF is left at, numbered anew, and the start."""
    alive: np.ndarray = np.any(found.kept, axis=1)
    alive[start] = True
    spots, number = found.spots, np.cumsum(alive) - 1
    kept = np.flatnonzero(alive[spots.source] & alive[spots.target])
    source, target = number[spots.source[kept]], number[spots.target[kept]]
    spot = np.flatnonzero(alive)
    steps = found.steps._replace(
        first=np.searchsorted(source, np.arange(len(spot) + 1)), target=target.astype(np.int32),
        shift=found.steps.shift[kept], mask=found.steps.mask[kept],
    )  # fmt: skip
    return Reached(
        spots.unfolded(spot, kept, source, target, {}), steps, found.kept[spot],
        found.bits[spot], found.live[spot],
    )  # fmt: skip
