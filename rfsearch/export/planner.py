"""Stack to plan: what a stack is on a given input, with names and activation functions.

Every convolution and fully connected layer is followed by its norm and the activation function,
except where convention leaves it out: before a sum (after the sum instead, save for inverted
residuals), and after the network's last layer.
"""

from __future__ import annotations

from collections import Counter

from rfsearch.export.plan import (
    Aside,
    Branching,
    Collect,
    Figures,
    Gate,
    Operation,
    Part,
    Plan,
)
from rfsearch.layer import (
    ADD,
    ASIDE,
    CONCAT,
    INVERTED,
    MULTIPLY,
    RESIDUAL,
    SAME,
    Block,
    Layer,
    PerAxis,
    Stack,
)
from rfsearch.network.axis import Window
from rfsearch.network.from_notation import Step, describe
from rfsearch.network.node import Node
from rfsearch.notation import format_stack

WEIGHTED = ("C", "DW", "T", "FC")
NORM_LAYERS = ("BN", "LN", "SCALE")
# What an activation function, once applied, is carried through without a negative value.
_KEEPS_SIGN = ("MP", "AP", "GAP", "SUB", "PAD", "CROP", "UP", "UPL")

_KIND = {
    "C": "conv",
    "DW": "depthwise",
    "T": "up",
    "MP": "pool",
    "AP": "pool",
    "GAP": "average",
    "FC": "fc",
    "UP": "resize",
    "UPL": "resize",
    "SUB": "subsample",
    "PAD": "pad",
    "CROP": "crop",
    "BN": "norm",
    "LN": "norm",
    "SCALE": "scale",
    "SE": "gate",
    "SUM": "total",
    "CAT": "together",
}
_BLOCK_KIND = {RESIDUAL: "residual", INVERTED: "inverted", CONCAT: "concat", ADD: "add"}
_BLOCK_KIND |= {MULTIPLY: "product", ASIDE: "aside"}


def plan(stack: Stack, sizes: tuple[int, ...], channels: int, activation: str = "relu") -> Plan:
    """The plan of `stack` on this input. `activation` is a name, or "" for none.

    UsageError names the layer that cannot be.
    """
    steps: list[Step] = []
    describe(stack, sizes, channels, steps)
    planner = _Planner(steps, activation)
    parts = planner.parts(stack, Names(), plain_end=True)
    return Plan(format_stack(stack), sizes, channels, parts, planner.asides, activation)


class Names:
    """Names of the parts of one scope: conv1, conv2, pool1, …"""

    def __init__(self) -> None:
        self.used: Counter[str] = Counter()

    def next(self, kind: str) -> str:
        self.used[kind] += 1
        return f"{kind}{self.used[kind]}"


class _Planner:
    """Walks the stack along the steps in which it was described."""

    def __init__(self, steps: list[Step], activation: str) -> None:
        self.steps = steps
        self.at = 0
        self.activation = activation
        self.asides = 0
        # Whether the tensor at hand comes from a ReLU: then it has no negative values.
        self.nonnegative = False

    def step(self) -> Step:
        self.at += 1
        return self.steps[self.at - 1]

    def parts(self, stack: Stack, names: Names, plain_end: bool) -> tuple[Part, ...]:
        """The parts of one branch; with `plain_end`, no activation after its last layer."""
        activated = _activated(stack, plain_end) if self.activation else set()
        return tuple(
            self._block(item, names)
            if isinstance(item, Block)
            else self._layer(item, names, self.activation if place in activated else "")
            for place, item in enumerate(stack)
        )

    def _layer(self, layer: Layer, names: Names, activation: str) -> Part:
        if layer.op == "SE":
            return self._gate(layer, names)
        step = self.step()
        if layer.op in ("SUM", "CAT"):
            count, self.asides = self.asides, 0
            activation = self.activation if layer.op == "SUM" else ""
            self.nonnegative = activation == "relu"
            join = ADD if layer.op == "SUM" else CONCAT
            name = names.next(_KIND[layer.op])
            return Collect(name, join, count, activation, Figures.of(step.made))
        return self._operation(step, names.next(_KIND[layer.op]), activation)

    def _operation(self, step: Step, name: str, activation: str) -> Operation:
        layer, source, made = step.item, step.source, step.made
        assert isinstance(layer, Layer)
        axes = len(source.sizes)
        kernel, stride, dilation = (
            _spread(value, axes) for value in (layer.kernel, layer.stride, layer.dilation)
        )
        nonnegative = self.nonnegative
        self.nonnegative = activation == "relu" or (nonnegative and layer.op in _KEEPS_SIGN)
        return Operation(
            name=name,
            layer=layer,
            op=layer.op,
            channels_in=source.channels,
            channels=made.channels if layer.channels is None else layer.channels,
            groups=source.channels if layer.op == "DW" else layer.groups,
            sizes_in=source.sizes,
            kernel=kernel,
            stride=stride,
            dilation=dilation,
            sides=_sides(layer, source, kernel, stride, dilation),
            same=layer.padding == SAME,
            ceil=layer.ceil,
            norm=layer.norm,
            bias=layer.bias,
            activation=activation,
            nonnegative=nonnegative,
            figures=Figures.of(made),
        )

    def _gate(self, layer: Layer, names: Names) -> Gate:
        before = self.nonnegative
        self.step()  # the global average
        squeeze = self._operation(self.step(), "squeeze", self.activation)
        expand = self._operation(self.step(), "expand", "")
        self.nonnegative = before
        return Gate(names.next("gate"), layer, squeeze, expand, Figures.of(self.step().made))

    def _block(self, block: Block, names: Names) -> Part:
        name = names.next(_BLOCK_KIND[block.join])
        inner, before = Names(), self.nonnegative
        if block.join == ASIDE:
            aside = self.parts(block.branches[0], inner, plain_end=True)
            self.asides += 1
            self.step()
            self.nonnegative = before
            return Aside(name, aside)
        if block.join in (RESIDUAL, INVERTED):
            return self._residual(block, name, inner)
        branches: list[tuple[Part, ...]] = []
        signs = []
        for branch in block.branches:
            self.nonnegative = before
            branches.append(self.parts(branch, inner, plain_end=block.join == ADD))
            signs.append(self.nonnegative)
        activation = self.activation if block.join == ADD else ""
        self.nonnegative = activation == "relu" or all(signs)
        made = Figures.of(self.step().made)
        return Branching(name, block, block.join, tuple(branches), False, activation, made)

    def _residual(self, block: Block, name: str, inner: Names) -> Branching:
        before = self.nonnegative
        branches = [self.parts(block.branches[0], inner, plain_end=True)]
        end = self.steps[self.at - 1].made
        skip: tuple[Part, ...] = ()
        if self.steps[self.at].item is not block:
            self.nonnegative = before
            skip = (self._operation(self.step(), "shortcut", ""),)
        step = self.step()
        joined = step.made is not end
        if joined:
            branches.append(skip)
        activation = self.activation if block.join == RESIDUAL else ""
        self.nonnegative = activation == "relu"
        made = Figures.of(step.made)
        join = ADD if joined else ""
        return Branching(name, block, join, tuple(branches), joined, activation, made)


def _activated(stack: Stack, plain_end: bool) -> set[int]:
    """Places of the layers after which the activation function comes."""
    places: set[int] = set()
    weighted: int | None = None
    for place, item in enumerate(stack):
        if isinstance(item, Layer) and item.op in WEIGHTED:
            weighted = place
        elif isinstance(item, Layer) and item.op in NORM_LAYERS and weighted is not None:
            places.discard(weighted)
            weighted = place
        else:
            weighted = None
        if weighted is not None:
            places.add(weighted)
    if plain_end:
        last = len(stack) - 1
        while last >= 0 and _is_average(stack[last]):
            last -= 1
        places.discard(last)
    return places


def _is_average(item: Layer | Block) -> bool:
    return isinstance(item, Layer) and item.op == "GAP"


def _spread(value: PerAxis, axes: int) -> tuple[int, ...]:
    """One number an axis; their count was checked when the stack was described."""
    return value if isinstance(value, tuple) else (value,) * axes


def _sides(
    layer: Layer,
    source: Node,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[tuple[int, int], ...]:
    """Padding (before, after), one pair an axis."""
    axes = len(kernel)
    if layer.padding == SAME:
        return tuple(
            Window(k, s, dilation=d, same="upper").padding(n)
            for k, s, d, n in zip(kernel, stride, dilation, source.sizes, strict=True)
        )
    if isinstance(layer.padding, int):
        return ((layer.padding, layer.padding),) * axes
    pairs = tuple(pair for pair in layer.padding if isinstance(pair, tuple))
    return pairs * axes if len(pairs) == 1 else pairs
