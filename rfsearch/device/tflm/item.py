"""What one item of a stack adds to arena and file, wherever it stands: constants for a search.

Along a stack `persistent` and `flash` add, of `peak` the largest counts. With `NETWORK`, what every
network has, they bound the exact figures (`rfsearch.device.tflm.arena` and `flash`) from below:

    persistent part of the arena  ≥  NETWORK.persistent + Σ persistent
    tensors' part of the arena    ≥  largest peak
    flash                         ≥  NETWORK.flash + Σ flash + end_cost of the last item

The second is the plan's `peak` itself, but for blocks whose order of branches is not known; two
items that follow each other may leave the plan more (`border`). What does not live in one item or
two is left out: gaps across more of them; rounding up to the alignment, some tens of bytes in all;
constants that items may share; second digits in names; layouts of tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

from rfsearch.device.tflm.border import Border, border
from rfsearch.device.tflm.chain import Lives, layers_of, readings
from rfsearch.device.tflm.file import write_buffer, write_model, write_operator, write_tensor
from rfsearch.device.tflm.flatbuffer import HEAD, OFFSET, FileSize
from rfsearch.device.tflm.graph import Graph
from rfsearch.device.tflm.kept import (
    ALIGNMENT,
    BASE,
    ENDS,
    OPERATOR,
    POINTER,
    TENSOR,
    aligned,
    handles,
    per_channel,
)
from rfsearch.device.tflm.layers import mean
from rfsearch.device.tflm.lower import DEVICE, Lowering
from rfsearch.device.tflm.memory import buffers
from rfsearch.device.tflm.model import Model, Operator, Tensor
from rfsearch.device.tflm.names import INPUT
from rfsearch.device.tflm.operators import DENSE, MEAN, MEAN_SCRATCHES
from rfsearch.device.tflm.planner import Buffer, peak
from rfsearch.export.planner import plan
from rfsearch.layers.layer import Item, Layer
from rfsearch.layers.notation.format import format_item

# What follows an item within a network, so that its last layer has its activation function. Before
# it stands a convolution with ReLU: a maximum padded after anything else is refused anyway.
_BEHIND = (Layer("GAP"), Layer("FC", channels=1))


@dataclass(frozen=True)
class ItemCost:
    """Bytes.

    persistent  what the interpreter keeps because of the item
    peak        the most that is alive at once while the item runs, its input and output included
    flash       the item's part of the file
    border      what it leaves the tensors around it; None where that depends on more than the item
    """

    persistent: int
    peak: int
    flash: int
    border: Border | None = field(default=None, repr=False)


@lru_cache(maxsize=1 << 16)
def item_cost(item: Item, channels: int, sizes: tuple[int, ...]) -> ItemCost:
    """What the item adds on an input of these channels and sizes.

    Where it has branches that run in an order which depends on the item before, `peak` is that of
    the better order. UsageError names what cannot be lowered exactly.
    """
    return _template(item, channels).cost(sizes)


class _Template:
    """An item on so many channels; what is known of it on some sizes serves for others."""

    def __init__(self, item: Item, channels: int) -> None:
        self.item, self.channels = item, channels
        self.layers = layers_of(item)
        self.known: dict[tuple[tuple[bool, ...], ...], tuple[ItemCost, Lives | None]] = {}

    def cost(self, sizes: tuple[int, ...]) -> ItemCost:
        """On these sizes."""
        found = readings(self.layers, sizes) if self.layers else None
        if found is None:
            return self._worked_out(sizes)[0]
        ways = tuple(one.way for one in found)
        if ways not in self.known:
            cost, model = self._worked_out(sizes)
            self.known[ways] = cost, None if model is None else Lives.of(model, sizes, found)
        cost, lives = self.known[ways]
        if lives is None:
            return self._worked_out(sizes)[0]
        most, known = _planned(lives.at(sizes, found), len(lives.kinds))
        return ItemCost(cost.persistent, most, cost.flash, known)

    def _worked_out(self, sizes: tuple[int, ...]) -> tuple[ItemCost, Model | None]:
        """With the model, where there is but one order of its operators."""
        graph = _lowered(self.item, self.channels, sizes, last=False)
        models = [graph.model(whole=False, forked=forked) for forked in (False, True)]
        plans = [tuple(buffers(model)) for model in models]
        only = plans[0] == plans[1]
        # A fully connected layer may have to flatten what it reads, which the item does not know.
        dense = any(operator.kind is DENSE for operator in models[0].operators)
        found = [_planned(one, model.made) for one, model in zip(plans, models, strict=True)]
        cost = ItemCost(
            _persistent(models[0]), min(most for most, _ in found), _flash(models[0]),
            found[0][1] if only and not dense else None,
        )  # fmt: skip
        return cost, models[0] if only else None


@lru_cache(maxsize=1 << 12)
def _template(item: Item, channels: int) -> _Template:
    return _Template(item, channels)


@lru_cache(maxsize=1 << 14)
def _planned(plan: tuple[Buffer, ...], made: int) -> tuple[int, Border]:
    """The most alive at once, and the border."""
    return peak(plan), border(plan, made)


def end_cost(item: Item, channels: int, sizes: tuple[int, ...]) -> int:
    """What to add to the flash of the network, 0 or less, where no item follows this one but
    global averages; of these likewise.

    Its last layer has no activation function then, and its output another name.
    """
    end = _lowered(item, channels, sizes, last=True).model()
    return min(_flash(end) - item_cost(item, channels, sizes).flash, 0)


def _lowered(item: Item, channels: int, sizes: tuple[int, ...], last: bool) -> Graph:
    """The operators of the item alone."""
    graph = Graph((1, *sizes, channels))
    if isinstance(item, Layer) and item.op == "FC" and all(size == 1 for size in sizes):
        # What comes from a global average has no axes, and needs no flattening.
        graph = Graph((1, channels))
    if isinstance(item, Layer) and item.op == "GAP" and not last:
        mean(graph, graph.input, "average1", flat=True)
    else:
        behind = () if last else _BEHIND
        made = plan((Layer("C", channels=channels), item, *behind), sizes, channels)
        made.check_whole(DEVICE, format_item(item))
        Lowering(graph).run(made.parts[1:2], graph.input, "")
    for key in graph.reads:
        # A constant that another item reads too has the shortest name.
        graph.reads[key] += 1
    return graph


def _own(model: Model) -> list[Tensor]:
    """The tensors that no other item has: not the input, nor constants that may be shared."""
    return [tensor for tensor in model.tensors[1:] if tensor.scales or not tensor.constant]


def _persistent(model: Model) -> int:
    """What `memory.persistent` adds for the operators, rounded up where it always is."""
    total = TENSOR * len(_own(model))
    for operator in model.operators:
        kind = operator.kind
        total += OPERATOR + kind.parsed + aligned(kind.data)
        total += per_channel(model, operator)
        if kind is MEAN:
            total += handles(MEAN_SCRATCHES)
    return total


def _flash(model: Model) -> int:
    """The tensors with their buffers and the operators, each with its place in a list."""
    return sum(tensor_size(_bare(tensor)) for tensor in _own(model)) + sum(
        _operator(replace(operator, inputs=(0,) * len(operator.inputs), output=0))
        for operator in model.operators
    )


def _bare(tensor: Tensor) -> Tensor:
    """A tensor whose place in the file is as large: of names and shapes the length counts."""
    content = (tensor.bytes // tensor.width,) if tensor.constant else (1,)
    shape = (*content, *(1,) * (len(tensor.shape) - 1)) if tensor.shape else ()
    return replace(tensor, name=" " * len(tensor.name), shape=shape)


@lru_cache(maxsize=1 << 14)
def _operator(operator: Operator) -> int:
    return OFFSET + FileSize.least(partial(write_operator, operator=operator))


@lru_cache(maxsize=1 << 14)
def tensor_size(tensor: Tensor) -> int:
    """The least bytes of a tensor, its buffer and their places in lists."""
    count = tensor.bytes if tensor.constant else 0
    return (
        2 * OFFSET
        + FileSize.least(partial(write_tensor, tensor=tensor))
        + FileSize.least(partial(write_buffer, count=count))
    )


# The first kernel's data are rounded up together with what stands before them.
NETWORK = ItemCost(
    persistent=BASE + TENSOR + POINTER + ENDS - (ALIGNMENT - 1),
    peak=0,
    flash=tensor_size(Tensor(INPUT, (1, 1)))
    + FileSize.least(partial(write_model, model=Model((), ())))
    + HEAD,
)
