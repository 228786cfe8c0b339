"""How far the layers reach: the largest and least RF of the stacks, and what lies between.

From the last layer backwards, an RF − 1 of R in its own input's pixels becomes g + s·R one layer
earlier, with g = d(k−1), or what a block adds. Sizes are left aside here, so these are bounds on
every match.
"""

from __future__ import annotations

import numpy as np

from rfsearch.why.reasons.axis import Axis, extreme
from rfsearch.why.reasons.residues import possible_strides, stride_note
from rfsearch.why.reasons.wording import counted, span, strides

# The sums are enumerated only up to here; a larger target is left to the other arguments.
LARGEST_ENUMERATED = 16_384
MOST_ENUMERATED = 50_000  # arcs


def reach_reasons(axis: Axis) -> list[str]:
    """That the stacks fall short of the target, overshoot it, or step over it."""
    low, high = axis.target
    choices = axis.choices
    (shallow, deep), unit = choices.depth, choices.unit
    allowed = possible_strides(axis)
    shut = stride_note(axis)
    if shut and not allowed:
        return [f"{shut}, and no other stride is left"]
    steps = (step for _, row in choices.rows for step, _ in row)
    if choices.divisor == 0 or any(step.growth is None for step in steps):
        return []  # every kernel is 1, which the divisor says already; or sizes decide the RF
    bounds = _bounds(axis, allowed)
    if bounds is None:
        return [f"{shut}, and no stack is left without"] if shut else []
    least, most = bounds
    if most < low:
        lead = f"{shut.rpartition(', so ')[0]}, so only {strides(allowed)} remain" if shut else ""
        lead += ("s, and " if len(allowed) == 1 else ", and ") if shut else ""
        widest = max((window.growth for window in axis.windows), default=0)
        plain = allowed == {1} and choices.is_chain and most == 1 + deep * widest
        figures = f"1 + {deep}·{widest} = {most:,}" if plain else f"{most:,}"
        layers = counted(deep, unit) if choices.rows else "these networks"
        return [f"{lead}{layers} reach at most RF {figures}, not {span(axis.target)}"]
    if high is None:
        return []
    if least > high:
        layers = counted(shallow, unit) if choices.rows else "these networks"
        return [f"{layers} reach at least RF {least:,}, not {span(axis.target)}"]
    if not _is_reached(axis, allowed, low, high):
        wanted = str(low - 1) if low == high else f"{low - 1}..{high - 1}"
        return [
            f"RF − 1 = Σ d(k−1)·jump, and no {counted(deep, unit)} of these kernels and "
            f"strides sum to {wanted}"
        ]
    return []


def _bounds(axis: Axis, allowed: set[int]) -> tuple[int, int] | None:
    """The least and the largest RF; None where that is not known, or no stack is left."""
    if axis.choices.ahead is not None:
        least, most = axis.choices.ahead
        return 1 + least, 1 + most
    rows = axis.choices.grown(frozenset(allowed))
    ends = [extreme(rows, best, lambda step, rf: step[0] + step[1] * rf) for best in (min, max)]
    return None if None in ends else (1 + ends[0], 1 + ends[1])  # type: ignore[operator]


def _is_reached(axis: Axis, allowed: set[int], low: int, high: int) -> bool:
    """Whether some stack has an RF from low to high; also where that is too much to find out."""
    rows = axis.choices.rows
    if not rows or high > LARGEST_ENUMERATED:
        return True
    if sum(len(arcs) for _, arcs in rows) > MOST_ENUMERATED:
        return True
    # For each row every RF − 1 below `high` of what may follow there.
    reached: list[np.ndarray] = []
    for ends, moves in reversed(axis.choices.grown(frozenset(allowed))):
        here = np.zeros(high, bool)
        here[0] = ends
        for (growth, stride), to in moves:
            if growth >= high:
                continue
            behind = reached[len(rows) - 1 - to]
            onward = here[growth::stride]
            onward |= behind[: len(onward)]
        reached.append(here)
    return bool(reached[-1][low - 1 : high].any())
