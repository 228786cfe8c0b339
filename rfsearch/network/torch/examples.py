"""Example inputs of a module: made from an input size, or given."""

from __future__ import annotations

from typing import Any

from rfsearch.errors import UsageError
from rfsearch.network.graph import AXIS_LIMIT
from rfsearch.network.input_size import InputSize, input_sizes
from rfsearch.network.tensor import Tensor, standard
from rfsearch.network.torch.call import shapes_of
from rfsearch.network.torch.reading import Reading

# Channels that are tried where the module's first convolution does not say how many.
_GUESSES = (3, 1)


def examples_of(
    module: Any, given: InputSize | None, channels: int | None, example_inputs: Any
) -> list[tuple[Any, ...]]:
    """What the module may be traced on, the likeliest first."""
    import torch

    if example_inputs is not None:
        several = isinstance(example_inputs, list | tuple)
        found = tuple(example_inputs) if several else (example_inputs,)
        if not found or not isinstance(found[0], torch.Tensor):
            raise UsageError(
                f"example_inputs: {type(example_inputs).__name__} is no tensor, nor a tuple of them"
            )
        return [found if given is None else _resized(found, given)]
    if given is None:
        raise UsageError("input: a size, like 224, is needed, or example_inputs")
    first = next(
        (one for one in module.modules() if isinstance(one, torch.nn.modules.conv._ConvNd)), None
    )
    # A lazy convolution has no weights yet, but a kernel.
    sizes = input_sizes(given, len(first.kernel_size) if first is not None else None)
    counts = [channels] if channels else [first.in_channels] if first is not None else []
    if channels is None:
        counts += [count for count in _GUESSES if count not in counts]
    shapes = [(1, count, *sizes) for count in counts if count]
    if len(sizes) == 1 and channels in (None, 1):
        shapes.append((1, *sizes))
    like = next((one for one in module.parameters() if one.is_floating_point()), None)
    dtype = torch.float32 if like is None else like.dtype
    device = "cpu" if like is None else like.device
    return [(torch.zeros(shape, dtype=dtype, device=device),) for shape in shapes]


def _resized(example: tuple[Any, ...], given: InputSize) -> tuple[Any, ...]:
    """The example with other sizes: its first tensor's positions, and those of equal ones."""
    import torch

    before = _positions(list(example[0].shape))
    sizes = input_sizes(given, len(before))

    def resized(one: Any) -> Any:
        if not isinstance(one, torch.Tensor) or _positions(list(one.shape)) != before:
            return one
        shape = (*one.shape[: one.dim() - len(before)], *sizes)
        return torch.zeros(shape, dtype=one.dtype, device=one.device)

    return tuple(map(resized, example))


def read_inputs(program: Any, reading: Reading) -> None:
    """The network's input: the first tensor with positions, and those of equal size beside it.

    Others (a time step, a label) have no positions: they are read, but show nothing of the input.
    """
    wanted = set(program.graph_signature.user_inputs)
    inputs = [
        (one, shapes_of(one)[0])
        for one in program.graph.nodes
        if one.op == "placeholder" and one.name in wanted and shapes_of(one)
    ]
    images = [(one, shape) for one, shape in inputs if 2 <= len(shape) <= AXIS_LIMIT + 2]
    if not images:
        raise UsageError("example_inputs: none has a batch, and positions")
    shape = max(images, key=lambda image: len(image[1]))[1]
    sizes = _positions(shape)
    alike = [one for one, other in images if _positions(other) == sizes and _floating(one)]
    graph = reading.tracer.graph
    counts = {one: _channels(dict(images)[one]) for one in alike}
    source = graph.add_input(sizes, sum(counts.values()) or 1)
    for one, given in inputs:
        if one not in counts:
            reading.tensors[one] = reading.tracer.aside(given, one.name)
            continue
        node = source
        if len(alike) > 1:
            node = graph.select(source, counts[one], one.name, place=one.name)
        dims = standard(node, counts[one], sizes).dims
        reading.tensors[one] = Tensor(node, dims if len(given) > 2 else (dims[0], *dims[2:]))


def _positions(shape: list[int]) -> tuple[int, ...]:
    """Sizes of the axes: (batch, time) has no channels."""
    return tuple(shape[2:] if len(shape) > 2 else shape[1:])


def _channels(shape: list[int]) -> int:
    return shape[0] * (shape[1] if len(shape) > 2 else 1)


def _floating(fx_node: Any) -> bool:
    return bool(fx_node.meta["val"].is_floating_point())
