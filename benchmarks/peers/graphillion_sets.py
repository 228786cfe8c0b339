"""graphillion: families of sets as zero-suppressed diagrams; counts, k best by weight, samples.

The states are given to it, unrolled by depth (runner/layered.py; that time is not counted). A set
is the transitions of one stack, so that weights add up to its memory. Families are made from the
ends on: a node's is the union over its transitions of what follows, each with its transition.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from queries import DEFAULT_6, Measured

from benchmarks.peers.runner import answers, plain
from benchmarks.peers.runner.comparison import Comparison
from benchmarks.peers.runner.layered import unrolled
from benchmarks.peers.runner.questions import TINY, sizes, text

NEEDS = ("graphillion",)
LIMIT = 900
BEST, SAMPLES, THEIR_SAMPLES = 20, 100_000, 1_000


def comparisons(tiny: bool) -> Iterator[Comparison]:
    """Count, the 20 of the least memory, uniform samples."""
    asked = TINY if tiny else DEFAULT_6
    peer = _Peer(asked)
    told = {"question": text(asked), "sizes": sizes(asked) | {"elements": len(peer.weights)}}
    yield Comparison(
        task="exact count", form="sets of given transitions", **told,
        ours=lambda: answers.count(asked), theirs=lambda: peer.family().len(),
    )  # fmt: skip
    yield Comparison(
        task=f"the {BEST} of the least memory", form="sets of given transitions, min_iter", **told,
        ours=lambda: answers.best_memories(asked, BEST), theirs=peer.best,
        shown=lambda rows: f"{rows[0]:,} to {rows[-1]:,} bytes",
    )  # fmt: skip
    yield Comparison(
        task="uniform samples", form="sets of given transitions, rand_iter", **told,
        ours=lambda: len(asked.search().sample(SAMPLES)), theirs=peer.sample,
        agree=lambda _, valid: valid == THEIR_SAMPLES, shown="{:,} samples".format,
        scale=lambda ours, theirs: (ours, theirs), note="seconds a sample",
    )  # fmt: skip


class _Peer:
    """Each call goes from the given transitions to the answer."""

    def __init__(self, asked: Measured) -> None:
        self.asked, self.layered = asked, unrolled(plain.graph(asked))
        self.arc, self.weights = {}, {}
        for node, arcs in enumerate(self.layered.arcs):
            for place, (arc, _) in enumerate(arcs):
                self.arc[node, place] = arc
                self.weights[node, place] = arc.costs[0]

    def family(self):
        """The sets of all stacks."""
        from graphillion import setset

        setset.set_universe(list(self.weights))
        made = [None] * len(self.layered.state)
        for node in reversed(range(len(made))):
            family = setset([set()]) if self.layered.final[node] else setset()
            for place, (_, to) in enumerate(self.layered.arcs[node]):
                family |= made[to].join(setset([{(node, place)}]))
            made[node] = family
        return made[0]

    def best(self) -> list[int]:
        """The least memories, ascending."""
        found = islice(self.family().min_iter(self.weights), BEST)
        return [answers.best_of(self._stack(one), self.asked).memory for one in found]

    def sample(self) -> int:
        """How many of the drawn sets are matches."""
        drawn = islice(self.family().rand_iter(), THEIR_SAMPLES)
        return sum(answers.best_of(self._stack(one), self.asked).memory >= 0 for one in drawn)

    def _stack(self, elements: set) -> list[plain.Layer]:
        in_order = sorted(elements, key=lambda one: self.layered.depth[one[0]])
        return [self.arc[one].layer for one in in_order]
