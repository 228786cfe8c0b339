"""Layer and Block: what the notation (docs/notation.md) describes, and the order of stacks.

A stack is a tuple of items. An item is a Layer (one operation on its input) or a Block (stacks
side by side). Both are immutable and hashable. The notation itself, text to items and back, is
`rfsearch.layers.notation`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeAlias

SAME = "same"

# The order of stacks starts with these; a search uses the first four, networks all.
OPS: tuple[str, ...] = ("C", "DW", "MP", "AP", "GAP", "FC", "T", "UP", "UPL", "SE", "SUB")
OPS += ("PAD", "CROP", "BN", "LN", "SCALE", "SUM", "CAT", "HEAD")
POOLS = frozenset(("MP", "AP"))
CONVOLUTIONS = frozenset(("C", "DW", "T"))
WINDOWED = POOLS | CONVOLUTIONS
RESIZES = frozenset(("UP", "UPL"))
FINER = RESIZES | {"T"}  # what makes a tensor finer than its input
NORMS = ("", "N", "L")

# How a Block joins its branches.
RESIDUAL, INVERTED, CONCAT, ADD, MULTIPLY, ASIDE, PATCHES = "R", "I", "|", "+", "*", "A", "P"
JOINS = (RESIDUAL, INVERTED, CONCAT, ADD, MULTIPLY, ASIDE, PATCHES)

Order: TypeAlias = tuple[Any, ...]  # what a sort compares, part by part
PerAxis: TypeAlias = int | tuple[int, ...]
Padding: TypeAlias = int | str | tuple[tuple[int, int], ...]


def spread(value: PerAxis, axes: int) -> tuple[int, ...]:
    """One number an axis."""
    return value if isinstance(value, tuple) else (value,) * axes


def along(value: PerAxis, axis: int) -> int:
    """The number of one axis."""
    return value[axis] if isinstance(value, tuple) else value


def _per_axis(value: PerAxis) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,)


def _padding_order(padding: Padding) -> tuple[int, tuple[tuple[int, int], ...]]:
    """Numbers before `same`; a symmetric number as its pair, so that all are comparable."""
    if isinstance(padding, str):
        return (1, ())
    if isinstance(padding, int):
        return (0, ((padding, padding),))
    return (0, padding)


class _WorkedOutOnce:
    """An item, whose hash and order are asked for again and again, and are worked out once."""

    __slots__ = ("_bare", "_hash", "_order")
    _hash: int
    _order: Order
    _bare: Layer

    def _hash_of(self, values: tuple[object, ...]) -> int:
        found = hash(values)
        object.__setattr__(self, "_hash", found)
        return found

    def _order_of(self, values: Order) -> Order:
        object.__setattr__(self, "_order", values)
        return values


@dataclass(frozen=True, slots=True)
class Layer(_WorkedOutOnce):
    """One layer.

    op          one of OPS
    kernel      window in pixels, one number for all axes or one an axis; the factor of UP and
                SUB, the reduction of SE; 1 where the op has none
    stride, dilation   likewise
    padding     pixels on each side of all axes, or SAME, or one (before, after) pair for all
                axes or one an axis
    channels    of the output; None where the layer keeps those of its input
    groups      of a convolution
    ceil        whether a pool rounds its output size up
    norm        what is learned after it: "" nothing, "N" batch norm, "L" layer norm
    bias        whether a bias is learned
    """

    op: str
    kernel: PerAxis = 1
    stride: PerAxis = 1
    padding: Padding = 0
    dilation: PerAxis = 1
    channels: int | None = None
    groups: int = 1
    ceil: bool = False
    norm: str = ""
    bias: bool = True

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            return self._hash_of(
                (
                    self.op, self.kernel, self.stride, self.padding, self.dilation,
                    self.channels, self.groups, self.ceil, self.norm, self.bias,
                )
            )  # fmt: skip

    @property
    def bare(self) -> Layer:
        """The layer but for its number of channels, 0 where it has one; one object for all."""
        try:
            return self._bare
        except AttributeError:
            found = _bare(
                self.op, self.kernel, self.stride, self.padding, self.dilation,
                None if self.channels is None else 0, self.groups, self.ceil, self.norm, self.bias,
            )  # fmt: skip
            object.__setattr__(self, "_bare", found)
            return found

    @property
    def differs_by_axis(self) -> bool:
        """Whether one of its numbers is not the same on every axis."""
        numbers = (self.kernel, self.stride, self.padding, self.dilation)
        return any(isinstance(one, tuple) and len(set(one)) > 1 for one in numbers)

    @property
    def order(self) -> Order:
        """Key of the order of stacks: op, kernel, stride, padding, dilation, channels, …"""
        try:
            return self._order
        except AttributeError:
            return self._order_of(
                (
                    OPS.index(self.op), _per_axis(self.kernel), _per_axis(self.stride),
                    _padding_order(self.padding), _per_axis(self.dilation),
                    -1 if self.channels is None else self.channels, self.groups, self.ceil,
                    NORMS.index(self.norm), not self.bias,
                )
            )  # fmt: skip


@lru_cache(maxsize=1 << 14)
def _bare(
    op: str, kernel: PerAxis, stride: PerAxis, padding: Padding, dilation: PerAxis,
    channels: int | None, groups: int, ceil: bool, norm: str, bias: bool,
) -> Layer:  # fmt: skip
    return Layer(op, kernel, stride, padding, dilation, channels, groups, ceil, norm, bias)


@dataclass(frozen=True, slots=True)
class Block(_WorkedOutOnce):
    """Stacks that read the same input, and how their outputs are joined.

    join        RESIDUAL, INVERTED, ASIDE or PATCHES (one branch), CONCAT, ADD or MULTIPLY (two or
                more). ASIDE passes its input on and puts its branch's output aside for SUM or CAT.
                PATCHES makes its branch's output patch by patch.
    branches    the stacks; an empty one passes its input on
    patches     of PATCHES: how many along each axis, 2 at least on one; else 1
    """

    join: str
    branches: tuple[tuple[Layer | Block, ...], ...]
    patches: PerAxis = 1

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            return self._hash_of((self.join, self.branches))

    @property
    def order(self) -> Order:
        """Blocks come after every layer, by join, then patches, then branch by branch."""
        try:
            return self._order
        except AttributeError:
            branches = tuple([stack_order(branch) for branch in self.branches])
            kind = len(OPS) + JOINS.index(self.join)
            return self._order_of((kind, _per_axis(self.patches), branches))


Item: TypeAlias = Layer | Block
Stack: TypeAlias = tuple[Item, ...]


GAP = Layer("GAP")
# The mark between body and head; it does nothing to its input.
HEAD = Layer("HEAD")
# These merge all positions, so that the body ends before the first of them without a mark.
_MERGING = ("GAP", "FC")


def with_head(body: Stack, head: Stack) -> Stack:
    """Body and head as one stack, with the mark between them where nothing else tells them apart.

    A network's receptive field, output size and depth are those of its body.
    """
    told = not head or (isinstance(head[0], Layer) and head[0].op in _MERGING)
    return (*body, *head) if told else (*body, HEAD, *head)


def split_head(stack: Stack) -> tuple[Stack, Stack]:
    """What stands before the mark and after it; no head where there is no mark."""
    if HEAD not in stack:
        return stack, ()
    at = stack.index(HEAD)
    return stack[:at], stack[at + 1 :]


def layers_in(stack: Iterable[Item]) -> Iterator[Layer]:
    """Every layer that is written in a stack, those inside blocks included, in order."""
    for item in stack:
        if isinstance(item, Layer):
            yield item
        else:
            for branch in item.branches:
                yield from layers_in(branch)


def blocks_in(stack: Iterable[Item]) -> Iterator[Block]:
    """Every block of a stack, those inside others included."""
    for item in stack:
        if isinstance(item, Block):
            yield item
            for branch in item.branches:
                yield from blocks_in(branch)


def last_convolution(stack: Stack) -> Layer | None:
    """The last convolution of any kind that is written in a stack."""
    convolutions = [layer for layer in layers_in(stack) if layer.op in CONVOLUTIONS]
    return convolutions[-1] if convolutions else None


def with_layers(stack: Stack, change: Callable[[Layer], Layer]) -> Stack:
    """The stack with every layer changed so, those inside blocks included."""
    found: list[Item] = []
    for item in stack:
        if isinstance(item, Layer):
            found.append(change(item))
        else:
            branches = tuple(with_layers(branch, change) for branch in item.branches)
            found.append(replace(item, branches=branches))
    return tuple(found)


def whole_maps(stack: Stack) -> Stack:
    """The same network without patches, which are an order of execution alone."""
    found: list[Item] = []
    for item in stack:
        if isinstance(item, Layer):
            found.append(item)
        elif item.join == PATCHES:
            found.extend(item.branches[0])
        else:
            found.append(replace(item, branches=tuple(map(whole_maps, item.branches))))
    return tuple(found)


def stack_order(stack: Stack) -> Order:
    """Key of the order of stacks for a whole stack: item by item, a prefix first."""
    return tuple([item.order for item in stack])
