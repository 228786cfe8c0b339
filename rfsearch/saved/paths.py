"""Paths: an automaton as a plain graph whose paths from its start to an end are the matches.

Where an automaton has loops a state is on matches at some depths only, so that here it is a node
once for each of these. Node 0 is the start; what no path reaches is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfsearch.automaton.automaton import Automaton

ONE = np.uint64(1)


@dataclass(frozen=True, eq=False)
class Paths:
    """Arcs (A) by their source, then in the order of stacks: source, target, step [A].

    ends: the nodes where a path may end, ascending; nodes: how many there are.
    """

    source: np.ndarray
    target: np.ndarray
    step: np.ndarray
    ends: np.ndarray
    nodes: int


def paths_of(automaton: Automaton) -> Paths:
    """The paths of an automaton whose budgets are all part of its states."""
    return _by_depth(automaton) if automaton.spots.loops else _reached(automaton)


def _by_depth(automaton: Automaton) -> Paths:
    """A node for each state and each depth at which it is on a match, level by level."""
    low, high = automaton.depth
    states = np.array([automaton.start])
    count = 1
    sources, targets, steps = [], [], []
    ends = [np.empty(0, np.int64)]  # budgets may leave no depth at all
    for depth in range(high + 1):
        begin = count - len(states)
        if depth >= low:
            ends.append(begin + np.flatnonzero(automaton.final[states]))
        source, edge = _leaving(automaton, states)
        onward = (automaton.alive[automaton.to[edge]] >> np.uint64(depth)) & ONE != 0
        source, edge = source[onward], edge[onward]
        following, place = np.unique(automaton.to[edge], return_inverse=True)
        sources.append(begin + source)
        targets.append(count + place.reshape(-1))
        steps.append(automaton.step[edge])
        states = following
        count += len(states)
    source, target, step, end = (
        np.concatenate(parts).astype(np.int64) for parts in (sources, targets, steps, ends)
    )
    return Paths(source, target, step, end, count)


def _reached(automaton: Automaton) -> Paths:
    """The states that a path reaches."""
    seen = np.zeros(automaton.states, bool)
    seen[automaton.start] = True
    states = np.array([automaton.start])
    while len(states):
        _, edge = _leaving(automaton, states)
        following = np.unique(automaton.to[edge])
        states = following[~seen[following]]
        seen[states] = True
    kept = np.flatnonzero(seen)
    kept = np.concatenate([[automaton.start], kept[kept != automaton.start]])
    number = np.empty(automaton.states, np.int64)
    number[kept] = np.arange(len(kept))
    source, edge = _leaving(automaton, kept)
    ends = np.flatnonzero(automaton.final[kept])
    step = automaton.step[edge].astype(np.int64)
    return Paths(source, number[automaton.to[edge]], step, ends, len(kept))


def _leaving(automaton: Automaton, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The transitions out of `states`: (place in `states` of each one's source, its number)."""
    many = automaton.first[states + 1] - automaton.first[states]
    source = np.repeat(np.arange(len(states)), many)
    before = np.concatenate([[0], np.cumsum(many)[:-1]]).astype(np.int64)
    return source, np.arange(len(source)) + (automaton.first[states] - before)[source]
