"""The whole Pareto front over two to four costs, each point's first stack in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import UNLIMITED, Criteria, criteria_of
from rfsearch.kernels import front as kernel
from rfsearch.kernels.graph import DONE, FULL, Graph
from rfsearch.question.bounds import bounds_of
from rfsearch.question.dive import extremes
from rfsearch.question.in_time import carry_out
from rfsearch.question.pareto import check, joined_all
from rfsearch.question.room import check_room, doubled
from rfsearch.question.top import graph_of
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

LABELS = 20_000  # expanded between two looks at the progress and at Ctrl-C


def front_rows(
    automaton: Automaton,
    ranking: Sequence[tuple[str, int]],
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = silent,
    threads: int | None = None,
) -> np.ndarray:
    """Steps [P, D] of the front, one row a cost vector, in the order of the costs as listed.

    Raises UsageError for other than two to four costs, LimitError beyond `memory_limit` bytes.
    """
    check(ranking)
    if automaton.transitions == 0:
        return automaton.no_rows()
    criteria = criteria_of(automaton, ranking)
    search = forward(automaton, criteria, memory_limit, progress, threads)
    graph = search.graph
    if graph.least_depth > 1:  # else short stacks end soon, and bound what remains
        search.begin_with(extremes(graph, criteria.begin))
    carry_out(search, LABELS, lambda: progress("front", search.done, int(search.labels.used[0])))
    return search.rows()


def forward(
    automaton: Automaton,
    criteria: Criteria,
    memory_limit: int,
    progress: Progress,
    threads: int | None,
) -> Forward:
    """The search for the front by labels, with its bounds from the end."""
    running: dict[str, Any] = {"memory_limit": memory_limit, "progress": progress}
    least = bounds_of(automaton, criteria, 0, threads=threads, **running)
    return Forward(graph_of(automaton, criteria, least, least, False), criteria, memory_limit)


class Forward:
    """A front by labels carried forward that can be carried on."""

    def __init__(self, graph: Graph, criteria: Criteria, memory_limit: int) -> None:
        self.graph, self.criteria, self.memory_limit = graph, criteria, memory_limit
        self.labels = _labels(len(graph.final), criteria, 1 << 12)

    @property
    def done(self) -> float:
        """The depth that is reached, of all."""
        last = max(int(self.labels.used[1]) - 1, 0)
        return int(self.labels.depth[last]) / max(self.graph.most_depth, 1)

    @property
    def vectors(self) -> np.ndarray:
        """[P, R] the Pareto-optimal cost vectors so far, in order."""
        vectors = self.labels.finished[: self.labels.used[2]]
        return vectors[np.lexsort(vectors.T[::-1])]

    def begin_with(self, vectors: np.ndarray) -> None:
        """Know vectors [n, R] of matches, none beating another: what they beat is not expanded."""
        self.labels.finished[: len(vectors)] = vectors
        self.labels.used[2] = len(vectors)

    def advance(self, labels: int) -> bool:
        """Expand up to `labels` labels; returns True when complete. Raises LimitError."""
        outcome = kernel.advance(self.graph, self.labels, self.criteria.begin, labels)
        if outcome == FULL:
            self.labels = _grown(self.labels, self.memory_limit)
        return bool(outcome == DONE)

    def rows(self) -> np.ndarray:
        """Steps [P, D] of every vector's first stack, in the order of the vectors."""
        rows = np.full((len(self.vectors), max(self.graph.most_depth, 1)), -1, np.int64)
        for vector, row in zip(self.vectors, rows, strict=True):
            self._first_stack(vector, row, UNLIMITED)
        return rows

    def stack_of(self, vector: np.ndarray, steps: int = UNLIMITED) -> np.ndarray | None:
        """Steps [D] of the first stack with this vector; None if it takes more steps to find."""
        row = np.full(max(self.graph.most_depth, 1), -1, np.int64)
        return row if self._first_stack(vector, row, steps) else None

    def _first_stack(self, vector: np.ndarray, row: np.ndarray, steps: int) -> bool:
        trail = _trail(self.graph.most_depth + 2, self.criteria)
        begin = self.criteria.begin
        return bool(kernel.first_stack(self.graph, begin, vector, row, steps, trail))

    def pending(self) -> np.ndarray:
        """[m, R] what each label that is still to be expanded may come to at the least."""
        if int(self.labels.used[0]) == 0:
            self.advance(0)
        waiting = np.arange(int(self.labels.used[1]), int(self.labels.used[0]))
        waiting = waiting[~self.labels.dead[waiting]]
        state, depth = self.labels.state[waiting], self.labels.depth[waiting]
        ends = self.graph.least[0, : self.graph.ranked, state, depth]
        return joined_all(self.graph.join, self.labels.g[waiting], ends)


def _labels(states: int, criteria: Criteria, capacity: int) -> kernel.Labels:
    return kernel.Labels(
        state=np.zeros(capacity, np.int32),
        depth=np.zeros(capacity, np.int32),
        dead=np.zeros(capacity, np.bool_),
        g=np.zeros((capacity, len(criteria.names)), np.int64),
        head=np.full(states, -1, np.int32),
        chain=np.full(capacity, -1, np.int32),
        finished=np.zeros((capacity, criteria.ranked), np.int64),
        used=np.zeros(4, np.int64),
        new_g=np.zeros(len(criteria.names), np.int64),
        new_f=np.zeros(criteria.ranked, np.int64),
    )


def _trail(depths: int, criteria: Criteria) -> kernel.Trail:
    width = len(criteria.names)
    return kernel.Trail(
        g=np.zeros((depths, width), np.int64),
        f=np.zeros(criteria.ranked, np.int64),
        state=np.zeros(depths, np.int64),
        edge=np.zeros(depths, np.int64),
        failed_state=np.full(kernel.MEMO, -1, np.int64),
        failed_depth=np.zeros(kernel.MEMO, np.int64),
        failed_g=np.zeros((kernel.MEMO, width), np.int64),
    )


def _grown(labels: kernel.Labels, memory_limit: int) -> kernel.Labels:
    held = f"{int(labels.used[0])} labels and {int(labels.used[2])} points"
    instead = "ask for fewer costs, less depth or a tighter budget"
    check_room(labels, memory_limit, f"the front holds {held} so far", instead)
    return doubled(labels, ("head", "used", "new_g", "new_f"))
