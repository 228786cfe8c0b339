"""How far the layers reach: the largest and least RF of so many layers, and what lies between.

From the last layer backwards, an RF − 1 of R in its own input's pixels becomes g + s·R one layer
earlier, with g = d(k−1). Sizes are left aside here, so these are bounds on every match.
"""

from __future__ import annotations

from collections.abc import Callable

from rfsearch.request.query import Query
from rfsearch.space.plain import Space
from rfsearch.why.reasons.residues import possible_strides, stride_note
from rfsearch.why.reasons.wording import counted, strides, target

# The sums are enumerated only up to here; a larger target is left to the other arguments.
LARGEST_ENUMERATED = 16_384


def reach_reasons(space: Space, query: Query) -> list[str]:
    """That the depths asked for fall short of the target, overshoot it, or step over it."""
    low, high = query.target_rf
    shallow, deep = space.depth
    allowed = possible_strides(space, query)
    shut = stride_note(space, query)
    if not allowed:
        return [f"{shut}, and no other stride is left"]
    steps = {(move.growth, move.stride) for move in space.moves if move.stride in allowed}
    widest = max(growth for growth, _ in steps)
    if widest == 0:  # every kernel is 1, which the divisor says already
        return []
    most = 1 + _extreme(max, steps, deep)
    if most < low:
        lead = f"{shut.rpartition(', so ')[0]}, so only {strides(allowed)} remain" if shut else ""
        lead += ("s, and " if len(allowed) == 1 else ", and ") if shut else ""
        figures = f"1 + {deep}·{widest} = {most:,}" if allowed == {1} else f"{most:,}"
        return [f"{lead}{counted(deep, 'layer')} reach at most RF {figures}, not {target(query)}"]
    least = 1 + _extreme(min, steps, shallow)
    if least > high:
        layers = counted(shallow, "layer")
        return [f"{layers} reach at least RF {least:,}, not {target(query)}"]
    if high <= LARGEST_ENUMERATED and not _sums(steps, deep, high) & set(range(low - 1, high)):
        wanted = str(low - 1) if low == high else f"{low - 1}..{high - 1}"
        return [
            f"RF − 1 = Σ d(k−1)·jump, and no {counted(deep, 'layer')} of these kernels and "
            f"strides sum to {wanted}"
        ]
    return []


def _extreme(best: Callable[..., int], steps: set[tuple[int, int]], depth: int) -> int:
    """The largest (`max`) or least (`min`) RF − 1 of `depth` layers."""
    reached = 0
    for _ in range(depth):
        reached = best(growth + stride * reached for growth, stride in steps)
    return reached


def _sums(steps: set[tuple[int, int]], depth: int, high: int) -> set[int]:
    """Every RF − 1 below `high` that at most `depth` layers reach."""
    reached, newest = {0}, {0}
    for _ in range(depth):
        newest = {g + s * r for r in newest for g, s in steps if g + s * r < high} - reached
        if not newest:
            break
        reached |= newest
    return reached
