"""The bytes of a converted network's file: weights, scales, shapes, names, tables."""

from __future__ import annotations

from rfsearch.device.tflm.flatbuffer import OFFSET, FileSize
from rfsearch.device.tflm.model import Model, Operator, Tensor
from rfsearch.device.tflm.operators import Kind

_DESCRIPTION, _SUBGRAPH = "MLIR Converted.", "main"
_INPUT, _OUTPUT, _SIGNATURE = "keras_tensor", "output_0", "serving_default"
# Name and bytes: the oldest runtime that may run the file, and how it was converted.
_METADATA = {"min_runtime_version": 16, "CONVERSION_METADATA": 96}


def file_size(model: Model) -> int:
    """Bytes of the .tflite file that TensorFlow 2.21's converter writes.

    No two weight tensors are the same to the byte: where they are, the file has them once.
    """
    size = FileSize()
    write_model(size, model)
    return size.finished()


def write_model(size: FileSize, model: Model) -> None:
    """Everything in the order in which it is written, the parts of a table before the table."""
    kinds = list(dict.fromkeys(operator.kind for operator in model.operators))
    for kind in kinds:
        operator_code(size, kind)
    size.vector(len(kinds))
    _subgraph(size, model, kinds)
    size.vector(1)
    size.string(len(_DESCRIPTION))
    _buffers(size, model)
    for name in _METADATA:
        size.string(len(name))
        size.table([(0, OFFSET), (1, 4)])
    size.vector(len(_METADATA))
    _signature(size, model)
    # Version, operator codes, subgraphs, description, buffers, metadata, signatures.
    size.table([(slot, OFFSET) for slot in (0, 1, 2, 3, 4, 6, 7)])


def operator_code(size: FileSize, kind: Kind) -> None:
    """Its number twice, for old readers in one byte, unless it is 0; its version above 1."""
    number = [(0, 1)] if kind.code else []
    version = [(2, 4)] if kind.versioned else []
    size.table([*number, *version, *([(3, 4)] if kind.code else [])])


def _subgraph(size: FileSize, model: Model, kinds: list[Kind]) -> None:
    for tensor in model.tensors:
        write_tensor(size, tensor)
    size.vector(len(model.tensors))
    size.vector(1)  # inputs
    size.vector(1)  # outputs
    for operator in model.operators:
        write_operator(size, operator, kinds.index(operator.kind))
    size.vector(len(model.operators))
    size.string(len(_SUBGRAPH))
    size.table([(slot, OFFSET) for slot in range(5)])


def write_tensor(size: FileSize, tensor: Tensor) -> None:
    """Shape, type, buffer, name, quantization, shape with an open batch, whether it has a rank."""
    size.vector(len(tensor.shape), 4)
    size.string(len(tensor.name))
    scales = []
    if tensor.scales:
        size.vector(tensor.scales, 4)
        size.vector(tensor.scales, 8)  # zero points
        scales = [(2, OFFSET), (3, OFFSET), *([(6, 4)] if tensor.axis else [])]
    size.table(scales)
    fields = [(0, OFFSET), (1, 1), (2, 4), (3, OFFSET), (4, OFFSET)]
    if tensor.batched:
        size.vector(len(tensor.shape), 4)
        fields.append((7, OFFSET))
    size.table([*fields, (8, 1)])


def write_operator(size: FileSize, operator: Operator, number: int = 0) -> None:
    """The number of its code unless 0, inputs, outputs, the kind of its options and these."""
    size.vector(len(operator.inputs))
    size.vector(1)
    fields = [*([(0, 4)] if number else []), (1, OFFSET), (2, OFFSET)]
    if operator.kind.options is not None:
        size.table(
            [place for name, place in operator.kind.options.items() if name in operator.options]
        )
        fields += [(3, 1), (4, OFFSET)]
    size.table(fields)


def _buffers(size: FileSize, model: Model) -> None:
    """An empty one, one for each tensor, one for each entry of the metadata."""
    contents = [tensor.bytes if tensor.constant else 0 for tensor in model.tensors]
    for count in (0, *contents, *_METADATA.values()):
        write_buffer(size, count)
    size.vector(len(contents) + 1 + len(_METADATA))


def write_buffer(size: FileSize, count: int) -> None:
    """A buffer of so many bytes."""
    if count:
        size.vector(count, 1)
    size.table([(0, OFFSET)] if count else [])


def _signature(size: FileSize, model: Model) -> None:
    """The names of input and output; the input is tensor 0, which goes without saying."""
    size.string(len(_INPUT))
    size.table([(0, OFFSET)])
    size.vector(1)
    size.string(len(_OUTPUT))
    size.table([(0, OFFSET), (1, 4)])
    size.vector(1)
    size.string(len(_SIGNATURE))
    size.table([(0, OFFSET), (1, OFFSET), (2, OFFSET)])
    size.vector(1)
