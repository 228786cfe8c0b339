"""The problem in plain Python, for the peers: nothing of rfsearch is in it.

One axis: a layer (kernel, stride, padding) takes (size, jump, RF) to another (Araujo, Norris, Sim
2019). A state is (size, jump, RF, place), the place in the row of widths: 0 before the first
convolution, each later one with stride above 1 goes on by one. Layers that skip pixels and paddings
above (k + 1) // 2 … are left out as the question says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from queries import Measured

INPUT_CHANNELS, BYTES = 3, 4
Layer = tuple[int, int, int]  # kernel, stride, padding
State = tuple[int, int, int, int]  # size, jump, RF, place
Costs = tuple[int, int, int]  # activation values, MACs, params


def layers(asked: Measured) -> list[Layer]:
    """The choices of one layer."""
    return [
        (kernel, stride, padding)
        for kernel in asked.kernel
        for stride in asked.stride
        for padding in asked.padding
        if padding <= kernel // 2 and (asked.gaps or stride <= kernel)
    ]


def widths(asked: Measured) -> list[int]:
    """Channels at each place; the input's at place 0."""
    first, most = asked.widths
    row = [first]
    while row[-1] < most:
        row.append(min(2 * row[-1], most))
    return [INPUT_CHANNELS, *row]


def start(asked: Measured) -> State:
    """Before any layer."""
    return asked.input, 1, 1, 0


def input_values(asked: Measured) -> int:
    """What memory counts before any layer."""
    return asked.input**2 * INPUT_CHANNELS


def step(state: State, layer: Layer, asked: Measured) -> State | None:
    """The state after a layer; None where the layer does not fit or drops pixels."""
    size, jump, rf, place = state
    kernel, stride, padding = layer
    slack = size + 2 * padding - kernel
    if slack < 0 or (asked.rounding == "exact" and slack % stride):
        return None
    last = len(widths(asked)) - 1
    following = 1 if place == 0 else min(place + (stride > 1), last)
    return slack // stride + 1, jump * stride, rf + (kernel - 1) * jump, following


def costs(before: State, layer: Layer, after: State, asked: Measured) -> Costs:
    """What a layer adds: its output's values, MACs, params."""
    row = widths(asked)
    weights = layer[0] ** 2 * row[before[3]] * row[after[3]]
    positions = after[0] ** 2
    return positions * row[after[3]], positions * weights, weights + row[after[3]]


def figures(stack: Sequence[Layer], asked: Measured) -> tuple[State, Costs] | None:
    """(last state, costs with the input's values) of a stack; None where a layer does not fit."""
    state, sums = start(asked), (input_values(asked), 0, 0)
    for layer in stack:
        after = step(state, layer, asked)
        if after is None:
            return None
        sums = tuple(map(sum, zip(sums, costs(state, layer, after, asked), strict=True)))
        state = after
    return state, sums


def notation(stack: Sequence[Layer], asked: Measured) -> str:
    """A stack as rfsearch writes it."""
    row, state, parts = widths(asked), start(asked), []
    for kernel, stride, padding in stack:
        state = step(state, (kernel, stride, padding), asked)
        part = f"{row[state[3]]}C{kernel}"
        part += f"S{stride}" if stride > 1 else ""
        parts.append(part + (f"P{padding}" if padding else ""))
    return "-".join(parts)


@dataclass(frozen=True)
class Arc:
    """A layer between two states, by their numbers."""

    source: int
    target: int
    layer: Layer
    costs: Costs


@dataclass(frozen=True)
class Graph:
    """The states that are on some match, the start first, and the layers between them."""

    asked: Measured
    states: list[State]
    arcs: list[Arc]

    @cached_property
    def final(self) -> list[bool]:
        """Where a stack may end."""
        return [state[2] == self.asked.target for state in self.states]

    def leaving(self) -> list[list[Arc]]:
        """The arcs of each state."""
        rows: list[list[Arc]] = [[] for _ in self.states]
        for arc in self.arcs:
            rows[arc.source].append(arc)
        return rows


def graph(asked: Measured) -> Graph:
    """Breadth first by depth, then only what finishes within the depth, in dictionaries."""
    choices = layers(asked)
    depth_of, following = {start(asked): 0}, {}
    ahead = [start(asked)]
    for depth in range(1, asked.depth + 1):
        found = []
        for state in ahead:
            following[state] = list(_steps(state, choices, asked))
            for _, after in following[state]:
                if after not in depth_of:
                    depth_of[after] = depth
                    found.append(after)
        ahead = found
    left = _least_left(depth_of, following, asked.target)
    kept = {
        state: number
        for number, state in enumerate(
            state for state in depth_of
            if state in left and depth_of[state] + left[state] <= asked.depth
        )
    }  # fmt: skip
    arcs = [
        Arc(kept[state], kept[after], layer, costs(state, layer, after, asked))
        for state in kept
        for layer, after in following.get(state, ())
        if after in kept and depth_of[state] + 1 + left[after] <= asked.depth
    ]
    return Graph(asked, list(kept), arcs)


def _steps(state: State, choices: list[Layer], asked: Measured) -> Iterator[tuple[Layer, State]]:
    """Layers whose RF can still meet the target: it grows by multiples of the jump."""
    for layer in choices:
        after = step(state, layer, asked)
        if after is not None:
            short = asked.target - after[2]
            if short >= 0 and short % after[1] == 0:
                yield layer, after


def _least_left(depth_of: dict, following: dict, target: int) -> dict[State, int]:
    """Layers that a state needs at the least to end; only of those that can."""
    before: dict[State, list[State]] = {}
    for state, steps in following.items():
        for _, after in steps:
            before.setdefault(after, []).append(state)
    left = {state: 0 for state in depth_of if state[2] == target and depth_of[state] > 0}
    ahead = list(left)
    while ahead:
        found = []
        for state in ahead:
            for earlier in before.get(state, ()):
                if earlier not in left:
                    left[earlier] = left[state] + 1
                    found.append(earlier)
        ahead = found
    return left
