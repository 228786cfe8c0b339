"""Lowering: the operators that the documented conversion makes of a network, one by one.

docs/export.md has the conversion: Keras source, TensorFlow Lite's converter with int8 inputs and
outputs, a batch left open. What it does was read off the files it writes (TensorFlow 2.21) and is
held against it by `rfsearch verify --with tflm` and `benchmarks/tflm_many.py`:

- norms and ReLUs are folded into the convolution, addition or fully connected layer before them;
- padding by numbers is an operator of its own, with a tensor of its own, unless a convolution's
  own `same` padding is equal to it;
- a fully connected layer on a tensor with axes needs four operators to flatten it.

What is not here is refused by name: exact figures or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from rfsearch.device.tflm import names, operators
from rfsearch.device.tflm.graph import Graph, Made
from rfsearch.device.tflm.layers import convolution, dense, flatten, mean, pool, unknown
from rfsearch.device.tflm.model import Model, Tensor
from rfsearch.errors import UsageError
from rfsearch.export.plan import Branching, Gate, Operation, Part, Plan
from rfsearch.layers.layer import ADD, CONCAT, MULTIPLY

_UNKNOWN = "TensorFlow Lite Micro's figures are not known for"
_TWO_AXES = "layers on one axis, on three, or on a flat tensor"
_JOINS = {
    ADD: (operators.ADD, "Add"),
    MULTIPLY: (operators.MULTIPLY, "Mul"),
    CONCAT: (operators.CONCATENATE, "concat"),
}
DEVICE = "TensorFlow Lite Micro"


def lower(plan: Plan) -> Model:
    """The model of a whole network; UsageError names what cannot be lowered exactly."""
    if plan.activation != "relu":
        raise UsageError(f"activation {plan.activation or 'none'}: {_UNKNOWN} any but relu")
    plan.check_whole(DEVICE)
    graph = Graph((1, *plan.sizes, plan.channels))
    lowering = Lowering(graph)
    lowering.run(plan.parts, graph.input, "")
    if not graph.steps:
        raise UsageError(f"{plan.notation}: no operator is left of it")
    return graph.model()


class Lowering:
    """Walks a plan as the Keras exporter does, and adds to `graph` what the converter makes."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def run(self, parts: Sequence[Part], source: Made, prefix: str) -> Made:
        """The parts of one branch; their names stand after `prefix`."""
        for part, following in zip_longest(parts, parts[1:]):
            if isinstance(part, Operation):
                dense_next = isinstance(following, Operation) and following.op == "FC"
                source = self._operation(part, source, prefix, part.op == "GAP" and dense_next)
            elif isinstance(part, Gate):
                source = self._gate(part, source, prefix)
            elif isinstance(part, Branching):
                source = self._branching(part, source, prefix)
            else:
                raise UsageError(f"A(…): {_UNKNOWN} outputs that are put aside")
        return source

    def _operation(self, part: Operation, source: Made, prefix: str, flat: bool) -> Made:
        layer = f"{prefix}{part.name}"
        if part.op == "FC":
            if len(source.shape) > 2:
                source = flatten(self.graph, source, layer)
            return dense(self.graph, part, source, layer)
        if len(source.shape) != 4:
            raise unknown(part.layer, _TWO_AXES)
        if part.op in ("C", "DW"):
            return convolution(self.graph, part, source, layer)
        if part.op in ("MP", "AP"):
            return pool(self.graph, part, source, layer)
        if part.op == "GAP":
            return mean(self.graph, source, layer, flat)
        raise unknown(part.layer, "this layer")

    def _gate(self, part: Gate, source: Made, prefix: str) -> Made:
        """Squeeze and excitation: mean, two convolutions, the sigmoid, the product."""
        if len(source.shape) != 4:
            raise unknown(part.layer, _TWO_AXES)
        graph, layer = self.graph, f"{prefix}{part.name}"
        made = mean(graph, source, f"{layer}_average", False)
        made = convolution(graph, part.squeeze, made, f"{layer}_squeeze")
        made = convolution(graph, part.expand, made, f"{layer}_expand")
        expand, scale = names.scope(f"{layer}_expand"), names.scope(f"{layer}_scale")
        sigmoid = Tensor(f"{expand}/Sigmoid", made.shape)
        made = graph.add(operators.LOGISTIC, expand, (made,), sigmoid)
        product = Tensor(f"{scale}/Mul", source.shape)
        return graph.add(operators.MULTIPLY, scale, (source, made), product)

    def _branching(self, part: Branching, source: Made, prefix: str) -> Made:
        inner = f"{prefix}{part.name}_"
        ends = [self.run(branch, source, inner) for branch in part.branches]
        if not part.join:
            if part.activation:
                raise unknown(part.block, "an activation function without a sum")
            return ends[0]
        if any(len(end.shape) != 4 or end.shape[1:3] != ends[0].shape[1:3] for end in ends):
            raise unknown(part.block, "branches of unequal sizes, or flat ones")
        kind, word = _JOINS[part.join]
        if len(ends) > 2 and part.join != CONCAT:
            raise unknown(part.block, "sums and products of more than two branches")
        scope = names.scope(f"{inner}join")
        name = f"{scope}/{word}"
        if part.activation:
            name = f"{names.scope(f'{inner}act')}/Relu;{name}"
        channels = sum(end.shape[3] for end in ends) if part.join == CONCAT else ends[0].shape[3]
        options = ["axis"] if part.join == CONCAT else ["relu"] * bool(part.activation)
        output = Tensor(name, (*ends[0].shape[:3], channels))
        return self.graph.add(kind, scope, tuple(ends), output, *options)
