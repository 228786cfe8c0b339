"""Graph: the nodes of a network as they are added, each checked and measured on the way in.

Every source (notation, ONNX, torch) describes its network by calling these methods in the order
of execution; so the rules of sizes, receptive fields and costs stand here once for all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from rfsearch.errors import UsageError
from rfsearch.layers import cost
from rfsearch.network.axis import AxisMap, Transposed, Whole, Window
from rfsearch.network.field import Box, Field, merged
from rfsearch.network.node import CONCAT, IN_PLACE, INPUT, MIX, NORM, OWN, PAD, VIEW, Node

AXIS_LIMIT = 3
SIZE_LIMIT = 65_536


@dataclass
class Graph:
    """A network under construction. `notes` are findings that the source itself has to tell,
    `claimed` the notation that it says it is, "" where it says nothing."""

    nodes: list[Node] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    claimed: str = ""

    @property
    def axes(self) -> int:
        return len(self.nodes[0].sizes)

    def add_input(self, sizes: tuple[int, ...], channels: int, name: str = "input") -> int:
        """The network's input; UsageError for sizes that are none."""
        if not 1 <= len(sizes) <= AXIS_LIMIT:
            raise UsageError(f"{name}: {len(sizes)} axes are not 1, 2 or 3")
        for size in sizes:
            if not 1 <= size <= SIZE_LIMIT:
                raise UsageError(f"{name}: size {size} is not in 1..{SIZE_LIMIT}")
        if channels < 1:
            raise UsageError(f"{name}: channels: {channels} is not ≥ 1")
        if self.nodes:
            raise UsageError(f"{name}: a second input; one is supported")
        fields, gates = (Field(),) * len(sizes), (None,) * len(sizes)
        self.nodes.append(Node(name, INPUT, (), (), sizes, channels, fields, gates, name, 0))
        return 0

    def apply(
        self,
        source: int,
        op: str,
        name: str,
        maps: tuple[AxisMap, ...],
        *,
        place: str,
        channels: int | None = None,
        groups: int = 1,
        learned: int = cost.NO_BIAS,
        taps: int = 0,
    ) -> int:
        """Add an operation along the axes; its node.

        `taps` are the kernel's positions (0 where there are no weights), `channels` those of the
        output (None: as before). UsageError, naming `place`, where no output is left.
        """
        source, maps = self._without_pad(source, op, maps)
        before = self.nodes[source]
        channels = before.channels if channels is None else channels
        if len(maps) != self.axes:
            raise UsageError(f"{place}: made for {len(maps)} axes, the input has {self.axes}")
        if taps and (before.channels % groups or channels % groups):
            raise UsageError(
                f"{place}: {groups} groups do not divide {before.channels} input and "
                f"{channels} output channels"
            )
        sizes = tuple(map(_size, [place] * self.axes, maps, before.sizes))
        whole = all(isinstance(one, Whole) for one in maps)
        numbers = (taps, before.channels, channels, groups, learned, 0, 0, prod(sizes), 0)
        macs = cost.layer_macs(*numbers)
        if all(isinstance(one, Transposed) for one in maps):
            macs = cost.transposed_macs(*numbers[:4], before.volume)
        node = Node(
            name=name,
            op=op,
            inputs=(source,),
            maps=maps,
            sizes=sizes,
            channels=channels,
            fields=tuple(map(_read_by, before.fields, maps, before.sizes)),
            gates=before.gates,
            place=place,
            features=before.features if whole or before.after_head else len(self.nodes),
            params=cost.layer_params(*numbers),
            norm_params=cost.NORM * channels if taps and learned >= cost.NORM else 0,
            bias=bool(taps) and learned % cost.NORM == cost.BIAS,
            macs=macs,
            after_head=whole or before.after_head,
            storage=VIEW if op == "CROP" else OWN,
        )
        return self._add(node)

    def join(self, sources: list[int], op: str, name: str, *, place: str) -> int:
        """Add a sum, product or concatenation of tensors; its node.

        Sizes must agree, but a tensor of one position is spread over the others in a sum or
        product, as frameworks do: then every output sees all that it saw.
        """
        nodes = [self.nodes[source] for source in sources]
        sizes = tuple(max(of_axis) for of_axis in zip(*(node.sizes for node in nodes), strict=True))
        spread = [node for node in nodes if node.sizes != sizes]
        self._check_join(nodes, spread, sizes, op, place)
        after_head = all(node.after_head for node in nodes)
        split = [ways(nodes, sizes[axis], axis, after_head) for axis in range(self.axes)]
        node = Node(
            name=name,
            op=op,
            inputs=tuple(sources),
            maps=(),
            sizes=sizes,
            channels=_joined_channels(nodes, op),
            fields=tuple(
                merged([node.fields[axis] for node in split[axis][0]], sizes[axis])
                for axis in range(self.axes)
            ),
            gates=tuple(_joined_gate(nodes, split[axis][1], axis) for axis in range(self.axes)),
            place=place,
            features=nodes[0].features if after_head else len(self.nodes),
            after_head=after_head,
            storage=VIEW if op == CONCAT else IN_PLACE,
        )
        return self._add(node)

    def mix(self, sources: list[int], channels: int, macs: int, name: str, *, place: str) -> int:
        """Add an operation through which every output sees all that its operands see."""
        nodes = [self.nodes[source] for source in sources]
        gates = []
        for axis in range(self.axes):
            ends = [
                box
                for node in nodes
                for box in (
                    node.fields[axis].box(0),
                    node.fields[axis].box(node.sizes[axis] - 1),
                    node.gates[axis],
                )
                if box is not None
            ]
            gates.append((min(first for first, _ in ends), max(last for _, last in ends)))
        first = nodes[0]
        return self._add(
            Node(
                name=name,
                op=MIX,
                inputs=tuple(sources),
                maps=(),
                sizes=first.sizes,
                channels=channels,
                fields=first.fields,
                gates=tuple(gates),
                place=place,
                features=first.features if first.after_head else len(self.nodes),
                macs=macs,
                after_head=first.after_head,
            )
        )

    def learn(self, source: int, values: int, name: str, *, place: str) -> int:
        """A norm or scale with learned `values`; its node. Of a layer with weights it shares the
        row in the end (`finish`), else it has a row of its own."""
        node = self.nodes[source]
        return self._add(
            Node(
                name=name,
                op=NORM,
                inputs=(source,),
                maps=(),
                sizes=node.sizes,
                channels=node.channels,
                fields=node.fields,
                gates=node.gates,
                place=place,
                features=node.features if node.after_head else len(self.nodes),
                params=values,
                norm_params=values,
                storage=IN_PLACE,
                after_head=node.after_head,
            )
        )

    def select(self, source: int, channels: int, name: str, *, place: str) -> int:
        """Some of a tensor's channels, as a view; its node."""
        node = self.nodes[source]
        return self._add(
            Node(
                name=name,
                op="SLICE",
                inputs=(source,),
                maps=(),
                sizes=node.sizes,
                channels=channels,
                fields=node.fields,
                gates=node.gates,
                place=place,
                features=node.features if node.after_head else len(self.nodes),
                storage=VIEW,
                after_head=node.after_head,
            )
        )

    def finish(self) -> list[Node]:
        """The nodes that some output needs, numbered anew; UsageError where there is none."""
        needed = set(self.outputs)
        for index in reversed(range(len(self.nodes))):
            if index in needed:
                needed.update(self.nodes[index].inputs)
                needed.add(self.nodes[index].features)
        kept = sorted(needed | {0})
        self._note_idle(needed)
        number: dict[int, int] = {}
        finished: list[Node] = []
        for old in kept:
            node = self.nodes[old]
            node.inputs = tuple(number[source] for source in node.inputs)
            # Only now is it known which norms are needed: each is counted with its layer.
            if node.op == NORM and finished[node.inputs[0]].learns:
                number[old] = node.inputs[0]
                finished[number[old]].params += node.params
                finished[number[old]].norm_params += node.params
                continue
            number[old] = len(finished)
            finished.append(node)
        for node in finished:
            node.features = number[node.features]
        self.outputs = [number[output] for output in self.outputs]
        self.nodes = finished
        return self.nodes

    def _note_idle(self, needed: set[int]) -> None:
        """A note on what learns and is left out; a norm is no layer beside the one before it."""
        idle = {
            index: node
            for index, node in enumerate(self.nodes)
            if index not in needed and node.params
        }
        layers = [
            node
            for node in idle.values()
            if not (node.op == NORM and any(source in idle for source in node.inputs))
        ]
        if idle:
            values = sum(node.params for node in idle.values())
            self.notes.append(
                f"no output needs {len(layers)} layers, the first {layers[0].place}: left out, "
                f"{values:,} params with them"
            )

    def _add(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _without_pad(
        self, source: int, op: str, maps: tuple[AxisMap, ...]
    ) -> tuple[int, tuple[AxisMap, ...]]:
        """A window over a padded tensor pads by itself, so that every source gives one row."""
        node = self.nodes[source]
        if node.op != PAD or op not in ("C", "DW", "MP", "AP"):
            return source, maps
        windows = [one for one in maps if isinstance(one, Window) and not one.same and not one.ceil]
        pads = [one for one in node.maps if isinstance(one, Window)]
        if len(windows) != self.axes:
            return source, maps
        return node.inputs[0], tuple(
            Window(
                window.kernel,
                window.stride,
                window.before + pad.before,
                window.after + pad.after,
                window.dilation,
            )
            for window, pad in zip(windows, pads, strict=True)
        )

    def _check_join(
        self, nodes: list[Node], spread: list[Node], sizes: tuple[int, ...], op: str, place: str
    ) -> None:
        unequal = [
            node
            for node in spread
            if op == CONCAT or any(n not in (1, m) for n, m in zip(node.sizes, sizes, strict=True))
        ]
        if unequal:
            shapes = " and ".join("×".join(map(str, node.sizes)) for node in nodes)
            raise UsageError(f"{place}: branches of unequal size: {shapes}")
        channels = {node.channels for node in nodes}
        if op != CONCAT and len(channels - {1}) > 1:
            raise UsageError(
                f"{place}: branches of unequal channels: "
                + " and ".join(str(node.channels) for node in nodes)
            )


def _size(place: str, one: AxisMap, n: int) -> int:
    size = one.size(n)
    if size >= 1:
        if size > SIZE_LIMIT:
            raise UsageError(f"{place}: output size {size} is not ≤ {SIZE_LIMIT}")
        return size
    if isinstance(one, Window):
        before, after = one.padding(n)
        padded = n + before + after
        if min(before, after) < 0:
            raise UsageError(f"{place}: a crop of {-before} + {-after} leaves nothing of {n}")
        raise UsageError(
            f"{place}: a window of {one.growth + 1} is larger than its padded input of {padded}"
        )
    raise UsageError(f"{place}: no output is left of an input of {n}")


def _read_by(seen: Field, one: AxisMap, n: int) -> Field:
    return seen.read_by(lambda index: one.reads(index, n), *one.period(n))


def _joined_channels(nodes: list[Node], op: str) -> int:
    counts = [node.channels for node in nodes]
    return sum(counts) if op == CONCAT else max(counts)


def ways(
    nodes: list[Node], size: int, axis: int, after_head: bool
) -> tuple[list[Node], list[Node]]:
    """(nodes whose outputs meet one to one on the axis, nodes that act on all as a gate).

    Next to a tensor that still has its positions, one that was merged acts as a gate.
    """
    gates = [
        node for node in nodes if node.sizes[axis] != size or (node.after_head and not after_head)
    ]
    if len(gates) == len(nodes):
        gates = [node for node in nodes if node.sizes[axis] != size]
    return [node for node in nodes if not any(node is gate for gate in gates)], gates


def _joined_gate(nodes: list[Node], gating: list[Node], axis: int) -> Box | None:
    boxes = [node.gates[axis] for node in nodes]
    boxes += [node.fields[axis].box(0) for node in gating]
    seen = [box for box in boxes if box is not None]
    if not seen:
        return None
    return min(first for first, _ in seen), max(last for _, last in seen)
