"""Spots: (place, sizes, jumps) of a staged space, and the steps between them with their figures.

A spot is a state without its RF. Spots are found place by place in ascending order; each step is
one item at one size and jump, so that everything it costs is a constant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rfsearch.errors import LimitError, UsageError
from rfsearch.layers.anatomy import Anatomy, Geometry, anatomy
from rfsearch.layers.geometry import Placed, Sizes, place
from rfsearch.layers.layer import Stack
from rfsearch.layers.notation.format import format_item
from rfsearch.layers.recurrence import CEIL
from rfsearch.request.query import ROUNDINGS
from rfsearch.request.staged_query import Range, StagedQuery
from rfsearch.space.control import Control
from rfsearch.space.staged import StagedSpace

if TYPE_CHECKING:
    from rfsearch.space.edits.space import LikeSpace

INPUT, BODY, HEAD = 0, 1, 2  # kinds of a link
LARGEST_JUMP = 1 << 40  # of an axis: squares of jumps, times spreads, must stay below 2^63
JUMP_BITS = 20


@dataclass(frozen=True)
class Link:
    """One arc of the control from its place on: an input, items of the body or stem, the head."""

    kind: int
    stack: Stack
    to: int
    made: Anatomy | None = None
    input: Sizes = ()

    @property
    def text(self) -> str:
        """What it adds to the printed stack, the sign between items aside."""
        return "-".join(map(format_item, self.stack))


@dataclass(frozen=True)
class Plan:
    """Places with their links, inputs and head included; links stand in the order of stacks.

    width, ends [places]: channels, and whether a stack may end there.
    """

    width: tuple[int, ...]
    ends: tuple[bool, ...]
    links: tuple[tuple[Link, ...], ...]


def plan_of(space: StagedSpace, query: StagedQuery, ended: bool = False) -> Plan:
    """The control of a space with the inputs before it, stem and head at its ends.

    `ended`: the end is a step of its own also where there is no head.
    """
    control = space.control(ROUNDINGS[query.rounding] == CEIL)
    stem, head = space.stem_stack, space.head_stack
    body = 2 if stem else 1
    end = body + len(control.width)
    inputs = tuple(Link(INPUT, (), 1, input=sizes) for sizes in query.inputs)
    widths = [space.input_channels]
    links: list[tuple[Link, ...]] = [inputs]
    if stem:
        made = anatomy(stem, space.input_channels, space.axes)
        links.append((Link(BODY, stem, body, made),))
        widths.append(space.input_channels)
    for number, arcs in enumerate(control.arcs):
        here = [
            Link(BODY, (item,), body + to, anatomy((item,), control.width[number], space.axes))
            for item, to in arcs
        ]
        # The order of stacks is that of their bodies, a prefix first.
        if (head or ended) and _may_end(control, number, stem):
            here.insert(0, Link(HEAD, head, end))
        links.append(tuple(here))
    widths.extend(control.width)
    ends = [False] * body + [
        not (head or ended) and _may_end(control, number, stem)
        for number in range(len(control.width))
    ]
    if head or ended:
        links.append(())
        widths.append(0)
        ends.append(True)
    return Plan(tuple(widths), tuple(ends), tuple(links))


def _may_end(control: Control, number: int, stem: Stack) -> bool:
    return control.accepts[number] and (number > 0 or bool(stem))


@dataclass(eq=False)
class Spots:
    """Spots (P) and steps (E) between them.

    place, size, jump, met [P]: size and jump number `sizes` and `jumps`; met: whether a lower
    bound on peak memory is met. final [P]: a stack may end there, its RF aside.
    source, target, link [E]: link numbers `links`; steps stand by source, links in order.
    figure: [E] of every cost, in whole units; stride [E] total; axes figures [E, axes]: `start`,
    `end`, `least` of the field in input positions.
    """

    plan: Plan
    links: list[Link]
    sizes: list[Sizes]
    jumps: list[Sizes]
    place: np.ndarray
    size: np.ndarray
    jump: np.ndarray
    met: np.ndarray
    final: np.ndarray
    source: np.ndarray
    target: np.ndarray
    link: np.ndarray
    figure: dict[str, np.ndarray]
    stride: np.ndarray
    start: np.ndarray
    end: np.ndarray
    least: np.ndarray
    joint: str = "-"  # between the texts of links
    most_layers: int | None = None  # of any stack, where that is known beforehand


Progress = Callable[[str, float], None]


def spots_of(
    space: StagedSpace | LikeSpace,
    query: StagedQuery,
    memory_limit: int,
    progress: Progress,
    ended: bool = False,
) -> Spots:
    """Every spot on a way from an input to an end, sizes and peak memory observed."""
    if not isinstance(space, StagedSpace):
        from rfsearch.automaton.edits.spots import like_spots

        if ended:
            raise UsageError("deepmad, effectiveness: not costs of a neighbourhood")
        return like_spots(space, query, memory_limit, progress)
    plan = plan_of(space, query, ended)
    return _Sweep(space, query, plan, memory_limit).run(progress)


class _Sweep:
    """Tables by number, filled as they are needed, and the sweep over the places."""

    def __init__(
        self, space: StagedSpace, query: StagedQuery, plan: Plan, memory_limit: int
    ) -> None:
        self.space, self.query, self.plan = space, query, plan
        self.memory_limit = memory_limit
        self.rounding = ROUNDINGS[query.rounding]
        self.sizes: list[Sizes] = [()]
        self.size_number: dict[Sizes, int] = {(): 0}
        self.jumps: list[Sizes] = [(1,) * space.axes]
        self.jump_number: dict[Sizes, int] = {self.jumps[0]: 0}
        self.placed: dict[tuple[Geometry, int, int], Placed | None] = {}
        self.heads: dict[tuple[int, int], dict[str, int] | None] = {}
        self.links = [link for links in plan.links for link in links]
        first = np.cumsum([0, *(len(links) for links in plan.links)])
        self.first_link = first.tolist()
        low, high = query.budgets.get("peak_memory", (None, None))
        self.least_peak, self.most_peak = low, high

    def run(self, progress: Progress) -> Spots:
        places = len(self.plan.links)
        waiting: list[list[np.ndarray]] = [[] for _ in range(places)]
        waiting[0].append(np.array([1 if self.least_peak is None else 0], np.int64))
        keys: list[np.ndarray] = []
        steps: list[tuple[np.ndarray, ...]] = []
        count = edges = 0
        for number, links in enumerate(self.plan.links):
            found = waiting[number]
            here = np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)
            waiting[number] = []
            keys.append(here)
            if len(here):
                for k, link in enumerate(links):
                    source, out = self._through(link, here, self.plan.width[number])
                    if len(source):
                        waiting[link.to].append(np.unique(out))
                        link_number = self.first_link[number] + k
                        steps.append((source + count, out, link_number, link.to))  # type: ignore[arg-type]
                        edges += len(source)
            count += len(here)
            self._fits(count, edges)
            progress("states", 0.5 * (number + 1) / places)
        return self._finish(keys, steps)

    def _through(self, link: Link, here: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
        """(numbers among `here`, keys reached) by one link from the keys of its place."""
        if link.kind == INPUT:
            number = self._size(link.input)
            return np.arange(len(here)), self._key(number, 0, here & 1)
        size, jump, met = here >> (JUMP_BITS + 1), here >> 1 & ((1 << JUMP_BITS) - 1), here & 1
        if link.kind == HEAD:
            return self._ending(here, width)
        made = link.made
        if made is None:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        out = np.empty(len(here), np.int64)
        known: dict[int, tuple[int, Sizes, int]] = {}
        for i, (s, j) in enumerate(zip(size.tolist(), jump.tolist(), strict=True)):
            if s not in known:
                known[s] = self._step(made, s)
            to, stride, peak = known[s]
            if to < 0:
                out[i] = -1
                continue
            flag = int(met[i]) or int(self.least_peak is not None and peak >= self.least_peak)
            out[i] = self._key(to, self._jump(j, stride), flag)
        chosen = np.flatnonzero(out >= 0)
        return chosen, out[chosen]

    def _ending(self, here: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
        """(numbers among `here`, keys reached) by the head."""
        chosen, out = [], []
        for i, key in enumerate(here.tolist()):
            size = key >> (JUMP_BITS + 1)
            figures = self._head(size, width) if self._ends(size) else None
            if figures is not None:
                peak = figures["peak_memory"] * self.query.activation_bytes
                met = self.least_peak is not None and peak >= self.least_peak
                chosen.append(i)
                out.append(key | met)
        return np.array(chosen, np.int64), np.array(out, np.int64)

    def _step(self, made: Anatomy, size: int) -> tuple[int, Sizes, int]:
        """(size after, stride, live bytes) of an item at a size; -1 where it is no match."""
        placed = self.place(made, size)
        if placed is None:
            return -1, (), 0
        peak = 0
        if self.most_peak is not None or self.least_peak is not None:
            peak = live_values(made, placed) * self.query.activation_bytes
            if self.most_peak is not None and peak > self.most_peak:
                return -1, (), 0
        return self._size(placed.sizes), placed.stride, peak

    def place(self, made: Anatomy, size: int) -> Placed | None:
        """An item's geometry at a size, by number."""
        key = (made.geometry, made.end, size)
        if key not in self.placed:
            self.placed[key] = place(made.geometry, made.end, self.sizes[size], self.rounding)
        return self.placed[key]

    def _head(self, size: int, width: int) -> dict[str, int] | None:
        """The head's figures at a size and width; None where it does not fit."""
        key = (size, width)
        if key not in self.heads:
            self.heads[key] = head_figures(self.space.head_stack, self.sizes[size], width)
        figures = self.heads[key]
        if figures is None or self.most_peak is None:
            return figures
        fits = figures["peak_memory"] * self.query.activation_bytes <= self.most_peak
        return figures if fits else None

    def _ends(self, size: int) -> bool:
        """Whether a stack may end at a size."""
        wanted = self.query.output_size
        return wanted is None or all(
            within(n, one) for n, one in zip(self.sizes[size], wanted, strict=True)
        )

    def _size(self, sizes: Sizes) -> int:
        number = self.size_number.setdefault(sizes, len(self.sizes))
        if number == len(self.sizes):
            self.sizes.append(sizes)
        return number

    def _jump(self, before: int, stride: Sizes) -> int:
        if all(step == 1 for step in stride):
            return before
        after = tuple(j * s for j, s in zip(self.jumps[before], stride, strict=True))
        number = self.jump_number.setdefault(after, len(self.jumps))
        if number == len(self.jumps):
            if max(after) > LARGEST_JUMP or number >= 1 << JUMP_BITS:
                raise UsageError("stage: strides multiply to more than 2^40; repeat fewer of them")
            self.jumps.append(after)
        return number

    def _key(self, size: int, jump: int, met: Any) -> Any:
        return (size << JUMP_BITS | jump) << 1 | met

    def _fits(self, count: int, edges: int) -> None:
        size = edges * 250 + count * 60
        if size > self.memory_limit:
            raise LimitError(
                f"{count} (place, size, jump) states and {edges} steps need "
                f"{size / 2**30:.1f} GiB, above the limit of {self.memory_limit / 2**30:.1f} GiB "
                "(--memory-limit); reduce repeats, widths or inputs"
            )

    def _finish(self, keys: list[np.ndarray], steps: list[Any]) -> Spots:
        """Numbers for keys; what cannot end goes; the figures of what is left."""
        first = np.cumsum([0, *(len(some) for some in keys)])
        place = np.repeat(np.arange(len(keys)), np.diff(first))
        key = np.concatenate(keys)
        size, jump, met = key >> (JUMP_BITS + 1), key >> 1 & ((1 << JUMP_BITS) - 1), key & 1
        # Number 0 stands before any input and has no sizes.
        fits = np.array([number > 0 and self._ends(number) for number in range(len(self.sizes))])
        ends = np.array(self.plan.ends)
        final = ends[place] & fits[size] & (met == 1)
        joined = [
            (source, first[to] + np.searchsorted(keys[to], out), np.full(len(source), link))
            for source, out, link, to in steps
        ]
        source, target, link = (
            np.concatenate([np.empty(0, np.int64), *(one[k] for one in joined)]) for k in range(3)
        )
        order = np.lexsort((link, source))
        source, target, link = source[order], target[order], link[order]
        kept = _finishing(source, target, final)
        kept[0] = True
        number = np.cumsum(kept) - 1
        alive = kept[source] & kept[target]
        source, target, link = number[source[alive]], number[target[alive]], link[alive]
        from rfsearch.automaton.figures import figures_of

        return Spots(
            self.plan, self.links, self.sizes, self.jumps, place[kept], size[kept], jump[kept],
            met[kept], final[kept], source, target, link,
            **figures_of(self, source, target, link, size[kept], jump[kept], place[kept]),
        )  # fmt: skip


def within(number: int, one: Range) -> bool:
    """Whether a number lies in a range."""
    low, high = one
    return number >= low and (high is None or number <= high)


def live_values(made: Anatomy, placed: Placed) -> int:
    """Values alive at an item's greatest step."""
    return max(
        sum(channels * volume for channels, volume in zip(step, placed.volumes, strict=True))
        for step in made.live
    )


def head_figures(head: Stack, sizes: Sizes, width: int) -> dict[str, int] | None:
    """Costs of a head on features of these sizes: as a network of its own, its input aside."""
    if not head:
        return dict.fromkeys(("params", "macs", "activations", "peak_memory", "entropy"), 0)
    from math import prod

    from rfsearch.layers.cost import log_fixed
    from rfsearch.network.from_notation import describe
    from rfsearch.network.network import Network

    try:
        network = Network(describe(head, sizes, width), "head", 1)
    except UsageError:
        return None
    totals = network.totals
    entropy = 0
    for node in network.nodes:
        if node.op in ("C", "DW", "T"):
            weights = node.params - node.norm_params - (node.channels if node.bias else 0)
            entropy += log_fixed(max(weights // node.channels, 1))
    return {
        "params": totals["params"],
        "macs": totals["macs"],
        "activations": totals["activations"] - prod(sizes) * width,
        "peak_memory": totals["peak_memory"],
        "entropy": entropy,
    }


def _finishing(source: np.ndarray, target: np.ndarray, final: np.ndarray) -> np.ndarray:
    """[P] whether an end can be reached; sources come before their targets."""
    kept = final.copy()
    # Steps by source, descending: a target is settled before its sources.
    for s, t in zip(source[::-1].tolist(), target[::-1].tolist(), strict=True):
        if kept[t]:
            kept[s] = True
    return kept
