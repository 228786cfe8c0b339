"""The best k stacks by a lexicographic list of costs, proven: best first, with bounds ahead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rfsearch.automaton.automaton import Automaton
from rfsearch.automaton.criteria import Criteria, criteria_of
from rfsearch.errors import UsageError
from rfsearch.kernels import top as kernel
from rfsearch.kernels.graph import DONE, EMPTY, FULL, PAUSED, Graph
from rfsearch.kernels.heap import Nodes
from rfsearch.question.bounds import bounds_of
from rfsearch.question.in_time import carry_out
from rfsearch.question.room import check_room, doubled
from rfsearch.request.running import MEMORY_LIMIT, Progress, silent

DISTINCT = {"none": kernel.NONE, "costs": kernel.COSTS, "family": kernel.FAMILY}
MOST_WANTED = 100_000
POPS = 200_000  # between two looks at the progress and at Ctrl-C


def top_rows(
    automaton: Automaton,
    ranking: Sequence[tuple[str, int]],
    wanted: int,
    distinct: str,
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = silent,
) -> np.ndarray:
    """The steps [k, D] of the best stacks in order, -1 after each end; k <= wanted.

    Ties stand in the order of stacks. Raises UsageError, and LimitError where the search outgrows
    `memory_limit` bytes.
    """
    check(wanted, distinct)
    if automaton.transitions == 0 or wanted == 0:
        return automaton.no_rows()
    mode = DISTINCT[distinct]
    criteria = criteria_of(automaton, ranking)
    graph = prepared(automaton, criteria, mode, memory_limit, progress)
    return best(graph, criteria, wanted, mode, memory_limit, progress)


def check(wanted: int, distinct: str) -> None:
    """UsageError for a number of rows, or a `distinct`, that cannot be asked for."""
    if distinct not in DISTINCT:
        raise UsageError(f"distinct: {distinct!r} is not one of {', '.join(DISTINCT)}")
    if not 0 <= wanted <= MOST_WANTED:
        raise UsageError(f"top: {wanted} is not in 0..{MOST_WANTED}")


def prepared(
    automaton: Automaton,
    criteria: Criteria,
    mode: int,
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = silent,
) -> Graph:
    """What a search by these criteria walks on: the automaton with its bounds from the end."""
    running: dict[str, Any] = {"memory_limit": memory_limit, "progress": progress}
    endings = 3 if mode == kernel.FAMILY else 1
    ahead = bounds_of(automaton, criteria, criteria.lead, endings, **running)
    exact = criteria.lead == criteria.ranked and not criteria.limited
    least = ahead if exact else bounds_of(automaton, criteria, 0, 1, **running)
    return graph_of(automaton, criteria, ahead, least, exact)


class BestFirst:
    """A search best first that can be carried on; the `wanted` best, or all where fewer."""

    def __init__(
        self, graph: Graph, criteria: Criteria, wanted: int, mode: int, memory_limit: int
    ) -> None:
        self.graph, self.wanted, self.mode = graph, wanted, mode
        self.memory_limit = memory_limit
        self.nodes = _nodes(criteria, 1 << 12, wanted)
        self.nodes.g[:2] = criteria.begin

    @property
    def found(self) -> int:
        """How many are known so far, the best ones in order."""
        return int(self.nodes.used[3])

    def advance(self, pops: int) -> bool:
        """Take up to `pops` nodes off the heap; returns True when complete. Raises LimitError."""
        outcome = kernel.search(self.graph, self.nodes, self.mode, self.wanted, pops)
        if outcome == FULL:
            self.nodes = _grown(self.nodes, self.mode, self.memory_limit)
        all_found = self.found == self.wanted or int(self.nodes.used[1]) == 0
        return outcome in (DONE, EMPTY) or (outcome == PAUSED and all_found)

    def costs(self) -> np.ndarray:
        """[found, R] the ranked costs of what is found."""
        found = self.nodes.found[: self.found]
        return np.ascontiguousarray(self.nodes.g[found, : self.graph.ranked])

    def bound(self) -> np.ndarray:
        """[R] what all that is not found yet costs at least, in lexicographic order."""
        if int(self.nodes.used[0]) == 0:
            self.advance(0)
        least: np.ndarray = self.nodes.f[self.nodes.heap[0]]
        return least.copy()

    def rows(self) -> np.ndarray:
        """The steps [found, D]."""
        rows = np.full((self.found, max(self.graph.most_depth, 1)), -1, np.int64)
        kernel.paths(self.graph, self.nodes, rows)
        return rows


def best(
    graph: Graph,
    criteria: Criteria,
    wanted: int,
    mode: int,
    memory_limit: int = MEMORY_LIMIT,
    progress: Progress = silent,
) -> np.ndarray:
    """Search best first: the steps [k, D] of the `wanted` best, or of all where there are fewer."""
    search = BestFirst(graph, criteria, wanted, mode, memory_limit)
    carry_out(search, POPS, lambda: progress("ranking", search.found / wanted, search.found))
    return search.rows()


def graph_of(
    automaton: Automaton, criteria: Criteria, ahead: np.ndarray, least: np.ndarray, exact: bool
) -> Graph:
    """The arrays of an automaton and its criteria, as the search kernels take them."""
    low, high = automaton.depth
    return Graph(
        automaton.first, automaton.to, automaton.step, automaton.order, automaton.rf,
        automaton.alive, automaton.final, automaton.points(), automaton.stride, criteria.cost,
        criteria.join,
        criteria.limit, ahead, least, automaton.start, criteria.ranked, low, high,
        automaton.one_rf, exact,
    )  # fmt: skip


def _nodes(criteria: Criteria, capacity: int, wanted: int) -> Nodes:
    def numbers(fill: int = 0, size: int = capacity) -> np.ndarray:
        return np.full(size, fill, np.int32)

    return Nodes(
        parent=numbers(), edge=np.zeros(capacity, np.int64), order=numbers(), state=numbers(),
        depth=numbers(), kind=numbers(), family=numbers(),
        g=np.zeros((capacity, len(criteria.names)), np.int64),
        f=np.zeros((capacity, criteria.ranked), np.int64),
        heap=numbers(), bucket=numbers(-1), chain=numbers(-2),
        family_parent=numbers(), family_spot=numbers(), family_stride=np.zeros(capacity, np.int64),
        family_bucket=numbers(-1), family_chain=numbers(-1), family_found=numbers(-1),
        found=numbers(0, wanted), found_chain=numbers(-1, wanted),
        used=np.array([0, 0, 1, 0, 0], np.int64),
    )  # fmt: skip


def _grown(nodes: Nodes, mode: int, memory_limit: int) -> Nodes:
    """Twice the room, hash chains entered anew."""
    held = f"{int(nodes.used[0])} partial stacks after finding {int(nodes.used[3])}"
    instead = "ask for fewer, or rank by costs that add"
    check_room(nodes, memory_limit, f"the search holds {held}", instead)
    grown = doubled(nodes, ("bucket", "family_bucket", "found", "found_chain", "used"))
    capacity = len(grown.parent)
    grown.chain[capacity // 2 :] = -2
    grown = grown._replace(
        bucket=np.full(capacity, -1, np.int32), family_bucket=np.full(capacity, -1, np.int32)
    )
    kernel.rehash(grown, mode, int(nodes.used[0]))
    return grown
