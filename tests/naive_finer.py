"""A slow, obvious oracle of networks whose tensors may be finer than their inputs.

It imports nothing of the package. A tensor knows, for any position of an axis, those outside of it
included, which positions of which tensors it reads; what it sees of the input is found by asking
these in turn. Where outputs differ in what they see the receptive field is the largest of any.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from math import floor, inf, prod

import naive_notation as notation
from naive_blocks import axis_size, log_in_units, side_by_side
from naive_notation import Block, UnfitError, spread


class UnevenError(Exception):
    """Outputs that do not repeat within the tensor: nothing is said of these here."""


@dataclass(eq=False)
class Tensor:
    """`reads` gives, an axis and a position, the (tensor, position) pairs that it stems from."""

    sizes: tuple
    channels: int
    jump: tuple
    reads: object
    period: tuple
    boxes: dict = field(default_factory=dict)

    @property
    def values(self):
        return prod(self.sizes) * self.channels

    def box(self, axis, at):
        """(first, last, shortest path's width) of what the position sees of the input."""
        if self.reads is None:
            return at, at
        if (axis, at) not in self.boxes:
            seen = [tensor.box(axis, where) for tensor, where in self.reads(axis, at)]
            self.boxes[axis, at] = min(a for a, _ in seen), max(b for _, b in seen)
        return self.boxes[axis, at]

    def rf(self, axis):
        sizes = [self.box(axis, at) for at in range(self.sizes[axis])]
        return max(b - a + 1 for a, b in sizes)


class Trace:
    """The tensors of a stack in order, and the steps: (tensors read, tensor made, how)."""

    def __init__(self, sizes, channels, rounding):
        ones = (1,) * len(sizes)
        self.tensors = [Tensor(sizes, channels, ones, None, ones)]
        self.steps, self.rounding = [], rounding
        self.depth = self.params = self.macs = self.entropy = 0
        self.activations = self.tensors[0].values

    def make(self, reads, tensor, how="own room"):
        if any(period > size for period, size in zip(tensor.period, tensor.sizes, strict=True)):
            raise UnevenError
        self.tensors.append(tensor)
        self.steps.append((reads, len(self.tensors) - 1, how))
        self.activations += tensor.values * (how != "side by side")
        return len(self.tensors) - 1

    def items(self, items, at):
        for item in items:
            at = self.item(item, at)
        return at

    def item(self, item, at):
        if not isinstance(item, Block):
            return self.layer(item, at)
        ends = [self.items(branch, at) for branch in item.branches]
        if item.join == "R":
            if self.tensors[at].channels != self.tensors[ends[0]].channels:
                raise UnfitError
            ends.append(at)
        return self.joined(item.join, ends)

    def joined(self, join, ends):
        tensors = [self.tensors[end] for end in ends]
        if len({(tensor.sizes, tensor.jump) for tensor in tensors}) > 1:
            raise UnfitError
        widths = [tensor.channels for tensor in tensors]
        if join != "|" and len(set(widths)) > 1:
            raise UnfitError
        made = Tensor(
            tensors[0].sizes,
            sum(widths) if join == "|" else widths[0],
            tensors[0].jump,
            lambda axis, at: [(tensor, at) for tensor in tensors],
            tuple(max(ones) for ones in zip(*(t.period for t in tensors), strict=True)),
        )
        return self.make(ends, made, "side by side" if join == "|" else "in place")

    def layer(self, layer, at):
        x = self.tensors[at]
        axes = len(x.sizes)
        finer = layer.op in ("T", "UP", "UPL")
        kernel, stride = spread(layer.kernel, axes), spread(layer.stride, axes)
        dilation = spread(layer.dilation, axes)
        sides = layer.padding if isinstance(layer.padding, tuple) else ((layer.padding,) * 2,)
        sides = sides * axes if len(sides) == 1 else sides
        if layer.op in ("UP", "UPL"):
            kernel, stride = kernel, kernel
        if layer.op == "T":
            sizes = tuple(
                (n - 1) * s + d * (k - 1) + 1 - a - b
                for n, k, s, d, (a, b) in zip(x.sizes, kernel, stride, dilation, sides, strict=True)
            )
        elif finer:
            sizes = tuple(n * s for n, s in zip(x.sizes, stride, strict=True))
        else:
            sizes = tuple(
                axis_size(n, k, s, pad, d, layer.ceil, self.rounding)[0]
                for n, k, s, d, pad in zip(x.sizes, kernel, stride, dilation, sides, strict=True)
            )
        if min(sizes) < 1:
            raise UnfitError

        @cache
        def places(axis, place):
            k, s, d, before = kernel[axis], stride[axis], dilation[axis], sides[axis][0]
            if layer.op == "T":
                reached = [place + before - tap * d for tap in range(k)]
                return [one // s for one in reached if one % s == 0]
            if layer.op == "UP":
                return [place // s]
            if layer.op == "UPL":
                exact = (place + Fraction(1, 2)) / s - Fraction(1, 2)
                low = floor(exact)
                return [low] if low == exact else [low, low + 1]
            return [place * s - before + tap * d for tap in range(k)]

        ratio = [Fraction(1, s) if finer else Fraction(s) for s in stride]
        jump = tuple(j * r for j, r in zip(x.jump, ratio, strict=True))
        period = tuple(
            max(p * s if finer else p // s, 1) if p > 1 or finer else 1
            for p, s in zip(x.period, stride, strict=True)
        )
        channels = layer.channels or x.channels
        made = Tensor(sizes, channels, jump, lambda a, p: [(x, q) for q in places(a, p)], period)
        if layer.op not in ("UP", "UPL"):
            self.depth += 1
        if layer.op in ("C", "DW", "T"):
            self.learn(layer, x, made, prod(kernel))
        return self.make([at], made)

    def learn(self, layer, x, made, taps):
        groups = x.channels if layer.op == "DW" else layer.groups
        if x.channels % groups or made.channels % groups:
            raise UnfitError
        weights = taps * (x.channels // groups) * made.channels
        self.params += weights + made.channels * (2 * layer.norm + layer.bias)
        self.macs += weights * prod(x.sizes if layer.op == "T" else made.sizes)
        self.entropy += log_in_units(taps * x.channels // groups)

    def peak(self, last):
        """The most values alive at any step; `last` is the output."""
        last_read = dict.fromkeys(range(len(self.tensors)), inf)
        for when, (reads, _, _) in enumerate(self.steps):
            last_read |= dict.fromkeys(reads, when)
        last_read[last] = inf
        rooms, values, most = {0: {0}}, {0: self.tensors[0].values}, 0
        for when, (reads, made, how) in enumerate(self.steps):
            rooms[made], values[made] = {made}, self.tensors[made].values
            if how == "side by side":
                parts = [rooms[read] for read in reads]
                rooms[made], values[made] = side_by_side(parts, values, made)
            elif how == "in place":
                waiting = [rooms[t] for t in range(made) if last_read[t] > when]
                for read in reads:
                    if not any(rooms[read] & others for others in waiting):
                        rooms[made] = rooms[read]
                        break
            alive = {made, *(t for t in range(made) if last_read[t] >= when)}
            occupied = set().union(*(rooms[tensor] for tensor in alive))
            most = max(most, sum(values[room] for room in occupied))
        return most


@dataclass(frozen=True)
class Row:
    """One network: figures one an axis, costs in values."""

    stack: str
    sizes: tuple
    fields: tuple
    jumps: tuple
    depth: int
    params: int
    macs: int
    activations: int
    peak: int
    entropy: int


def row_of(items, sizes, channels, rounding):
    """The Row of a stack; None where it has no output."""
    trace = Trace(sizes, channels, rounding)
    try:
        last = trace.items(items, 0)
    except UnfitError:
        return None
    out = trace.tensors[last]
    return Row(
        notation.write(items),
        out.sizes,
        tuple(out.rf(axis) for axis in range(len(sizes))),
        out.jump,
        trace.depth,
        trace.params,
        trace.macs,
        trace.activations,
        trace.peak(last),
        trace.entropy,
    )
