"""HiGHS: a path as a flow over given states, at most so many layers; fronts by bounds on a cost.

The states are given to it (runner/plain.py; that time is not counted). One column a transition, one
row a state: flow in is flow out. The matrix is totally unimodular, so that only the row of depth,
and on the front the bound on MACs, need branch and bound. The front is the classic bound method
(Haimes et al. 1971): the least memory, then the least MACs at it, then less MACs than that.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from queries import DEFAULT, DEFAULT_6

from benchmarks.peers.runner import answers, plain
from benchmarks.peers.runner.comparison import Comparison, NoAnswer
from benchmarks.peers.runner.questions import TINY, sizes, text

NEEDS = ("highspy",)
SECONDS = 240
LIMIT = 1500
VALUES, MACS = 0, 1  # places of costs


def comparisons(tiny: bool) -> Iterator[Comparison]:
    """The proven least memory, and the front of memory and MACs."""
    asked = TINY if tiny else DEFAULT
    graph = plain.graph(asked)
    yield Comparison(
        task="proven least memory", question=text(asked), form="flow over given states",
        ours=lambda: answers.best(asked), theirs=lambda: shortest(graph),
        agree=answers.same_memory, shown=answers.shown_best, more=answers.same_stack,
        sizes=sizes(asked),
    )  # fmt: skip
    for few in [TINY] if tiny else [DEFAULT_6, DEFAULT]:
        given = plain.graph(few)
        yield Comparison(
            task="front of memory and MACs", question=text(few), form="flow, bounds on MACs",
            ours=lambda few=few: answers.front(few), theirs=lambda given=given: front(given),
            shown=lambda points: f"{len(points)} points", sizes=sizes(few),
        )  # fmt: skip


def shortest(graph: plain.Graph) -> answers.Best:
    """The path of the least memory, proven."""
    flow = _Flow(graph)
    taken = flow.least(VALUES)
    assert taken is not None
    return answers.best_of([one.layer for one in taken], graph.asked)


def front(graph: plain.Graph) -> list[tuple[int, int]]:
    """(memory, MACs) of the front, ascending. Raises NoAnswer at the time limit."""
    flow, points, ends = _Flow(graph), [], time.monotonic() + SECONDS
    while (taken := flow.least(VALUES)) is not None:
        if time.monotonic() > ends:
            raise NoAnswer(f"{len(points)} points in {SECONDS} s", SECONDS)
        values = sum(one.costs[VALUES] for one in taken)
        flow.at_most(VALUES, values)
        taken = flow.least(MACS)
        assert taken is not None
        macs = sum(one.costs[MACS] for one in taken)
        points.append(((plain.input_values(graph.asked) + values) * plain.BYTES, macs))
        flow.at_most(VALUES, None)
        flow.at_most(MACS, macs - 1)
    return points


class _Flow:
    """The model; bounds on costs may be set between solves."""

    def __init__(self, graph: plain.Graph) -> None:
        import highspy

        self.graph, self.solver = graph, highspy.Highs()
        self.solver.silent()
        self.arcs = [one for one in graph.arcs if one.source != one.target]
        columns, ends = len(self.arcs), [at for at, ends in enumerate(graph.final) if ends]
        self.costs = [
            np.array([one.costs[at] for one in self.arcs] + [0] * len(ends), float)
            for at in (VALUES, MACS)
        ]
        self.total = columns + len(ends)
        infinity = highspy.kHighsInf
        self.solver.addVars(self.total, np.zeros(self.total), np.ones(self.total))
        every = np.arange(self.total, dtype=np.int32)
        kind = np.full(self.total, highspy.HighsVarType.kInteger)
        self.solver.changeColsIntegrality(self.total, every, kind)
        for row, low, high in self._balance(ends):
            self.solver.addRow(low, high, len(row), *_entries(row))
        hops = dict.fromkeys(range(columns), 1.0)
        self.solver.addRow(-infinity, graph.asked.depth, columns, *_entries(hops))
        self.bounds = {}
        for at in (VALUES, MACS):
            self.bounds[at] = self.solver.getNumRow()
            row = dict(enumerate(self.costs[at]))
            self.solver.addRow(-infinity, infinity, self.total, *_entries(row))

    def _balance(self, ends: list[int]) -> Iterator[tuple[dict[int, float], float, float]]:
        rows: list[dict[int, float]] = [{} for _ in self.graph.states]
        for column, one in enumerate(self.arcs):
            rows[one.source][column] = 1.0
            rows[one.target][column] = -1.0
        for column, at in enumerate(ends, len(self.arcs)):
            rows[at][column] = 1.0
        for at, row in enumerate(rows):
            leaves = 1.0 if at == 0 else 0.0
            yield row, leaves, leaves

    def at_most(self, cost: int, bound: int | None) -> None:
        """Bound a cost; None: no bound."""
        import highspy

        infinity = highspy.kHighsInf
        high = infinity if bound is None else float(bound)
        self.solver.changeRowBounds(self.bounds[cost], -infinity, high)

    def least(self, cost: int) -> list[plain.Arc] | None:
        """The path of the least cost within the bounds; None where there is none."""
        import highspy

        every = np.arange(self.total, dtype=np.int32)
        self.solver.changeColsCost(self.total, every, self.costs[cost])
        self.solver.setOptionValue("mip_rel_gap", 0.0)
        self.solver.setOptionValue("time_limit", self.solver.getRunTime() + SECONDS)
        self.solver.run()
        status = self.solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise NoAnswer(f"not proven in {SECONDS} s", SECONDS)
        values = self.solver.getSolution().col_value
        step = {
            one.source: one for one, value in zip(self.arcs, values, strict=False) if value > 0.5
        }
        path, at = [], 0
        while at in step:
            path.append(step.pop(at))
            at = path[-1].target
        return path


def _entries(row: dict[int, float]) -> tuple[np.ndarray, np.ndarray]:
    return np.array(list(row), np.int32), np.array(list(row.values()), float)
