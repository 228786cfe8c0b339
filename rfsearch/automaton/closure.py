"""Closure: spots and a target compiled into an automaton; a state is a spot with one RF.

The RFs of a spot are a row of bits, and a step of any kind (stride, same, ceil, dilation, a whole
block, several axes) adds one constant to all of them: one shift of bits. Swept from the start on
and back from the ends, only those remain that can start and finish.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from rfsearch.automaton import rows
from rfsearch.automaton.automaton import Automaton, nothing
from rfsearch.automaton.by_depth import Reached
from rfsearch.automaton.holes import dense_only, share_of
from rfsearch.automaton.spots import Spots
from rfsearch.errors import LimitError, UsageError
from rfsearch.kernels import states as kernel
from rfsearch.layers.cost import CHARGED, UNFOLDED
from rfsearch.request.query import LARGEST_RF, OPEN, Query, Range, ranges_text
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

if TYPE_CHECKING:
    from rfsearch.device.charge import Charge
    from rfsearch.space.edits.space import Neighbourhood
    from rfsearch.space.space import Space

BYTES_A_TRANSITION, BYTES_A_STATE = 8, 60
ROOM = 1 << 20  # transitions at first; memory that is never written to costs nothing
MOST_BITS = 1 << 18  # RFs that a row of bits holds
MOST_STATES = 1 << 18  # told apart by RFs that are beyond such a row


def build(
    space: Space | Neighbourhood,
    query: Query,
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = silent,
    tracked: bool = False,
    asked: tuple[str, ...] = (),
    known: Spots | None = None,
    loops: bool = True,
) -> Automaton:
    """Compile. Raises UsageError, and LimitError where it would not fit `memory_limit` bytes.

    tracked: RFs are told apart even where no target is asked for. asked: costs that need states
    told further apart (cost.UNFOLDED) and will be ranked by. known: the spots of the same question
    compiled before. loops: whether the automaton may have them.
    """
    asked_for = (space, query, memory_limit, progress, tracked, asked)
    made = _built(*asked_for, known, loops, ())
    charged = {*asked, *query.budgets} & set(CHARGED)
    charges = [charge for charge in query.charges.values() if charge.forbids]
    if charges:
        from rfsearch.automaton.charged import forbidden

        if len(forbidden(made.items, charges)):
            made = _built(*asked_for, None, False, charges)
    if charged:
        from rfsearch.automaton.device import check_known

        check_known(made.items)
    return made


def _built(
    space: Space | Neighbourhood, query: Query, memory_limit: int, progress: Progress,
    tracked: bool, asked: tuple[str, ...], known: Spots | None, loops: bool,
    charges: Sequence[Charge],
) -> Automaton:  # fmt: skip
    """As build, without the items that `charges` forbid."""
    from rfsearch.automaton.makers import by_depth, has_loops, spots_of

    named = {*asked, *query.budgets}
    if named & set(CHARGED):
        named |= set(CHARGED)  # rows show both
    apart = tuple(name for name in UNFOLDED if name in named)
    progress("states", 0.0)
    share = share_of(space, query, apart, memory_limit, progress)
    asked_for = (space, query, share, apart, asked, tracked, memory_limit, progress, charges)
    if share is not None or beyond_rows(query):
        made = _by_what_is_seen(*asked_for)
        progress("states", 1.0)
        return made
    if loops and not apart and has_loops(space, query):
        found = by_depth(space, query, memory_limit, progress)
        made = looped(space, query, found, memory_limit)
        progress("states", 1.0)
        return made
    usable = known is not None and not known.loops and not known.decided & set(asked)
    if known is not None and usable and apart == tuple(known.extra):
        spots = known
    else:
        if set(apart) & set(CHARGED):
            query = replace(query, itemised=True)
        every = spots_of(space, query, memory_limit, progress, apart)
        spots = _unfolded(_allowed(every, charges), apart, query, memory_limit, asked)
    if len(spots.source) == 0:
        return nothing(space, query, spots)
    if query.target_rf is None and not tracked:
        return _untracked(space, query, spots)
    if beyond_rows(query, spots):
        return _by_what_is_seen(*asked_for)
    made = _tracked(space, query, spots, memory_limit, progress)
    progress("states", 1.0)
    return made


def _allowed(spots: Spots, charges: Sequence[Charge]) -> Spots:
    """The spots without the steps that have an item which some charge allows nowhere."""
    if not charges:
        return spots
    from rfsearch.automaton.charged import allowed

    return allowed(spots, charges)


def _unfolded(
    spots: Spots, apart: tuple[str, ...], query: Query, memory_limit: int,
    ranked: tuple[str, ...] = (),
) -> Spots:  # fmt: skip
    """The spots whose steps have the costs that tell spots `apart`."""
    if not apart:
        return spots
    from rfsearch.automaton.expressive import unfolded

    return unfolded(spots, apart, query, memory_limit, ranked)


def _untracked(space: Space | Neighbourhood, query: Query, spots: Spots) -> Automaton:
    """Every spot is a state."""
    count = len(spots.place)
    return Automaton(
        space, query, spots, 0, np.arange(count), np.zeros(count, np.int32), _words(spots),
        spots.final, spots.first.astype(np.int64), spots.target.astype(np.int32),
        np.arange(len(spots.source), dtype=np.int32), tracked=False,
    )  # fmt: skip


def _by_what_is_seen(
    space: Space | Neighbourhood, query: Query, share: tuple[int, int] | None,
    apart: tuple[str, ...], asked: tuple[str, ...], tracked: bool, memory_limit: int,
    progress: Progress, charges: Sequence[Charge],
) -> Automaton:  # fmt: skip
    """Every spot once for each RF and what of it is seen (see rfsearch.automaton.seen).

    Also where RFs are too great for rows of bits: those that occur are few then.
    """
    from rfsearch.automaton.makers import spots_of
    from rfsearch.automaton.seen import TooManyStates, told_apart

    tracked = tracked or query.target_rf is not None
    if set(apart) & set(CHARGED):
        query = replace(query, itemised=True)
    spots = _allowed(spots_of(space, query, memory_limit, progress, apart), charges)
    progress("states", 0.4)
    if len(spots.source) == 0:
        extra = {"coverage": np.zeros(0, np.int64)} if "coverage" in apart else {}
        return nothing(
            space, query, _unfolded(replace(spots, extra=extra), apart, query, memory_limit)
        )
    axes = _told_apart(spots.growth, query.target_rf or ((1, None),) * spots.axes)
    costed = "coverage" in apart
    most = MOST_STATES if share is None and not costed else None
    try:
        spots = told_apart(spots, query, memory_limit, share, costed, tracked, progress, most)
    except TooManyStates as error:
        greatest = max(_greatest(spots, growth) for growth in spots.growth.T)
        raise LimitError(
            f"target_rf: RFs to {greatest:,} are in more than {error.states:,} states; give a "
            f"range that ends before, such as {ranges_text(usual_range(query))}"
        ) from None
    spots = _unfolded(spots, apart, query, memory_limit, asked)
    spots = replace(spots, dense_only=dense_only(query, share))
    if len(spots.source) == 0:
        return nothing(space, query, spots)
    if not tracked:
        return _untracked(space, query, spots)
    assert spots.rf is not None
    fields, rf = np.unique(spots.rf[:, axes], axis=0, return_inverse=True)
    return replace(
        _untracked(space, query, spots), rf=rf.reshape(-1).astype(np.int32), tracked=True,
        axes=tuple(axes), fields=fields,
    )  # fmt: skip


def usual_range(query: Query) -> tuple[Range, ...]:
    """The RFs that are looked at on each axis where there are too many and no end is said.

    To twice the input: beyond that, every position sees all of it and as much padding.
    """
    lows = [low for low, _ in query.target_rf or (OPEN,) * len(query.inputs[0])]
    sizes = [max(some) for some in zip(*query.inputs, strict=True)]
    return tuple((low, 2 * max(low, size)) for low, size in zip(lows, sizes, strict=True))


def beyond_rows(query: Query, spots: Spots | None = None) -> bool:
    """Whether RFs may be greater than rows of bits hold."""
    ends = [high for _, high in query.target_rf or () if high is not None]
    if max(ends, default=0) > MOST_BITS:
        return True
    if spots is None or len(ends) == spots.axes:
        return False
    return any(_greatest(spots, spots.growth[:, axis]) > MOST_BITS for axis in range(spots.axes))


def _words(spots: Spots) -> np.ndarray:
    """[P] word of the numbers of steps after which a spot may be reached, bit d-1 for d."""
    words = np.zeros(len(spots.place), np.uint64)
    kernel.step_words(spots.first.astype(np.int64), spots.target.astype(np.int32), words)
    return words


def looped(
    space: Space | Neighbourhood, query: Query, found: Reached, memory_limit: int
) -> Automaton:
    """States by jump, RF, place and sizes, each with the word of its depths."""
    spots, kept = found.spots, found.kept
    if not kept.any():
        return nothing(space, query, spots)
    before = np.zeros(kept.shape, np.int64)
    count = int(kernel.rank_words(kept, before))
    number, spot, bit = (np.empty(count, np.int64) for _ in range(3))
    counts = np.zeros(kept.shape[1] * 64 + 1, np.int64)
    kernel.number_states(kept, before, spots.jump.astype(np.int64), counts, number, spot, bit)
    alive = np.zeros(count, np.uint64)
    kernel.depth_words(found.bits, found.live, kept, before, number, alive)
    start = _start(spots, found, kept, before, number)
    link = partial(kernel.link, found.steps, kept, before, number, spot, bit, alive, start, True)
    first, to, step = _linked(link, count, memory_limit, "depth, choices")
    low, high = query.target_rf[0]  # type: ignore[index]
    assert high is not None
    final = spots.final[spot] & (bit >= low) & (bit <= high)
    fields = np.arange(int(bit.max()) + 1).reshape(-1, 1)
    return Automaton(
        space, query, spots, start, spot, bit.astype(np.int32), alive, final, first, to, step,
        fields=fields,
    )  # fmt: skip


def _start(
    spots: Spots, found: Reached, kept: np.ndarray, before: np.ndarray, number: np.ndarray
) -> int:
    """The state of RF 1 at the only spot that is live before any step."""
    at = int(np.flatnonzero(found.live[:, 0])[0])
    return int(number[before[at, 0] + (int(kept[at, 0]) & 1)])


def _tracked(
    space: Space | Neighbourhood, query: Query, spots: Spots, memory_limit: int, progress: Progress
) -> Automaton:
    """Every spot once for each of its RFs."""
    growth = spots.growth
    ranges = query.target_rf or ((1, None),) * growth.shape[1]
    axes = _told_apart(growth, ranges)
    growth = growth[:, axes]
    radix = [
        (_greatest(spots, growth[:, k]) if ranges[axis][1] is None else ranges[axis][1]) + 1  # type: ignore[operator]
        for k, axis in enumerate(axes)
    ]
    count, words = len(spots.place), (rows.width(radix) + 63) // 64
    _fits_rows(rows.width(radix), words, count, memory_limit)
    beyond = (growth >= np.array(radix)).any(axis=1)
    shift = np.where(beyond, words * 64, growth @ np.array(rows.weights(radix), np.int64))
    masks = rows.bits_of(rows.box([(0, one - 1) for one in radix], radix), words).reshape(1, -1)
    steps = kernel.Steps(
        spots.first.astype(np.int64), spots.target.astype(np.int32), shift,
        np.zeros(len(shift), np.int32), masks,
    )  # fmt: skip
    ends = [
        (ranges[axis][0], radix[k] - 1 if (high := ranges[axis][1]) is None else high)
        for k, axis in enumerate(axes)
    ]
    wanted = rows.bits_of(rows.box(ends, radix), words)
    bits = np.zeros((count, words), np.uint64)
    bits[0] = rows.bits_of(rows.box([(1, 1)] * len(radix), radix), words)
    kernel.sweep(steps, spots.final, wanted, np.zeros(words, np.uint64), bits)
    progress("states", 0.8)
    before = np.zeros(bits.shape, np.int64)
    states = int(kernel.rank_words(bits, before))
    if states == 0:
        return nothing(space, query, spots)
    number, spot, bit = (np.empty(states, np.int64) for _ in range(3))
    kernel.number_states(bits, before, np.arange(count), np.zeros(1, np.int64), number, spot, bit)
    alive = _words(spots)[spot]
    link = partial(kernel.link, steps, bits, before, number, spot, bit, alive, 0, False)
    first, to, step = _linked(link, states, memory_limit, "target_rf, repeats, widths or inputs")
    occurs = np.zeros(words * 64, bool)
    occurs[bit] = True
    positions, rf = np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[bit]
    fields = rows.unpacked(positions, radix)
    met = np.ones(len(fields), bool)
    for k, (low, high) in enumerate(ends):
        met &= (fields[:, k] >= low) & (fields[:, k] <= high)
    return Automaton(
        space, query, spots, 0, spot, rf.astype(np.int32), alive,
        spots.final[spot] & met[rf], first, to, step, axes=tuple(axes), fields=fields,
    )  # fmt: skip


def _linked(
    link: Callable[..., int], states: int, memory_limit: int, less: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(first, to, step) of the transitions."""
    first = np.zeros(states + 1, np.int64)
    room = ROOM
    to, step = np.empty(room, np.int32), np.empty(room, np.int32)
    done = int(link(0, first, to, step))
    while done < states:
        room *= 2
        size = room * BYTES_A_TRANSITION + states * BYTES_A_STATE
        if size > memory_limit:
            raise LimitError(
                f"{states} states and more than {int(first[done])} transitions need "
                f"{size / 2**30:.3g} GiB, above the limit of {memory_limit / 2**30:.3g} GiB "
                f"(--memory-limit); reduce {less}"
            )
        to, step = (np.concatenate([array, np.empty_like(array)]) for array in (to, step))
        done = int(link(done, first, to, step))
    count = int(first[-1])
    to, step = to[:count], step[:count]
    # Room that was never written takes no memory; after it grew all of it was.
    return (first, to, step) if room == ROOM else (first, to.copy(), step.copy())


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
    most = np.ones(len(spots.place), np.int64)
    kernel.greatest_along(spots.source, spots.target, np.ascontiguousarray(growth), most)
    greatest = int(most.max())
    if greatest > LARGEST_RF:
        raise UsageError(
            f"target_rf: without an upper bound the RF reaches {greatest}, beyond {LARGEST_RF}; "
            f"give a range that ends, such as 1..{LARGEST_RF}"
        )
    return greatest


def _fits_rows(width: int, words: int, spots: int, memory_limit: int) -> None:
    size = words * 16 * spots
    if size > memory_limit:
        raise LimitError(
            f"{width} receptive fields at {spots} states need up to {size / 2**30:.1f} GiB, above "
            f"the limit of {memory_limit / 2**30:.1f} GiB (--memory-limit); bound target_rf from "
            "above, or leave it out"
        )


def without_loops(automaton: Automaton, memory_limit: int, progress: Progress) -> Automaton:
    """The same matches as an automaton whose states ascend along transitions."""
    if automaton.ascending:
        return automaton
    return build(automaton.space, automaton.query, memory_limit, progress, loops=False)
