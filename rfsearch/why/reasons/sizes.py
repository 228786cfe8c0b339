"""An output that dies: sizes that run out before the RF is reached, or that end elsewhere."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce

from rfsearch.layers.recurrence import CEIL
from rfsearch.why.reasons.axis import Axis
from rfsearch.why.reasons.windows import Step
from rfsearch.why.reasons.wording import counted, listed, span

# Sizes times layers times choices that are followed one by one; above, this argument is left out.
MOST_STEPS = 3_000_000


def size_reasons(axis: Axis) -> list[str]:
    """That the padded input is too small for the RF, or no stack ends in a right size."""
    if not axis.choices.is_chain:
        return []
    return [*_padded_input(axis), *_last_sizes(axis)]


def _padded_input(axis: Axis) -> list[str]:
    """RF + (n − 1)·jump ≤ I + 2P, and 2P is at most `share` of RF − 1.

    It holds where windows stay inside the padded input: exact and floor rounding, no `same`.
    """
    windows = axis.windows
    if any(
        window.rounding == CEIL or window.before is None or (window.padding and not window.growth)
        for window in windows
    ):
        return []
    share = max((Fraction(w.padding, w.growth) for w in windows if w.growth), default=Fraction(0))
    least = axis.output[0] if axis.output else 1
    if share >= 1:
        return []
    size = max(axis.inputs)
    most = (size - (least - 1) - share) / (1 - share)
    if axis.target[0] <= most:
        return []
    room = f"{size}" if share == 0 else f"{size} + 2P"
    padding = "without padding" if share == 0 else f"with p ≤ {share / 2}·d(k−1)"
    ending = "" if least == 1 else f" and the output is {least} or more"
    return [
        f"the output dies first: RF + (n − 1)·jump ≤ {room}{ending}, so {padding} "
        f"no RF passes {max(int(most), 0)}, let alone {span(axis.target)}"
    ]


def _last_sizes(axis: Axis) -> list[str]:
    """Follow every size through the layers, leaving the RF aside."""
    rows = axis.choices.rows
    arcs = sum(len(row) for _, row in rows)
    if not rows or (max(axis.inputs) + axis.choices.depth[1]) * arcs > MOST_STEPS:
        return []
    sizes: list[set[int]] = [set() for _ in rows]
    sizes[0] = set(axis.inputs)
    layers = [0] * len(rows)  # the most on a way here
    ends: set[int] = set()
    last = 0
    for number, (may_end, row) in enumerate(rows):
        if not sizes[number]:
            continue
        if may_end:
            ends |= sizes[number]
        for step, to in row:
            taken = layers[number] + len(step.windows or ())
            last = max(last, taken)
            after = {_after(n, step) for n in sizes[number]} - {0}
            if after:
                sizes[to] |= after
                layers[to] = max(layers[to], taken)
    if not ends:
        remainder = " or leaves a remainder" if axis.is_exact else ""
        return [
            f"no output is left after {counted(last, axis.choices.unit)}: every window is larger "
            f"than its padded input{remainder}"
        ]
    return [] if axis.output is None else _other_sizes(axis.output, ends)


def _other_sizes(output: tuple[int, int | None], ends: set[int]) -> list[str]:
    low, high = output[0], max(*ends, output[0]) if output[1] is None else output[1]
    if any(low <= size <= high for size in ends):
        return []
    near = sorted(ends, key=lambda size: (min(abs(size - low), abs(size - high)), size))[:2]
    nearest = f"size{'s are' if len(near) > 1 else ' is'} {listed(sorted(near))}"
    return [f"no stack ends in an output of {span(output)}; the nearest {nearest}"]


def _after(size: int, step: Step) -> int:
    return reduce(lambda n, window: window.size_after(n) if n else 0, step.windows or (), size)
