"""oxidd: a zero-suppressed decision diagram, node by node; the number of its sets.

The states are given to it, unrolled by depth (runner/layered.py; that time is not counted). A set
is a stack: the elements (depth, choice) of its layers. One node a transition is all there is to it.
"""

from __future__ import annotations

from collections.abc import Iterator

from queries import DEFAULT

from benchmarks.peers.runner import answers, plain
from benchmarks.peers.runner.comparison import Comparison
from benchmarks.peers.runner.layered import Layered, unrolled
from benchmarks.peers.runner.questions import TINY, sizes, text

NEEDS = ("oxidd",)
LIMIT = 600
NODES, CACHE = 1 << 22, 1 << 20


def comparisons(tiny: bool) -> Iterator[Comparison]:
    """The exact count."""
    asked = TINY if tiny else DEFAULT
    layered, choices = unrolled(plain.graph(asked)), plain.layers(asked)
    yield Comparison(
        task="exact count", question=text(asked), form="diagram over given states",
        ours=lambda: answers.count(asked), theirs=lambda: counted(layered, choices, asked.depth),
        sizes=sizes(asked) | {"nodes": len(layered.state)},
    )  # fmt: skip


def counted(layered: Layered, choices: list[plain.Layer], depth: int) -> int:
    """The number of sets of the start's diagram."""
    from oxidd.zbdd import ZBDDManager

    manager = ZBDDManager(NODES, CACHE, 1)
    elements = depth * len(choices)
    manager.add_vars(elements)
    variables = [manager.singleton(number) for number in range(elements)]
    at = {layer: number for number, layer in enumerate(choices)}
    made = [None] * len(layered.state)
    for node in reversed(range(len(made))):
        diagram = manager.base() if layered.final[node] else manager.empty()
        first = layered.depth[node] * len(choices)
        # The last choice is the lowest node; each leads on, or past itself to the next choice.
        for arc, to in sorted(layered.arcs[node], key=lambda step: -at[step[0].layer]):
            diagram = variables[first + at[arc.layer]].make_node(made[to], diagram)
        made[node] = diagram
    return made[0].sat_count(elements)
