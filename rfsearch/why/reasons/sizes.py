"""An output that dies: sizes that run out before the RF is reached, or that end elsewhere."""

from __future__ import annotations

from fractions import Fraction

from rfsearch.layers.recurrence import CEIL, FLOOR, output_size, same_output_size
from rfsearch.request.query import ROUNDINGS, Query
from rfsearch.space.plain import Move, Space
from rfsearch.why.reasons.wording import counted, listed, target

# Sizes times layers times choices that are followed one by one; above, this argument is left out.
MOST_STEPS = 3_000_000


def size_reasons(space: Space, query: Query) -> list[str]:
    """That the padded input is too small for the RF, or no depth asked for ends in a right size."""
    return [*_padded_input(space, query), *_last_sizes(space, query)]


def _padded_input(space: Space, query: Query) -> list[str]:
    """RF + (n − 1)·jump ≤ I + 2P, and 2P is at most `share` of RF − 1.

    It holds where windows stay inside the padded input: exact and floor rounding, no `same`.
    """
    moves = space.moves
    overhang = query.rounding == "ceil" and any(not move.is_conv for move in moves)
    if overhang or any(move.is_same or (move.padding and not move.growth) for move in moves):
        return []
    share = max((Fraction(2 * m.padding, m.growth) for m in moves if m.growth), default=Fraction(0))
    least = query.output_size[0] if query.output_size else 1
    if share >= 1:
        return []
    most = (query.input - (least - 1) - share) / (1 - share)
    if query.target_rf[0] <= most:
        return []
    room = f"{query.input}" if share == 0 else f"{query.input} + 2P"
    padding = "without padding" if share == 0 else f"with p ≤ {share / 2}·d(k−1)"
    size = "" if least == 1 else f" and the output is {least} or more"
    return [
        f"the output dies first: RF + (n − 1)·jump ≤ {room}{size}, so {padding} "
        f"no RF passes {max(int(most), 0)}, let alone {target(query)}"
    ]


def _last_sizes(space: Space, query: Query) -> list[str]:
    """Follow every size through the layers, leaving the RF aside."""
    shallow, deep = space.depth
    steps = {_step(move, query.rounding) for move in space.moves}
    if (query.input + deep) * len(steps) * deep > MOST_STEPS:
        return []
    sizes, ends = {query.input}, set()
    for depth in range(1, deep + 1):
        sizes = {_after(n, step) for n in sizes for step in steps} - {0}
        if not sizes and depth <= shallow:
            return [
                f"no output is left after {counted(depth, 'layer')}: every window is larger than "
                f"its padded input{' or leaves a remainder' if query.rounding == 'exact' else ''}"
            ]
        if depth >= shallow:
            ends |= sizes
    if query.output_size is None:
        return []
    low, high = query.output_size
    if any(low <= size <= high for size in ends):
        return []
    wanted = str(low) if low == high else f"{low}..{high}"
    near = sorted(ends, key=lambda size: (min(abs(size - low), abs(size - high)), size))[:2]
    nearest = f"size{'s are' if len(near) > 1 else ' is'} {listed(sorted(near))}"
    return [f"no stack ends in an output of {wanted}; the nearest {nearest}"]


def _step(move: Move, rounding: str) -> tuple[int, int, int, bool, int]:
    code = ROUNDINGS[rounding]
    if code == CEIL and move.is_conv:
        code = FLOOR  # ceil rounding is for pools
    padding = 0 if move.is_same else move.padding
    return move.growth, move.stride, padding, move.is_same, code


def _after(n: int, step: tuple[int, int, int, bool, int]) -> int:
    growth, stride, padding, same, code = step
    if same:
        return same_output_size(n, growth, stride, code)
    return output_size(n, growth, stride, padding, padding, code)
