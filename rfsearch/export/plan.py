"""Plan: a stack with everything settled that a framework must be told, and a name for every part.

The notation leaves to the input what depends on it: channels in, the padding of `same`, the
inputs of a fully connected layer, whether a residual block needs a projection. A plan has it all,
as a tree of parts in order of execution, with the blocks kept; each exporter walks this tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import TypeAlias

from rfsearch.errors import UsageError
from rfsearch.layers.layer import Block, Layer
from rfsearch.network.figures import agreed, half, whole
from rfsearch.network.node import Node


@dataclass(frozen=True)
class Figures:
    """What is known of a tensor, one entry an axis: size, receptive field, jump, first centre.

    `after_head`: whether all positions have been merged on every path before it.
    """

    sizes: tuple[int, ...]
    channels: int
    rf: tuple[int, ...]
    jump: tuple[Fraction, ...]
    centre2: tuple[int, ...]
    after_head: bool

    @classmethod
    def of(cls, node: Node) -> Figures:
        boxes = [seen.box(0) or (0, 0) for seen in node.fields]
        return cls(
            node.sizes,
            node.channels,
            tuple(seen.rf for seen in node.fields),
            tuple(seen.jump for seen in node.fields),
            tuple(first + last for first, last in boxes),
            node.after_head,
        )

    @property
    def note(self) -> str:
        """`55×55, RF 11, jump 4`, for a comment."""
        rf = "×".join(map(str, _each(agreed(list(self.rf)))))
        jump = "×".join(str(one) for one in _each(agreed([whole(one) for one in self.jump])))
        return f"{'×'.join(map(str, self.sizes))}, RF {rf}, jump {jump}"

    @property
    def centre(self) -> str:
        return "×".join(str(one) for one in _each(agreed([half(one) for one in self.centre2])))


def _each(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


@dataclass(frozen=True)
class Operation:
    """One layer. Sequences have one entry an axis.

    op          of the notation
    sides       padding (before, after), that of `same` worked out for this input; of PAD and
                CROP the positions added or taken away
    same        whether the notation says `same`
    ceil        whether a pool rounds its size up
    norm, bias  what is learned beside the weights: "", "N" or "L", and a bias
    activation  function after it; "" for none
    nonnegative whether its input has no negative values, so that zeros pad a maximum exactly
    """

    name: str
    layer: Layer
    op: str
    channels_in: int
    channels: int
    groups: int
    sizes_in: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    sides: tuple[tuple[int, int], ...]
    same: bool
    ceil: bool
    norm: str
    bias: bool
    activation: str
    nonnegative: bool
    figures: Figures

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.figures.sizes

    @property
    def features_in(self) -> int:
        """Values that one output of a fully connected layer reads."""
        return prod(self.sizes_in) * self.channels_in

    @property
    def fitted(self) -> tuple[tuple[int, int], ...]:
        """Padding with which the window fits its last output exactly, rounding down.

        What `ceil` lets hang over the end becomes padding; a window that PyTorch leaves out
        because it starts in the padding after the input loses that padding.
        """
        if not self.ceil or self.same:
            return self.sides
        return tuple(
            (before, max((m - 1) * s + k - n - before, 0))
            for (before, _), m, s, k, n in zip(
                self.sides, self.sizes, self.stride, self.kernel, self.sizes_in, strict=True
            )
        )

    @property
    def within(self) -> tuple[tuple[int, int], ...]:
        """That part of `fitted` which is padding; the rest is `overhang`."""
        return tuple(
            (before, min(after, end))
            for (before, after), (_, end) in zip(self.sides, self.fitted, strict=True)
        )

    @property
    def overhang(self) -> tuple[int, ...]:
        """How far the last window hangs over the padded input; an average leaves that out."""
        return tuple(
            end - after for (_, after), (_, end) in zip(self.within, self.fitted, strict=True)
        )

    @property
    def zero_padded(self) -> bool:
        """Whether zeros pad it, not what a maximum ignores: of nothing there is no maximum.

        So where a window may lie in the padding altogether, and for everything but maxima.
        """
        empty = any(max(pair) >= k for pair, k in zip(self.fitted, self.kernel, strict=True))
        return self.op != "MP" or empty

    @property
    def growth(self) -> tuple[int, ...]:
        """d(k-1), one an axis."""
        return tuple(d * (k - 1) for d, k in zip(self.dilation, self.kernel, strict=True))


@dataclass(frozen=True)
class Gate:
    """Squeeze and excitation: its input times the sigmoid of `expand`(`squeeze`(average))."""

    name: str
    layer: Layer
    squeeze: Operation
    expand: Operation
    figures: Figures


@dataclass(frozen=True)
class Branching:
    """A block: branches that read the same input, joined.

    join        "+", "*", "|", or "" where a block with one branch has no skip
    branches    the main path first; an empty one passes its input on
    residual    whether the second branch is the skip of R(…) or I(…)
    gates       of each branch, the axes on which it acts on all positions alike
    """

    name: str
    block: Block
    join: str
    branches: tuple[tuple[Part, ...], ...]
    residual: bool
    activation: str
    figures: Figures
    gates: tuple[tuple[bool, ...], ...]


@dataclass(frozen=True)
class Aside:
    """A branch whose output is put aside; the input is passed on.

    adds        whether it is added to what was put aside before, as SUM collects both
    """

    name: str
    branch: tuple[Part, ...]
    figures: Figures
    adds: bool = False


@dataclass(frozen=True)
class Collect:
    """The concatenation ("|") of everything put aside so far; "" is the first, or the sum."""

    name: str
    join: str
    activation: str
    figures: Figures


Part: TypeAlias = Operation | Gate | Branching | Aside | Collect


@dataclass(frozen=True)
class Plan:
    """A whole network: `notation` and input say which.

    asides      outputs that remain put aside; they come before the network's own
    main        which output is described, counted from the first aside
    features    figures of that output before its head
    in_patches  whether the notation has some of it run in patches; the parts make whole maps
    """

    notation: str
    sizes: tuple[int, ...]
    channels: int
    parts: tuple[Part, ...]
    asides: int
    main: int
    features: Figures
    activation: str
    in_patches: bool = False

    def check_whole(self, where: str, name: str = "") -> None:
        """UsageError where some of it is said to run in patches, which `where` does not do."""
        if self.in_patches:
            name = name or self.notation
            raise UsageError(f"{name}: runs in patches, and {where} makes whole maps")

    @property
    def axes(self) -> int:
        return len(self.sizes)
