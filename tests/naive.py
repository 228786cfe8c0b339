"""A slow, obvious oracle: every stack of a small space, listed one by one in plain integers.

It imports nothing of the package and follows the text: Araujo, Norris, Sim, "Computing Receptive
Fields of Convolutional Neural Networks" (Distill 2019) for the recurrences; PyTorch's pooling
rule for ceil; TensorFlow's SAME. Nothing is merged, pruned by a bound or kept for later, except
that a prefix whose receptive field is already too large is not continued.

Costs are whole numbers; `erf_variance` is kept in twelfths, `entropy` in units of 2^-32 and
`centre` doubled (`centre2`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from naive_blocks import log_in_units

OPS = ("conv", "maxpool", "avgpool")
LETTERS = {"conv": "C", "maxpool": "MP", "avgpool": "AP"}
COSTS = (
    "depth",
    "params",
    "macs",
    "activations",
    "memory",
    "peak_memory",
    "erf_variance",
    "weight_memory",
    "entropy",
)


@dataclass(frozen=True)
class Space:
    """What may be built; the fields and their meaning are those of the Python interface."""

    kernel: tuple = (1, 2, 3)
    stride: tuple = (1, 2)
    padding: tuple | None = None
    dilation: tuple = (1,)
    op: tuple = ("conv",)
    channels: object = "double:64:512"
    input_channels: int = 3
    depth: tuple = (1, 3)
    allow_gaps: bool = False
    allow_holes: bool = False
    allow_wide_padding: bool = False


@dataclass(frozen=True)
class Query:
    """What is asked; `bounds` is {cost: (least or None, most or None)}, ends included."""

    input: int
    target: tuple
    rounding: str = "exact"
    output: tuple | None = None
    jump: tuple | None = None
    bytes_per_value: int = 4
    bounds: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Layer:
    """One layer; a pool has channels 0 here, because it keeps those of its input."""

    op: str
    kernel: int
    stride: int
    padding: int | str
    dilation: int
    channels: int = 0
    ceil: bool = False

    def order(self):
        """Where the layer stands in the order of stacks."""
        same = self.padding == "same"
        pad = (1, 0) if same else (0, self.padding)
        return (
            OPS.index(self.op),
            self.kernel,
            self.stride,
            pad,
            self.dilation,
            self.channels,
        )

    def text(self):
        """Its notation, defaults left out."""
        width = str(self.channels) if self.op == "conv" else ""
        parts = [width, LETTERS[self.op], str(self.kernel)]
        if self.stride != 1:
            parts.append(f"S{self.stride}")
        if self.padding == "same":
            parts.append("Ps")
        elif self.padding != 0:
            parts.append(f"P{self.padding}")
        if self.dilation != 1:
            parts.append(f"D{self.dilation}")
        if self.ceil:
            parts.append("U")
        return "".join(parts)


@dataclass(frozen=True)
class Row:
    """One stack with everything that can be said of it."""

    layers: tuple
    output_size: int
    rf: int
    jump: int
    centre2: int
    padding_total: int
    channels: int
    params: int
    macs: int
    activations: int
    peak_values: int
    erf_variance: int
    entropy: int
    corners: tuple  # (size, channels, jump, rf) after each strided layer
    seen: int  # pixels that the output reads, borders aside: bit i for the i-th of its field
    bytes_per_value: int

    @property
    def stack(self):
        return "-".join(layer.text() for layer in self.layers)

    @property
    def depth(self):
        return len(self.layers)

    @property
    def coverage(self):
        return Fraction(self.seen.bit_count(), self.rf)

    @property
    def memory(self):
        return self.activations * self.bytes_per_value

    @property
    def peak_memory(self):
        return self.peak_values * self.bytes_per_value

    @property
    def weight_memory(self):
        return self.params * self.bytes_per_value

    @property
    def family(self):
        return (self.rf, self.corners)

    def order(self):
        return tuple(layer.order() for layer in self.layers)


# One layer


def input_only(n, channels, bytes_per_value):
    """The stack of no layers: an input of n x n pixels."""
    return Row((), n, 1, 1, 0, 0, channels, 0, 0, n * n * channels, 0, 0, 0, (), 1, bytes_per_value)


def size_after(n, layer, rounding):
    """(output size or None, padding before), by counting windows."""
    window = layer.dilation * (layer.kernel - 1) + 1
    if layer.padding == "same":
        size = -(-n // layer.stride)
        covered = (size - 1) * layer.stride + window
        if rounding == "exact" and covered < n:
            return None, 0
        return size, max(covered - n, 0) // 2
    pad = layer.padding
    starts = [s for s in range(-pad, n + pad, layer.stride) if s + window <= n + pad]
    if not starts:
        return None, pad
    left_over = n + pad - (starts[-1] + window)
    if rounding == "exact" and left_over:
        return None, pad
    size = len(starts)
    if rounding == "ceil" and layer.op != "conv":
        # PyTorch: a further, cut window where pixels are left over; then the last window is
        # dropped if it starts in the padding after the input.
        size += left_over > 0
        size -= -pad + (size - 1) * layer.stride >= n
    return size, pad


def read(seen, kernel, step):
    """The pixels that so many taps, `step` pixels apart, read of a field seen as `seen`."""
    pixels = 0
    for tap in range(kernel):
        pixels |= seen << tap * step
    return pixels


def append(row, layer, rounding):
    """The stack with one more layer, or None where that layer has no valid output."""
    n, before = size_after(row.output_size, layer, rounding)
    if n is None:
        return None
    k, d, j, c_in = layer.kernel, layer.dilation, row.jump, row.channels
    conv = layer.op == "conv"
    c_out = layer.channels if conv else c_in
    rf, jump = row.rf + d * (k - 1) * j, j * layer.stride
    return Row(
        layers=(*row.layers, layer),
        output_size=n,
        rf=rf,
        jump=jump,
        centre2=row.centre2 + (d * (k - 1) - 2 * before) * j,
        padding_total=row.padding_total + before * j,
        channels=c_out,
        params=row.params + (k * k * c_in * c_out + c_out if conv else 0),
        macs=row.macs + (n * n * k * k * c_in * c_out if conv else 0),
        activations=row.activations + n * n * c_out,
        peak_values=max(row.peak_values, row.output_size**2 * c_in + n * n * c_out),
        erf_variance=row.erf_variance + d * d * j * j * (k * k - 1),
        entropy=row.entropy + (log_in_units(k * k * c_in) if conv else 0),
        corners=(*row.corners, (n, c_out, jump, rf)) if layer.stride > 1 else row.corners,
        seen=read(row.seen, k, d * j),
        bytes_per_value=row.bytes_per_value,
    )


# The space


def layers_without_channels(space, rounding):
    """Each layer that may stand anywhere, once; its channels are for `widths` to give."""
    found = set()
    for op in space.op:
        for k in space.kernel:
            if op != "conv" and k < 2:
                continue
            for d in space.dilation if op == "conv" and k > 1 else (1,):
                limit = (d * (k - 1) + 1) // 2
                for s in space.stride:
                    if s > d * (k - 1) + 1 and not space.allow_gaps:
                        continue
                    for p in range(limit + 1) if space.padding is None else space.padding:
                        p = 0 if p == "valid" else p
                        if p != "same" and p > limit and not space.allow_wide_padding:
                            continue
                        ceil = op != "conv" and rounding == "ceil"
                        found.add(Layer(op, k, s, p, d, ceil=ceil))
    return sorted(found, key=Layer.order)


def widths(space, layer, had_convolution, channels):
    """The output channels that the rule lets this convolution have."""
    if isinstance(space.channels, int):
        return (space.channels,)
    if isinstance(space.channels, str):
        first, most = (int(word) for word in space.channels.split(":")[1:])
        if not had_convolution:
            return (first,)
        return (min(2 * channels, most) if layer.stride > 1 else channels,)
    return tuple(sorted(set(space.channels)))


def choices(space):
    """Layers to choose from at each place, free widths counted."""
    free = len(set(space.channels)) if isinstance(space.channels, (tuple, list)) else 1
    return sum(
        free if layer.op == "conv" else 1 for layer in layers_without_channels(space, "floor")
    )


def candidates(space):
    """Stacks that could be written, whatever their sizes."""
    low, high = space.depth
    return sum(choices(space) ** depth for depth in range(low, high + 1))


def continuations(space, row, rounding, layers):
    """Every stack that has one layer more than `row`, in the order of stacks."""
    had_convolution = any(layer.op == "conv" for layer in row.layers)
    for layer in layers:
        if layer.op != "conv":
            options = (layer,)
        else:
            options = tuple(
                Layer(layer.op, layer.kernel, layer.stride, layer.padding, layer.dilation, width)
                for width in widths(space, layer, had_convolution, row.channels)
            )
        for option in options:
            longer = append(row, option, rounding)
            if longer is not None:
                yield longer


# The questions


def matches(space, query):
    """Every match, in the order of stacks."""
    layers = layers_without_channels(space, query.rounding)
    found = []

    def visit(row):
        if row.rf > query.target[1]:
            return
        if row.depth and is_match(space, query, row):
            found.append(row)
        if row.depth < space.depth[1]:
            for longer in continuations(space, row, query.rounding, layers):
                visit(longer)

    visit(input_only(query.input, space.input_channels, query.bytes_per_value))
    return sorted(found, key=Row.order)


def is_match(space, query, row):
    """Whether a stack is what the query asks for."""
    bounds = {
        **query.bounds,
        "rf": query.target,
        "output_size": query.output or (1, None),
        "jump": query.jump or (1, None),
    }
    holes = space.allow_holes or space.allow_gaps or "coverage" in query.bounds
    if row.coverage < 1 and not holes:
        return False
    return space.depth[0] <= row.depth <= space.depth[1] and all(
        (low is None or getattr(row, name) >= low) and (high is None or getattr(row, name) <= high)
        for name, (low, high) in bounds.items()
    )


def figures(row, costs):
    """The costs of a row as numbers of which less is better; a leading `max:` turns one round."""
    return tuple(
        -getattr(row, cost[4:]) if cost.startswith("max:") else getattr(row, cost) for cost in costs
    )


def top(rows, k, by, distinct):
    """[(row, twins or None)]: the k best, ties broken by the order of stacks."""
    ranked = sorted(rows, key=lambda row: (figures(row, by), row.order()))
    twins = Counter(row.family for row in rows)
    chosen, seen = [], set()
    for row in ranked:
        key = {"family": row.family, "costs": figures(row, by), "none": row.order()}[distinct]
        if key not in seen:
            seen.add(key)
            chosen.append((row, twins[row.family] if distinct == "family" else None))
    return chosen[:k]


def front(rows, costs):
    """The Pareto front, the first stack in order for each vector of costs, sorted by the costs."""
    best = {}
    for row in sorted(rows, key=lambda row: row.order()):
        best.setdefault(figures(row, costs), row)
    vectors = sorted(best)
    return [
        best[vector]
        for vector in vectors
        if not any(
            other != vector and all(a <= b for a, b in zip(other, vector, strict=True))
            for other in vectors
        )
    ]


def families(rows):
    """How many families the matches form."""
    return len({row.family for row in rows})


def count_by_depth(space, query):
    """{depth: matches} of a query without budgets.

    What is equal in size, jump, RF, channels and the pixels that are read is merged.
    Far faster than the listing, and nearly as plain: the only step towards a clever answer.
    """
    layers = layers_without_channels(space, query.rounding)
    start = input_only(query.input, space.input_channels, query.bytes_per_value)
    prefixes = {(start.output_size, 1, 1, start.channels, False, start.seen): (start, 1)}
    counts = {}
    for depth in range(1, space.depth[1] + 1):
        longer_prefixes = {}
        for row, ways in prefixes.values():
            for longer in continuations(space, row, query.rounding, layers):
                if longer.rf > query.target[1]:
                    continue
                had_convolution = any(layer.op == "conv" for layer in longer.layers)
                key = (
                    longer.output_size,
                    longer.jump,
                    longer.rf,
                    longer.channels,
                    had_convolution,
                    longer.seen,
                )
                kept, before = longer_prefixes.get(key, (longer, 0))
                longer_prefixes[key] = (kept, before + ways)
        prefixes = longer_prefixes
        if depth >= space.depth[0]:
            counts[depth] = sum(
                ways for row, ways in prefixes.values() if is_match(space, query, row)
            )
    return counts
