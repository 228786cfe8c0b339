"""A model's inputs as symbolic tensors of the size asked for, and what they show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rfsearch.errors import UsageError
from rfsearch.network.graph import AXIS_LIMIT
from rfsearch.network.input_size import InputSize, input_sizes
from rfsearch.network.keras.call import FIRST, LAST
from rfsearch.network.keras.file import require_keras
from rfsearch.network.keras.reading import Reading
from rfsearch.network.keras.trace import symbol
from rfsearch.network.tensor import Tensor, channels_last, standard

Positions = tuple[int | None, ...]


@dataclass(frozen=True)
class _Input:
    """One input as the model has it: None where a size is open."""

    name: str
    shape: Positions
    dtype: str

    def positions(self, images: str) -> Positions:
        """Sizes of the axes: a vector is a signal of one channel."""
        if len(self.shape) == 2:
            return self.shape[1:]
        return self.shape[1:-1] if images == LAST else self.shape[2:]

    def channels(self, images: str) -> int:
        if len(self.shape) == 2:
            return 1
        found = self.shape[-1] if images == LAST else self.shape[1]
        if found is None:
            raise UsageError(f"{self.name}: the channels of this input are not said")
        return found


def data_format(model: Any) -> str:
    """Where channels stand: what the first layer that says so says."""
    for layer in model._flatten_layers():
        if getattr(layer, "data_format", None) in (FIRST, LAST):
            return str(layer.data_format)
    return str(require_keras().config.image_data_format())


def read_inputs(model: Any, given: InputSize | None, reading: Reading) -> list[Any]:
    """The symbolic inputs. The network's input is the one with most axes, and those of equal size
    beside it, their channels side by side; others have no positions, and show nothing of it.

    UsageError where a size is open and none is given.
    """
    inputs, images = _inputs_of(model), reading.images
    pictures = [one for one in inputs if 2 <= len(one.shape) <= AXIS_LIMIT + 2]
    if not pictures:
        raise UsageError(f"{model.name}: no input of 2 to {AXIS_LIMIT + 2} dimensions")
    main = max(pictures, key=lambda one: len(one.shape))
    own = main.positions(images)
    alike = [
        one
        for one in pictures
        if one is main or (len(one.shape) == len(main.shape) and one.positions(images) == own)
    ]
    sizes = _sizes(model, own, given)
    graph = reading.tracer.graph
    source = graph.add_input(sizes, sum(one.channels(images) for one in alike))
    symbols = []
    for one in inputs:
        if one in alike:
            node, channels = source, one.channels(images)
            if len(alike) > 1:
                node = graph.select(source, channels, one.name, place=one.name)
            shape, tensor = _picture(one, node, sizes, channels, images)
        else:
            shape = _closed(one)
            tensor = reading.tracer.aside(list(shape), one.name)
        symbols.append(symbol(shape, one.dtype))
        reading.put(symbols[-1], tensor)
    return symbols


def _inputs_of(model: Any) -> list[_Input]:
    """The inputs that a model knows. UsageError where it knows none."""
    found = getattr(model, "inputs", None)
    if found:
        return [_Input(one.name, tuple(one.shape), str(one.dtype)) for one in found]
    shapes = list((getattr(model, "_build_shapes_dict", None) or {}).values())
    shape = shapes[0] if len(shapes) == 1 else None
    if isinstance(shape, (list, tuple)) and all(n is None or isinstance(n, int) for n in shape):
        return [_Input("input", tuple(shape), "float32")]
    raise UsageError(
        f"{model.name}: its input is not known; call it once on an example, then read it"
    )


def _sizes(model: Any, own: Positions, given: InputSize | None) -> tuple[int, ...]:
    if given is not None:
        return input_sizes(given, len(own))
    known = tuple(one for one in own if one is not None)
    if len(known) < len(own):
        raise UsageError(f"input: a size, like 224, is needed: {model.name} takes any")
    return known


def _picture(
    one: _Input, node: int, sizes: tuple[int, ...], channels: int, images: str
) -> tuple[tuple[int, ...], Tensor]:
    """(shape, tensor) of an input with positions."""
    if len(one.shape) == 2:
        return (1, *sizes), Tensor(node, channels_last(node, 1, sizes).dims[:2])
    if images == LAST:
        return (1, *sizes, channels), channels_last(node, channels, sizes)
    return (1, channels, *sizes), standard(node, channels, sizes)


def _closed(one: _Input) -> tuple[int, ...]:
    rest = tuple(n for n in one.shape[1:] if n is not None)
    if len(rest) < len(one.shape) - 1:
        raise UsageError(f"{one.name}: its sizes are open, and it is not the network's main input")
    return (1, *rest)


def arguments(model: Any, symbols: list[Any]) -> list[Any]:
    """The inputs in the structure that the model takes: a tensor, or a list or table of some."""
    struct = getattr(model, "_inputs_struct", None)
    if struct is None:
        return symbols if len(symbols) == 1 else [symbols]
    return [require_keras().tree.pack_sequence_as(struct, symbols)]
