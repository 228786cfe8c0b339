"""Convolutions, pools, resizes and paddings of traced tensors."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from rfsearch.errors import NotFollowed
from rfsearch.layers import cost, recurrence
from rfsearch.network.arranged import arranged, values
from rfsearch.network.axis import ZEROS, Adaptive, AxisMap, Transposed, Whole, Window
from rfsearch.network.node import PAD
from rfsearch.network.tensor import CHANNELS, Tensor
from rfsearch.network.trace.base import Tracing


@dataclass
class Windows(Tracing):
    """Operations with a window along each axis.

    pools_are_heads     whether an average over the whole map is the head; not where a notation
                        says that it is a layer
    """

    pools_are_heads: bool = False

    def windowed(
        self,
        tensor: Tensor,
        op: str,
        maps: tuple[AxisMap, ...],
        name: str,
        place: str,
        *,
        channels: int | None = None,
        groups: int = 1,
        bias: bool = False,
        taps: int = 0,
    ) -> Tensor:
        """A convolution, pool, resize, pad or crop along the axes, or along the last dimensions."""
        tensor = self.unshuffled(tensor, name, place)
        if len(maps) != self.graph.axes or not self.is_standard(tensor):
            return self._anyhow(tensor, op, maps, name, place, channels, groups, bias, taps)
        if self.pools_are_heads and op == "AP" and self._covers(tensor, maps):
            op, maps = "GAP", (Whole(),) * len(maps)
        node = self.graph.apply(
            tensor.node,
            op,
            name,
            maps,
            place=place,
            channels=channels,
            groups=groups,
            learned=cost.BIAS if bias else cost.NO_BIAS,
            taps=taps,
        )
        return Tensor(node, (tensor.dims[0], *self.standard(node).dims[1:]))

    def _covers(self, tensor: Tensor, maps: tuple[AxisMap, ...]) -> bool:
        """Whether one window, padding apart, is the whole map."""
        sizes = self.graph.nodes[tensor.node].sizes
        return max(sizes) > 1 and all(
            isinstance(one, Window)
            and one.dilation == one.size(n) == 1
            and 0 <= one.padding(n)[0] <= one.kernel - n
            for one, n in zip(maps, sizes, strict=True)
        )

    def _anyhow(
        self,
        tensor: Tensor,
        op: str,
        maps: tuple[AxisMap, ...],
        name: str,
        place: str,
        channels: int | None,
        groups: int,
        bias: bool,
        taps: int,
    ) -> Tensor:
        """The same in any other layout."""
        before = self.graph.nodes[tensor.node]
        first = len(tensor.dims) - len(maps) - 1
        made = tensor.shape[first] if channels is None and first >= 0 else channels or 1
        found = arranged(tensor, before.sizes, maps, made, place)
        if all(isinstance(one, Transposed) for one in maps):
            macs = values(tensor.dims) * taps * made // groups // tensor.batch
        else:
            macs = values(found.dims) * taps * found.read // groups // tensor.batch
        sizes = tuple(one.size(n) for one, n in zip(found.maps, before.sizes, strict=True))
        node = self.graph.apply(
            tensor.node,
            op,
            name,
            found.maps,
            place=place,
            channels=self.channels_of(found.dims, sizes, place),
            learned=cost.BIAS if bias else cost.NO_BIAS,
            taps=taps,
            macs=macs,
        )
        if taps:
            learned = taps * made * (found.read // groups) + bias * made
            self.graph.nodes[node].params = learned
        return Tensor(node, found.dims)

    def convolution(
        self,
        tensor: Tensor,
        maps: tuple[AxisMap, ...],
        name: str,
        place: str,
        *,
        channels: int,
        groups: int,
        bias: bool,
        taps: int,
        transposed: bool = False,
    ) -> Tensor:
        """A convolution; depthwise where every input channel has a group of its own."""
        tensor = self.unshuffled(tensor, name, place)
        before = prod(size for _, size in tensor.dims[max(len(tensor.dims) - len(maps) - 1, 0)])
        op = "T" if transposed else "DW" if groups == before > 1 else "C"
        return self.windowed(
            tensor,
            op,
            maps,
            name,
            place,
            channels=channels,
            groups=groups,
            bias=bias,
            taps=taps,
        )

    def adaptive_pool(
        self, tensor: Tensor, op: str, targets: tuple[int, ...], name: str, place: str
    ) -> Tensor:
        """A pool to `targets` positions; nothing at all where they are there already."""
        sizes = tensor.shape[len(tensor.dims) - len(targets) :]
        if all(target == 1 for target in targets):
            made = self.windowed(tensor, "GAP", (Whole(),) * len(sizes), name, place)
            if op == "MP":
                self.graph.nodes[made.node].kind = "maximum over all positions"
            return made
        if targets == sizes:
            return tensor
        maps: list[AxisMap] = []
        for n, target in zip(sizes, targets, strict=True):
            if n % target == 0:
                maps.append(Window(n // target, n // target))
            else:
                maps.append(Adaptive(target))
        return self.windowed(tensor, op, tuple(maps), name, place)

    def padded(
        self,
        tensor: Tensor,
        sides: list[tuple[int, int]],
        name: str,
        place: str,
        *,
        edge: str = ZEROS,
    ) -> Tensor:
        """Padding of each dimension, (before, after); negative numbers crop.

        `edge` says what padding holds; constant channels are put beside those that there are.
        """
        if not any(before or after for before, after in sides):
            return tensor
        tensor = self.unshuffled(tensor, name, place)
        node, dims = tensor.node, list(tensor.dims)
        maps: list[AxisMap] = [Window() for _ in range(self.graph.axes)]
        for number, (before, after) in enumerate(sides):
            if not (before or after):
                continue
            size = tensor.shape[number] + before + after
            axis = self._axis_of(tensor, number)
            if axis is None:
                dims[number] = ((CHANNELS, size),) if size > 1 else ()
            else:
                maps[axis] = Window(before=before, after=after, edge=edge)
                dims[number] = ((axis, size),) if size > 1 else ()
        if any(one != Window() for one in maps):
            grows = all(before >= 0 and after >= 0 for before, after in sides)
            node = self.graph.apply(node, PAD if grows else "CROP", name, tuple(maps), place=place)
        channels = self.channels_of(tuple(dims), self.graph.nodes[node].sizes, place)
        if channels != self.graph.nodes[node].channels:
            node = self.graph.select(node, channels, name, place=place)
        return Tensor(node, tuple(dims))

    def _axis_of(self, tensor: Tensor, number: int) -> int | None:
        """The axis that a dimension is; None for channels and the batch."""
        dim = tensor.dims[number]
        if len(dim) == 1 and isinstance(dim[0][0], int):
            return dim[0][0]
        if tensor.labels(number) - {CHANNELS}:
            raise NotFollowed(f"{place_of(tensor)}padding of a part of an axis")
        axis = number - (len(tensor.dims) - self.graph.axes)
        if not dim and axis >= 0 and number >= 2 and self.graph.nodes[tensor.node].sizes[axis] == 1:
            return axis
        return None


def place_of(tensor: Tensor) -> str:
    return f"node {tensor.node}: "


def window(kernel: int, stride: int, padding: str, dilation: int = 1) -> Window:
    """A window with TensorFlow's padding: same, valid or causal.

    Of stride 1 SAME is a number, whatever the size.
    """
    growth = recurrence.window_growth(kernel, dilation)
    if padding == "causal":
        return Window(kernel, stride, growth, 0, dilation)
    if padding == "same" and stride > 1:
        return Window(kernel, stride, dilation=dilation, same="upper")
    if padding == "same":
        return Window(kernel, 1, growth // 2, growth - growth // 2, dilation)
    return Window(kernel, stride, dilation=dilation)
