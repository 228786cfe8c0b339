"""Stack to plan: what a stack is on a given input, with names and activation functions."""

from __future__ import annotations

from dataclasses import replace

from rfsearch.errors import UsageError
from rfsearch.export.activations import activated
from rfsearch.export.part_names import KINDS, KINDS_OF_BLOCKS, Names
from rfsearch.export.plan import Aside, Branching, Collect, Figures, Gate, Operation, Part, Plan
from rfsearch.layers.layer import (
    ADD,
    ASIDE,
    CONCAT,
    HEAD,
    INVERTED,
    RESIDUAL,
    SAME,
    WINDOWED,
    Block,
    Layer,
    PerAxis,
    Stack,
    whole_maps,
)
from rfsearch.layers.notation import format_stack
from rfsearch.network.axis import Window
from rfsearch.network.from_notation import Step, describe, summed_asides
from rfsearch.network.graph import Graph
from rfsearch.network.meeting import ways
from rfsearch.network.network import Network
from rfsearch.network.node import Node

# What an activation function, once applied, is carried through without a negative value.
_KEEPS_SIGN = ("MP", "AP", "GAP", "SUB", "PAD", "CROP", "UP", "UPL")


def plan(stack: Stack, sizes: tuple[int, ...], channels: int, activation: str = "relu") -> Plan:
    """The plan of `stack` on this input. `activation` is a name, or "" for none.

    UsageError names the layer that cannot be. Patches are an order of execution: what is built
    makes whole maps.
    """
    notation, said = format_stack(stack), stack
    stack = whole_maps(stack)
    steps: list[Step] = []
    graph = describe(stack, sizes, channels, steps)
    planner = _Planner(steps, _needed(graph, steps), activation, summed_asides(stack))
    parts = planner.parts(stack, Names(), plain_end=True)
    network = Network(graph, notation)
    return Plan(
        notation=notation,
        sizes=sizes,
        channels=channels,
        parts=parts,
        asides=len(planner.asides),
        main=network.outputs.index(network.main),
        features=Figures.of(network.features),
        activation=activation,
        in_patches=stack != said,
    )


def notation_of(network: Network) -> str:
    """What a network is built from; UsageError where it was read from elsewhere without one."""
    if network.notation is None:
        raise UsageError(
            f"{network.name}: carries no notation; only networks described by one can be built"
        )
    return network.notation


def _needed(graph: Graph, steps: list[Step]) -> set[int]:
    """The ids of the nodes that some output needs: SUM and CAT leave what came before unread."""
    needed = {id(graph.nodes[output]) for output in graph.outputs}
    # A window that took over the padding before it does not name it among its inputs.
    padded = {
        id(step.made): id(step.source)
        for step in steps
        if isinstance(step.item, Layer) and step.item.op in WINDOWED
    }
    for node in reversed(graph.nodes):
        if id(node) in needed:
            needed.update(id(graph.nodes[source]) for source in node.inputs)
            needed.add(padded.get(id(node), id(node)))
    return needed


class _Planner:
    """Walks the stack along the steps in which it was described.

    asides  where what has been put aside and not collected yet ends
    summed  of everything that is put aside from here on, the last first: whether SUM collects it
    """

    def __init__(
        self, steps: list[Step], needed: set[int], activation: str, summed: list[bool]
    ) -> None:
        self.summed = summed[::-1]
        self.steps = steps
        self.needed = needed
        self.at = 0
        self.activation = activation
        self.asides: list[Node] = []
        # Whether the tensor at hand comes from a ReLU: then it has no negative values.
        self.nonnegative = False

    def step(self) -> Step:
        self.at += 1
        return self.steps[self.at - 1]

    def parts(self, stack: Stack, names: Names, plain_end: bool) -> tuple[Part, ...]:
        """The parts of one branch; with `plain_end`, no activation after its last layer."""
        stack = tuple(item for item in stack if item != HEAD)
        active = activated(stack, plain_end) if self.activation else set()
        found: list[Part] = []
        for place, item in enumerate(stack):
            if isinstance(item, Block):
                part = self._block(item, names)
            else:
                part = self._layer(item, names, self.activation if place in active else "")
            end = self.asides[-1] if isinstance(part, Aside) else self.steps[self.at - 1].made
            if id(end) in self.needed:
                found.append(part)
            elif isinstance(part, Branching) and _puts_aside(part):
                # Only what is put aside within it is needed; what is left may not fit together.
                found.append(replace(part, join="", activation=""))
        return tuple(found)

    def _layer(self, layer: Layer, names: Names, activation: str) -> Part:
        if layer.op == "SE":
            return self._gate(layer, names)
        step = self.step()
        if layer.op in ("SUM", "CAT"):
            self.asides = []
            activation = self.activation if layer.op == "SUM" else ""
            self.nonnegative = activation == "relu"
            join = "" if layer.op == "SUM" else CONCAT
            return Collect(names.next(KINDS[layer.op]), join, activation, Figures.of(step.made))
        return self._operation(step, names.next(KINDS[layer.op]), activation)

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
        name = names.next(KINDS_OF_BLOCKS[block.join])
        inner, before = Names(), self.nonnegative
        if block.join == ASIDE:
            summed = self.summed.pop()
            aside = self.parts(block.branches[0], inner, plain_end=True)
            end = self.steps[self.at - 1].made
            step = self.step()
            adds = summed and bool(self.asides)
            if adds:
                self.asides.pop()
            self.asides.append(end if block.branches[0] else step.source)
            self.nonnegative = before
            return Aside(name, aside, Figures.of(self.asides[-1]), adds)
        if block.join in (RESIDUAL, INVERTED):
            return self._residual(block, name, inner)
        branches: list[tuple[Part, ...]] = []
        signs = []
        ends: list[Node | None] = []
        for branch in block.branches:
            self.nonnegative = before
            branches.append(self.parts(branch, inner, plain_end=block.join == ADD))
            ends.append(self.steps[self.at - 1].made if branch else None)
            signs.append(self.nonnegative)
            while any(end is self.steps[self.at].source for end in ends if end):
                # What was pooled to one position is written out again.
                step = self.step()
                resized = next(n for n, end in enumerate(ends) if end is step.source)
                branches[resized] += (self._operation(step, inner.next("resize"), ""),)
                ends[resized] = step.made
        activation = self.activation if block.join == ADD else ""
        self.nonnegative = activation == "relu" or all(signs)
        step = self.step()
        return Branching(
            name,
            block,
            block.join,
            tuple(branches),
            False,
            activation,
            Figures.of(step.made),
            _gates(step.made, [end or step.source for end in ends]),
        )

    def _residual(self, block: Block, name: str, inner: Names) -> Branching:
        before = self.nonnegative
        branches = [self.parts(block.branches[0], inner, plain_end=True)]
        ends = [self.steps[self.at - 1].made]
        skip: tuple[Part, ...] = ()
        end = None
        if self.steps[self.at].item is not block:
            self.nonnegative = before
            projection = self.step()
            end = projection.made
            if id(end) in self.needed:
                skip = (self._operation(projection, "shortcut", ""),)
        step = self.step()
        joined = step.made is not ends[0]
        if joined:
            branches.append(skip)
            ends.append(end or step.source)
        activation = self.activation if block.join == RESIDUAL else ""
        self.nonnegative = activation == "relu"
        return Branching(
            name,
            block,
            ADD if joined else "",
            tuple(branches),
            joined,
            activation,
            Figures.of(step.made),
            _gates(step.made, ends),
        )


def _gates(made: Node, ends: list[Node]) -> tuple[tuple[bool, ...], ...]:
    """Of each branch, the axes on which it acts on all positions alike, as a gate does."""
    found = []
    for axis, size in enumerate(made.sizes):
        gating = ways(ends, size, axis, made.after_head)[1]
        found.append([any(end is gate for gate in gating) for end in ends])
    return tuple(zip(*found, strict=True))


def _puts_aside(part: Branching) -> bool:
    """Whether something within the block is put aside, so that it cannot be left out."""
    return any(
        isinstance(one, Aside) or (isinstance(one, Branching) and _puts_aside(one))
        for branch in part.branches
        for one in branch
    )


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
