"""What a question holds against a described stack at one input: sizes, receptive field, budgets.

The figures are those of the described network, not the engine's; only costs that a network's
totals do not have are asked of a space with this one stack.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.layers.cost import log_fixed
from rfsearch.layers.layer import SAME, WINDOWED, Layer, Stack, layers_in, spread
from rfsearch.layers.notation.format import format_item
from rfsearch.layers.recurrence import (
    EXACT,
    ROUNDINGS,
    output_size,
    same_output_size,
    window_growth,
)
from rfsearch.network.coverage import coverage
from rfsearch.network.figures import Figure
from rfsearch.network.from_notation import Step, describe
from rfsearch.network.network import Network
from rfsearch.question.found import Found
from rfsearch.request.query import (
    Query,
    Range,
    Sizes,
    range_text,
    scales,
    size_text,
)
from rfsearch.request.total_stride import ends_text, within
from rfsearch.space.space import Space


@dataclass(frozen=True)
class Held:
    """One input, and what the stack misses there of what is asked, a line each."""

    sizes: Sizes
    missed: tuple[str, ...]


def held(space: Space, query: Query, features: Stack, stack: Stack, sizes: Sizes) -> Held:
    """`features` are the stack without its head: the receptive field is theirs."""
    steps: list[Step] = []
    try:
        seen = Network(describe(features, sizes, space.input_channels, steps), "features", 1)
        whole = Network(describe(stack, sizes, space.input_channels), "stack", 1)
    except UsageError as error:
        return Held(sizes, (str(error),))
    account = _Account(space, query, stack, sizes, seen, whole)
    missed = [
        *_remainders(query, features, steps),
        *_out_of_range("RF", seen.rf, query.target_rf, space.axes),
        *_out_of_range("output size", seen.output_size, query.output_size, space.axes),
        *_other_jump(seen.jump, query, space.axes),
        *account.out_of_budget(),
        *account.holes(),
    ]
    return Held(sizes, tuple(missed))


def _remainders(query: Query, features: Stack, steps: list[Step]) -> Iterator[str]:
    """Layers that leave a remainder where sizes are exact; a block's projection may."""
    if ROUNDINGS[query.rounding] != EXACT:
        return
    written = {id(layer) for layer in layers_in(features)}
    for step in steps:
        layer = step.item
        if not isinstance(layer, Layer) or layer.op not in WINDOWED or id(layer) not in written:
            continue
        if layer.ceil or layer.op == "T":
            continue
        for axis, size in enumerate(step.source.sizes):
            if not _exact(layer, axis, size, len(step.source.sizes)):
                yield f"exact sizes: {format_item(layer)} leaves a remainder of {size}"
                break


def _is_dilated(layer: Layer) -> bool:
    steps = layer.dilation if isinstance(layer.dilation, tuple) else (layer.dilation,)
    return max(steps) > 1


def _exact(layer: Layer, axis: int, size: int, axes: int) -> bool:
    kernel, stride, dilation = (
        spread(value, axes)[axis] for value in (layer.kernel, layer.stride, layer.dilation)
    )
    growth = window_growth(kernel, dilation)
    if layer.padding == SAME:
        return bool(same_output_size(size, growth, stride, EXACT))
    if isinstance(layer.padding, int):
        before = after = layer.padding
    else:
        assert not isinstance(layer.padding, str)
        before, after = layer.padding[0 if len(layer.padding) == 1 else axis]
    return bool(output_size(size, growth, stride, before, after, EXACT))


def _out_of_range(
    name: str, figure: Figure, asked: tuple[Range, ...] | None, axes: int
) -> Iterator[str]:
    if asked is None:
        return
    values = tuple(map(int, figure if isinstance(figure, tuple) else (figure,) * axes))
    within = (
        low <= value and (high is None or value <= high)
        for value, (low, high) in zip(values, asked, strict=True)
    )
    if not all(within):
        texts = list(map(range_text, asked))
        wanted = texts[0] if len(set(texts)) == 1 else "x".join(texts)
        word = "in " if ".." in wanted else ""
        yield f"{name} {size_text(values)} is not {word}{wanted}"


def _other_jump(figure: Figure, query: Query, axes: int) -> Iterator[str]:
    values = figure if isinstance(figure, tuple) else (figure,) * axes
    if query.jump is not None and not all(map(within, values, query.jump)):
        shown = "x".join(map(str, values)) if len(set(values)) > 1 else str(values[0])
        wanted = ends_text(query.jump)
        yield f"jump {shown} is not {'in ' if '..' in wanted else ''}{wanted}"


@dataclass(frozen=True)
class _Account:
    """One stack at one input; `seen` is its network without the head."""

    space: Space
    query: Query
    stack: Stack
    sizes: Sizes
    seen: Network
    whole: Network

    def out_of_budget(self) -> Iterator[str]:
        """A line for every budget that the stack does not keep."""
        for name, (low, high) in self.query.budgets.items():
            figure, scale = self.total(name), scales(self.space.axes, self.query.charges)[name]
            for side, word, bound in (("max", "above", high), ("min", "below", low)):
                if bound is None:
                    continue
                if figure is None:
                    try:
                        found = self._found(**{f"{side}_{name}": Fraction(bound, scale)})
                        kept = found.count() == 1
                    except UsageError as error:  # what no figure is known of
                        yield f"{side}_{name}: {error}"
                        continue
                else:
                    kept = figure <= bound if side == "max" else figure >= bound
                if not kept:
                    limit = f"{side}_{name}{self._less(side, name)}, {_number(bound, scale)}"
                    yield f"{name.replace('_', ' ')} {self._shown(name, scale)} is {word} {limit}"

    def holes(self) -> Iterator[str]:
        """A line where the RF has holes, and neither the space nor a budget allows any."""
        free = self.space.allow_holes or self.space.allow_gaps or "coverage" in self.query.budgets
        if free or not any(_is_dilated(layer) for layer in layers_in(self.stack)):
            return
        share = coverage(self.seen)
        if share is not None and share < 1:
            yield f"allow_holes: its RF has holes, coverage {float(share):.3g}"

    def total(self, name: str) -> int | None:
        """A cost in its whole units; None for one that networks do not total."""
        totals = self.whole.totals
        if name == "depth":
            return self.seen.totals["depth"]
        if name == "memory":
            return totals["activations"] * self.query.activation_bytes
        if name == "peak_memory":
            return totals["peak_memory"] * self.query.activation_bytes
        if name == "weight_memory":
            return totals["params"] * self.query.weight_bytes
        if name == "entropy":
            return _entropy(self.whole)
        return totals.get(name)

    def _less(self, side: str, name: str) -> str:
        reserved = self.query.reserve and side == "max" and name in ("memory", "peak_memory")
        return " less the reserve" if reserved else ""

    def _shown(self, name: str, scale: int) -> str:
        total = self.total(name)
        if total is not None:
            return _number(total, scale)
        return f"{self._found().top(1, by=[name], distinct='none')[name][0]:.9g}"

    def _found(self, **bounds: Fraction) -> Found:
        """The engine's answer about a space whose only stack is this one.

        One block for each item, since the figures of some costs look at the steps of a stack.
        """
        space = self.space
        body = self.stack[len(space.stem_stack) : len(self.stack) - len(space.head_stack)]
        blocks = {f"b{number}": {"stack": [format_item(item)]} for number, item in enumerate(body)}
        alone = Space(
            stages=[{"block": block} for block in blocks], block=blocks, stem=space.stem,
            head=space.head, axes=space.axes, input_channels=space.input_channels, allow_gaps=True,
        )  # fmt: skip
        rounding = "ceil" if self.query.rounding == "ceil" else "floor"
        asked: dict[str, Any] = {"rounding": rounding, "costs": self.query.charges, **bounds}
        query = Query.of(space.axes, size_text(self.sizes), **asked)
        return Found._build(alone, query)


def _number(value: int, scale: int) -> str:
    return f"{value:,}" if scale == 1 else f"{value / scale:.9g}"


def _entropy(network: Network) -> int:
    """Sum of log(c_in k^2 / groups) over the convolutions, each in units of 2^-32."""
    total = 0
    for node in network.nodes:
        if node.op in ("C", "DW", "T"):
            weights = node.params - node.norm_params - (node.channels if node.bias else 0)
            total += log_fixed(max(weights // node.channels, 1))
    return total
