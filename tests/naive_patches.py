"""A slow, obvious oracle of patches: every position of every patch, one by one.

It imports nothing of the package. A network is a list of operations on named tensors; a patch is
a set of output positions along each axis, and what it needs is found by writing down every
position that every tap reads. MCUNetV2: Lin et al. 2021, "Memory-efficient Patch-based Inference
for Tiny Deep Learning".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from math import prod

from naive_blocks import side_by_side


@dataclass(frozen=True)
class Layer:
    """A convolution, depthwise convolution or pool; numbers are one an axis."""

    op: str
    kernel: tuple
    stride: tuple
    padding: tuple
    dilation: tuple
    channels: int = 0  # of a convolution

    @property
    def text(self):
        words = [str(self.channels) if self.op == "C" else "", self.op]
        for letter, values, left_out in (
            ("", self.kernel, None), ("S", self.stride, 1), ("P", self.padding, 0),
            ("D", self.dilation, 1),
        ):  # fmt: skip
            if any(value != left_out for value in values):
                words.append(letter + numbers(values))
        return "".join(words)


@dataclass
class Tensor:
    """A tensor: sizes, channels, and the operations' numbers that read it."""

    sizes: tuple
    channels: int
    made_by: int
    inputs: tuple = ()
    layer: Layer | None = None
    in_place: bool = False
    group: int = 0  # of the patches that it is made in, 0: none
    read_by: list = field(default_factory=list)


class Naive:
    """A network of layers, ("R", items), ("|", branches), ("+", branches), ("P", counts, items)."""

    def __init__(self, items, sizes, channels):
        self.tensors = [Tensor(tuple(sizes), channels, 0)]
        self.groups = {}
        self.params = 0
        self.end = self.follow(items, 0, 0)
        self.macs = self.peak = 0
        self.run()

    def follow(self, items, source, group):
        for item in items:
            if isinstance(item, Layer):
                source = self.layer(item, source, group)
            elif item[0] == "P":
                number = len(self.groups) + 1
                self.groups[number] = [item[1], source, 0]
                source = self.follow(item[2], source, number)
                self.groups[number][2] = source
            elif item[0] == "R":
                end = self.follow(item[1], source, group)
                source = self.add((end, source), group, in_place=True)
            else:
                ends = tuple(self.follow(branch, source, group) for branch in item[1])
                source = self.add(ends, group, in_place=item[0] == "+", side_by_side=item[0] == "|")
        return source

    def layer(self, layer, source, group):
        before = self.tensors[source]
        sizes = []
        for n, k, s, p, d in zip(
            before.sizes, layer.kernel, layer.stride, layer.padding, layer.dilation, strict=True
        ):
            starts = range(-p, n + p - d * (k - 1), s)
            if not starts:
                raise ValueError("no output")
            sizes.append(len(starts))
        channels = layer.channels if layer.op == "C" else before.channels
        taps = prod(layer.kernel)
        if layer.op == "C":
            self.params += taps * before.channels * channels + channels
        elif layer.op == "DW":
            self.params += taps * channels + channels
        return self.enter(Tensor(tuple(sizes), channels, 0, (source,), layer, False, group))

    def add(self, sources, group, in_place, side_by_side=False):
        tensors = [self.tensors[source] for source in sources]
        if len({one.sizes for one in tensors}) > 1:
            raise ValueError("sizes")
        if not side_by_side and len({one.channels for one in tensors}) > 1:
            raise ValueError("channels")
        channels = sum(one.channels for one in tensors) if side_by_side else tensors[0].channels
        made = Tensor(tensors[0].sizes, channels, 0, sources, None, in_place, group)
        return self.enter(made)

    def enter(self, tensor):
        tensor.made_by = len(self.tensors)
        for source in tensor.inputs:
            self.tensors[source].read_by.append(tensor.made_by)
        self.tensors.append(tensor)
        return tensor.made_by

    def boxes(self, group):
        """{patch: {tensor: positions along each axis}} that each patch needs of the group."""
        counts, _, end = self.groups[group]
        members = [t for t in self.tensors if t.group == group]
        found = {}
        for patch in product(*map(range, counts)):
            needed = {
                end: [
                    {o for o in range(n) if at * n // count <= o < (at + 1) * n // count}
                    for n, at, count in zip(self.tensors[end].sizes, patch, counts, strict=True)
                ]
            }
            for tensor in reversed(members):
                mine = needed.setdefault(tensor.made_by, [set() for _ in counts])
                mine[:] = [set(range(min(a), max(a) + 1)) if a else a for a in mine]
                for source in tensor.inputs:
                    if self.tensors[source].group != group:
                        continue
                    theirs = needed.setdefault(source, [set() for _ in counts])
                    for axis, n in enumerate(self.tensors[source].sizes):
                        theirs[axis] |= self.reads(tensor.layer, axis, mine[axis], n)
            found[patch] = needed
        return found

    @staticmethod
    def reads(layer, axis, outputs, n):
        if layer is None:
            return set(outputs)
        k, s, p, d = (
            values[axis] for values in (layer.kernel, layer.stride, layer.padding, layer.dilation)
        )
        every = [o * s - p + d * tap for o in outputs for tap in range(k)]
        # One box, from the first window's first tap to the last one's last.
        return set(range(min(every), max(every) + 1)) & set(range(n)) if every else set()

    def run(self):
        boxes = {
            group: [
                {one: tuple(map(len, along)) for one, along in needed.items()}
                for needed in self.boxes(group).values()
            ]
            for group in self.groups
        }
        rooms, channels = self.rooms()
        last = {}
        for tensor in self.tensors:
            for room in rooms[tensor.made_by]:
                reads = [tensor.made_by, *tensor.read_by]
                if tensor.made_by == self.end:
                    reads.append(len(self.tensors))
                last[room] = max(last.get(room, 0), *reads)
        first = {room: room for room in last}
        for group, (_, source, end) in self.groups.items():
            begin = min(t.made_by for t in self.tensors if t.group == group)
            for room in rooms[source]:
                last[room] = max(last[room], end)
            for room in rooms[end]:
                first[room] = min(first[room], begin)
        for tensor in self.tensors:
            at, group = tensor.made_by, tensor.group
            whole = rooms[self.groups[group][2]] if group else set()
            for needed in boxes[group] if group else [{}]:
                alive = 0
                for room in last:
                    held = self.tensors[room]
                    if first[room] <= at <= last[room]:
                        part = group and held.group == group and room not in whole
                        alive += prod(needed[room] if part else held.sizes) * channels[room]
                self.peak = max(self.peak, alive)
                if tensor.layer is not None and tensor.layer.op in ("C", "DW"):
                    done = prod(needed[at] if group else tensor.sizes)
                    c_in = self.tensors[tensor.inputs[0]].channels if tensor.layer.op == "C" else 1
                    self.macs += done * prod(tensor.layer.kernel) * c_in * tensor.channels

    def rooms(self):
        """(the tensors whose memory each tensor occupies: its own, its parts', or an operand's;
        channels of the memory that each has of its own)."""
        found, channels = [], {one.made_by: one.channels for one in self.tensors}
        for tensor in self.tensors:
            mine = {tensor.made_by}
            if tensor.inputs and tensor.layer is None and not tensor.in_place:
                parts = [found[source] for source in tensor.inputs]
                mine, channels[tensor.made_by] = side_by_side(parts, channels, tensor.made_by)
            elif tensor.in_place:
                for source in tensor.inputs:
                    if self.free(source, tensor, found):
                        mine = found[source]
                        break
            found.append(mine)
        return found, channels

    def free(self, source, tensor, found):
        """Whether nothing needs what a tensor occupies beyond an operation that reads it."""
        for other in self.tensors[: tensor.made_by]:
            if found[other.made_by] & found[source] and any(
                read > tensor.made_by for read in other.read_by
            ):
                return False
        # What patches read is there for the next patch as well.
        held = self.groups[tensor.group][1] if tensor.group else None
        return held is None or not found[held] & found[source]


def numbers(values):
    """One number an axis, or one for all."""
    return "x".join(map(str, values if len(set(values)) > 1 else values[:1]))


def text(items):
    """The notation."""
    return "-".join(map(_text, items))


def _text(item):
    if isinstance(item, Layer):
        return item.text
    if item[0] == "P":
        return f"P{numbers(item[1])}({text(item[2])})"
    if item[0] == "R":
        return f"R({text(item[1])})"
    return f"({item[0].join(text(branch) or 'ID' for branch in item[1])})"
