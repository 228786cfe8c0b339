"""Stack to graph: each layer and block of the notation as the operations that it stands for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod

from rfsearch.errors import SizeError, UsageError
from rfsearch.layers import cost
from rfsearch.layers.layer import (
    ADD,
    ASIDE,
    CONCAT,
    FINER,
    INVERTED,
    PATCHES,
    RESIDUAL,
    SAME,
    Block,
    Item,
    Layer,
    Padding,
    PerAxis,
    Stack,
    last_convolution,
    layers_in,
    split_head,
)
from rfsearch.layers.notation.format import format_item
from rfsearch.network.axis import AxisMap, Resize, Transposed, Whole, Window
from rfsearch.network.graph import Graph
from rfsearch.network.node import Node
from rfsearch.network.patches import run_in_patches


@dataclass(frozen=True, slots=True)
class Step:
    """One item of a stack as it was described: the node that it read and the one that it made."""

    item: Item
    source: Node
    made: Node


def describe(
    stack: Stack,
    sizes: tuple[int, ...],
    channels: int,
    steps: list[Step] | None = None,
    lenient: bool = False,
) -> Graph:
    """The graph of `stack` on an input of these sizes and channels; UsageError names the layer.

    A `lenient` graph takes sizes at which the network cannot run, to ask which it can.

    `steps` receives a Step for every item, in order of execution: the layers of a block before
    the block, a projection between them, as are the resizes of what was pooled to one position,
    the three layers of a gate before the gate.
    """
    if not lenient and _grows(stack):
        with suppress(SizeError):  # said below, where what comes before it is checked, too
            describe_sizes(stack, sizes, channels)
    return _described(stack, sizes, channels, steps, Graph(lenient=lenient))


def describe_sizes(stack: Stack, sizes: tuple[int, ...], channels: int) -> Graph:
    """The same without what its layers see, which takes most of the time."""
    return _described(stack, sizes, channels, None, Graph(sized=True))


def _grows(stack: Stack) -> bool:
    """Whether some layer has more outputs than inputs, so that what these see may differ."""
    return any(layer.op in FINER for layer in layers_in(stack))


def _described(
    stack: Stack, sizes: tuple[int, ...], channels: int, steps: list[Step] | None, graph: Graph
) -> Graph:
    description = _Description(graph, sizes, channels, steps)
    description.summed = list(reversed(summed_asides(stack)))
    body, head = split_head(stack)
    end = description.run(body, 0)
    last = description.run(head, end)
    if head:
        graph.begin_head(end)
    graph.outputs = [*description.asides, last]
    return graph


class _Description:
    """The graph so far, the layers counted so far, and the outputs put aside."""

    def __init__(
        self, graph: Graph, sizes: tuple[int, ...], channels: int, steps: list[Step] | None
    ) -> None:
        self.graph = graph
        self.graph.add_input(sizes, channels)
        self.steps = steps
        self.number = 0
        self.asides: list[int] = []
        self.summed: list[bool] = []  # of what is put aside from here on: whether SUM collects it

    def run(self, stack: Stack, source: int) -> int:
        """Add the items of `stack` after node `source`; the last node."""
        for item in stack:
            if isinstance(item, Block):
                made = self._block(item, source)
                self._note(item, source, made)
                source = made
            else:
                self.number += 1
                source = self._layer(item, source, f"layer {self.number} ({format_item(item)})")
        return source

    def _note(self, item: Item, source: int, made: int) -> None:
        if self.steps is not None:
            self.steps.append(Step(item, self.graph.nodes[source], self.graph.nodes[made]))

    def _layer(self, layer: Layer, source: int, place: str) -> int:
        made = self._make(layer, source, place)
        self._note(layer, source, made)
        return made

    def _make(self, layer: Layer, source: int, place: str) -> int:
        graph, name = self.graph, format_item(layer)
        channels = graph.nodes[source].channels
        if layer.op in ("BN", "LN", "SCALE"):
            values = channels if layer.op == "SCALE" else 2 * channels
            return graph.learn(source, values, name, place=place)
        if layer.op in ("SUM", "CAT"):
            return self._collect(layer.op, name, place)
        if layer.op == "SE":
            return self._squeeze_excite(layer, source, place)
        maps, taps = self._maps(layer, source, place)
        return graph.apply(
            source,
            layer.op,
            name,
            maps,
            place=place,
            channels=_channels(layer, channels),
            groups=channels if layer.op == "DW" else layer.groups,
            learned=learned(layer),
            taps=taps,
        )

    def _maps(self, layer: Layer, source: int, place: str) -> tuple[tuple[AxisMap, ...], int]:
        """What the layer does along each axis, and the taps of its kernel."""
        axes = self.graph.axes
        if layer.op in ("GAP", "FC"):
            volume = self.graph.nodes[source].volume
            return (Whole(),) * axes, volume if layer.op == "FC" else 0
        kernels = _spread(layer.kernel, axes, "kernel", place)
        if layer.op in ("UP", "UPL"):
            linear = layer.op == "UPL"
            mode, at = ("linear", "half_pixel") if linear else ("nearest", "asymmetric")
            return tuple(Resize(Fraction(factor), mode, at) for factor in kernels), 0
        if layer.op == "SUB":
            return tuple(Window(stride=step) for step in kernels), 0
        sides = _sides(layer.padding, axes, place)
        if layer.op in ("PAD", "CROP"):
            sign = -1 if layer.op == "CROP" else 1
            return tuple(Window(before=sign * a, after=sign * b) for a, b in sides), 0
        strides = _spread(layer.stride, axes, "stride", place)
        dilations = _spread(layer.dilation, axes, "dilation", place)
        numbers = list(zip(kernels, strides, sides, dilations, strict=True))
        if layer.op == "T":
            if layer.padding == SAME:
                raise UsageError(f"{place}: same padding of a transposed convolution is ambiguous")
            maps: tuple[AxisMap, ...] = tuple(
                Transposed(k, s, before, after, d) for k, s, (before, after), d in numbers
            )
        else:
            same = "upper" if layer.padding == SAME else ""
            maps = tuple(
                Window(k, s, before, after, d, layer.ceil, same)
                for k, s, (before, after), d in numbers
            )
        return maps, prod(kernels) if layer.op in ("C", "DW", "T") else 0

    def _squeeze_excite(self, layer: Layer, source: int, place: str) -> int:
        """Global average, two 1×1 convolutions (c / reduction, c), and the product."""
        channels = self.graph.nodes[source].channels
        if not isinstance(layer.kernel, int):
            raise UsageError(f"{place}: the reduction is one number")
        squeezed = channels // layer.kernel
        if not squeezed:
            raise UsageError(f"{place}: {channels} channels do not leave one of {layer.kernel}")
        gate = source
        for inner in (
            Layer("GAP"),
            Layer("C", channels=squeezed, bias=layer.bias),
            Layer("C", channels=channels, bias=layer.bias),
        ):
            gate = self._layer(inner, gate, place)
        return self.graph.join([source, gate], "*", "*", place=place)

    def _collect(self, op: str, name: str, place: str) -> int:
        """What was put aside: concatenated here, or added up already."""
        if not self.asides:
            raise UsageError(f"{place}: nothing has been put aside with A(…)")
        asides, self.asides = self.asides, []
        if len(asides) == 1:
            return asides[0]
        return self.graph.join(asides, CONCAT, name, place=place)

    def _block(self, block: Block, source: int) -> int:
        first = self.number + 1
        if block.join in (RESIDUAL, INVERTED):
            return self._residual(block, source, first)
        if block.join == ASIDE:
            self._put_aside(block, source, first)
            return source
        if block.join == PATCHES:
            return self._in_patches(block, source, first)
        ends: list[int] = []
        for branch in block.branches:
            ends.append(self.run(branch, source))
            place = f"layers {first} to {self.number} ({_excerpt(block)})"
            if block.join == CONCAT:
                ends = self._resized(ends, place)
        return self.graph.join(ends, block.join, block.join, place=place)

    def _resized(self, ends: list[int], place: str) -> list[int]:
        """Image-level branches, of one position, written out over those of the others."""
        nodes = [self.graph.nodes[end] for end in ends]
        sizes = next((node.sizes for node in nodes if not node.after_head), None)
        if sizes is None:
            return ends
        resize = Layer("UP", sizes if len(set(sizes)) > 1 else sizes[0])
        pooled = [node.after_head and node.op != "UP" and set(node.sizes) == {1} for node in nodes]
        return [
            self._fitted(resize, end, place) if one else end
            for end, one in zip(ends, pooled, strict=True)
        ]

    def _fitted(self, resize: Layer, end: int, place: str) -> int:
        made = self._layer(resize, end, place)
        node = self.graph.nodes[made]
        maps = [one for one in node.maps if isinstance(one, Resize)]
        node.maps = tuple(replace(one, fits=True) for one in maps)
        return made

    def _put_aside(self, block: Block, source: int, first: int) -> None:
        """One tensor more; what SUM collects is added up as it comes, so that one waits."""
        summed = self.summed.pop()
        end = self.run(block.branches[0], source)
        if summed and self.asides:
            place = f"layers {first} to {self.number} ({_excerpt(block)})"
            end = self.graph.join([self.asides.pop(), end], ADD, "+", place=place)
        self.asides.append(end)

    def _in_patches(self, block: Block, source: int, first: int) -> int:
        begin = len(self.graph.nodes)
        end = self.run(block.branches[0], source)
        place = f"layers {first} to {self.number} ({_excerpt(block)})"
        counts = _spread(block.patches, self.graph.axes, "patches", place)
        run_in_patches(self.graph.nodes, begin, counts)
        return end

    def _residual(self, block: Block, source: int, first: int) -> int:
        """The main path, then the skip or its projection, then the sum."""
        end = self.run(block.branches[0], source)
        place = f"layers {first} to {self.number} ({_excerpt(block)})"
        before, after = self.graph.nodes[source], self.graph.nodes[end]
        strides = [
            out.jump / seen.jump for seen, out in zip(before.fields, after.fields, strict=True)
        ]
        plain = all(stride == 1 for stride in strides) and before.channels == after.channels
        if block.join == INVERTED and not plain:
            return end
        skip = source
        if not plain:
            if any(stride.denominator != 1 for stride in strides):
                raise UsageError(f"{place}: its stride is not whole, so no projection can follow")
            skip = self._project(block, source, end, [int(stride) for stride in strides], place)
        return self.graph.join([end, skip], ADD, ADD, place=place)

    def _project(self, block: Block, source: int, end: int, strides: list[int], place: str) -> int:
        """The 1×1 convolution of the skip, learned as the block's last convolution is."""
        last = last_convolution(block.branches[0])
        if last is None:
            raise UsageError(f"{place}: without a convolution no projection can follow")
        channels = self.graph.nodes[end].channels
        step = strides[0] if len(set(strides)) == 1 else tuple(strides)
        layer = Layer("C", 1, step, channels=channels, norm=last.norm, bias=last.bias)
        return self._layer(layer, source, f"{place}, projection")


def summed_asides(stack: Stack) -> list[bool]:
    """Of every A(…) in order of execution: whether it is SUM that collects it."""
    found: list[bool | None] = []

    def follow(items: Stack) -> None:
        for item in items:
            if isinstance(item, Block):
                if item.join == ASIDE:
                    found.append(None)
                for branch in item.branches:
                    follow(branch)
            elif item.op in ("SUM", "CAT"):
                found[:] = [item.op == "SUM" if one is None else one for one in found]

    follow(stack)
    return [bool(one) for one in found]


def learned(layer: Layer) -> int:
    """Learned values an output channel beside the weights, as cost.py counts them."""
    norm = cost.NORM if layer.norm else cost.NO_BIAS
    return norm + (cost.BIAS if layer.bias else cost.NO_BIAS)


def _channels(layer: Layer, before: int) -> int:
    return before if layer.channels is None else layer.channels


def _spread(value: PerAxis, axes: int, what: str, place: str) -> tuple[int, ...]:
    """One number an axis."""
    if isinstance(value, int):
        return (value,) * axes
    if len(value) != axes:
        raise UsageError(f"{place}: {what} has {len(value)} numbers, the input {axes} axes")
    return value


def _sides(padding: Padding, axes: int, place: str) -> tuple[tuple[int, int], ...]:
    """(before, after), one pair an axis; zeros for `same`, which depends on the size."""
    if padding == SAME:
        return ((0, 0),) * axes
    if isinstance(padding, int):
        return ((padding, padding),) * axes
    pairs = tuple(pair for pair in padding if isinstance(pair, tuple))
    if len(pairs) not in (1, axes):
        raise UsageError(f"{place}: padding has {len(pairs)} numbers, the input {axes} axes")
    return pairs * axes if len(pairs) == 1 else pairs


def _excerpt(block: Block) -> str:
    text = format_item(block)
    return text if len(text) <= 60 else f"{text[:57]}…"
