"""Views: what the outputs of a tensor see, where some are finer than their inputs.

Behind a transposed convolution or a resize neighbouring outputs see boxes of other sizes, which
repeat after a period (rfsearch.network.field). What a further layer adds to the receptive field,
the largest of any output, then depends on these boxes, though not on where they stand nor on what
they have in common. So spots are told apart by their view, the boxes with the first one's ends
taken as 0, and again every step adds a constant.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from rfsearch.automaton.spots import Spots, finishing
from rfsearch.errors import LimitError, UsageError
from rfsearch.layers.anatomy import Anatomy
from rfsearch.layers.geometry import sides_of
from rfsearch.layers.layer import SAME, spread
from rfsearch.layers.nodes import SIZES_ALONE, Geometry, Join, Node, Up, Window, differs_by_axis
from rfsearch.network.axis import AxisMap, Resize, Transposed
from rfsearch.network.axis import Window as AxisWindow
from rfsearch.network.field import Field, merged
from rfsearch.network.meeting import read_by

MOST_SPOTS = 2_000_000

Views = tuple[Field, ...]  # one an axis
Kept = tuple[Views, int]  # and how many items have changed the jump


def viewed(spots: Spots) -> Spots:
    """Every spot once for each of its views. Raises LimitError, UsageError."""
    return _Viewing(spots).spots()


def after(made: Anatomy, view: Field, axis: int, axes: int, size: int) -> tuple[Field, int] | None:
    """(view, growth of the RF) on one axis behind an item that reads `size` positions.

    None where an output would see nothing.
    """
    fields: list[Field | None] = [view]
    sizes = [size]
    for node in made.geometry:
        if isinstance(node, SIZES_ALONE):
            fields.append(None)
            sizes.append(1)
        elif isinstance(node, Join):
            met = [field for end in node.ends if (field := fields[end]) is not None]
            sizes.append(sizes[node.ends[0]])
            fields.append(merged(met, sizes[-1]))
        else:
            seen, n = fields[node.parent], sizes[node.parent]
            assert seen is not None
            one = _map_of(node, axis, axes)
            sizes.append(one.size(n))
            fields.append(read_by(seen, one, n))
    end = fields[made.end]
    assert end is not None
    if None in end.boxes or None in end.paths:
        return None
    return _from_zero(end), end.rf - view.rf


def _map_of(node: Node, axis: int, axes: int) -> AxisMap:
    assert isinstance(node, (Window, Up))
    kernel, stride, dilation = (
        spread(value, axes)[axis] for value in (node.kernel, node.stride, node.dilation)
    )
    if isinstance(node, Window) and node.padding == SAME:
        return AxisWindow(kernel, stride, dilation=dilation, ceil=node.ceil, same="upper")
    before, after_ = sides_of(node.padding, axis)
    if isinstance(node, Window):
        return AxisWindow(kernel, stride, before, after_, dilation, node.ceil)
    if node.op == "T":
        return Transposed(kernel, stride, before, after_, dilation)
    linear = node.op == "UPL"
    mode, place = ("linear", "half_pixel") if linear else ("nearest", "asymmetric")
    return Resize(Fraction(kernel), mode, place)


def _from_zero(field: Field) -> Field:
    """The field with both ends of its first box, and of its first path, at 0."""

    def moved(boxes: tuple[Any, ...]) -> tuple[Any, ...]:
        first, last = boxes[0]
        return tuple((a - first, b - last) for a, b in boxes)

    return replace(field, boxes=moved(field.boxes), paths=moved(field.paths))


class _Viewing:
    def __init__(self, spots: Spots) -> None:
        self.old = spots
        self.axes = spots.axes
        self.seen: list[dict[Kept, int]] = [{} for _ in spots.place]
        self.seen[0][(Field(),) * self.axes, 0] = 0
        self.known: dict[tuple[int, Field, int, int], tuple[Field, int] | None] = {}
        self.shapes: dict[int, tuple[int, bool]] = {}
        self.numbers: dict[tuple[Geometry, int], int] = {}
        self.source: list[tuple[int, int]] = []
        self.target: list[tuple[int, int]] = []
        self.step: list[int] = []
        self.grown: list[tuple[int, ...]] = []
        self.level: list[list[int]] = [[] for _ in spots.place]

    def spots(self) -> Spots:
        old, total = self.old, 0
        for spot in range(len(old.place)):
            total += len(self.seen[spot])
            if total > MOST_SPOTS:
                raise LimitError(
                    f"stage: more than {MOST_SPOTS:,} states, as outputs of transposed and resized "
                    "layers see fields that differ; give fewer choices or repeat less"
                )
            for kept, number in self.seen[spot].items():
                for step in range(int(old.first[spot]), int(old.first[spot + 1])):
                    self._follow(spot, kept, number, step)
        return self._numbered()

    def _follow(self, spot: int, kept: Kept, number: int, step: int) -> None:
        views, level = kept
        grown: tuple[int, ...] = (0,) * self.axes
        link = self.old.links[self.old.link[step]]
        if link.made is not None:
            sizes = self.old.sizes[self.old.size[spot]]
            found = [
                self._after(link.made, view, axis, sizes[axis]) for axis, view in enumerate(views)
            ]
            if any(one is None for one in found):
                return
            views = tuple(one[0] for one in found if one is not None)
            grown = tuple(one[1] for one in found if one is not None)
            if min(grown) < 0:
                raise UsageError(
                    f"stage: {link.text} reads only outputs that see less than others do, behind "
                    "a transposed or resized layer, so that the RF falls: this is not searched"
                )
        target = int(self.old.target[step])
        # An input is a point of its family, too.
        level += int(spot == 0 or self.old.jump[target] != self.old.jump[spot])
        there = self.seen[target]
        to = there.setdefault((views, level), len(there))
        self.source.append((spot, number))
        self.target.append((target, to))
        self.step.append(step)
        self.grown.append(grown)

    def _after(self, made: Anatomy, view: Field, axis: int, size: int) -> tuple[Field, int] | None:
        number, uneven = self._shape(made)
        key = (number, view, axis if uneven else 0, size)
        if key not in self.known:
            self.known[key] = after(made, view, axis, self.axes, size)
        return self.known[key]

    def _shape(self, made: Anatomy) -> tuple[int, bool]:
        """(number of its geometry, which many widths share, whether its axes differ)."""
        if id(made) not in self.shapes:
            number = self.numbers.setdefault((made.geometry, made.end), len(self.numbers))
            self.shapes[id(made)] = (number, differs_by_axis(made.geometry))
        return self.shapes[id(made)]

    def _numbered(self) -> Spots:
        """The new spots in the order of the old, those alone from which an end is reached."""
        counts = np.array([len(views) for views in self.seen])
        first = np.concatenate([[0], np.cumsum(counts)])
        spot = np.repeat(np.arange(len(counts)), counts)
        level = np.array([level for views in self.seen for _, level in views], np.int64)
        source, target = (
            np.array([first[spot] + number for spot, number in pairs], np.int64)
            for pairs in (self.source, self.target)
        )
        kept = finishing(source, target, self.old.final[spot])
        kept[0] = True
        number = np.cumsum(kept) - 1
        alive = kept[source] & kept[target]
        grown = np.array(self.grown, np.int64).reshape(-1, self.axes)[alive]
        made = self.old.unfolded(
            spot[kept], np.array(self.step, np.int64)[alive], number[source[alive]],
            number[target[alive]], {},
        )  # fmt: skip
        return replace(made, steps=replace(made.steps, grown=grown), level=level[kept])
