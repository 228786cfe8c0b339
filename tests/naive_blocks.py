"""A slow, obvious oracle of layers and blocks: what they do to a tensor, and what that costs.

It imports nothing of the package. The recurrences are those of Araujo, Norris, Sim (Distill 2019)
on every axis by itself; over branches a receptive field is the hull of the branches' boxes. Live
memory is found as one would on paper: write down which step reads which tensor, then add up, at
every step, the rooms of all that is still to be read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Context, Decimal
from functools import cache, reduce
from math import inf, prod
from operator import or_

from naive_notation import Block, Layer, UnfitError, agreed, layers_of, spread


@dataclass(frozen=True)
class Tensor:
    """A tensor; sequences have one entry an axis.

    start, end  first and last input pixel that the first output sees
    shortest    receptive field along the shortest path
    spread      12 times the variance of the impulse response along the axis's widest path
    seen        the input pixels that the first output reads, borders aside: bit i for start + i
    """

    sizes: tuple
    channels: int
    jump: tuple
    start: tuple
    end: tuple
    shortest: tuple
    spread: tuple
    seen: tuple

    @property
    def values(self):
        return prod(self.sizes) * self.channels


def input_tensor(sizes, channels):
    ones, zeros = (1,) * len(sizes), (0,) * len(sizes)
    return Tensor(sizes, channels, ones, zeros, zeros, ones, zeros, ones)


@dataclass(frozen=True)
class Ran:
    """What one item made of a tensor, and what that cost (values, not bytes).

    `written` are the convolutions of its notation: how many, and the sum of their logarithms in
    units of 2^-24; `aside` is the sum of what was put aside so far.
    """

    out: Tensor
    depth: int
    params: int
    macs: int
    activations: int
    entropy: int
    peak: int
    written: tuple
    aside: Tensor | None = None


@cache
def run(item, source, rounding, aside=None):
    """Ran, or None where the item has no output; `source` is not read by anything else.

    `aside`: what waits meanwhile to be added up.
    """
    trace = _Trace(source, rounding)
    if aside:
        trace.tensors.append(aside)
        trace.aside = 1
    try:
        last = trace.item(item, 0)
    except UnfitError:
        return None
    return Ran(
        trace.tensors[last],
        trace.depth,
        trace.params,
        trace.macs,
        trace.activations,
        trace.entropy,
        trace.peak(),
        tuple(trace.written),
        None if trace.aside is None else trace.tensors[trace.aside],
    )


def axis_size(n, kernel, stride, pads, dilation, ceil, rounding):
    """(output size, padding before) on one axis; UnfitError where there is none."""
    window = dilation * (kernel - 1) + 1
    if pads == "same":
        size = -(-n // stride)
        covered = (size - 1) * stride + window
        if rounding == "exact" and covered < n:
            raise UnfitError
        return size, max(covered - n, 0) // 2
    before, after = pads
    starts = [s for s in range(-before, n + after, stride) if s + window <= n + after]
    if not starts:
        raise UnfitError
    left_over = n + after - (starts[-1] + window)
    if rounding == "exact" and left_over and not ceil:  # U says how to round
        raise UnfitError
    size = len(starts)
    if ceil:
        # PyTorch: a further, cut window where pixels are left over; then the last window is
        # dropped if it starts in the padding after the input.
        size += left_over > 0
        size -= -before + (size - 1) * stride >= n
    return size, before


@cache
def log_in_units(number):
    """Its natural logarithm in units of 2^-32, to the nearest."""
    return int((Decimal(number).ln(Context(prec=50)) * 2**32).to_integral_value())


class _Trace:
    """The tensors of an item, and the steps that made them: (tensors read, tensor made, how)."""

    def __init__(self, source, rounding):
        self.tensors = [source]
        self.steps = []
        self.rounding = rounding
        self.depth = self.params = self.macs = self.activations = self.entropy = 0
        self.written = [0, 0]
        self.aside = None  # the sum of what was put aside
        self.pooled = set()  # tensors of one position

    def make(self, reads, tensor, how="own room"):
        self.tensors.append(tensor)
        self.steps.append((reads, len(self.tensors) - 1, how))
        if how != "side by side":
            self.activations += tensor.values
        return len(self.tensors) - 1

    def items(self, items, at):
        for item in items:
            at = self.item(item, at)
        return at

    def item(self, item, at):
        """Run one item on tensor number `at`; the number of its output."""
        if isinstance(item, Block):
            if item.join == "A":
                self.put_aside(self.items(item.branches[0], at))
                return at
            return self.residual(item, at) if item.join in "RI" else self.branches(item, at)
        if item.op == "SUM":
            at, self.aside = self.aside, None
            return at
        if item.op in ("GAP", "FC"):
            made = self.head(item, at)
            self.pooled |= {made}
            return made
        if item.op == "C" and at in self.pooled:
            return self.image_level(item, at)
        if item.op == "SE":
            return self.gate(item, at)
        made = self.window(item, at, self.rounding)
        if item.op in ("C", "DW"):
            before = self.tensors[at].channels
            groups = before if item.op == "DW" else item.groups
            taps = prod(spread(item.kernel, len(self.tensors[at].sizes)))
            self.written[0] += 1
            self.written[1] += (log_in_units(before * taps // groups) + 2**7) // 2**8
        return made

    def put_aside(self, end):
        """The sum of all that was put aside, in place."""
        if self.aside is not None:
            both = [self.aside, end]
            widths = [self.tensors[one].channels for one in both]
            if widths[0] != widths[1]:
                raise UnfitError
            end = self.make(both, self.joined(both, widths[0]), "in place")
        self.aside = end

    def image_level(self, layer, at):
        """A 1x1 convolution of one position, which no depth counts."""
        x = self.tensors[at]
        channels = layer.channels or x.channels
        self.written[0] += 1
        self.written[1] += (log_in_units(x.channels // layer.groups) + 2**7) // 2**8
        self.learn(layer, 1, x.channels, channels, 1)
        made = self.make([at], replace(x, channels=channels))
        self.pooled |= {made}
        return made

    def learn(self, layer, taps, before, after, volume):
        """Count the weights and the work of a convolution or a fully connected layer."""
        groups = before if layer.op == "DW" else layer.groups
        if before % groups or after % groups:
            raise UnfitError
        weights = taps * (before // groups) * after
        self.params += weights + after * (2 * layer.norm + layer.bias)
        self.macs += volume * weights
        if layer.op != "FC":
            self.entropy += log_in_units(before * taps // groups)

    def window(self, layer, at, rounding):
        """A convolution or a pool: what counts in the depth."""
        self.depth += 1
        x, axes = self.tensors[at], len(self.tensors[at].sizes)
        kernel, stride = spread(layer.kernel, axes), spread(layer.stride, axes)
        dilation = spread(layer.dilation, axes)
        pads = layer.padding
        if isinstance(pads, int):
            pads = ((pads, pads),)
        pads = pads * axes if len(pads) == 1 else pads
        pads = ("same",) * axes if layer.padding == "same" else pads
        sized = [
            axis_size(n, k, s, p, d, layer.ceil, rounding)
            for n, k, s, p, d in zip(x.sizes, kernel, stride, pads, dilation, strict=True)
        ]
        sizes = tuple(size for size, _ in sized)
        grown = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        per_axis = list(zip(x.jump, grown, [before for _, before in sized], strict=True))
        channels = layer.channels or x.channels
        if layer.op in ("C", "DW"):
            self.learn(layer, prod(kernel), x.channels, channels, prod(sizes))
        out = Tensor(
            sizes=sizes,
            channels=channels,
            jump=tuple(j * s for j, s in zip(x.jump, stride, strict=True)),
            start=tuple(a - p * j for a, (j, _, p) in zip(x.start, per_axis, strict=True)),
            end=tuple(b + (g - p) * j for b, (j, g, p) in zip(x.end, per_axis, strict=True)),
            shortest=tuple(r + g * j for r, (j, g, _) in zip(x.shortest, per_axis, strict=True)),
            spread=tuple(
                before + d * d * j * j * (k * k - 1)
                for before, d, j, k in zip(x.spread, dilation, x.jump, kernel, strict=True)
            ),
            seen=tuple(
                reduce(or_, (pixels << tap * d * j for tap in range(k)))
                for pixels, d, k, j in zip(x.seen, dilation, kernel, x.jump, strict=True)
            ),
        )
        return self.make([at], out)

    def head(self, layer, at):
        """Global average or a fully connected layer: one position is left."""
        x = self.tensors[at]
        channels = layer.channels or x.channels
        if layer.op == "FC":
            self.learn(layer, prod(x.sizes), x.channels, channels, 1)
        return self.make([at], replace(x, sizes=(1,) * len(x.sizes), channels=channels))

    def gate(self, layer, at):
        """Squeeze-and-excitation: global average, two 1x1 convolutions, the product in place."""
        x = self.tensors[at]
        squeezed = x.channels // layer.kernel
        if not squeezed:
            raise UnfitError
        mean = self.make([at], replace(x, sizes=(1,) * len(x.sizes)))
        made = mean
        for channels in (squeezed, x.channels):
            before = self.tensors[made]
            self.learn(replace(layer, op="C"), 1, before.channels, channels, 1)
            made = self.make([made], replace(before, channels=channels))
        return self.make([at, made], x, "in place")

    def residual(self, block, at):
        """The main path, then the projection where one is needed, then the sum in place."""
        end = self.items(block.branches[0], at)
        before, after = self.tensors[at], self.tensors[end]
        strides = tuple(b // a for a, b in zip(before.jump, after.jump, strict=True))
        plain = set(strides) == {1} and before.channels == after.channels
        if not plain and block.join == "I":
            return end
        skip = at
        if not plain:
            convolutions = [one for one in layers_of(block.branches[0]) if one.op in ("C", "DW")]
            if not convolutions:
                raise UnfitError
            last = convolutions[-1]
            one = Layer("C", 1, agreed(strides), channels=after.channels)
            skip = self.window(replace(one, norm=last.norm, bias=last.bias), at, "floor")
        out = self.joined([end, skip], after.channels)
        return self.make([end, skip], replace(out, spread=after.spread), "in place")

    def branches(self, block, at):
        """Every branch in order; | writes them side by side, + adds them in place."""
        ends = []
        for branch in block.branches:
            ends.append(self.items(branch, at))
            if block.join == "|" and ends[-1] in self.pooled:
                # Resized back to the others' size, all positions alike.
                sizes = self.tensors[ends[0]].sizes
                wide = replace(self.tensors[ends[-1]], sizes=sizes)
                ends[-1] = self.make([ends[-1]], wide)
                self.pooled |= {ends[-1]}
        widths = [self.tensors[end].channels for end in ends]
        seeing = [end for end in ends if end not in self.pooled]
        if block.join == "|":
            return self.make(ends, self.joined(seeing, sum(widths)), "side by side")
        if len(set(widths)) > 1:
            raise UnfitError
        return self.make(ends, self.joined(seeing, widths[0]), "in place")

    def joined(self, ends, channels):
        tensors = [self.tensors[end] for end in ends]
        if len({(tensor.sizes, tensor.jump) for tensor in tensors}) > 1:
            raise UnfitError
        return Tensor(
            sizes=tensors[0].sizes,
            channels=channels,
            jump=tensors[0].jump,
            start=tuple(map(min, zip(*(tensor.start for tensor in tensors), strict=True))),
            end=tuple(map(max, zip(*(tensor.end for tensor in tensors), strict=True))),
            shortest=tuple(map(min, zip(*(tensor.shortest for tensor in tensors), strict=True))),
            spread=tuple(map(max, zip(*(tensor.spread for tensor in tensors), strict=True))),
            seen=tuple(
                reduce(
                    or_,
                    (t.seen[x] << t.start[x] - min(s.start[x] for s in tensors) for t in tensors),
                )
                for x in range(len(tensors[0].sizes))
            ),
        )

    def peak(self):
        """The most values alive at any step, the step's inputs and its output among them."""
        last_read = dict.fromkeys(range(len(self.tensors)), inf)
        for when, (reads, _, _) in enumerate(self.steps):
            last_read |= dict.fromkeys(reads, when)
        rooms = {number: {number} for number in range(len(self.tensors) - len(self.steps))}
        values, most = {room: self.tensors[room].values for room in rooms}, 0
        for when, (reads, made, how) in enumerate(self.steps):
            rooms[made], values[made] = {made}, self.tensors[made].values
            if how == "side by side":
                parts = [rooms[read] for read in reads]
                rooms[made], values[made] = side_by_side(parts, values, made)
            elif how == "in place":
                waiting = [rooms[t] for t in range(made) if last_read[t] > when]
                for read in reads:
                    fits = self.tensors[read].values == self.tensors[made].values
                    if fits and not any(rooms[read] & others for others in waiting):
                        rooms[made] = rooms[read]
                        break
            alive = {made, *(t for t in range(made) if last_read[t] >= when)}
            occupied = set().union(*(rooms[tensor] for tensor in alive))
            most = max(most, sum(values[room] for room in occupied))
        return most


def side_by_side(parts, values, made):
    """(rooms of a concatenation of parts in these rooms, values of its own room `made`).

    A part that lies beside itself is there twice: what has its place already is copied.
    """
    rooms, copied = set(), 0
    for part in parts:
        copied += sum(values[room] for room in part & rooms)
        rooms |= part
    return (rooms | {made} if copied else rooms), copied
