"""OR-Tools CP-SAT on states: a circuit for the optimum, an automaton constraint for every match.

The states are given to it (runner/plain.py finds them; that time is not counted). The optimum is a
path: one literal a transition, a circuit through start and end, at most so many layers; an optimum
passes no state twice. Every match is a word that the automaton accepts, filled up by a last
symbol.
CP-SAT 9.15 expands that constraint so that something stays free: it tells 1,116 of the 100,285
words to depth 6 twice, with presolve and without it, so that a set counts each once. Tables with
the states as variables repeat none, and take twice as long.
"""

from __future__ import annotations

from collections.abc import Iterator

from queries import DEFAULT, DEFAULT_6

from benchmarks.peers.runner import answers, plain
from benchmarks.peers.runner.comparison import Comparison, NoAnswer
from benchmarks.peers.runner.questions import TINY, sizes, text, to_depth

NEEDS = ("ortools",)
SECONDS = 240
LIMIT = 5 * SECONDS


def comparisons(tiny: bool) -> Iterator[Comparison]:
    """The proven least memory, and every match."""
    for asked in [TINY] if tiny else [DEFAULT_6, DEFAULT]:
        graph = plain.graph(asked)
        yield Comparison(
            task="proven least memory", question=text(asked), form="circuit over given states",
            ours=lambda asked=asked: answers.best(asked),
            theirs=lambda graph=graph: shortest(graph),
            agree=answers.same_memory, shown=answers.shown_best, more=answers.same_stack,
            goal=None if tiny else 1000, sizes=sizes(asked),
        )  # fmt: skip
    for asked in [TINY] if tiny else [to_depth(5), DEFAULT_6]:
        graph = plain.graph(asked)
        yield Comparison(
            task="every match", question=text(asked), form="automaton constraint, given states",
            ours=lambda asked=asked: answers.enumerated(asked),
            theirs=lambda graph=graph: every_match(graph),
            goal=None if tiny else 100, sizes=sizes(asked),
        )  # fmt: skip


def shortest(graph: plain.Graph) -> answers.Best:
    """The path of the least memory, proven. Raises NoAnswer at the time limit."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    end = len(graph.states)
    arcs, taken, costs = [(end, 0, model.new_constant(1))], [], []
    for one in graph.arcs:
        if one.source != one.target:
            literal = model.new_bool_var("")
            arcs.append((one.source, one.target, literal))
            taken.append((literal, one))
            costs.append(one.costs[0])
    arcs += [(at, end, model.new_bool_var("")) for at, ends in enumerate(graph.final) if ends]
    arcs += [(at, at, model.new_bool_var("")) for at in range(1, end)]  # left out
    model.add_circuit(arcs)
    literals = [literal for literal, _ in taken]
    model.add(cp_model.LinearExpr.sum(literals) <= graph.asked.depth)
    model.minimize(cp_model.LinearExpr.weighted_sum(literals, costs))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = SECONDS
    status = solver.solve(model)
    if status != cp_model.OPTIMAL:
        had = "no feasible stack" if status != cp_model.FEASIBLE else "an optimum not proven"
        raise NoAnswer(f"{had} in {SECONDS} s", SECONDS)
    step = {one.source: one for literal, one in taken if solver.boolean_value(literal)}
    stack, at = [], 0
    while at in step:
        stack.append(step[at].layer)
        at = step[at].target
    return answers.best_of(stack, graph.asked)


def every_match(graph: plain.Graph) -> int:
    """How many words there are, each found. Raises NoAnswer at the time limit."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    number = {layer: at for at, layer in enumerate(plain.layers(graph.asked))}
    none, end = len(number), len(graph.states)
    word = [model.new_int_var(0, none, f"layer{depth}") for depth in range(graph.asked.depth)]
    steps = [(one.source, number[one.layer], one.target) for one in graph.arcs]
    ends = [at for at, ends in enumerate(graph.final) if ends]
    steps += [(at, none, end) for at in [*ends, end]]
    model.add_automaton(word, 0, [*ends, end], steps)

    class Listener(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            found.add(tuple(map(self.value, word)))

    found: set[tuple[int, ...]] = set()
    solver = cp_model.CpSolver()
    solver.parameters.enumerate_all_solutions = True
    solver.parameters.max_time_in_seconds = SECONDS
    if solver.solve(model, Listener()) != cp_model.OPTIMAL:
        raise NoAnswer(f"{len(found):,} of them in {SECONDS} s", SECONDS)
    return len(found)
