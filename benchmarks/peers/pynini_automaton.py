"""pynini (OpenFst): a weighted automaton; counts in the log semiring, k best in the tropical one.

The states are given to it, unrolled by depth (runner/layered.py; that time is not counted). A word
is a stack, a symbol a choice of a layer. Samples are drawn by arcs' shares of the completions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property

from queries import DEFAULT, Measured

from benchmarks.peers.runner import answers, plain
from benchmarks.peers.runner.comparison import Comparison
from benchmarks.peers.runner.layered import Layered, unrolled
from benchmarks.peers.runner.questions import TINY, sizes, text

NEEDS = ("pynini",)
LIMIT = 900
DIGITS = 1e-6  # of a count: its logarithm has nine digits
BEST, SAMPLES, THEIR_SAMPLES = 20, 100_000, 2_000


def comparisons(tiny: bool) -> Iterator[Comparison]:
    """Count, the 20 of the least memory, uniform samples."""
    asked = TINY if tiny else DEFAULT
    peer = _Peer(asked)
    told = {"question": text(asked), "sizes": sizes(asked) | {"nodes": len(peer.layered.state)}}
    yield Comparison(
        task="exact count", form="log64 semiring, given states", **told,
        ours=lambda: answers.count(asked), theirs=peer.count,
        agree=lambda ours, theirs: abs(ours - theirs) <= DIGITS * ours,
        note="weights leave pynini with nine digits; to these the counts agree",
    )  # fmt: skip
    yield Comparison(
        task=f"the {BEST} of the least memory", form="n shortest paths, given states", **told,
        ours=lambda: answers.best_memories(asked, BEST), theirs=peer.best,
        shown=lambda rows: f"{rows[0]:,} to {rows[-1]:,} bytes",
    )  # fmt: skip
    yield Comparison(
        task="uniform samples", form="randgen by log probability, given states", **told,
        ours=lambda: len(asked.search().sample(SAMPLES)), theirs=peer.sample,
        agree=lambda _, valid: valid == THEIR_SAMPLES, shown="{:,} samples".format,
        scale=lambda ours, theirs: (ours, theirs), note="seconds a sample",
    )  # fmt: skip


class _Peer:
    """The automaton's makers: each call goes from the given nodes to the answer."""

    def __init__(self, asked: Measured) -> None:
        self.asked = asked
        self.layered: Layered = unrolled(plain.graph(asked))
        self.choices = plain.layers(asked)
        self.symbol = {layer: number for number, layer in enumerate(self.choices, 1)}

    def _fst(self, kind: str, weight):
        """An acceptor; `weight` has the arc and where it leads."""
        import pynini

        made = pynini.Fst(arc_type=kind)
        made.add_states(len(self.layered.state))
        made.set_start(0)
        one = pynini.Weight.one(made.weight_type())
        for node, arcs in enumerate(self.layered.arcs):
            if self.layered.final[node]:
                made.set_final(node, one)
            for arc, to in arcs:
                symbol = self.symbol[arc.layer]
                value = pynini.Weight(made.weight_type(), weight(node, arc, to))
                made.add_arc(node, pynini.Arc(symbol, symbol, value, to))
        return made

    def count(self) -> int:
        """Paths: the sum over all of weight one."""
        import pynini

        made = self._fst("log64", lambda node, arc, to: 0)
        distance = pynini.shortestdistance(made, delta=0.0, reverse=True)  # none is left out
        return round(math.exp(-float(distance[0])))

    def best(self) -> list[int]:
        """The least memories, ascending."""
        import pynini

        made = self._fst("standard", lambda node, arc, to: arc.costs[0])
        paths = pynini.shortestpath(made, nshortest=BEST)
        return sorted(answers.best_of(stack, self.asked).memory for stack in self._stacks(paths))

    @cached_property
    def _completions(self) -> list[int]:
        ways = [0] * len(self.layered.state)
        for node in reversed(range(len(ways))):
            ways[node] = self.layered.final[node] + sum(
                ways[to] for _, to in self.layered.arcs[node]
            )
        return ways

    def sample(self) -> int:
        """How many of the drawn paths are matches."""
        import pynini

        ways = self._completions
        made = self._fst("log64", lambda node, arc, to: math.log(ways[node] / ways[to]))
        for node, ends in enumerate(self.layered.final):
            if ends:
                made.set_final(node, pynini.Weight("log64", math.log(ways[node])))
        drawn = pynini.randgen(made, npath=THEIR_SAMPLES, select="log_prob", seed=1)
        return sum(answers.best_of(one, self.asked).memory >= 0 for one in self._stacks(drawn))

    def _stacks(self, automaton) -> Iterator[list[plain.Layer]]:
        paths = automaton.paths()
        while not paths.done():
            yield [self.choices[symbol - 1] for symbol in paths.ilabels() if symbol]
            paths.next()
