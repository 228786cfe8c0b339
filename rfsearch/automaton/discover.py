"""Discover: the spots of a control without loops, sizes and peak memory observed."""

from __future__ import annotations

import numpy as np

from rfsearch.automaton.grammar import Walked, grammar_of, jump_by_axis, whole_jumps
from rfsearch.automaton.heads import Heads
from rfsearch.automaton.placement import Placement
from rfsearch.automaton.plan import HEAD, INPUT, Body, Link
from rfsearch.automaton.pool import grown, new_pool
from rfsearch.automaton.spots import Spots, finishing
from rfsearch.errors import LimitError, UsageError
from rfsearch.kernels import spots as kernel
from rfsearch.layers.geometry import Sizes
from rfsearch.request.query import Query
from rfsearch.request.running import Progress
from rfsearch.request.total_stride import within

ROOM = 1 << 12
BYTES_A_STEP = 110  # while the steps are put in order, those of the pool among them


def discovered(
    body: Body, query: Query, heads: Heads, axes: int, steps: int, memory_limit: int,
    progress: Progress,
) -> Spots:  # fmt: skip
    """Every spot on a way from an input to an end. Raises LimitError, UsageError."""
    made = grammar_of(body, query, axes, steps, memory_limit)
    pool = new_pool(len(body.width), ROOM, 8 * ROOM)
    met = query.budgets.get("peak_memory", (None, None))[0] is None
    unit = made.jumps.index((1,) * len(made.table.axes))
    seeds = []
    for sizes in query.inputs:
        of_class = np.array([sizes[group[0]] for group in made.table.axes], np.int64)
        seeds.append(kernel.add_first(made.walk, pool, 1, of_class, unit, int(met)))
    scratch = np.zeros(len(made.table.axes), np.int64)
    while (outcome := kernel.discover(made.walk, pool, scratch)) != kernel.DONE:
        pool = grown(made.walk, pool, outcome, memory_limit)
        known = int(pool.used[kernel.SPOTS])
        progress("states", 0.4 * int(pool.used[kernel.AT]) / len(body.width), known)
    if pool.used[kernel.FAR]:
        raise UsageError("stage: strides multiply to more than 2^40; repeat fewer of them")
    progress("states", 0.4)
    steps_found = int(pool.used[kernel.STEPS])
    size = steps_found * BYTES_A_STEP
    if size > memory_limit:
        raise LimitError(
            f"{int(pool.used[kernel.SPOTS])} (place, size, jump) states and {steps_found} steps "
            f"need {size / 2**30:.3g} GiB, above the limit of {memory_limit / 2**30:.3g} GiB "
            "(--memory-limit); reduce depth, repeats, widths or inputs"
        )
    return _Joined(body, query, heads, axes, made, pool).spots(seeds)


class _Joined:
    """Spots and steps of a pool, with the inputs' steps before and the heads' after them."""

    def __init__(
        self, body: Body, query: Query, heads: Heads, axes: int, made: Walked, pool: kernel.Pool
    ) -> None:
        self.body, self.query, self.heads, self.axes, self.made = body, query, heads, axes, made
        count, steps = int(pool.used[kernel.SPOTS]), int(pool.used[kernel.STEPS])
        spot = pool.spot[:count]
        columns = [spot[:, kernel.SIZES + x] for x in range(len(made.table.axes))]
        order = np.lexsort((spot[:, kernel.MET], spot[:, kernel.JUMP], *columns[::-1], spot[:, 0]))
        # Number 0 stands before any input.
        number = np.empty(count, np.int64)
        number[order] = np.arange(1, count + 1)
        self.number = number
        self.spot = np.concatenate([np.zeros((1, 6), np.int64), spot[order]])
        spans = pool.end[:count] - pool.begin[:count]
        source = np.empty(steps, np.int64)
        by_begin = np.argsort(pool.begin[:count], kind="stable")
        source[:] = np.repeat(number[by_begin], spans[by_begin])
        self.source, self.target = source, number[pool.target[:steps]]
        self.inputs = len(query.inputs)
        self.link = pool.link[:steps].astype(np.int64) + self.inputs
        self.heads_of = np.full(steps, -1, np.int64)

    def spots(self, seeds: list[int]) -> Spots:
        self._add_inputs(seeds)
        final = self._finals()
        kept = finishing(self.source, self.target, final)
        kept[0] = True
        number = np.cumsum(kept) - 1
        alive = kept[self.source] & kept[self.target]
        source, target = number[self.source[alive]], number[self.target[alive]]
        spot = self.spot[kept]
        sizes, size = self._sizes(spot)
        jumps = [jump_by_axis(self.made.table, jump, self.axes) for jump in self.made.jumps]
        links = (
            tuple(Link(INPUT, (), 1, input=sizes) for sizes in self.query.inputs) + self.body.links
        )
        geometry = np.concatenate([np.full(self.inputs, -1), self.body.geometry])
        before = self.spot[self.source[alive]]
        of_class = before[:, kernel.SIZES : kernel.SIZES + len(self.made.table.axes)]
        steps = Placement(
            self.made.table, links, geometry, self.link[alive], of_class,
            whole_jumps(jumps).reshape(-1, self.axes)[before[:, kernel.JUMP]],
            self.heads_of[alive], self.heads.known, self.axes, self.heads.input_channels,
            self.query.weight_bytes, self.query.activation_bytes,
        )  # fmt: skip
        return Spots(
            self.body.width, self.body.ends, links, sizes, jumps, spot[:, kernel.PLACE], size,
            spot[:, kernel.JUMP], final[kept], source, target, self.link[alive], steps, {},
        )  # fmt: skip

    def _add_inputs(self, seeds: list[int]) -> None:
        some = np.arange(len(seeds))
        self._steps(np.zeros_like(some), self.number[seeds], some, np.full(len(seeds), -1))

    def _finals(self) -> np.ndarray:
        """[P] where a stack may end; the steps of heads are added."""
        allowed = self._allowed()
        final = np.array(self.body.ends).take(self.spot[:, kernel.PLACE])
        final = final & allowed & (self.spot[:, kernel.MET] == 1)
        final[0] = False
        last = len(self.body.width) - 1
        found: dict[tuple[int, ...], int] = {}
        rows: list[np.ndarray] = []
        steps: list[tuple[int, int, int, int]] = []
        heads = {
            int(place): arc + self.inputs
            for arc, link in enumerate(self.body.links)
            if link.kind == HEAD
            for place in [np.searchsorted(self.body.first, arc, side="right") - 1]
        }
        sizes = self.made.sizes_of(self._of_class(self.spot), self.axes)
        for number in np.flatnonzero(allowed).tolist() if heads else []:
            row = self.spot[number]
            link = heads.get(int(row[kernel.PLACE])) if number else None
            if link is None:
                continue
            width = self.body.width[int(row[kernel.PLACE])]
            ended = self.heads.at(tuple(sizes[number].tolist()), width)
            if ended is None:
                continue
            head, met = ended
            after = row.copy()
            after[kernel.PLACE], after[kernel.MET] = last, int(row[kernel.MET]) | met
            key = tuple(after.tolist())
            if key not in found:
                found[key] = len(self.spot) + len(rows)
                rows.append(after)
            steps.append((number, found[key], link, head))
        if steps:
            self.spot = np.concatenate([self.spot, np.array(rows)])
            self._steps(*np.array(steps, np.int64).T)
            final = np.append(final, [bool(row[kernel.MET]) for row in rows])
        order = np.lexsort((self.link, self.source))
        for name in ("source", "target", "link", "heads_of"):
            setattr(self, name, getattr(self, name)[order])
        return final

    def _steps(
        self, source: np.ndarray, target: np.ndarray, link: np.ndarray, head: np.ndarray
    ) -> None:
        self.source = np.concatenate([self.source, source])
        self.target = np.concatenate([self.target, target])
        self.link = np.concatenate([self.link, link])
        self.heads_of = np.concatenate([self.heads_of, head])

    def _of_class(self, spot: np.ndarray) -> np.ndarray:
        return spot[:, kernel.SIZES : kernel.SIZES + len(self.made.table.axes)]

    def _allowed(self) -> np.ndarray:
        """[P] whether sizes and jump are those that a stack may end with."""
        sizes = ending(self.query, self.made.sizes_of(self._of_class(self.spot), self.axes))
        if self.query.jump is None:
            return sizes
        met = [
            all(
                within(jump[x], self.query.jump[axis])
                for x, group in enumerate(self.made.table.axes)
                for axis in group
            )
            for jump in self.made.jumps
        ]
        allowed: np.ndarray = sizes & np.array(met)[self.spot[:, kernel.JUMP]]
        return allowed

    def _sizes(self, spot: np.ndarray) -> tuple[list[Sizes], np.ndarray]:
        """(sizes by number, number of each spot); number 0 is that of spot 0, and has none."""
        each = self.made.sizes_of(self._of_class(spot), self.axes)
        known, number = np.unique(each[1:], axis=0, return_inverse=True)
        sizes: list[Sizes] = [(), *(tuple(row) for row in known.tolist())]
        return sizes, np.concatenate([[0], number.reshape(-1) + 1])


def ending(query: Query, sizes: np.ndarray) -> np.ndarray:
    """[n] whether sizes [n, axes] are those that a stack may end with."""
    allowed: np.ndarray = np.all(sizes > 0, axis=1)
    for axis, (low, high) in enumerate(query.output_size or ()):
        allowed &= sizes[:, axis] >= low
        if high is not None:
            allowed &= sizes[:, axis] <= high
    return allowed
