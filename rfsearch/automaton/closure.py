"""Closure: a staged space and a query compiled into an automaton like any other.

Spots carry everything but the RF; a state is a spot with one RF. Sizes and jumps are numbers into
tables, every step's costs are constants, and states ascend along transitions, so that the
questions work on it as on the automaton of a plain space.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rfsearch.automaton.automaton import Automaton, Progress
from rfsearch.automaton.expressive import UNFOLDED, unfolded
from rfsearch.automaton.fields import Fields, fields_of
from rfsearch.automaton.spots import Spots, spots_of
from rfsearch.errors import LimitError
from rfsearch.request.staged_query import StagedQuery, scales
from rfsearch.space.staged import StagedSpace

if TYPE_CHECKING:
    from rfsearch.space.edits.space import LikeSpace

DENSE = 1 << 26  # entries of a table that finds states without searching


@dataclass(frozen=True, eq=False)
class Steps:
    """The arcs of a staged automaton: steps of spots, one constant a cost.

    `to`, `layer`, `channels` and `coefficient` are what rfsearch.automaton.arcs.Arcs has of that
    name, so far as questions need them: layer [A, 6] holds the total stride in its third column.
    """

    spots: Spots
    to: np.ndarray
    layer: np.ndarray
    channels: np.ndarray

    @cached_property
    def coefficient(self) -> dict[str, np.ndarray]:
        """[A, 5] of every cost: a constant."""
        found = {}
        for name, values in self.spots.figure.items():
            found[name] = np.zeros((len(values), 5), np.int64)
            found[name][:, 0] = values
        return found


@dataclass(frozen=True, eq=False)
class StagedAutomaton(Automaton):
    """As Automaton; size [S] is a number into the table of `arcs.spots`, jump a rank from 1 on.

    rf [S] is the number of the state's RF, its row of `fields` [R, axes told apart], 0 everywhere
    where RFs are not `tracked`; `axes` numbers those told apart; spot [S] the state's spot.
    """

    space: StagedSpace | LikeSpace
    query: StagedQuery
    arcs: Steps
    spot: np.ndarray
    tracked: bool
    axes: tuple[int, ...]
    fields: np.ndarray

    @property
    def volume(self) -> np.ndarray:
        """[S] zeros: no cost of a step depends on anything but the step."""
        return np.zeros(self.states, np.int64)

    @property
    def jump_in_costs(self) -> np.ndarray:
        """[S] zeros, likewise."""
        return np.zeros(self.states, np.int64)

    def blocks(self) -> np.ndarray:
        """States ascend along transitions: they are one block."""
        return np.array([0, self.states])

    @property
    def depth(self) -> tuple[int, int]:
        """Least and greatest number of transitions; layers are a cost here."""
        return 1, max(int(self.alive.max(initial=np.uint64(1))).bit_length(), 1)

    @property
    def most_layers(self) -> int | None:
        """No stack has more layers; None where that is not known beforehand."""
        return self.arcs.spots.most_layers

    @property
    def ascending(self) -> bool:
        """Places ascend along steps; labels of budgets do not."""
        return self.start == 0

    @cached_property
    def order(self) -> np.ndarray:
        """int32 [A] likewise: copies of a spot share their links."""
        return self.arcs.spots.link.astype(np.int32)

    @property
    def forks(self) -> bool:
        """Whether an input leads to several copies of its spot (see stages.expressive)."""
        arcs = self.arc[self.first[self.start] : self.first[self.start + 1]]
        return len(np.unique(self.arcs.spots.link[arcs])) < len(arcs)

    @property
    def one_rf(self) -> bool:
        """Whether all matches have one RF."""
        return len(np.unique(self.rf[self.final])) <= 1

    def fields_at(self, states: np.ndarray) -> np.ndarray:
        """[n, axes told apart] RFs of states."""
        return self.fields[self.rf[states]]

    def scales(self) -> dict[str, int]:
        """How many times as large as shown each cost is kept."""
        return scales(self.space.axes)

    @property
    def in_states(self) -> tuple[str, ...]:
        """Costs whose budgets are part of the states already."""
        return ("peak_memory",)

    def begin(self, name: str, sign: int) -> int:
        """The input is a step of its own; a field begins at one position an axis."""
        return sign * self.space.axes if name == "rf" else 0


def build(
    space: StagedSpace | LikeSpace,
    query: StagedQuery,
    memory_limit: int,
    progress: Progress,
    tracked: bool = False,
    asked: tuple[str, ...] = (),
    known: Steps | None = None,
) -> StagedAutomaton:
    """Compile; `tracked` tells RFs apart even where none is asked for. Raises LimitError.

    `asked` are costs of rfsearch.automaton.expressive that will be ranked by; `known` the steps of
    the same question compiled before, which serve again where they have the same costs.
    """
    apart = tuple(name for name in UNFOLDED if name in asked or name in query.budgets)
    if known is not None and apart == tuple(
        name for name in UNFOLDED if name in known.spots.figure
    ):
        steps = known
    else:
        spots = spots_of(space, query, memory_limit, progress, ended=bool(apart))
        steps = _steps(unfolded(spots, apart))
    spots = steps.spots
    if len(spots.source) == 0:
        return _nothing(space, query, steps)
    if query.target_rf is None and not tracked:
        return _untracked(space, query, spots, steps)
    fields = fields_of(spots, query, memory_limit)
    progress("states", 0.8)
    made = _tracked(space, query, spots, steps, fields, memory_limit)
    progress("states", 1.0)
    return made


def _steps(spots: Spots) -> Steps:
    layer = np.zeros((len(spots.source), 6), np.int64)
    layer[:, 2] = spots.stride
    return Steps(spots, spots.target, layer, np.array(spots.plan.width, np.int64))


def _automaton(
    space: StagedSpace | LikeSpace, query: StagedQuery, steps: Steps, **arrays: Any
) -> StagedAutomaton:
    spots, spot = steps.spots, arrays["spot"]
    return StagedAutomaton(
        space=space,
        query=query,
        arcs=steps,
        start=0,
        size=spots.size[spot].astype(np.int32),
        jump=_jump_ranks(spots)[spot],
        place=spots.place[spot].astype(np.int32),
        alive=_levels(spots)[spot],
        **arrays,
    )


def _nothing(space: StagedSpace | LikeSpace, query: StagedQuery, steps: Steps) -> StagedAutomaton:
    """No match: a start and no transition."""
    return _automaton(
        space, query, steps,
        rf=np.zeros(1, np.int32), final=np.zeros(1, bool), first=np.zeros(2, np.int64),
        to=np.empty(0, np.int32), arc=np.empty(0, np.int32), spot=np.zeros(1, np.int64),
        tracked=True, axes=(0,), fields=np.ones((1, 1), np.int64),
    )  # fmt: skip


def _untracked(
    space: StagedSpace | LikeSpace, query: StagedQuery, spots: Spots, steps: Steps
) -> StagedAutomaton:
    """Every spot is a state."""
    count = len(spots.place)
    return _automaton(
        space, query, steps,
        rf=np.zeros(count, np.int32), final=spots.final,
        first=np.searchsorted(spots.source, np.arange(count + 1)),
        to=spots.target.astype(np.int32), arc=np.arange(len(spots.source), dtype=np.int32),
        spot=np.arange(count), tracked=False, axes=(0,), fields=np.ones((1, 1), np.int64),
    )  # fmt: skip


def _tracked(
    space: StagedSpace | LikeSpace, query: StagedQuery, spots: Spots, steps: Steps, fields: Fields,
    memory_limit: int,
) -> StagedAutomaton:  # fmt: skip
    """Every spot once for each of its RFs."""
    spot, position = _states(fields)
    if len(spot) == 0:
        return _nothing(space, query, steps)
    counts = np.bincount(spot, minlength=len(spots.place))
    first_step = np.searchsorted(spots.source, np.arange(len(spots.place) + 1))
    edges = int((counts * np.diff(first_step)).sum())
    size = edges * 40 + len(spot) * 60
    if size > memory_limit:
        raise LimitError(
            f"{len(spot)} states and up to {edges} transitions need {size / 2**30:.1f} GiB, above "
            f"the limit of {memory_limit / 2**30:.1f} GiB (--memory-limit); narrow target_rf, or "
            "reduce repeats, widths or inputs"
        )
    source, to, arc = _transitions(spots, fields, spot, position, first_step)
    first = np.searchsorted(source, np.arange(len(spot) + 1))
    positions, rf = np.unique(position, return_inverse=True)
    final = spots.final[spot] & _met(fields, query, position)
    return _automaton(
        space, query, steps,
        rf=rf.reshape(-1).astype(np.int32), final=final, first=first, to=to.astype(np.int32),
        arc=arc.astype(np.int32), spot=spot, tracked=True, axes=fields.axes,
        fields=fields.unpacked(positions),
    )  # fmt: skip


def _states(fields: Fields) -> tuple[np.ndarray, np.ndarray]:
    """(spot, position) of every state, ascending."""
    spots, positions = [], []
    for spot, bits in enumerate(fields.kept):
        if bits:
            raw = np.frombuffer(bits.to_bytes(bits.bit_length() // 8 + 1, "little"), np.uint8)
            here = np.flatnonzero(np.unpackbits(raw, bitorder="little"))
            spots.append(np.full(len(here), spot))
            positions.append(here)
    none = [np.empty(0, np.int64)]
    return np.concatenate(spots or none), np.concatenate(positions or none)


def _met(fields: Fields, query: StagedQuery, position: np.ndarray) -> np.ndarray:
    """[S] whether the RF is in the target."""
    if query.target_rf is None:
        return np.ones(len(position), bool)
    met = np.ones(len(position), bool)
    for axis, values in zip(fields.axes, fields.unpacked(position).T, strict=True):
        low, high = query.target_rf[axis]
        met &= values >= low
        if high is not None:
            met &= values <= high
    return met


def _transitions(
    spots: Spots, fields: Fields, spot: np.ndarray, position: np.ndarray, first_step: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(source, target, step) of every transition, by source, steps in order; in pieces."""
    width = fields.width
    keys = spot * width + position
    table = None
    if len(spots.place) * width <= DENSE:
        table = np.full(len(spots.place) * width, -1, np.int32)
        table[keys] = np.arange(len(keys))
    radix = np.array(fields.radix)
    rfs = fields.unpacked(position)
    pieces = []
    degree = np.diff(first_step)[spot]
    ends = np.cumsum(degree)
    low = 0
    while low < len(spot):
        high = int(np.searchsorted(ends, (ends[low - 1] if low else 0) + (1 << 22), "right"))
        high = max(high, low + 1)
        state = np.repeat(np.arange(low, high), degree[low:high])
        begun = np.repeat(ends[low:high] - degree[low:high], degree[low:high])
        step = first_step[spot[state]] + np.arange(len(state)) + (ends[low] - degree[low]) - begun
        inside = (rfs[state] + fields.growth[step] < radix).all(axis=1)
        state, step = state[inside], step[inside]
        wanted = spots.target[step] * width + position[state] + fields.shift[step]
        if table is not None:
            to = table[wanted]
            known = to >= 0
        else:
            to = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            known = keys[to] == wanted
        pieces.append((state[known], to[known], step[known]))
        low = high
    return tuple(np.concatenate([piece[k] for piece in pieces]) for k in range(3))  # type: ignore[return-value]


def _jump_ranks(spots: Spots) -> np.ndarray:
    """[P] ranks of the jumps: every strided step, the input among them, leads to a greater one."""
    products = np.array([np.prod(jump, dtype=np.float64) for jump in spots.jumps])
    rank = np.empty(len(products), np.int64)
    rank[np.argsort(products, kind="stable")] = np.arange(2, len(products) + 2)
    ranks = rank[spots.jump]
    ranks[0] = 1
    return ranks


def _levels(spots: Spots) -> np.ndarray:
    """[P] word of the numbers of steps after which a spot may be reached, bit d-1 for d."""
    words = [0] * len(spots.place)
    pairs = np.unique(spots.source * len(words) + spots.target)
    sources, targets = np.divmod(pairs, len(words))
    for a, b in zip(sources.tolist(), targets.tolist(), strict=True):
        words[b] |= 1 if a == 0 else words[a] << 1
    return np.array(words, np.uint64)
