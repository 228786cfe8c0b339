"""By depth: the spots of a control with loops, found with their receptive fields (RF) at hand.

A step is one layer. After so many of them a spot has a row of RFs; what can no more meet the
target goes at once, by two proofs that need no sizes:

    divisibility   at jump j all further growth is a multiple of j, so that an RF r survives only
                   if r + ceil(max(low - r, 0) / j) * j is within the target
    growth         the layers that are left add at most so much

Jumps that no growing window may follow (j > high - r) count as one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfsearch.automaton.discover import ROOM, ending
from rfsearch.automaton.grammar import Walked, by_axis, grammar_of
from rfsearch.automaton.placement import Placement
from rfsearch.automaton.plan import Body
from rfsearch.automaton.pool import grown, new_pool
from rfsearch.automaton.rows import bits_of, range_bits
from rfsearch.automaton.spots import Spots
from rfsearch.errors import LimitError
from rfsearch.kernels import spots as kernel
from rfsearch.kernels import states
from rfsearch.request.query import Query
from rfsearch.request.running import Progress

MASKED = 1 << 18  # numbers of masks that are worked out at once


@dataclass(frozen=True, eq=False)
class Reached:
    """Spots with the RFs that they have after so many steps.

    steps: as the kernels of states take them; kept [P, W] the RFs at any depth; bits [P, D+1, W]
    and live [P, D+1] those at each; start: the spot and RF of the beginning.
    """

    spots: Spots
    steps: states.Steps
    kept: np.ndarray
    bits: np.ndarray
    live: np.ndarray


def found_by_depth(
    body: Body, query: Query, axes: int, depth: tuple[int, int], input_channels: int,
    memory_limit: int, progress: Progress,
) -> Reached:  # fmt: skip
    """The spots of one input and one bounded target; where nothing matches the start alone.

    Raises LimitError, UsageError.
    """
    assert query.target_rf is not None and len(query.inputs) == 1
    low, high = query.target_rf[0]
    assert high is not None
    least, most = depth
    made = grammar_of(body, query, axes, most, memory_limit, radix=[high + 1], most_jump=high)
    words = (high >> 6) + 1
    masks = _masks(made, low, high, words)
    cut = _cut(made, low, most)
    pool = new_pool(len(body.width), ROOM, 8 * ROOM)
    met = query.budgets.get("peak_memory", (None, None))[0] is None
    sizes = np.array([query.inputs[0][group[0]] for group in made.table.axes], np.int64)
    jump = 0 if high > 1 else len(made.jumps)
    kernel.add_first(made.walk, pool, 0, sizes, jump, int(met))
    depths = most + 1 if least <= most else 1  # budgets may leave no depth at all
    _fits(len(pool.key), words * depths, memory_limit, most)
    bits = np.zeros((len(pool.key), depths, words), np.uint64)
    live = np.zeros((len(pool.key), depths), bool)
    bits[0, 0, 0], live[0, 0] = 2, True
    scratch = np.zeros(len(made.table.axes), np.int64)
    asked = (masks, cut, scratch)
    while (outcome := kernel.discover_by_depth(made.walk, pool, bits, live, *asked)) != kernel.DONE:
        pool = grown(made.walk, pool, outcome, memory_limit, words * 8 * depths)
        if len(pool.key) > len(bits):
            _fits(len(pool.key), words * depths, memory_limit, most)
            bits = np.concatenate([bits, np.zeros_like(bits)])
            live = np.concatenate([live, np.zeros_like(live)])
        known = int(pool.used[kernel.SPOTS])
        progress("states", 0.3 * int(pool.used[kernel.AT]) / most, known)
    progress("states", 0.4)
    return _finished(body, query, axes, made, pool, bits, live, masks, depth, input_channels)


def _finished(
    body: Body, query: Query, axes: int, made: Walked, pool: kernel.Pool,
    bits: np.ndarray, live: np.ndarray, masks: np.ndarray, depth: tuple[int, int],
    input_channels: int,
) -> Reached:  # fmt: skip
    """What can finish, spots by jump, place and sizes; the start is kept."""
    count = int(pool.used[kernel.SPOTS])
    step, first = _used(pool, count)
    once = pool.same[step] == 0
    steps = _steps(pool, step[once], np.append(0, np.cumsum(once))[first], masks)
    spot, classes = pool.spot[:count], len(made.table.axes)
    size = spot[:, kernel.SIZES : kernel.SIZES + classes]
    low, high = query.target_rf[0]  # type: ignore[index]
    final = (
        np.array(body.ends)[spot[:, kernel.PLACE]]
        & ending(query, by_axis(made.table, size, axes))
        & (spot[:, kernel.MET] == 1)
    )
    wanted = bits_of(range_bits(low, high), bits.shape[2])  # type: ignore[arg-type]
    bits, live = bits[:count], live[:count]
    row = np.zeros(bits.shape[2], np.uint64)
    span = np.zeros((count, 2), np.int64)
    states.finish_by_depth(steps, final, wanted, depth[0], row, span, bits, live)
    alive: np.ndarray = np.any(live, axis=1)
    alive[0] = True
    columns = [size[:, x] for x in range(classes)]
    order = np.lexsort((spot[:, kernel.MET], *columns[::-1], spot[:, kernel.PLACE],
                        spot[:, kernel.JUMP]))  # fmt: skip
    order = order[alive[order]]
    number = np.full(count, -1, np.int64)
    number[order] = np.arange(len(order))
    steps = _steps(pool, step, first, masks)
    return _spots(body, query, axes, made, pool, steps, step, order, number, bits, live, final,
                  depth, input_channels)  # fmt: skip


def _used(pool: kernel.Pool, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(steps that lead somewhere, by spot; [P+1] where those of each spot begin)."""
    expanded = pool.begin[:count] >= 0
    spans = np.where(expanded, pool.end[:count] - pool.begin[:count], 0)
    begin = np.where(expanded, pool.begin[:count], 0)
    ends = np.cumsum(spans)
    step = np.arange(int(ends[-1])) + np.repeat(begin - (ends - spans), spans)
    kept = pool.target[step] >= 0
    return step[kept], np.append(0, np.cumsum(kept))[np.append(0, ends)]


def _steps(
    pool: kernel.Pool, step: np.ndarray, first: np.ndarray, masks: np.ndarray
) -> states.Steps:
    return states.Steps(first, pool.target[step], pool.shift[step], pool.mask[step], masks)


def _spots(
    body: Body, query: Query, axes: int, made: Walked, pool: kernel.Pool, steps: states.Steps,
    step: np.ndarray, order: np.ndarray, number: np.ndarray, bits: np.ndarray, live: np.ndarray,
    final: np.ndarray,
    depth: tuple[int, int], input_channels: int,
) -> Reached:  # fmt: skip
    """The spots of `order` alone, numbered anew, with the steps between them."""
    spot = pool.spot[order]
    counts = np.diff(steps.first)[order]
    ends = np.cumsum(counts)
    kept = np.arange(int(ends[-1])) + np.repeat(steps.first[order] - (ends - counts), counts)
    source, target = np.repeat(np.arange(len(order)), counts), number[steps.target[kept]]
    alive = target >= 0
    kept, source, target = kept[alive], source[alive], target[alive]
    link = pool.link[step[kept]].astype(np.int64)
    first = np.searchsorted(source, np.arange(len(order) + 1))
    inner = states.Steps(
        first, target.astype(np.int32), steps.shift[kept], steps.mask[kept], steps.masks
    )
    classes = len(made.table.axes)
    size = spot[:, kernel.SIZES : kernel.SIZES + classes]
    rows = np.array([[*one] * axes for one in [*made.jumps, (1,)]], np.int64)
    jumps = list(map(tuple, rows[:-1].tolist()))
    known, size_number = np.unique(size, return_inverse=True)  # all axes are of one class
    placement = Placement(
        made.table, body.links, body.geometry, link, size[source],
        rows[spot[source, kernel.JUMP]], np.full(len(link), -1), (), axes, input_channels,
        query.weight_bytes, query.activation_bytes,
    )  # fmt: skip
    bits, live = bits[order], live[order]
    kept_rows = np.zeros((len(order), bits.shape[2]), np.uint64)
    states.united(bits, live, kept_rows)
    spots = Spots(
        body.width, body.ends, body.links, [(one,) * axes for one in known.tolist()], jumps,
        spot[:, kernel.PLACE], size_number.reshape(-1), spot[:, kernel.JUMP], final[order],
        source, target, link, placement, {}, loops=True, depth=depth,
    )  # fmt: skip
    return Reached(spots, inner, kept_rows, bits, live)


def _masks(made: Walked, low: int, high: int, words: int) -> np.ndarray:
    """[2J+1, W] the RFs that may stand at each jump, beyond each jump, and beyond them all."""
    every = np.array([one[0] for one in made.jumps], np.int64).reshape(-1, 1)
    rf = np.arange(words * 64)
    rows = []
    at_once = max(MASKED // len(rf), 1)
    for begin in range(0, len(every), at_once):
        jump = every[begin : begin + at_once]
        met = rf + -(-np.maximum(low - rf, 0) // jump) * jump <= high
        rows.append(met & (rf >= 1) & (rf <= high - jump))
    rows += [(rf >= np.maximum(high - jump + 1, low)) & (rf <= high) for jump in every]
    rows.append((rf >= low) & (rf <= high))
    packed = np.packbits(np.vstack(rows), axis=1, bitorder="little")
    return packed.view(np.uint64).reshape(-1, words)


def _cut(made: Walked, low: int, depth: int) -> np.ndarray:
    """[D+1, J+1] the least RF after so many steps at a jump that may still grow to `low`."""
    growth = int(made.table.growth.max(initial=0))
    stride = int(made.table.stride.max(initial=1))
    more = [0]  # in units of the jump, that so many layers add at most
    for _ in range(depth):
        more.append(min(growth + stride * more[-1], 1 << 40))
    jumps = np.array([*(one[0] for one in made.jumps), 0], np.int64)
    left = np.array(more[::-1], np.int64)
    return np.maximum(low - np.minimum(left[:, None], 1 << 20) * jumps, 0)


def _fits(spots: int, row: int, limit: int, depth: int) -> None:
    size = spots * row * 8
    if size > limit:
        raise LimitError(
            f"{spots} candidate states at {depth} depths need {size / 2**30:.3g} GiB, above the "
            f"limit of {limit / 2**30:.3g} GiB (--memory-limit); reduce depth, target or the "
            "choices of a layer"
        )
