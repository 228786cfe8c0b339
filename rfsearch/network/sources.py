"""The ways in: a notation or name, a file of ONNX or Keras, a torch module, a Keras model."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from rfsearch.errors import NotFollowed, SizeError, UsageError, quoted
from rfsearch.layers.layer import Stack
from rfsearch.network.graph import Graph
from rfsearch.network.input_size import InputSize, input_sizes
from rfsearch.network.network import Network

if TYPE_CHECKING:
    from keras import Model

DEFAULT_INPUT = 227
DEFAULT_CHANNELS = 3
MOST_CHANNELS = 10**9
# Endings of files with a Keras model, and of all files with a network.
KERAS = (".keras", ".h5", ".hdf5")
TFLITE = ".tflite"
FILES = (".onnx", *KERAS, TFLITE)


def parse(
    notation: str,
    input: InputSize | None = None,
    input_channels: int | None = None,
    *,
    bytes_per_value: int = 4,
) -> Network:
    """The network that a notation or a published network's name describes.

    input           pixels: one number for a square image, or one an axis: (16000,) is 1-D,
                    (16, 112, 112) 3-D. A name has its own; default for a notation 227.
    input_channels  default: the name's own, else 3
    bytes_per_value of weights and activations, for the figures in bytes

    UsageError points at the character, or names the layer that cannot be.
    """
    from rfsearch.layers.notation import format_stack, parse_stack
    from rfsearch.network.names import find_name

    _check_bytes(bytes_per_value)
    if not isinstance(notation, str):
        raise UsageError(f"notation: {quoted(notation)} is not text, like 64C3P1-MP2S2 or resnet50")
    if input_channels is not None:
        _check_whole("input_channels", input_channels, MOST_CHANNELS)
    known = find_name(notation)
    if known:
        sizes = input_sizes(known.input if input is None else input, known.axes)
        channels = known.input_channels if input_channels is None else input_channels
        stack = parse_stack(known.stack)
        graph = _described(stack, sizes, channels)
        return Network(graph, known.name, bytes_per_value, format_stack(stack))
    stack = parse_stack(notation)
    sizes = input_sizes(DEFAULT_INPUT if input is None else input)
    channels = DEFAULT_CHANNELS if input_channels is None else input_channels
    graph = _described(stack, sizes, channels)
    return Network(graph, notation, bytes_per_value, format_stack(stack))


def _described(stack: Stack, sizes: tuple[int, ...], channels: int) -> Graph:
    """The graph of a stack; where its sizes part, the error says which input sizes work."""
    from rfsearch.network.from_notation import describe

    try:
        return describe(stack, sizes, channels)
    except SizeError as error:
        from rfsearch.network.sizes.hint import size_hint

        hint = size_hint(lambda: describe(stack, sizes, channels, lenient=True), sizes)
        raise SizeError(f"{error}{hint}") from None


def load(
    path: str | os.PathLike[str],
    input: InputSize | None = None,
    *,
    bytes_per_value: int = 4,
    layout: Literal["channels-first", "channels-last"] | None = None,
    until: str | None = None,
) -> Network:
    """The network of a file at a path: .onnx, Keras's .keras and .h5, or .tflite; extras `onnx`,
    `keras`, `tflite`.

    input   fills in dynamic axes
    layout  of ONNX, where the input's channels stand; default: first, unless the file moves them
    until   the node, value or layer with which the network ends; default: the file's outputs
    bytes_per_value   as rfsearch.parse

    Of a part that cannot be followed the network ends before it; `stopped` says why. UsageError
    for a file that cannot be read, MissingExtraError where the extra is not installed.
    """
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    _check_bytes(bytes_per_value)
    if suffix in KERAS:
        if layout is not None:
            raise UsageError("layout: a Keras model says its own")
        from rfsearch.network.keras import load_model

        return _of_keras(load_model(path), input, until, bytes_per_value, os.fspath(path))
    if suffix == TFLITE:
        from rfsearch.network.tflite import read_tflite

        if layout is not None:
            raise UsageError("layout: channels stand last in every .tflite file")
        graph = read_tflite(path, input, until=until)
        return Network(graph, os.fspath(path), bytes_per_value, has_weights=True)
    from rfsearch.network.onnx import read_onnx

    def again(sizes: InputSize | None) -> Graph:
        return read_onnx(path, sizes, layout=layout, until=until)

    return _read(again, input, os.fspath(path), bytes_per_value)


def from_keras(
    model: Model,
    input: InputSize | None = None,
    *,
    until: str | None = None,
    bytes_per_value: int = 4,
) -> Network:
    """The network of a Keras model, by its graph of layers; rows are named by layers.

    input   as for `parse`; default: the model's own
    until   name of a layer: the network ends with its output

    Params are what is learned: moving statistics, which model.count_params() counts too, are named
    in a finding. Layers made of others are read inside, custom ones too; what cannot be followed
    is taken to see everything, and is named in a finding. bytes_per_value: as `parse`. UsageError
    says what Keras cannot run.
    """
    _check_bytes(bytes_per_value)
    return _of_keras(model, input, until, bytes_per_value, "")


def _of_keras(
    model: Any, input: InputSize | None, until: str | None, bytes_per_value: int, name: str
) -> Network:
    from rfsearch.network.keras import check_model, read_keras

    check_model(model, until)

    def again(sizes: InputSize | None) -> Graph:
        return read_keras(model, sizes, until=until)

    return _read(again, input, name or model.name, bytes_per_value)


def from_torch(
    module: Any,
    input: InputSize | None = None,
    input_channels: int | None = None,
    *,
    example_inputs: Any = None,
    until: str | None = None,
    treat: Mapping[str, str] | None = None,
    bytes_per_value: int = 4,
) -> Network:
    """The network of a `torch.nn.Module`, traced by torch.export; rows are named by module path.

    input           as for `parse`; not needed with example_inputs, else the size of these
    input_channels  default: those of the module's first convolution
    example_inputs  a tensor, or a tuple of them, that the module can be called with: for several
                    inputs, or such as (batch, time)
    until           path of a submodule, like "backbone.layer4": the network ends with its output
    treat           {path of a submodule: "pointwise" or "global"}: not read; every output is
                    taken to see its own position, or everything
    bytes_per_value as `parse`

    An operator that cannot be followed is taken to see everything; a finding names it. UsageError
    says what torch cannot trace.
    """
    from rfsearch.network.torch import check_module, read_torch

    _check_bytes(bytes_per_value)
    if input_channels is not None:
        _check_whole("input_channels", input_channels, MOST_CHANNELS)
    check_module(module, until, treat)

    def again(sizes: InputSize | None) -> Graph:
        return read_torch(
            module,
            sizes,
            input_channels,
            example_inputs=example_inputs,
            until=until,
            treat=treat,
        )

    return _read(again, input, type(module).__name__, bytes_per_value, own=False)


def _read(
    again: Callable[[InputSize | None], Graph],
    input: InputSize | None,
    name: str,
    bytes_per_value: int,
    *,
    own: bool = True,
) -> Network:
    """The network read at an input, in the words of the notation that it carries, if that is true.

    Where an input does not do, the error says which does; `own`: there is one of its own.
    """
    try:
        graph = again(input)
    except UsageError as error:
        if input is None or isinstance(error, NotFollowed):
            raise
        from rfsearch.network.sizes.hint import with_size_that_works

        raise with_size_that_works(error, input, again, own=own) from None
    network = Network(graph, name, bytes_per_value, has_weights=True, again=again)
    if not graph.claimed:
        return network
    from rfsearch.network.recognise import recognised

    return recognised(network, graph.claimed, bytes_per_value)


def _check_bytes(bytes_per_value: int) -> None:
    _check_whole("bytes_per_value", bytes_per_value, 1024)


def _check_whole(place: str, value: object, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise UsageError(f"{place}: {quoted(value)} is not a whole number in 1..{most}")
