"""Twins: how many members the family of each listed stack has, itself included. Exact."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.kernels import twins as kernel
from rfsearch.question.count import join
from rfsearch.question.depths import depth_hull


@dataclass(slots=True)
class Prefix:
    """What some families begin with: the points after their first strided layers.

    longer: the prefixes with one point (spot, stride) more; ends: the numbers of the stacks
    without a further one, by final RF. state [N] and count [N, (D + 1) * L]: the stacks that stand
    at the last point, as kernels.twins has them.
    """

    most_rf: int = 0
    longer: dict[tuple[int, int], Prefix] = field(default_factory=dict)
    ends: dict[int, list[int]] = field(default_factory=dict)
    state: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))
    count: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.uint64))


def twins(automaton: Automaton, rows: np.ndarray, matches: int) -> list[int]:
    """Members of the family of each stack [k, D] of arcs; `matches` in all."""
    members = [0] * len(rows)
    if not members:
        return members
    spot = automaton.points()
    paths = _paths(automaton, spot, matches)
    states_at = np.bincount(spot)
    first_of = np.full(len(states_at), -1, np.int32)
    root = _prefixes(automaton, spot, rows)
    root.state = np.array([automaton.start], np.int32)
    root.count = np.zeros((1, (automaton.depth[1] + 1) * paths.digits), np.uint64)
    root.count[0, 0] = 1
    waiting = [root]
    while waiting:
        prefix = waiting.pop()
        wanted = _wanted(prefix, first_of, states_at, paths.digits)
        kernel.follow(paths, prefix.state, prefix.count, wanted)
        first_of[[at for at, _ in prefix.longer]] = -1
        for longer, row, end in zip(
            prefix.longer.values(), wanted.row[:-1], wanted.row[1:], strict=True
        ):
            longer.state, longer.count = wanted.state[row:end], wanted.stacks[row:end]
        for rf, digits in zip(sorted(prefix.ends), wanted.end, strict=True):
            for number in prefix.ends[rf]:
                members[number] = join(digits, paths.bits)
        waiting.extend(prefix.longer.values())
    return members


def _paths(automaton: Automaton, spot: np.ndarray, matches: int) -> kernel.Paths:
    bits = 63 - int(np.bincount(automaton.to).max(initial=1)).bit_length()
    # Stacks to a state from which nothing can finish may be more than all matches, and wrap: they
    # go nowhere else.
    digits = max(1, -(-matches.bit_length() // bits))
    low, high = depth_hull(automaton)
    after = np.cumsum(high - low + 1)
    return kernel.Paths(
        first=automaton.first,
        to=automaton.to,
        arc=automaton.step,
        final=automaton.final,
        rf=automaton.rf,
        spot=spot,
        stride=automaton.stride,
        block=automaton.blocks(),
        low=low,
        high=high,
        at=after - high - 1,
        now=np.zeros(int(after[-1]) * digits, np.uint64),
        touched=np.zeros(automaton.states, np.bool_),
        least_depth=automaton.depth[0],
        digits=digits,
        bits=bits,
    )


def _prefixes(automaton: Automaton, spot: np.ndarray, rows: np.ndarray) -> Prefix:
    """The points of every stack, as a tree of what they begin with."""
    states = np.zeros(rows.shape, np.int32)
    kernel.passed_states(
        automaton.first, automaton.to, automaton.step, automaton.start, rows, states
    )
    strides = np.where(rows >= 0, automaton.stride[rows], 0)
    lengths = np.count_nonzero(rows >= 0, axis=1)
    last_rf = automaton.rf[states[np.arange(len(rows)), lengths - 1]]
    root = Prefix()
    prefixes = [root] * len(rows)
    for number, depth in np.argwhere(strides > 1).tolist():
        prefix, state = prefixes[number], states[number, depth]
        prefix.most_rf = max(prefix.most_rf, int(automaton.rf[state]))
        point = (int(spot[state]), int(strides[number, depth]))
        prefixes[number] = prefix.longer.setdefault(point, Prefix())
    for number, (prefix, rf) in enumerate(zip(prefixes, last_rf.tolist(), strict=True)):
        prefix.most_rf = max(prefix.most_rf, rf)
        prefix.ends.setdefault(rf, []).append(number)
    return root


def _wanted(
    prefix: Prefix, first_of: np.ndarray, states_at: np.ndarray, digits: int
) -> kernel.Wanted:
    """Room for what follows a prefix; its points are entered into first_of [spots]."""
    points = list(prefix.longer)
    row = np.append(0, np.cumsum([states_at[at] for at, _ in points], dtype=np.int64))
    other = np.full(len(points), -1, np.int32)
    for w, (at, _) in enumerate(points):
        other[w], first_of[at] = first_of[at], w
    return kernel.Wanted(
        first_of=first_of,
        other=other,
        stride=np.array([stride for _, stride in points], np.int64),
        row=row,
        state=np.full(row[-1], -1, np.int32),
        stacks=np.zeros((row[-1], prefix.count.shape[1]), np.uint64),
        end_rf=np.array(sorted(prefix.ends), np.int64),
        end=np.zeros((len(prefix.ends), digits), np.uint64),
        most_rf=prefix.most_rf,
    )
