"""Which targets and inputs nearby can match at all: one automaton for a whole side, or for all.

Only those are then asked one by one, so that a search in vain costs a few automata and not one for
each pixel. Where several budgets on adding costs are not part of an automaton, what they forbid
together is asked, and found empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from rfsearch.automaton.criteria import criteria_of
from rfsearch.automaton.plan import INPUT
from rfsearch.question.found import Found
from rfsearch.request.query import Query
from rfsearch.why.nearby.change import all_targets, input_change, target_change
from rfsearch.why.reasons import obstructions


def possible_targets(
    space: Any,
    query: Query,
    running: Mapping[str, Any],
    farthest: int,
    signs: Iterable[int] = (-1, 1),
) -> set[int]:
    """The offsets, up to `farthest` pixels, at which a target may match; one automaton a side.

    Each budget on a sum is looked at alone. Raises UsageError and LimitError as Space.search does.
    """
    offsets: set[int] = set()
    if query.target_rf is None:
        return offsets
    for sign in signs:
        changed = all_targets(query, farthest, sign)
        if changed is None or obstructions(space, changed):
            continue
        found = Found._build(space, changed, **running)
        automaton = found.automaton
        if not automaton.transitions:
            continue
        rfs = _ending_rfs(found)
        for offset in range(sign, sign * (farthest + 1), sign):
            ranges = [query.target_rf[axis] for axis in automaton.axes]
            fits = np.ones(len(rfs), bool)
            for column, (low, high) in zip(rfs.T, ranges, strict=True):
                fits &= column >= low + offset
                if high is not None:
                    fits &= column <= high + offset
            if fits.any() and target_change(space, query, offset) is not None:
                offsets.add(offset)
    return offsets


def _ending_rfs(found: Found) -> np.ndarray:
    """[n, axes told apart] the RFs, each once, of stacks that keep each budget on a sum alone."""
    automaton = found.automaton
    sides = [
        (name, sign)
        for name, ends in found.query.budgets.items()
        for end, sign in zip(ends, (-1, 1), strict=True)
        if end is not None and name not in automaton.in_states
    ]
    if not sides:
        low, high = automaton.depth
        depths = np.uint64((1 << high) - (1 << (low - 1)))
        ends = automaton.final & (automaton.alive & depths != 0)
        return np.unique(automaton.fields_at(np.flatnonzero(ends)), axis=0)
    from rfsearch.question.reach import reach

    reached = reach(automaton, sides, found.memory_limit, found.progress, found.threads)
    kept = np.all(reached.best <= criteria_of(automaton, sides).limit, axis=1)
    rfs: np.ndarray = reached.rf[kept]
    return rfs


def possible_inputs(
    space: Any, query: Query, running: Mapping[str, Any], nearest: int, farthest: int
) -> tuple[set[int], int]:
    """The offsets, `nearest` to `farthest` pixels away, at which an input may match.

    One automaton has all these inputs to choose from; its transitions are told too. Raises
    UsageError and LimitError as Space.search does.
    """
    distances = range(nearest, farthest + 1)
    changes = {
        sign * distance: change
        for distance in distances
        for sign in (-1, 1)
        if (change := input_change(space, query, sign * distance)) is not None
    }
    if not changes:
        return set(), 0
    sizes = {change.query.inputs[0]: offset for offset, change in changes.items()}
    every = replace(query, inputs=tuple(sorted(sizes)))
    if obstructions(space, every):
        return set(), 0
    found = Found._build(space, every, **running)
    if len(sizes) == 1:  # then the automaton may have no step for the input
        return (set(sizes.values()) if found.automaton.transitions else set()), 0
    links = (found.automaton.spots.links[number] for number in found._links_used().tolist())
    inputs = {link.input for link in links if link.kind == INPUT}
    return {sizes[one] for one in inputs}, found.automaton.transitions
