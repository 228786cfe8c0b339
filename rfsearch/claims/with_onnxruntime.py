"""ONNX: shapes as ONNX infers them and as onnxruntime runs them; MACs by a walk over the graph.

Receptive fields by changed pixels: the one-channel copy on an input of zeros answers 0; an output
that answers to a pixel set to 1 sees it. One run holds the three images that an expectation needs:
the box's first pixel alone, its last alone, everything but the box.
"""

from __future__ import annotations

from math import prod
from typing import Any

from rfsearch.claims.measured import Built
from rfsearch.claims.viewpoint import NOTHING, Viewpoint
from rfsearch.errors import MissingExtraError
from rfsearch.export.onnx_graph import INPUT, onnx_model
from rfsearch.export.plan import Plan
from rfsearch.network.field import Box

# Beyond this, weights are not made: the shapes are inferred only.
LARGEST_RUN = 2**31 - 2**20


def build(plan: Plan, run: bool) -> Built:
    """Shape, parameters and MACs of the whole network; run once on zeros where `run` says so."""
    model = onnx_model(plan, weights="none", batch=1)
    params = count_params(model)
    macs = count_macs(model)
    inferred = _sizes(model.graph.output[-1])[1:]
    ran = None
    if run and 4 * params <= LARGEST_RUN:
        import numpy as np

        session = session_of(onnx_model(plan, batch=1))
        image = np.zeros((1, plan.channels, *plan.sizes), np.float32)
        ran = tuple(session.run(None, {INPUT: image})[-1].shape[1:])
    return Built(inferred, params, macs, ran)


def feature_sizes(thin: Plan) -> tuple[int, ...]:
    """Size of the described output of the one-channel copy, as onnxruntime runs it."""
    import numpy as np

    image = np.zeros((1, 1, *thin.sizes), np.float32)
    return tuple(_thin_session(thin).run(None, {INPUT: image})[thin.main].shape[2:])


def boxes(thin: Plan, view: Viewpoint) -> list[Box]:
    """(first, last) pixel along the axis that reaches each output; by search where not expected."""
    probe = _Probe(_thin_session(thin), thin.main, view)
    return [
        box if probe.confirms(output, box) else probe.search(output)
        for output, box in zip(view.outputs, view.expected, strict=True)
    ]


class _Probe:
    """One session, asked which outputs along an axis answer to which pixels."""

    def __init__(self, session: Any, main: int, view: Viewpoint) -> None:
        self.session, self.main, self.view = session, main, view
        self.size = view.sizes[view.axis]

    def answers(self, output: int, *lit: list[tuple[int, int]]) -> list[bool]:
        """Whether the output answers to each image, whose pixels in these ranges are 1."""
        import numpy as np

        images = np.zeros((len(lit), 1, *self.view.sizes), np.float32)
        along = np.moveaxis(images, 2 + self.view.axis, 2)
        for number, ranges in enumerate(lit):
            for first, last in ranges:
                along[number, 0, first : last + 1] = 1
        made = self.session.run(None, {INPUT: images})[self.main]
        of_output = np.moveaxis(made, 2 + self.view.axis, 2)[:, :, output]
        return [bool(one) for one in of_output.reshape(len(lit), -1).max(axis=1) > 0]

    def confirms(self, output: int, box: Box) -> bool:
        """Whether the output sees both ends of the box, and nothing beyond them."""
        first, last = box
        if box == NOTHING:
            return self.answers(output, [(0, self.size - 1)]) == [False]
        beyond = [(0, first - 1), (last + 1, self.size - 1)]
        return self.answers(output, [(first, first)], [(last, last)], beyond) == [True, True, False]

    def search(self, output: int) -> Box:
        """The first and last pixel that the output sees, by halving."""
        if not self.answers(output, [(0, self.size - 1)])[0]:
            return NOTHING
        low, high = 0, self.size - 1
        while low < high:
            middle = (low + high) // 2
            if self.answers(output, [(0, middle)])[0]:
                high = middle
            else:
                low = middle + 1
        first = low
        high = self.size - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self.answers(output, [(middle, self.size - 1)])[0]:
                low = middle
            else:
                high = middle - 1
        return first, low


def count_macs(model: Any) -> int:
    """Multiply-accumulates, from the graph's own shapes: weights × positions they are used at."""
    shapes = _shapes(model)
    weights = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    total = 0
    for node in model.graph.node:
        if node.op_type == "Conv":
            total += prod(weights[node.input[1]]) * prod(shapes[node.output[0]][2:])
        elif node.op_type == "ConvTranspose":
            total += prod(weights[node.input[1]]) * prod(shapes[node.input[0]][2:])
        elif node.op_type == "Gemm":
            total += prod(weights[node.input[1]])
    return total


def count_params(model: Any) -> int:
    """Learned values: initializers that are no constants and no running statistics."""
    from onnx import TensorProto

    fixed: set[str] = set()
    for node in model.graph.node:
        if node.op_type == "BatchNormalization":
            fixed.update(node.input[3:5])
        elif node.op_type in ("Resize", "Pad", "Reshape"):
            fixed.update(node.input[1:])
    return sum(
        prod(tensor.dims)
        for tensor in model.graph.initializer
        if tensor.name not in fixed and tensor.data_type == TensorProto.FLOAT
    )


def _shapes(model: Any) -> dict[str, tuple[int, ...]]:
    graph = model.graph
    values = (*graph.input, *graph.value_info, *graph.output)
    return {value.name: _sizes(value) for value in values}


def _sizes(value: Any) -> tuple[int, ...]:
    return tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)


def _thin_session(thin: Plan) -> Any:
    return session_of(onnx_model(thin, weights="ones", sign=True))


def session_of(model: Any) -> Any:
    """A session of one thread; MissingExtraError where onnxruntime is not installed."""
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtraError(
            "verifying needs the package onnxruntime: pip install 'rfsearch[onnx]'"
        ) from None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    # Rearranging the graph takes longer than running it once.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
