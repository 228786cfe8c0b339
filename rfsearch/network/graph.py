"""Graph: the nodes of a network as they are added, each checked and measured on the way in.

Every source (notation, ONNX, torch) describes its network by calling these methods in the order
of execution; so the rules of sizes, receptive fields and costs stand here once for all.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import prod

from rfsearch.errors import LimitError, SizeError, UsageError
from rfsearch.layers import cost
from rfsearch.network.axis import (
    ZEROS,
    AxisMap,
    Global,
    Positions,
    Transposed,
    Whole,
    Window,
)
from rfsearch.network.field import Field, merged
from rfsearch.network.finish import finish
from rfsearch.network.meeting import (
    joined_channels,
    joined_gate,
    mixed_field,
    mixed_gate,
    read_by,
    ways,
)
from rfsearch.network.node import (
    ATTENTION,
    CONCAT,
    EXPAND,
    GLOBAL_NORM,
    IN_PLACE,
    INPUT,
    MIX,
    NORM,
    OWN,
    PAD,
    VIEW,
    Node,
)

# Positions of one tensor of a concatenation along an axis.
PLACE = "place"

AXIS_LIMIT = 3
# Boxes of all fields that are kept: some hundred megabytes.
MOST_BOXES = 2**21
SIZE_LIMIT = 65_536
# A signal is longer than any image: minutes of sound.
SIGNAL_LIMIT = 10_000_000


@dataclass
class Graph:
    """A network under construction. `notes` are findings that the source itself has to tell,
    `claimed` the notation that it says it is, "" where it says nothing, `stopped` why it could be
    followed no further, where that is so. A `lenient` graph takes sizes at which the network
    cannot run, so that its layers tell which it can. One that is `sized` works out sizes and jumps
    alone: what outputs see may take much longer than that it is too much."""

    nodes: list[Node] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    claimed: str = ""
    stopped: list[str] = field(default_factory=list)
    lenient: bool = False
    sized: bool = False
    boxes: int = 0  # of fields that repeat after more than one output

    @property
    def axes(self) -> int:
        return len(self.nodes[0].sizes)

    def add_input(self, sizes: tuple[int, ...], channels: int, name: str = "input") -> int:
        """The network's input; UsageError for sizes that are none."""
        if not 1 <= len(sizes) <= AXIS_LIMIT:
            raise UsageError(f"{name}: {len(sizes)} axes are not 1, 2 or 3")
        for size in sizes:
            if not 1 <= size <= size_limit(len(sizes)):
                raise UsageError(f"{name}: size {size} is not in 1..{size_limit(len(sizes))}")
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
        macs: int | None = None,
    ) -> int:
        """Add an operation along the axes; its node.

        `taps` are the kernel's positions (0 where there are no weights), `channels` those of the
        output (None: as before), `macs` where a source knows better than taps and channels say.
        UsageError, naming `place`, where no output is left.
        """
        source, maps = self._without_pad(source, op, maps)
        before = self.nodes[source]
        channels = before.channels if channels is None else channels
        if len(maps) != self.axes:
            raise UsageError(f"{place}: made for {len(maps)} axes, the input has {self.axes}")
        if taps and macs is None and (before.channels % groups or channels % groups):
            raise UsageError(
                f"{place}: {groups} groups do not divide {before.channels} input and "
                f"{channels} output channels"
            )
        sizes = tuple(self._size(place, one, n) for one, n in zip(maps, before.sizes, strict=True))
        whole = all(isinstance(one, Whole) for one in maps)
        numbers = (taps, before.channels, channels, groups, learned, 0, 0, prod(sizes), 0)
        if macs is None and all(isinstance(one, Transposed) for one in maps):
            macs = cost.transposed_macs(*numbers[:4], before.volume)
        elif macs is None:
            macs = cost.layer_macs(*numbers)
        node = Node(
            name=name,
            op=op,
            inputs=(source,),
            maps=maps,
            sizes=sizes,
            channels=channels,
            fields=tuple(map(self._read_by, before.fields, maps, before.sizes)),
            gates=before.gates,
            spread=before.spread,
            place=place,
            features=before.features if whole or before.after_head else len(self.nodes),
            params=cost.layer_params(*numbers),
            norm_params=cost.NORM * channels if taps and learned >= cost.NORM else 0,
            bias=bool(taps) and learned % cost.NORM == cost.BIAS,
            macs=macs,
            after_head=whole or before.after_head,
            storage=VIEW if op in ("CROP", EXPAND, PLACE) else OWN,
        )
        return self._add(node)

    def join(
        self,
        sources: list[int],
        op: str,
        name: str,
        *,
        place: str,
        channels: int | None = None,
    ) -> int:
        """Add a sum, product or concatenation of tensors; its node.

        Sizes must agree, but a tensor of one position is spread over the others in a sum or
        product, as frameworks do: then every output sees all that it saw. `channels` are those of
        the output where a source has worked them out; else they must agree, or one is 1.
        """
        nodes = [self.nodes[source] for source in sources]
        sizes = tuple(max(of_axis) for of_axis in zip(*(node.sizes for node in nodes), strict=True))
        spread = [node for node in nodes if node.sizes != sizes]
        self._check_join(nodes, spread, sizes, op, place, channels)
        after_head = all(node.after_head for node in nodes)
        split = [ways(nodes, sizes[axis], axis, after_head) for axis in range(self.axes)]
        node = Node(
            name=name,
            op=op,
            inputs=tuple(sources),
            maps=(),
            sizes=sizes,
            channels=joined_channels(nodes, op) if channels is None else channels,
            fields=tuple(
                self._merged([node.fields[axis] for node in split[axis][0]], sizes[axis])
                for axis in range(self.axes)
            ),
            gates=tuple(joined_gate(nodes, split[axis][1], axis) for axis in range(self.axes)),
            place=place,
            features=nodes[0].features if after_head else len(self.nodes),
            after_head=after_head,
            storage=VIEW if op == CONCAT else IN_PLACE,
            spread=frozenset.intersection(*(node.spread for node in nodes)),
        )
        return self._add(node)

    def mix(
        self,
        sources: list[int],
        channels: int,
        macs: int,
        name: str,
        *,
        place: str,
        kind: str = ATTENTION,
        maps: tuple[AxisMap, ...] | None = None,
    ) -> int:
        """Add an operation of one or more tensors in which positions meet; its node.

        `maps`, one an axis, default Global() for each, act on every source alike: Global, Whole,
        or Window() where each position stays by itself. Every output sees all that the sources
        see along an axis that is Global, by a global path: its own box stays as it was.
        """
        nodes = [self.nodes[source] for source in sources]
        first = nodes[0]
        maps = (Global(),) * self.axes if maps is None else maps
        sizes = tuple(self._size(place, one, n) for one, n in zip(maps, first.sizes, strict=True))
        merges = all(isinstance(one, Whole) for one in maps)
        made = replace(
            self._like(sources[0], MIX, name, place),
            inputs=tuple(sources),
            maps=maps,
            sizes=sizes,
            channels=channels,
            fields=tuple(
                mixed_field([node.fields[axis] for node in nodes], nodes, axis, one, sizes[axis])
                for axis, one in enumerate(maps)
            ),
            gates=tuple(mixed_gate(nodes, axis, one) for axis, one in enumerate(maps)),
            kind=kind,
            macs=macs,
            storage=OWN,
            after_head=first.after_head or merges,
        )
        if merges and not first.after_head:
            made.features = first.features
        return self._add(made)

    def learn(
        self,
        source: int,
        values: int,
        name: str,
        *,
        place: str,
        over: frozenset[int] = frozenset(),
    ) -> int:
        """A norm or scale with learned `values`; its node. Of a layer with weights it shares the
        row in the end (`finish`), else it has a row of its own.

        `over` are axes whose positions share a statistic, taken of the input itself: along them
        every output sees all, so the norm keeps a row of its own.
        """
        node = self.nodes[source]
        made = self._like(source, NORM, name, place)
        made.params = made.norm_params = values
        made.storage = IN_PLACE
        if over:
            made.maps = tuple(Global() if axis in over else Window() for axis in range(self.axes))
            made.kind = GLOBAL_NORM
            made.gates = tuple(mixed_gate([node], axis, one) for axis, one in enumerate(made.maps))
        return self._add(made)

    def select(self, source: int, channels: int, name: str, *, place: str) -> int:
        """Some of a tensor's channels, or others beside them, as a view; its node."""
        made = self._like(source, "SLICE", name, place)
        made.channels, made.storage = channels, VIEW
        return self._add(made)

    def expand(self, source: int, sizes: tuple[int, ...], name: str, *, place: str) -> int:
        """A tensor of one position on some axes, written out over `sizes`; its node."""
        before = self.nodes[source].sizes
        maps: tuple[AxisMap, ...] = tuple(
            Window() if n == m else Positions((0,) * m) for n, m in zip(before, sizes, strict=True)
        )
        made = self.apply(source, EXPAND, name, maps, place=place)
        grown = frozenset(axis for axis, one in enumerate(maps) if isinstance(one, Positions))
        self.nodes[made].spread |= grown
        return made

    def weigh(self, node: int, weights: dict[str, int]) -> None:
        """Say which learned tensors a node reads, by name, with the number of their values."""
        self.nodes[node].weights |= weights

    def _like(self, source: int, op: str, name: str, place: str) -> Node:
        """A node over one tensor that keeps its sizes, channels and what it sees."""
        node = self.nodes[source]
        return Node(
            name=name,
            op=op,
            inputs=(source,),
            maps=(),
            sizes=node.sizes,
            channels=node.channels,
            fields=node.fields,
            gates=node.gates,
            place=place,
            features=node.features if node.after_head else len(self.nodes),
            after_head=node.after_head,
            spread=node.spread,
        )

    def begin_head(self, end: int) -> None:
        """All nodes after `end` belong to the head: what describes the network ends there."""
        features = self.nodes[end].features
        for node in self.nodes[end + 1 :]:
            node.features = features
            node.after_head = True

    def finish(self) -> list[Node]:
        """The nodes that some output needs, numbered anew; UsageError where there is none."""
        finished = finish(self.nodes, self.outputs)
        self.notes += finished.notes
        self.nodes, self.outputs = finished.nodes, finished.outputs
        return self.nodes

    def _add(self, node: Node) -> int:
        self.boxes += sum(seen.period for seen in node.fields if seen.period > 1)
        if self.boxes > MOST_BOXES:
            raise LimitError(
                f"{node.place}: its outputs and those before see {self.boxes:,} fields, "
                f"more than {MOST_BOXES:,}; give a smaller input or fewer layers"
            )
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
        if len(windows) != self.axes or len(pads) != self.axes:
            return source, maps
        # Zeros outside of pixels that were written out are not one kind of padding.
        if any(
            pad.edge != ZEROS and (window.before or window.after)
            for window, pad in zip(windows, pads, strict=True)
        ):
            return source, maps
        return node.inputs[0], tuple(
            Window(
                window.kernel,
                window.stride,
                window.before + pad.before,
                window.after + pad.after,
                window.dilation,
                edge=pad.edge,
            )
            for window, pad in zip(windows, pads, strict=True)
        )

    def _size(self, place: str, one: AxisMap, n: int) -> int:
        """The output size of a map; SizeError where nothing is left, or more than the limit."""
        size = one.size(n)
        if self.lenient:
            return max(size, 1)
        if size > size_limit(self.axes):
            raise UsageError(f"{place}: output size {size} is not ≤ {size_limit(self.axes)}")
        if size < 1:
            raise SizeError(f"{place}: {_why_nothing(one, n)}")
        return size

    def _read_by(self, seen: Field, one: AxisMap, n: int) -> Field:
        """What the outputs of a map see; what their input saw where a lenient graph has none."""
        if self.sized:
            outputs, inputs = one.period(n)
            if outputs == inputs:
                return seen
            return replace(seen, listed=seen.jump * Fraction(inputs, outputs))
        return seen if self.lenient and one.size(n) < 1 else read_by(seen, one, n)

    def _merged(self, fields: list[Field], size: int) -> Field:
        """What the outputs of a join see."""
        return fields[0] if self.sized else merged(fields, size)

    def _check_join(
        self,
        nodes: list[Node],
        spread: list[Node],
        sizes: tuple[int, ...],
        op: str,
        place: str,
        made: int | None,
    ) -> None:
        unequal = [
            node
            for node in spread
            if op == CONCAT or any(n not in (1, m) for n, m in zip(node.sizes, sizes, strict=True))
        ]
        if unequal and not self.lenient:
            shapes = " and ".join("×".join(map(str, node.sizes)) for node in nodes)
            raise SizeError(f"{place}: branches of unequal size: {shapes}")
        channels = {node.channels for node in nodes}
        if op != CONCAT and made is None and len(channels - {1}) > 1:
            raise UsageError(
                f"{place}: branches of unequal channels: "
                + " and ".join(str(node.channels) for node in nodes)
            )


def size_limit(axes: int) -> int:
    """The most positions along an axis of an input of so many axes, and of any tensor after it."""
    return SIGNAL_LIMIT if axes == 1 else SIZE_LIMIT


def _why_nothing(one: AxisMap, n: int) -> str:
    """Why no output is left of n positions."""
    if not isinstance(one, Window):
        return f"no output is left of an input of {n}"
    before, after = one.padding(n)
    if min(before, after) < 0:
        return f"a crop of {-before} + {-after} leaves nothing of {n}"
    return f"a window of {one.growth + 1} is larger than its padded input of {n + before + after}"
