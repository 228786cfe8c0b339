"""Placement: which item stands at which sizes and jump in every step of a grammar, and its numbers.

An item's numbers are linear in the volumes of its nodes (rfsearch.layers.anatomy), so that each
pair of an item and sizes is worked out once, for all steps together, and only when asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import NoReturn

import numpy as np

from rfsearch.automaton.figures import LARGEST_STEP
from rfsearch.automaton.plan import BODY, INPUT, Link
from rfsearch.automaton.table import Table
from rfsearch.errors import UsageError
from rfsearch.layers.anatomy import Anatomy
from rfsearch.layers.numbers import LazyNumbers, Numbers

MOST_KEYS = 1 << 20  # a megabyte of marks is quicker than a sort


@dataclass(frozen=True, eq=False)
class Worked:
    """What is worked out of steps: their numbers and boxes (see Placement)."""

    numbers: Numbers
    boxes: tuple[np.ndarray, np.ndarray, np.ndarray]

    def at(self, step: np.ndarray) -> Worked:
        """That of some steps [E']."""
        start, end, least = self.boxes
        return Worked(self.numbers.at(step), (start[step], end[step], least[step]))


@dataclass(frozen=True, eq=False)
class Placement:
    """Steps (E) of a grammar whose axes fall into X classes.

    link [E] numbers `links`, of geometry[link]; size [E, X] before each; jump [E, axes] likewise;
    head [E] numbers `heads`, the counted numbers of a head, below 0: the step is none.
    """

    table: Table
    links: tuple[Link, ...]
    geometry: np.ndarray
    link: np.ndarray
    size: np.ndarray
    jump: np.ndarray
    head: np.ndarray
    heads: tuple[Mapping[str, int], ...]
    axes: int
    input_channels: int
    weight_bytes: int
    activation_bytes: int
    # [E, axes] of the RF in input positions, where views say it (rfsearch.automaton.views)
    grown: np.ndarray | None = None
    worked: Worked | None = None  # where it is worked out already
    written = None  # the items of a step are those of its link

    @property
    def apart(self) -> bool:
        """Whether something tells the axes apart."""
        return len(self.table.axes) > 1

    def chosen(self, step: np.ndarray) -> Placement:
        """The placement of some steps [E']."""
        return replace(
            self,
            link=self.link[step],
            size=self.size[step],
            jump=self.jump[step],
            head=self.head[step],
            grown=None if self.grown is None else self.grown[step],
            worked=None if self.worked is None else self.worked.at(step),
        )

    @cached_property
    def _body(self) -> np.ndarray:
        """[n] the steps that are items."""
        kinds = np.array([link.kind for link in self.links], np.int8)
        return np.flatnonzero(kinds[self.link] == BODY)

    @cached_property
    def _items(self) -> tuple[list[Anatomy], np.ndarray]:
        """(items, each once; that of every link, 0 where it has none)."""
        known: dict[int, int] = {}
        items: list[Anatomy] = []
        of_link: list[int] = []
        for link in self.links:
            if (made := link.made) is None:
                of_link.append(0)
                continue
            # Equal items at equal widths share one object, so that identity is enough.
            number = known.get(id(made))
            if number is None:
                number = known[id(made)] = len(items)
                items.append(made)
            of_link.append(number)
        return items, np.array(of_link, np.int64)

    @cached_property
    def _pairs(self) -> tuple[list[Anatomy], np.ndarray, np.ndarray, np.ndarray]:
        """Items at sizes, each once: (items, item [P], size [P, X], pair of each body step)."""
        items, of_link = self._items
        columns = [of_link[self.link[self._body]], *self.size[self._body].T]
        shape = [int(column.max(initial=0)) + 1 for column in columns]
        keys, which = _numbered(np.ravel_multi_index(columns, shape), prod(shape))
        item, *sizes = np.unravel_index(keys, shape)
        return items, item, np.stack(sizes, axis=1), which

    @cached_property
    def _placed(self) -> tuple[np.ndarray, np.ndarray]:
        """(volumes [P, nodes], box [P, axes, 4] of start, end, least, spread) of every pair."""
        items, item, size, _ = self._pairs
        has = self.geometry >= 0
        of_item = np.zeros(len(items), np.int64)
        of_item[self._items[1][has]] = self.geometry[has]
        geometry = of_item[item]
        volumes = np.ones((len(item), self.table.most_nodes), np.int64)
        box = np.zeros((len(item), self.axes, 4), np.int64)
        for x, group in enumerate(self.table.axes):
            sizes, ends = self.table.placed(x, geometry, size[:, x])
            for axis in group:
                volumes *= sizes
                box[:, axis] = ends[:, 1:]
        return volumes, box

    @property
    def stride(self) -> np.ndarray:
        """[E, axes] positions that become one; 1 for inputs and heads."""
        each = np.ones((len(self.links), self.axes), np.int64)
        for x, group in enumerate(self.table.axes):
            known = np.append(self.table.stride[:, x], 1)[self.geometry]
            for axis in group:
                each[:, axis] = known
        return each.take(self.link, axis=0)

    def boxes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(start, end, least) [E, axes] of each step in units of the jump before it."""
        if self.worked is not None:
            return self.worked.boxes
        box = np.zeros((len(self.link), self.axes, 3), np.int64)
        box[self._body] = self._placed[1][self._pairs[3], :, :3]
        return box[:, :, 0], box[:, :, 1], box[:, :, 2]

    def numbers(self) -> Numbers:
        """What every step is made of, each number worked out when it is first asked for."""
        if self.worked is not None:
            return self.worked.numbers
        return LazyNumbers(self._number, self.weight_bytes, self.activation_bytes)

    def _number(self, name: str) -> np.ndarray | None:
        """[E] of a number by its name. Raises UsageError where int64 would wrap."""
        if name == "spread":
            return self._spread()
        return self._growth() if name == "growth" else self._counted(name)

    def _counted(self, name: str) -> np.ndarray:
        found = np.zeros(len(self.link), np.int64)
        found[self._body] = self._of_pairs(name)[self._pairs[3]]
        headed = np.flatnonzero(self.head >= 0)
        if len(headed):
            values = _fitting([head[name] for head in self.heads], name)
            found[headed] = values[self.head[headed]]
        if name == "activations" and self.links and self.links[0].kind == INPUT:
            for step, link in enumerate(self.link.tolist()):
                if self.links[link].kind == INPUT:
                    found[step] = prod(self.links[link].input) * self.input_channels
        return found

    def _spread(self) -> np.ndarray | None:
        if self.grown is not None:  # no variance is defined there
            return None
        box, jump = self._placed[1], self.jump[self._body]
        widest = np.abs(box[:, :, 3]).max(initial=0) * float(jump.max(initial=1)) ** 2
        if widest > LARGEST_STEP:
            raise UsageError(
                "erf_variance: one step passes 2^56; reduce kernels, dilations or strides"
            )
        found = np.zeros(len(self.link), np.int64)
        found[self._body] = (box[self._pairs[3], :, 3] * jump**2).sum(axis=1)
        return found

    def _growth(self) -> np.ndarray:
        if self.grown is not None:
            grown: np.ndarray = self.grown.sum(axis=1)
            return grown
        box = self._placed[1]
        wider = (box[:, :, 1] - box[:, :, 0])[self._pairs[3]] * self.jump[self._body]
        found = np.zeros(len(self.link), np.int64)
        found[self._body] = wider.sum(axis=1)
        return found

    def _of_pairs(self, name: str) -> np.ndarray:
        """[P] of one counted number."""
        items, item, _, _ = self._pairs
        if name == "live":
            return self._live()
        if name in ("macs", "activations"):  # linear in the volumes
            rows = _rows([getattr(one, name) for one in items], self.table.most_nodes, name)
            return _product(rows[item], self._placed[0], name)
        return _fitting([getattr(one, name) for one in items], name).take(item)

    def _live(self) -> np.ndarray:
        """[P] values alive at each pair's greatest moment."""
        items, item, _, _ = self._pairs
        if not items:
            return np.zeros(0, np.int64)
        counts = np.array([len(one.live) for one in items])
        first = np.concatenate([[0], np.cumsum(counts)])
        rows = _rows([row for one in items for row in one.live], self.table.most_nodes, "live")
        most = np.zeros(len(item), np.int64)
        for moment in range(int(counts.max())):
            pairs = np.flatnonzero(counts[item] > moment)
            values = _product(rows[first[item[pairs]] + moment], self._placed[0][pairs], "live")
            most[pairs] = np.maximum(most[pairs], values)
        return most


def _numbered(keys: np.ndarray, below: int) -> tuple[np.ndarray, np.ndarray]:
    """(keys that there are, ascending; the number of each [n]); all are `below` a number."""
    if below > MOST_KEYS + 8 * len(keys):
        known, which = np.unique(keys, return_inverse=True)
        return known, which.reshape(-1)
    met = np.zeros(below, bool)
    met[keys] = True
    return np.flatnonzero(met), (np.cumsum(met) - 1)[keys]


def _fitting(numbers: Sequence[int], name: str) -> np.ndarray:
    """int64 of whole numbers; UsageError where one is too large for sums of them to fit."""
    if max(numbers, default=0) > LARGEST_STEP:
        _too_large(name)
    return np.array(numbers, np.int64)


def _rows(coefficients: Sequence[Sequence[int]], nodes: int, name: str) -> np.ndarray:
    """int64 [rows, nodes] of numbers a node, short rows filled up with zeros."""
    flat = [number for row in coefficients for number in (*row, *(0,) * (nodes - len(row)))]
    return _fitting(flat, name).reshape(len(coefficients), nodes)


def _too_large(name: str) -> NoReturn:
    shown = "peak_memory" if name == "live" else name
    raise UsageError(f"{shown}: one step passes 2^56; reduce channels, kernels or input")


def _product(coefficients: np.ndarray, volumes: np.ndarray, name: str) -> np.ndarray:
    """Row by row products; int64 would wrap silently, so floating point looks first."""
    rough = (coefficients.astype(np.float64) * volumes).sum(axis=1).max(initial=0.0)
    if rough > LARGEST_STEP:
        _too_large(name)
    total: np.ndarray = (coefficients * volumes).sum(axis=1)
    return total
