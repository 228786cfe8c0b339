"""Budgets on adding costs, made part of an automaton so that counting and walking stay the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import Criteria, criteria_of
from rfsearch.kernels import budget as kernel
from rfsearch.kernels.graph import DONE, FULL
from rfsearch.kernels.step import ADD, GREATEST, LEAST
from rfsearch.question.bounds import bounds_of
from rfsearch.question.room import doubled
from rfsearch.question.top import graph_of
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

MOST_LABELS = 4_000_000
BYTES = 48  # of a transition, while it is made and put in order
LABELS = 50_000  # expanded between two looks at the progress and at Ctrl-C


@dataclass(frozen=True, eq=False)
class Budgeted:
    """An automaton whose matches are those within the budgets.

    Where the labels did not fit, `undecided` of them were left: `automaton` then has every match
    that is certainly within the budgets and no other, and `upper` every one that may be; where
    that does not fit `memory_limit` bytes, `upper` has the budgets left out.
    """

    automaton: Automaton
    undecided: int
    plain: Automaton
    criteria: Criteria | None = None
    labels: kernel.Unfolded | None = None  # kept where some are undecided
    memory_limit: int = MEMORY_LIMIT

    @property
    def added(self) -> int:
        """States that the budgets add."""
        return self.automaton.states - self.plain.states

    @cached_property
    def upper(self) -> Automaton:
        """Made when asked for: with many labels it is large."""
        if self.criteria is None or self.labels is None:
            return self.automaton
        if _open_size(self.plain, self.labels) > self.memory_limit:
            return self.plain
        return _joined(self.plain, self.criteria, self.labels, open_end=True)


def has_budget_on_sums(automaton: Automaton) -> bool:
    """Whether some budget is not part of the automaton already."""
    return bool(criteria_of(automaton, []).names)


def within_budgets(
    automaton: Automaton,
    memory_limit: int = MEMORY_LIMIT,
    most_labels: int = MOST_LABELS,
    progress: Progress = silent,
) -> Budgeted:
    """Unfold the automaton by the bounded costs. Raises LimitError where bounds do not fit."""
    criteria = criteria_of(automaton, [])
    if not criteria.names or automaton.transitions == 0:
        return Budgeted(automaton, 0, automaton)
    least = bounds_of(automaton, criteria, 0, memory_limit=memory_limit)
    # The greatest of a maximum is the least of a minimum, negated.
    turned = np.array([ADD, LEAST, GREATEST])[criteria.join]
    negated = replace(criteria, cost=-criteria.cost, join=turned)
    greatest = bounds_of(automaton, negated, 0, memory_limit=memory_limit)
    graph = graph_of(automaton, criteria, least, least, False)
    labels = _labels(criteria, 1 << 12)
    room = min(most_labels, memory_limit // (200 + 8 * len(criteria.names)))
    most_edges = memory_limit // BYTES
    while True:
        outcome = kernel.unfold(graph, labels, criteria.begin, greatest, LABELS)
        progress("budgets", int(labels.used[0]) / room, int(labels.used[0]))
        if outcome == DONE or int(labels.used[0]) > room or int(labels.used[1]) > most_edges:
            break
        if outcome == FULL:
            labels = _grown(labels)
    undecided = int(labels.used[0] - labels.used[2])
    lower = _joined(automaton, criteria, labels, open_end=False)
    if not undecided:
        return Budgeted(lower, 0, automaton)
    return Budgeted(lower, undecided, automaton, criteria, labels, memory_limit)


def _open_size(automaton: Automaton, labels: kernel.Unfolded) -> int:
    """Bytes while every label that was not expanded gets its state's transitions."""
    count, edges, expanded = (int(x) for x in labels.used)
    states = labels.state[expanded:count]
    return BYTES * (edges + int((automaton.first[states + 1] - automaton.first[states]).sum()))


def _joined(
    automaton: Automaton, criteria: Criteria, labels: kernel.Unfolded, open_end: bool
) -> Automaton:
    """Plain states and labels as one automaton.

    A label not expanded leads nowhere, or with `open_end` wherever its state leads.
    """
    count, edges, expanded = (int(x) for x in labels.used)
    state = labels.state[:count]
    depth = labels.depth[:count].astype(np.uint64)
    alive = np.where(depth > 0, np.uint64(1) << (np.maximum(depth, 1) - np.uint64(1)), 0)
    within = (labels.g[:count] <= criteria.limit).all(axis=1)
    final = automaton.final[state] & within
    first = labels.first[: expanded + 1]
    to, arc = labels.to[:edges], labels.arc[:edges]
    rest = np.arange(expanded, count)
    if open_end and len(rest):
        final[rest] = automaton.final[state[rest]]
        begin = automaton.first[state[rest]]
        many = automaton.first[state[rest] + 1] - begin
        ends = np.cumsum(many)
        edge = np.arange(ends[-1]) + np.repeat(begin - (ends - many), many)
        to = np.concatenate([to, automaton.to[edge]])
        arc = np.concatenate([arc, automaton.step[edge]])
        first = np.concatenate([first, first[-1] + ends])
    else:
        final[rest] = False
        first = np.concatenate([first, np.full(len(rest), first[-1])])
    # Labels first, by their states, then the plain states: transitions lead on, or stay in a run of
    # states, as they did before.
    order = np.argsort(state, kind="stable")
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(count)
    degree = np.diff(first)[order]
    ends = np.cumsum(degree)
    moves = np.repeat(first[:-1][order] - (ends - degree), degree) + np.arange(len(to))
    plain = automaton.states
    moved = to[moves].astype(np.int64)
    moved = np.where(moved < plain, moved + count, rank[np.maximum(moved - plain, 0)])
    both = np.concatenate([state[order], np.arange(plain)])
    arrays = {name: getattr(automaton, name)[both] for name in ("rf", "spot")}
    return replace(
        automaton,
        **arrays,
        start=int(rank[0]),
        alive=np.concatenate([alive[order].astype(np.uint64), automaton.alive]),
        final=np.concatenate([final[order], automaton.final]),
        first=np.concatenate([[0], ends, (ends[-1] if count else 0) + automaton.first[1:]]),
        to=np.concatenate([moved, automaton.to + count]).astype(np.int32),
        step=np.concatenate([arc[moves], automaton.step]).astype(np.int32),
    )


def _labels(criteria: Criteria, capacity: int) -> kernel.Unfolded:
    return kernel.Unfolded(
        state=np.zeros(capacity, np.int32),
        depth=np.zeros(capacity, np.int32),
        g=np.zeros((capacity, len(criteria.names)), np.int64),
        first=np.zeros(capacity, np.int64),
        to=np.zeros(8 * capacity, np.int32),
        arc=np.zeros(8 * capacity, np.int32),
        bucket=np.full(capacity, -1, np.int32),
        chain=np.full(capacity, -1, np.int32),
        used=np.zeros(3, np.int64),
    )


def _grown(labels: kernel.Unfolded) -> kernel.Unfolded:
    bucket = np.full(2 * len(labels.bucket), -1, np.int32)
    grown = doubled(labels, ("bucket", "used"))._replace(bucket=bucket)
    kernel.relabel(grown)
    return grown
