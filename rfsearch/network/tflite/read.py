"""A .tflite file to a Graph, operator by operator; its sizes are fixed."""

from __future__ import annotations

import os

from rfsearch.errors import UsageError
from rfsearch.network.graph import AXIS_LIMIT, Graph
from rfsearch.network.input_size import InputSize, input_sizes
from rfsearch.network.tensor import BATCH, Tensor, channels_last
from rfsearch.network.tflite.file import File, read_file
from rfsearch.network.tflite.numbers import computed
from rfsearch.network.tflite.operators import OPERATORS
from rfsearch.network.tflite.reading import Call, Made, Reading
from rfsearch.network.trace.base import require_shapes
from rfsearch.network.tracer import Tracer

SHOWN = 3  # operators that a finding names one by one


def read_tflite(
    path: str | os.PathLike[str], given: InputSize | None, *, until: str | None = None
) -> Graph:
    """The graph of a file. UsageError names the file and what is wrong with it."""
    file = read_file(path)
    name = os.path.basename(os.fspath(path))
    reading = Reading(file, Tracer(pools_are_heads=True))
    _add_image(name, reading, given)
    ends = _ends(name, file, until)
    for index, operator in enumerate(file.operators):
        call = Call(operator, *_named(file, index), reading)
        if any(one in reading.tensors for one in operator.inputs):
            _read(call)
        if operator.outputs and (numbers := computed(call)) is not None:
            reading.numbers[operator.outputs[0]] = numbers
        if set(ends) <= reading.tensors.keys():
            break
    last = [reading.tensors[one] for one in ends if one in reading.tensors]
    if not last:
        raise UsageError(f"{name}: no output depends on the input")
    reading.tracer.end_with(last)
    _note(reading)
    return reading.tracer.graph


def _add_image(name: str, reading: Reading, given: InputSize | None) -> None:
    """The file's input: (batch, axes…, channels), or a signal of one channel."""
    file = reading.file
    images = [one for one in file.inputs if 2 <= len(file.tensors[one].shape) <= AXIS_LIMIT + 2]
    if len(file.inputs) != 1 or not images:
        shapes = ", ".join(str(list(file.tensors[one].shape)) for one in file.inputs)
        raise UsageError(f"{name}: inputs {shapes or 'none'}; one of 2 to {AXIS_LIMIT + 2} is read")
    batch, *rest = file.tensors[images[0]].shape
    sizes, channels = (tuple(rest[:-1]), rest[-1]) if len(rest) > 1 else (tuple(rest), 1)
    if given is not None and input_sizes(given, len(sizes)) != sizes:
        raise UsageError(
            f"input: {name} is made for {'×'.join(map(str, sizes))} alone; convert it for others"
        )
    source = reading.tracer.graph.add_input(sizes, channels)
    tensor = channels_last(source, channels, sizes)
    if batch > 1:
        tensor = Tensor(source, (((BATCH, batch),), *tensor.dims[1:]))
    if len(rest) == 1:
        tensor = Tensor(source, tensor.dims[:2])
    reading.tensors[images[0]] = tensor


def _ends(name: str, file: File, until: str | None) -> list[int]:
    if until is None:
        return list(file.outputs)
    for index, operator in enumerate(file.operators):
        made = [file.tensors[one].name for one in operator.outputs]
        if until in (*made, _named(file, index)[0]):
            return list(operator.outputs)
    raise UsageError(f"until: {until[:60]!r} is neither an operator nor a tensor of {name}")


def _named(file: File, index: int) -> tuple[str, str]:
    """(name of the row, place): the output's name, of which the converter joins several."""
    operator = file.operators[index]
    made = file.tensors[operator.outputs[0]].name if operator.outputs else ""
    parts = [part for part in made.split(";") if part]
    name = parts[0] if parts else f"{operator.op.lower()}_{index}"
    return name, f"operator {index} ({operator.op})"


def _read(call: Call) -> None:
    reading = call.reading
    graph = reading.tracer.graph
    before = len(graph.nodes)
    reason = "an operator that is not known"
    made: Made | None = None
    if call.op in OPERATORS:
        try:
            made = OPERATORS[call.op](call)
            _check_shapes(call, made)
        except UsageError as error:
            del graph.nodes[before:]
            made, reason = None, str(error).partition(": ")[2] or str(error)
        except (ArithmeticError, LookupError, ValueError, TypeError):  # of a damaged file
            del graph.nodes[before:]
            made, reason = None, "its settings and its tensors do not fit"
    if made is None:
        if call.op == "SHAPE" or not call.operator.outputs:
            return
        made = _opaque(call, reason)
    for one in graph.nodes[before:]:
        # What is learned is counted by the place where it is stored, below.
        one.params = one.norm_params = 0
    made = _charged(call, made, before)
    for number, tensor in zip(
        call.operator.outputs, made if isinstance(made, list) else [made], strict=False
    ):
        reading.tensors[number] = tensor


def _check_shapes(call: Call, made: Made) -> None:
    if any(one in call.reading.blocks for one in call.operator.outputs):
        return
    shapes = [None if call.is_open(i) else shape for i, shape in enumerate(call.shapes)]
    require_shapes(made if isinstance(made, list) else [made], shapes, call.place)


def _opaque(call: Call, why: str) -> Made:
    made = call.reading.tracer.opaque_outputs(
        call.tensors, call.shapes, call.name, call.place, why=why, op=call.op, channels_last=True
    )
    return made if len(made) > 1 else made[0]


# Constants of these are settings, not weights.
_SETTINGS = (
    "RESHAPE", "SQUEEZE", "EXPAND_DIMS", "TRANSPOSE", "PAD", "PADV2", "MIRROR_PAD", "MEAN", "SUM",
    "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "STRIDED_SLICE", "SLICE", "SPLIT", "SPLIT_V",
    "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "BROADCAST_TO", "SPACE_TO_BATCH_ND",
    "CONCATENATION", "GATHER", "TILE", "PACK", "FILL", "QUANTIZE",
)  # fmt: skip


def _charged(call: Call, made: Made, before: int) -> Made:
    """The tensor, its node charged with the constants that are weights, each once in the file."""
    blocks = call.reading.blocks
    if any(one in blocks or one in call.reading.absorbed for one in call.operator.outputs):
        return made
    owner = call
    if call.op == "BATCH_TO_SPACE_ND" and call.operator.inputs[0] in blocks:
        owner = blocks[call.operator.inputs[0]].convolution or call
    weights = {} if owner.op in _SETTINGS else _weights(owner)
    if not weights:
        return made
    first = made[0] if isinstance(made, list) else made
    first = call.reading.tracer.charged(first, weights, before, call.name, call.place)
    return [first, *made[1:]] if isinstance(made, list) else first


def _weights(call: Call) -> dict[str, int]:
    """Constants of more than one value; a bias of zeros is none."""
    found = {}
    for number in range(len(call.operator.inputs)):
        stored = call.stored(number)
        if (
            stored is None
            or not stored.is_constant
            or call.operator.inputs[number] in call.reading.tensors
        ):
            continue
        if call.op == "TRANSPOSE_CONV" and number == 0:
            continue
        is_bias = call.op in _BIASED and number == _BIASED[call.op]
        if is_bias and not stored.values.any():
            continue
        if stored.size > 1 or is_bias:
            found[f"buffer {stored.buffer}"] = stored.size
    return found


_BIASED = {
    "CONV_2D": 2, "DEPTHWISE_CONV_2D": 2, "CONV_3D": 2, "FULLY_CONNECTED": 2, "TRANSPOSE_CONV": 3,
}  # fmt: skip


def _note(reading: Reading) -> None:
    """Findings on what is taken to see everything, and on norms that are folded away."""
    graph = reading.tracer.graph
    reading.tracer.note_unknown(SHOWN)
    if reading.zeros:
        graph.notes.append(f"biases of zeros in {len(reading.zeros)} layers: taken as no biases")
    reading.tracer.note_folded_norms()
    if reading.file.graphs > 1:
        graph.notes.append(f"of {reading.file.graphs} graphs in the file the first is read")
