"""Network: one described network, wherever it came from, and everything known about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

from rfsearch.errors import LONGEST_SHOWN, UsageError, shortened
from rfsearch.network.bits import positions
from rfsearch.network.figures import Figure, agreed, half, whole
from rfsearch.network.graph import Graph
from rfsearch.network.memory import live_values, stored
from rfsearch.network.node import INPUT, Node
from rfsearch.network.reach import reach
from rfsearch.network.sides import look, padding_after

if TYPE_CHECKING:
    import polars as pl

    from rfsearch.network.sizes import AxisSizes
    from rfsearch.network.sizes.by_reading import Again
    from rfsearch.network.sizes.tiling import AxisTiling

LARGEST_COST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the layer table; sizes and fields have one entry an axis, pixels of the input.

    start, end  the box of the first output: −padding_total, and its last pixel
    padding_after   effective padding after the input
    sees_all    whether every output also sees pixels through a global path
    memory      bytes alive while the row runs
    """

    layer: str
    op: str
    output_size: tuple[int, ...]
    channels: int
    rf: tuple[int, ...]
    rf_min: tuple[int, ...]
    jump: tuple[Fraction, ...]
    start: tuple[int, ...]
    end: tuple[int, ...]
    padding_after: tuple[int, ...]
    sees_all: bool
    params: int
    macs: int
    activations: int
    memory: int

    @property
    def centre(self) -> tuple[Fraction, ...]:
        """The centre of the first output, in input pixels from the first one."""
        return tuple(Fraction(a + b, 2) for a, b in zip(self.start, self.end, strict=True))

    @property
    def padding_total(self) -> tuple[int, ...]:
        """Effective padding: how far the first output's box begins before the input."""
        return tuple(-start for start in self.start)


class Network:
    """A described network. Iterating gives its rows, one a layer, in order of execution.

    `rf`, `rf_min`, `jump`, `centre`, `padding_total` and `output_size` are those of the last
    layer before the head (global pooling and what follows) of the output that sees most; `totals`
    and rows include heads and all outputs.
    Where the axes differ, a figure is a tuple, one entry an axis. `stopped` says, where a file
    could be followed only in part, what could not be: figures then end before it.
    """

    def __init__(
        self,
        graph: Graph,
        name: str,
        bytes_per_value: int = 4,
        notation: str | None = None,
        has_weights: bool = False,
        again: Again | None = None,
    ) -> None:
        """`has_weights`: linear layers have weights for this input's size, as those of a file.

        `again` reads the source on an input of other sizes.
        """
        self.name = name
        self.has_weights = has_weights
        self.again = again
        self._notation = notation
        self.nodes: list[Node] = graph.finish()
        self.outputs: list[int] = graph.outputs
        self.notes: list[str] = graph.notes
        self.stopped: list[str] = graph.stopped
        self.bytes_per_value = bytes_per_value
        self.bytes_per_weight = bytes_per_value  # of `weight_memory`; may be set
        self.live = live_values(self.nodes, self.outputs)
        for cost_name, value in self.totals.items():
            if value > LARGEST_COST:
                shown = name if len(name) <= 60 else f"{name[:57]}…"
                raise UsageError(f"{shown}: {cost_name} {value} is beyond {LARGEST_COST} (int64)")

    @property
    def notation(self) -> str | None:
        """The network in the notation; None where it cannot be said in it (`unsaid` says why)."""
        return self._said[0]

    @property
    def unsaid(self) -> str:
        """Which row the notation has no words for, and why; "" where it says all."""
        return self._said[1]

    @cached_property
    def _said(self) -> tuple[str | None, str]:
        if self._notation is not None:
            return self._notation, ""
        from rfsearch.network.said import said

        return said(self)

    def __repr__(self) -> str:
        name = shortened(self.name, LONGEST_SHOWN)
        return f"<Network {name}: input {self.input}, {len(self.rows)} rows, RF {self.rf}>"

    def _repr_html_(self) -> str:
        """For notebooks: the layer table."""
        from rfsearch.network.html import network_html

        return network_html(self)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def input(self) -> tuple[int, ...]:
        """Input size, one entry an axis."""
        return self.nodes[0].sizes

    @property
    def input_channels(self) -> int:
        return self.nodes[0].channels

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """One row for every node but the input."""
        return tuple(
            self._row(node, values)
            for node, values in zip(self.nodes, self.live, strict=True)
            if node.op != INPUT
        )

    @cached_property
    def numbers(self) -> dict[int, int]:
        """The number of the row of each node, by the node's id; the input's is 0."""
        return {id(node): number for number, node in enumerate(self.nodes)}

    @property
    def features_index(self) -> int:
        """The last node before the head, counted with the input as 0."""
        return self.nodes[self.main].features

    @property
    def main(self) -> int:
        """The network's own output: of several the one that sees most, the first of equals.

        Frameworks differ in the order of outputs, so their order says nothing.
        """

        def seen(output: int) -> int:
            features = self.nodes[self.nodes[output].features]
            return prod(field.rf for field in features.fields)

        return max(self.outputs, key=seen)

    @property
    def features(self) -> Node:
        """The last node before the head."""
        return self.nodes[self.features_index]

    @property
    def rf(self) -> Figure:
        """The largest receptive field over all paths (and phases), without global gates."""
        return agreed([seen.rf for seen in self.features.fields])

    @property
    def rf_min(self) -> Figure:
        """The receptive field of the shortest path."""
        return agreed([seen.rf_min for seen in self.features.fields])

    @property
    def sees_all(self) -> bool:
        """Whether gates (squeeze-and-excitation) let every output see beyond its box."""
        return any(self.features.gates)

    @property
    def jump(self) -> Figure:
        """Effective stride; a Fraction where it is not whole."""
        return agreed([whole(seen.jump) for seen in self.features.fields])

    @property
    def centre(self) -> Figure:
        """Centre of the first output's box, in input pixels from the first one."""
        return agreed([half(sum(seen.box(0) or (0, 0))) for seen in self.features.fields])

    @property
    def padding_total(self) -> Figure:
        """Effective padding before the input."""
        return agreed([-(seen.box(0) or (0, 0))[0] for seen in self.features.fields])

    @property
    def padding_after(self) -> Figure:
        """Effective padding after the input; differs from `padding_total` where SAME or a causal
        layer pads more on one side."""
        return agreed(list(self._padding_after[self.features_index]))

    @cached_property
    def _padding_after(self) -> list[tuple[int, ...]]:
        return padding_after(self.nodes)

    @property
    def look_back(self) -> Figure:
        """Input positions before its own that an output sees: of a stream, the past it needs."""
        return agreed([look(seen)[0] for seen in self.features.fields])

    @property
    def look_ahead(self) -> Figure:
        """Input positions after its own that an output sees: how long a stream waits for it.

        Output i's own positions are i·jump to (i + 1)·jump − 1; below 0, it ends before them.
        """
        return agreed([look(seen)[1] for seen in self.features.fields])

    @property
    def output_size(self) -> Figure:
        return agreed(list(self.features.sizes))

    @cached_property
    def totals(self) -> dict[str, int]:
        """Whole-network costs: params, macs, activations (values), memory, peak_memory (bytes),
        depth (layers before the head)."""
        activations = sum(node.values for node in self.nodes if stored(node))
        return {
            "params": sum(node.params for node in self.nodes),
            "macs": sum(node.done_macs for node in self.nodes),
            "activations": activations,
            "memory": activations * self.bytes_per_value,
            "peak_memory": max(self.live) * self.bytes_per_value,
            "depth": sum(node.is_layer for node in self.nodes),
        }

    @cached_property
    def scores(self) -> dict[str, float | int | None]:
        """What networks are ranked by beside the totals (docs/costs.md): weight_memory (bytes),
        entropy (nats), erf_variance (pixels squared), deepmad, deepmad_paper, effectiveness,
        coverage; None for one that the network does not have."""
        from rfsearch.network.scores import scores

        return scores(self)

    @cached_property
    def effective_rf(self) -> dict[int, int] | None:
        """Per cent -> side in pixels of the square that holds so much of the impulse response,
        uniform weights; None where it cannot be worked out."""
        from rfsearch.network.effective import effective_sides

        return effective_sides(self)

    @cached_property
    def findings(self) -> list[str]:
        """What is worth knowing about the network, one line each, with its numbers."""
        from rfsearch.network.findings import find

        return find(self)

    def box(self, index: tuple[int, ...], node: int | None = None) -> tuple[tuple[int, int], ...]:
        """(first, last) input pixel that reaches the output at `index` (of a `node` of the graph;
        None: the last), one pair an axis.

        Followed back exactly: within the input's borders, through every path.
        """
        reached = self.reach(index, node)
        return tuple((axis[0], axis[-1]) if axis else (0, -1) for axis in reached)

    def reach(self, index: tuple[int, ...], node: int | None = None) -> tuple[list[int], ...]:
        """The input pixels, on each axis, that reach the output at `index` of a node.

        `node` counts the network's nodes, 0 being the input; default: the last before the head.
        """
        target = self.features_index if node is None else node
        sizes = self.nodes[target].sizes
        if len(index) != len(sizes) or any(
            not 0 <= at < n for at, n in zip(index, sizes, strict=True)
        ):
            raise UsageError(f"output {index} is not within {sizes}")
        masks = reach(self.nodes, target, tuple(1 << at for at in index))
        return tuple(positions(mask) for mask in masks)

    def sizes(self, axis: int = 0) -> AxisSizes:
        """The input sizes that the network takes along an axis, the other axes as they are.

        Proven from the arithmetic of its layers, for all sizes. A file or module is read at some
        other sizes, since its layers may change with the input (`read_at`); UsageError where no
        rule covers what was read. LimitError where the rule repeats only after more sizes than
        can be worked out.
        """
        from rfsearch.network.sizes.axis_sizes import axis_sizes
        from rfsearch.network.sizes.by_reading import read_sizes

        self._check_axis(axis)
        if self.again is not None:
            return read_sizes(self.nodes, axis, self.again)
        return axis_sizes(self.nodes, axis, self.has_weights)

    def tiling(self, axis: int = 0) -> AxisTiling:
        """How an image is cut into tiles along an axis so that they reproduce its features exactly.

        UsageError says what makes that impossible: a gate, attention, a norm over positions.
        """
        from rfsearch.network.sizes.tiling import axis_tiling

        self._check_axis(axis)
        return axis_tiling(self, axis)

    def _check_axis(self, axis: int) -> None:
        if isinstance(axis, bool) or not isinstance(axis, int) or not 0 <= axis < len(self.input):
            raise UsageError(f"axis: {axis!r} is not in 0..{len(self.input) - 1}")

    def table(self) -> pl.DataFrame:
        """The rows as a polars frame; per-axis columns are lists where the axes differ."""
        from rfsearch.network.table import table

        return table(self)

    def plot(self) -> Any:
        """RF, memory, MACs and params layer by layer as an Altair chart; extra `plot`."""
        from rfsearch.network.document import row_values
        from rfsearch.plot import network_chart

        return network_chart([row_values(row) for row in self], self.name, self.input[0])

    def document(self) -> dict[str, object]:
        """The object of `rfsearch show --format json`, in plain Python values."""
        from rfsearch.network.document import document

        return document(self)

    def _row(self, node: Node, values: int) -> Row:
        boxes = [seen.box(0) or (0, -1) for seen in node.fields]
        return Row(
            layer=node.name,
            op=node.op,
            output_size=node.sizes,
            channels=node.channels,
            rf=tuple(seen.rf for seen in node.fields),
            rf_min=tuple(seen.rf_min for seen in node.fields),
            jump=tuple(seen.jump for seen in node.fields),
            start=tuple(first for first, _ in boxes),
            end=tuple(last for _, last in boxes),
            padding_after=self._padding_after[self.numbers[id(node)]],
            sees_all=any(node.gates),
            params=node.params,
            macs=node.done_macs,
            activations=node.values if stored(node) else 0,
            memory=values * self.bytes_per_value,
        )
