"""Automaton: a space and a query compiled into merged states and transitions.

What can follow a prefix of a stack, and what it will cost, depends only on (output size, jump, RF,
control place). Prefixes that agree on it share a state; depth is the number of transitions taken,
kept as one machine word of possible depths a state. Nothing is kept that cannot start or finish,
and a transition is kept if some depth makes both ends alive.

The proposal was a breadth-first closure over a hash table. Sweeping dense rows of sizes in the
order of (jump, RF) does the same without queue or hash, since no move ever lowers either; see
kernels/closure.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from rfsearch.automaton.arcs import LARGEST_TOTAL, NO_SIZE_LIMIT, Arcs, arcs_of
from rfsearch.errors import LimitError, UsageError
from rfsearch.kernels import cells, closure
from rfsearch.layers.cost import COSTS, MAX, RANKED, RF
from rfsearch.request.query import Query
from rfsearch.space.plain import Space

MEMORY_LIMIT = 4 << 30

GUESSED = 32  # transitions a state, for which there is room before they are counted, if all are
MOST_GUESSED = 1 << 20  # at the most

Progress = Callable[[str, float], None]


@dataclass(frozen=True, eq=False)
class Automaton:
    """States (S) and transitions (E), and what every question needs to know of them.

    size, jump, rf, place [S]: output size, jump (0 where no growing kernel can follow, whatever
    it is), RF, control place. alive [S]: word of depths, bit d-1 for depth d, at which the state
    is on a match; the start is alive at depth 0 besides. final [S]: may a stack end here.
    first [S+1], to, arc [E]: transitions by source, arcs in the order of stacks.
    """

    space: Any  # a Space; a staged automaton has its own
    query: Any
    arcs: Any
    start: int
    size: np.ndarray
    jump: np.ndarray
    rf: np.ndarray
    place: np.ndarray
    alive: np.ndarray
    final: np.ndarray
    first: np.ndarray
    to: np.ndarray
    arc: np.ndarray

    @property
    def states(self) -> int:
        """How many states."""
        return len(self.size)

    @property
    def transitions(self) -> int:
        """How many transitions."""
        return len(self.to)

    @property
    def volume(self) -> np.ndarray:
        """[S] positions of a state's output: its size squared."""
        return self.size.astype(np.int64) ** 2

    @property
    def jump_in_costs(self) -> np.ndarray:
        """[S] the jump, as far as what a transition adds depends on it."""
        return self.jump

    def blocks(self) -> np.ndarray:
        """[B+1] bounds of the runs of states that share jump and RF; transitions never go back."""
        change = (np.diff(self.jump) != 0) | (np.diff(self.rf) != 0)
        return np.concatenate([[0], np.flatnonzero(change) + 1, [self.states]])

    @property
    def depth(self) -> tuple[int, int]:
        """Least and greatest depth that the query allows."""
        return depth_range(self.space, self.query)

    @property
    def ascending(self) -> bool:
        """Whether states ascend along transitions, and what a transition adds is a constant."""
        return False

    @property
    def order(self) -> np.ndarray:
        """int32 [A] where an arc stands among all that may follow the same layers."""
        return np.arange(len(self.arcs.to), dtype=np.int32)

    @property
    def forks(self) -> bool:
        """Whether one first step leads to several states, each with matches of its own."""
        return False

    @property
    def one_rf(self) -> bool:
        """Whether all matches have one RF."""
        return self.query.target_rf[0] == self.query.target_rf[1]

    @property
    def in_states(self) -> tuple[str, ...]:
        """Costs whose budgets are part of the states already."""
        return ("depth", "peak_memory")

    def begin(self, name: str, sign: int) -> int:
        """A cost before any layer: the input's, negated where `sign` is -1."""
        cost = RANKED[name]
        if name == RF.name:
            return sign
        if not cost.of_input or cost.combine == MAX:  # live values are never negative
            return 0
        size = self.query.bytes_per_value if cost.in_bytes else 1
        return sign * self.query.input**2 * self.space.input_channels * size

    def fields_at(self, states: np.ndarray) -> np.ndarray:
        """[n, 1] RFs of states."""
        return self.rf[states].reshape(-1, 1)

    def scales(self) -> dict[str, int]:
        """How many times as large as shown each cost is kept."""
        return {name: cost.scale for name, cost in COSTS.items()}

    def spots(self) -> np.ndarray:
        """[S] numbers, equal where size, channels, jump and RF are: the points of families.

        Jumps that no growing kernel can follow count as one; the strides tell them apart.
        """
        widths, width = np.unique(self.arcs.channels, return_inverse=True)
        # One number of a state, whatever its control place: states of a (jump, RF) by size, width.
        sizes = int(self.size.max()) + 1
        rf_and_jump = self.rf.astype(np.int64) * (int(self.jump.max()) + 1) + self.jump
        key = (rf_and_jump * sizes + self.size) * len(widths) + width[self.place]
        return np.unique(key, return_inverse=True)[1].reshape(-1).astype(np.int64)


def depth_range(space: Space, query: Query) -> tuple[int, int]:
    """The space's depths narrowed by min_depth and max_depth; (1, 0) where nothing remains."""
    low, high = space.depth
    least, most = query.budgets.get("depth", (None, None))
    low = max(low, least or 0)
    high = high if most is None else min(high, most)
    return (low, high) if low <= high else (1, 0)


def build(
    space: Space,
    query: Query,
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = lambda stage, done: None,
) -> Automaton:
    """Compile. Raises LimitError where it would not fit `memory_limit` bytes."""
    low, high = query.target_rf
    depth_low, depth_high = depth_range(space, query)
    arcs = arcs_of(space, query)
    depths = _word(depth_low, depth_high)
    out_low, out_high = query.output_size or (1, NO_SIZE_LIMIT)

    progress("states", 0.0)
    jumps, next_jump, hop_stride = _jumps(arcs, high)
    _fits((len(jumps) + 1) * (high + 1) * 4, memory_limit, "the table of jumps and RFs", "target")
    cell_jump, cell_rf, following = cells.find_cells(
        jumps, next_jump, arcs.hops, hop_stride, low, high, _most_growth(arcs, depth_high)
    )
    if len(cell_rf) == 0:
        return nothing(space, query, arcs)
    places = len(arcs.places)
    rows = len(cell_rf) * places
    _fits(rows * 40, memory_limit, f"{len(cell_rf)} (jump, RF) pairs at {places} widths", "target")
    row_reached, row_finishing = cells.row_depths(
        following, cell_rf, *arcs.place_hops, arcs.accepts, low, high, depths
    )
    live = (row_reached & row_finishing) != 0
    live[0] = True
    least, most = cells.row_sizes(
        following, live, arcs.first, arcs.to, arcs.geometry, arcs.least_n, arcs.most_n,
        arcs.shape, arcs.hop_of, query.input, query.input, max(depth_high, 1),
    )  # fmt: skip
    offset = np.concatenate([[0], np.cumsum(most - least + 1)])
    most_n = int(most.max())
    _check_totals(arcs, query, most_n, int(jumps[-1]), depth_high)
    _fits(
        int(offset[-1]) * 20 + len(arcs.shape) * (most_n + 1) * 4,
        memory_limit,
        f"{int(offset[-1])} candidate states",
        "depth, target",
    )
    progress("states", 0.2)
    table = np.zeros((len(arcs.shape), most_n + 1), np.int32)
    closure.fill_sizes(arcs.shape, table)
    reached, finishing = np.zeros((2, int(offset[-1])), np.uint64)
    closure.sweep(
        following, cell_rf, arcs.swept, arcs.swept_staying, table, least, most, offset,
        arcs.accepts, low, high, out_low, out_high, query.input, depths, _word(1, depth_high),
        reached, finishing,
    )  # fmt: skip
    progress("states", 0.6)
    start_at = query.input - int(least[0])
    number, size, row_of, alive = closure.number_states(
        reached, finishing, least, most, offset, places, start_at
    )
    start = int(number[start_at])
    first = np.zeros(len(size) + 1, np.int64)
    arc_type = np.uint16 if len(arcs.to) <= 0xFFFF else np.int32
    linked = (
        size, row_of, start, following, places, arcs.first, arcs.to, arcs.geometry,
        arcs.least_n, arcs.most_n, arcs.hop_of, table, least, most, offset, number,
        reached, finishing, first,
    )  # fmt: skip
    room = GUESSED * len(size) if GUESSED * len(size) <= MOST_GUESSED else 0
    to, arc = np.empty(room, np.int32), np.empty(room, arc_type)
    edges = closure.link(*linked, to, arc)
    _fits(
        int(offset[-1]) * 20 + edges * 8 + len(size) * 50,
        memory_limit,
        f"{len(size)} states and {edges} transitions",
        "depth, choices",
    )
    if edges <= room:
        to, arc = to[:edges].copy(), arc[:edges].copy()
    else:
        to, arc = np.empty(edges, np.int32), np.empty(edges, arc_type)
        closure.link(*linked, to, arc)
    progress("states", 1.0)

    cell = row_of // places
    place = row_of % places
    rf = cell_rf[cell]
    jump_of = np.append(jumps, 0)[cell_jump[cell]]
    final = (rf >= low) & (rf <= high) & (size >= out_low) & (size <= out_high)
    return Automaton(
        space, query, arcs, start, size, jump_of, rf, place, alive,
        final & arcs.accepts[place], first, to, arc,
    )  # fmt: skip


def nothing(space: Space, query: Query, arcs: Arcs) -> Automaton:
    """The automaton of a query without matches: a start and no transition."""
    one = np.ones(1, np.int32)
    return Automaton(
        space, query, arcs, 0, one * query.input, one.astype(np.int64), one, one * 0,
        np.zeros(1, np.uint64), np.zeros(1, bool), np.zeros(2, np.int64),
        np.empty(0, np.int32), np.empty(0, np.uint16),
    )  # fmt: skip


def _word(low: int, high: int) -> np.uint64:
    """The word of depths low..high; empty where low > high."""
    if low > high:
        return np.uint64(0)
    return np.uint64(((1 << high) - 1) & ~((1 << (low - 1)) - 1))


def _jumps(arcs: Arcs, high: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Jumps that a growing kernel may still follow, where each stride leads, each hop's stride.

    A leading index of len(jumps) means: beyond them all.
    """
    strides = np.unique(arcs.hops[:, 1])
    jumps, frontier = {1}, [1]
    while frontier:
        frontier = [
            j
            for j in {jump * int(stride) for jump in frontier for stride in strides if stride > 1}
            if j < high and j not in jumps
        ]
        jumps.update(frontier)
    ordered = sorted(jumps)
    index = {jump: i for i, jump in enumerate(ordered)}
    following = [[index.get(jump * int(s), len(ordered)) for s in strides] for jump in ordered]
    return (
        np.array(ordered, np.int64),
        np.array(following, np.int64),
        np.searchsorted(strides, arcs.hops[:, 1]),
    )


def _most_growth(arcs: Arcs, depth: int) -> np.ndarray:
    """[D + 1] upper bounds on the RF, in units of the jump, that so many more layers can add."""
    growth, stride = (int(most) for most in arcs.hops.max(axis=0))
    most = [0]
    for _ in range(depth):
        most.append(min(growth + stride * most[-1], 1 << 40))
    return np.array(most, np.int64)


def _check_totals(arcs: Arcs, query: Query, most_n: int, most_jump: int, depth: int) -> None:
    """Refuse a query whose costs could pass int64: numba wraps silently."""
    volume = max(most_n, query.input) ** 2
    for name, cost in COSTS.items():
        constant, per_in, per_out, per_jump2, _ = (
            int(x) for x in arcs.coefficient[name].max(axis=0, initial=0)
        )
        layer = constant + (per_in + per_out) * volume + per_jump2 * most_jump**2
        total = layer * (1 if cost.combine == MAX else depth)
        if total + volume * int(arcs.channels.max()) * query.bytes_per_value > LARGEST_TOTAL:
            raise UsageError(
                f"{name}: a stack of {depth} layers could pass 2^62 {cost.unit}; reduce depth, "
                "channels, kernel or input"
            )


def _fits(size: int, limit: int, what: str, less: str) -> None:
    if size > limit:
        raise LimitError(
            f"{what} need {size / 2**30:.3g} GiB, above the limit of {limit / 2**30:.3g} GiB "
            f"(--memory-limit); reduce {less} or the choices of a layer"
        )
