"""How good a sampled front is: the share of the true one, and of its hypervolume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from queries import Measured

from benchmarks.peers.runner import plain

Point = tuple[int, int]  # memory in bytes, MACs
ENOUGH = 0.99  # of the hypervolume


@dataclass
class Sampled:
    """What a sampler had after so many evaluations: (evaluations, seconds, its front)."""

    history: list[tuple[int, float, list[Point]]] = field(default_factory=list)

    @property
    def front(self) -> list[Point]:
        """That of the last entry."""
        return self.history[-1][2]


def undominated(points: Sequence[Point]) -> list[Point]:
    """The Pareto-optimal points, ascending, each once."""
    kept: list[Point] = []
    for memory, macs in sorted(set(points)):
        if not kept or macs < kept[-1][1]:
            kept.append((memory, macs))
    return kept


def hypervolume(points: Sequence[Point], reference: Point) -> float:
    """The area that is dominated below a reference point."""
    area, height = 0.0, reference[1]
    for memory, macs in undominated(points):
        if memory < reference[0] and macs < height:
            area += float(reference[0] - memory) * float(height - macs)
            height = macs
    return area


def compared(true: Sequence[Point], sampled: Sampled) -> dict[str, str]:
    """Recall and hypervolume at each tenfold of evaluations, and the time to 99%.

    The reference point is a tenth beyond the worst of the true front in each cost.
    """
    reference = (int(1.1 * max(m for m, _ in true)) + 1, int(1.1 * max(c for _, c in true)) + 1)
    whole = hypervolume(true, reference)
    share = [(n, s, hypervolume(front, reference) / whole) for n, s, front in sampled.history]
    told = {}
    last = share[-1][0]
    for wanted in (10**3, 10**4, 10**5):
        if wanted <= last:
            at = next(i for i, (n, _, _) in enumerate(share) if n >= wanted)
            found = set(sampled.history[at][2]) & set(true)
            told[f"after {wanted:,}"] = (
                f"{len(found)} of {len(true)} points, {share[at][2]:.1%} of the hypervolume"
            )
    reached = [seconds for _, seconds, part in share if part >= ENOUGH]
    told["to 99%"] = f"{reached[0]:.3g} s" if reached else "not reached"
    return told


def evaluated(numbers: np.ndarray, asked: Measured) -> tuple[np.ndarray, np.ndarray]:
    """(costs [n, 2] of memory and MACs, violation [n, 2]) of choices [n, depth], a row a stack.

    The choice after the last is no layer. Violations are what the RF is off, and what sizes are:
    remainders and missing pixels, after which a layer is passed over.
    """
    choices = np.array([*plain.layers(asked), (0, 0, 0)], np.int64)
    row = np.array(plain.widths(asked))
    none, count = len(choices) - 1, len(numbers)
    size, jump = np.full(count, asked.input), np.ones(count, np.int64)
    rf, place = np.ones(count, np.int64), np.zeros(count, np.int64)
    values, macs = np.full(count, plain.input_values(asked)), np.zeros(count, np.int64)
    wrong = np.zeros(count, np.int64)
    for number in numbers.T:
        used = number < none
        kernel, stride, padding = choices[number].T
        slack, step = size + 2 * padding - kernel, np.maximum(stride, 1)
        off = np.maximum(-slack, 0)
        if asked.rounding == "exact":
            off = off + np.where(slack >= 0, slack % step, 0)
        wrong += np.where(used, off, 0)
        used &= slack >= 0
        after = np.where(place == 0, 1, np.minimum(place + (stride > 1), len(row) - 1))
        output = slack // step + 1
        values += np.where(used, output**2 * row[after], 0)
        macs += np.where(used, output**2 * kernel**2 * row[place] * row[after], 0)
        rf += np.where(used, (kernel - 1) * jump, 0)
        jump = np.where(used, jump * step, jump)
        size, place = np.where(used, output, size), np.where(used, after, place)
    costs = np.stack([values * plain.BYTES, macs], axis=1)
    return costs, np.stack([np.abs(rf - asked.target), wrong], axis=1)
