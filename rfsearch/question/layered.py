"""The nodes of both halves where layers are told apart, or nothing: states, not spots and growths.

A node of the first half is a state with the layers so far, one of the second half a state with the
layers still to come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rfsearch.errors import LimitError
from rfsearch.kernels.distinct import distinct
from rfsearch.question.half_nodes import NEVER, Halves, Nodes

if TYPE_CHECKING:
    from rfsearch.automaton.automaton import Automaton

MOST_ENTRIES = 1 << 23  # of either half: some hundreds of megabytes


def halves_in_all(automaton: Automaton) -> Halves:
    """Both halves where nothing is told apart of an automaton whose states ascend."""
    return _halves(automaton, np.zeros(automaton.transitions, np.int64))


def halves_by_depth(automaton: Automaton) -> Halves:
    """The same where depths are told apart; `rfs` are the depths. LimitError of too many nodes."""
    return _halves(automaton, automaton.cost("depth")[automaton.step])


def _halves(automaton: Automaton, layers: np.ndarray) -> Halves:
    states, to = automaton.states, automaton.to.astype(np.int64)
    source = np.repeat(np.arange(states), np.diff(automaton.first))
    begun = np.arange(states) == automaton.start
    ahead = _Layered.of(_Flow(source, to, layers), begun, falling=False)
    back = _Layered.of(_Flow(to, source, layers), automaton.final, falling=True)
    run, start = _runs(automaton.first, to), automaton.start
    ends = back.layer[back.first[start] : back.first[start + 1]]
    return Halves(
        ahead.nodes(run, automaton.step),
        back.nodes(run, automaton.step),
        ends=ends,
        rfs=[(depth,) for depth in ends.tolist()],
        spots=(automaton.spot[ahead.state], automaton.spot[back.state]),
        states=ahead.state,
        meets=ahead.state,
        meets_first=back.first,
    )


@dataclass(frozen=True, eq=False)
class _Flow:
    """Where ways go [E] from state to state, and by how many layers."""

    source: np.ndarray
    target: np.ndarray
    layers: np.ndarray


@dataclass(frozen=True, eq=False)
class _Layered:
    """The nodes (N): states with numbers of layers, in order; first [S+1] those of each state."""

    flow: _Flow
    seeded: np.ndarray
    first: np.ndarray
    state: np.ndarray
    layer: np.ndarray

    @classmethod
    def of(cls, flow: _Flow, seeded: np.ndarray, falling: bool) -> _Layered:
        """Those that ways from the `seeded` [S] come to; states ascend along them, or are falling.

        Raises LimitError.
        """
        states, wide = len(seeded), int(flow.layers.max(initial=0)) + 1
        each = np.arange(states + 1)
        if wide == 1:
            return cls(flow, seeded, each, each[:-1], np.zeros(states, np.int64))
        # Many transitions between two states have as many layers.
        keys = distinct((flow.source * states + flow.target) * wide + flow.layers)
        source, target = np.divmod(keys // wide, states)
        steps = zip(source.tolist(), target.tolist(), (keys % wide).tolist(), strict=True)
        known = seeded.astype(int).tolist()  # a bit for each number of layers
        for here, there, more in reversed(list(steps)) if falling else steps:
            known[there] |= known[here] << more
        size = max(map(int.bit_length, known)) // 8 + 1
        rows = np.frombuffer(b"".join(one.to_bytes(size, "little") for one in known), np.uint8)
        bits = np.unpackbits(rows.reshape(states, size), axis=1, bitorder="little")
        # Kernels are compiled for arrays that are contiguous.
        state, layer = map(np.ascontiguousarray, np.nonzero(bits))
        return cls(flow, seeded, np.searchsorted(state, each), state, layer)

    def nodes(self, run: np.ndarray, step: np.ndarray) -> Nodes:
        """With an entry for each transition and node that it leads on from. Raises LimitError."""
        flow, wide = self.flow, int(self.layer.max(initial=0)) + 1
        many = np.diff(self.first)[flow.source]
        entries = int(many.sum())
        if entries > MOST_ENTRIES:
            raise LimitError(f"{entries} transitions, told apart by layers, are too many")
        edge = np.repeat(np.arange(len(many)), many)
        within = np.arange(entries) - np.repeat(np.cumsum(many) - many, many)
        source = self.first[flow.source[edge]] + within
        layer = self.layer[source] + flow.layers[edge]
        keys = self.state * wide + self.layer
        return Nodes.of(
            run[self.state],
            int(run[-1]) + 1,
            self.layer,
            node=np.searchsorted(keys, flow.target[edge] * wide + layer),
            source=source,
            step=step[edge],
            seeded=np.searchsorted(keys, np.flatnonzero(self.seeded) * wide),
        )


def _runs(first: np.ndarray, to: np.ndarray) -> np.ndarray:
    """[S] the number of each state's run: as long as no transition stays within one."""
    nearest = np.full(len(first) - 1, NEVER)
    some = np.diff(first) > 0
    nearest[some] = np.minimum.reduceat(to, first[:-1][some])
    begun = np.zeros(len(nearest), np.int64)
    least = NEVER
    for state, target in enumerate(nearest.tolist()):
        if least <= state:
            begun[state], least = 1, NEVER
        least = min(least, target)
    return np.cumsum(begun)
