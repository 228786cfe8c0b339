"""What training keeps: the tensors that plain autograd saves for the backward pass, in bytes.

Plain autograd is torch without checkpointing, in-place functions or fused norms and activations:
every operation saves what its derivative reads. Of the network as `rfsearch export --to torch`
writes it, in training mode, float values of 4 bytes:

    convolution, linear layer   its input
    batch norm                  its input, and a mean and a deviation for each channel
    layer norm over channels    its input, and a mean and a deviation for each position
    ReLU                        its output; GELU and SiLU their input
    max pool                    its input, and 8 bytes for each output: where it was found
    average pool                its input; a global average, sums, joins and resizes nothing
    product                     both factors

A tensor that several operations save is one. Nothing is saved of what no learned value or input
gradient needs, such as a pool of the image itself. Parameters are the network's own, not kept here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count
from math import prod

from rfsearch.errors import UsageError
from rfsearch.export.plan import Aside, Branching, Collect, Gate, Operation, Plan
from rfsearch.export.python_text import Call
from rfsearch.export.torch_layers import modules
from rfsearch.export.walk import Walk

FLOAT, INDEX = 4, 8  # bytes of a value, of the index of a maximum
_STATES = {"sgd": 0, "momentum": 1, "rmsprop": 1, "adagrad": 1, "adam": 2, "adamw": 2}
_OUTPUT_KEPT = ("relu",)
_DIMENSIONS = re.compile("[123]d$")


@dataclass(frozen=True)
class Training:
    """Bytes of one step: kept tensors, weights, their gradients and the optimizer's states."""

    batch: int
    optimizer: str
    kept: int
    parameters: int
    gradients: int
    states: int

    @property
    def total(self) -> int:
        return self.kept + self.parameters + self.gradients + self.states


def training(plan: Plan, params: int, batch: int, optimizer: str) -> Training:
    """What a step with a batch needs at the end of its forward pass, when all is kept.

    Raises UsageError for an optimizer that is not known.
    """
    if optimizer not in _STATES:
        known = ", ".join(sorted(_STATES))
        raise UsageError(f"train: {optimizer} is not one of {known}")
    weights = params * FLOAT
    return Training(
        batch, optimizer, kept_bytes(plan, batch), weights, weights, weights * _STATES[optimizer]
    )


def kept_bytes(plan: Plan, batch: int) -> int:
    """Bytes of all tensors that are saved for the backward pass of a batch."""
    tape = _Tape(batch, plan.activation)
    source = _Tensor(next(tape.numbers), plan.sizes, plan.channels, needs_gradient=False)
    tape.run(plan.parts, source)
    return sum(tape.saved.values())


@dataclass(frozen=True)
class _Tensor:
    """A tensor; views share its number."""

    number: int
    sizes: tuple[int, ...]
    channels: int
    needs_gradient: bool
    flat: bool = False

    @property
    def values(self) -> int:
        return prod(self.sizes) * self.channels


class _Tape(Walk[_Tensor]):
    """Runs a plan; `saved` has the bytes of every tensor that is kept, by its number."""

    def __init__(self, batch: int, activation: str) -> None:
        super().__init__()
        self.batch, self.activation = batch, activation
        self.saved: dict[int, int] = {}
        self.numbers = count()

    def save(self, tensor: _Tensor) -> None:
        self.saved[tensor.number] = tensor.values * self.batch * FLOAT

    def save_more(self, size: int) -> None:
        """Bytes of a tensor of its own that no other operation reads."""
        self.saved[next(self.numbers)] = size

    def made(
        self, sizes: tuple[int, ...], channels: int, needs_gradient: bool, flat: bool = False
    ) -> _Tensor:
        return _Tensor(next(self.numbers), sizes, channels, needs_gradient, flat)

    def joined(
        self, join: str, ends: list[_Tensor], name: str, part: Branching | Aside | Collect
    ) -> _Tensor:
        here, figures = ends[0], part.figures
        needs = any(end.needs_gradient for end in ends)
        if join == "*":
            for other in ends[1:]:
                self._multiplied(here, other)
                needs = here.needs_gradient or other.needs_gradient
                here = self.made(figures.sizes, figures.channels, needs)
            return here
        return self.made(figures.sizes, figures.channels, needs, all(end.flat for end in ends))

    def _multiplied(self, one: _Tensor, other: _Tensor) -> None:
        if other.needs_gradient:
            self.save(one)
        if one.needs_gradient:
            self.save(other)

    def activated(self, here: _Tensor, activation: str, name: str = "") -> _Tensor:
        if not activation:
            return here
        after = self.made(here.sizes, here.channels, here.needs_gradient, here.flat)
        if here.needs_gradient:
            self.save(after if activation in _OUTPUT_KEPT else here)
        return after

    def gate(self, part: Gate, here: _Tensor, name: str) -> _Tensor:
        ones = (1,) * len(here.sizes)
        mean = self.made(ones, here.channels, here.needs_gradient)
        self.save(mean)
        squeezed = self.made(ones, part.squeeze.channels, True)
        squeezed = self.activated(squeezed, self.activation)
        self.save(squeezed)
        factor = self.made(ones, here.channels, True)
        self.save(factor)
        self._multiplied(here, factor)
        return self.made(here.sizes, here.channels, True)

    def operation(self, part: Operation, here: _Tensor, name: str) -> _Tensor:
        flat = here.flat and part.op in ("FC", "BN", "LN", "SCALE")
        for _, module in modules(part, flat):
            here = self._after(part, module, here)
        return self.activated(here, part.activation)

    def _after(self, part: Operation, module: Call, here: _Tensor) -> _Tensor:
        """One module of a layer."""
        kind = _DIMENSIONS.sub("", module.target.removeprefix("nn."))
        after, needs = part.figures, here.needs_gradient
        if "Pad" in kind:
            return self.made(_padded(part, module, here.sizes), here.channels, needs)
        if kind in ("Conv", "ConvTranspose", "CroppedConvTranspose"):
            self.save(_grown(self, part, module, here))
            return self.made(after.sizes, after.channels, True)
        if kind == "Linear":
            self.save(here)
            return self.made((1,) * len(here.sizes), after.channels, True, flat=True)
        if kind in ("BatchNorm", "LayerNorm", "ChannelNorm"):
            self.save(here)
            one_each = here.channels if kind == "BatchNorm" else here.values // here.channels
            each = one_each * (1 if kind == "BatchNorm" else self.batch)
            self.save_more(2 * each * FLOAT)
            return self.made(here.sizes, here.channels, True, here.flat)
        if kind == "Scale":
            self.save(here)
            return self.made(here.sizes, here.channels, True, here.flat)
        made = self.made(after.sizes, after.channels, needs)
        if kind in ("MaxPool", "AvgPool") and needs:
            self.save(here)
            if kind == "MaxPool":
                self.save_more(made.values * self.batch * INDEX)
        return made


def _padded(part: Operation, module: Call, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """The sizes after a module that pads."""
    if module.target == "SamePad":
        return tuple(n + sum(pair) for n, pair in zip(sizes, part.sides, strict=True))
    pads = next(one.value for one in module.arguments if one.key in ("padding", ""))
    axes = len(sizes)
    each = (pads,) * (2 * axes) if isinstance(pads, int) else tuple(pads)
    pairs = [(each[2 * i], each[2 * i + 1]) for i in range(axes)][::-1]
    return tuple(n + before + after for n, (before, after) in zip(sizes, pairs, strict=True))


def _grown(tape: _Tape, part: Operation, module: Call, here: _Tensor) -> _Tensor:
    """What a convolution reads: with "same" and unequal sides torch pads it into a new tensor."""
    same = any(one.value == "same" for one in module.arguments)
    more = tuple(max(after - before, 0) for before, after in part.sides)
    if not same or not any(more):
        return here
    sizes = tuple(n + one for n, one in zip(here.sizes, more, strict=True))
    return tape.made(sizes, here.channels, here.needs_gradient)
