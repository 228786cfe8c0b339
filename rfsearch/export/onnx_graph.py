"""Plan to ONNX: a checked model with inferred shapes, its nodes named as the plan names parts.

Opset 20 (the first with Gelu), read by onnxruntime from 1.17 on. Three things are written so that
every runtime takes them the same way: `ceil` as `ceil_mode` only where its plain rule gives
PyTorch's size, else as padding; `same` as SAME_UPPER only where onnxruntime takes it (no
dilation, no stride above the kernel), else as numbers; padding of a pool that is not smaller than
its kernel as a Pad of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rfsearch.errors import LimitError, MissingExtraError, UsageError
from rfsearch.export import onnx_layers
from rfsearch.export.onnx_weights import LEFT_OUT, Weights
from rfsearch.export.plan import Aside, Branching, Collect, Gate, Operation, Plan
from rfsearch.export.walk import Walk
from rfsearch.network.onnx.ends import NOTATION_KEY

if TYPE_CHECKING:
    import onnx

OPSET, IR_VERSION = 20, 9
# protobuf holds no more.
LARGEST_MODEL = 2**31 - 2**20

INPUT = "input"


class Value:
    """A tensor under construction: its name, and whether it has been flattened to (batch, n)."""

    def __init__(self, name: str, flat: bool = False) -> None:
        self.name = name
        self.flat = flat


def onnx_model(
    plan: Plan,
    *,
    seed: int = 0,
    weights: str = "random",
    batch: int | str = "batch",
    sign: bool = False,
    name: str = "network",
) -> onnx.ModelProto:
    """The model of a plan, checked, with the shape of every tensor.

    weights     "random" (He et al. 2015, from `seed`), "ones", or "none": shapes without data,
                for checks that run nothing
    batch       its size, or the name of a dynamic one
    sign        a Sign after every sum of products, so that values stay 0 or 1 (for measuring)

    LimitError where the weights are more than a file can hold; MissingExtraError without onnx.
    """
    try:
        import onnx
    except ImportError:
        raise MissingExtraError(
            "ONNX export needs the package onnx: pip install 'rfsearch[onnx]'"
        ) from None
    builder = Builder(plan, Weights(weights, seed), sign)
    end = builder.run(plan.parts, Value(INPUT), "")
    if builder.weights.bytes > LARGEST_MODEL and weights != LEFT_OUT:
        raise LimitError(
            f"ONNX: {builder.weights.bytes:,} bytes of weights are more than a file holds"
        )
    made = _assembled(builder, [value.name for value in builder.asides] + [end.name], batch, name)
    try:
        inferred = onnx.shape_inference.infer_shapes(
            made, check_type=True, strict_mode=True, data_prop=True
        )
        # What has no data cannot be checked for it.
        if weights != LEFT_OUT:
            builder.weights.fill(inferred.graph.initializer)
            onnx.checker.check_model(inferred)
        return inferred
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise UsageError(f"ONNX: the model does not check: {str(error).splitlines()[0]}") from None


def _assembled(builder: Builder, outputs: list[str], batch: int | str, name: str) -> Any:
    from onnx import TensorProto, helper

    plan = builder.plan
    shape = [batch, plan.channels, *plan.sizes]
    # A network may end with what it began with, or give one tensor twice.
    ends = []
    for place, output in enumerate(outputs):
        end = output
        if output in ends or output == INPUT:
            end = builder.node("Identity", f"output{place + 1}", [output])
        ends.append(end)
    graph = helper.make_graph(
        builder.nodes,
        name,
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, shape)],
        [helper.make_empty_tensor_value_info(end) for end in ends],
        builder.weights.tensors,
        doc_string=f"{plan.notation} on {'×'.join(map(str, plan.sizes))}×{plan.channels}",
    )
    made = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="rfsearch",
    )
    helper.set_model_props(made, {NOTATION_KEY: plan.notation})
    return made


class Builder(Walk[Value]):
    """Nodes, weights and outputs put aside so far."""

    def __init__(self, plan: Plan, weights: Weights, sign: bool) -> None:
        super().__init__()
        self.plan, self.weights, self.sign = plan, weights, sign
        self.nodes: list[Any] = []

    def node(self, op: str, name: str, inputs: list[str], note: str = "", **attributes: Any) -> str:
        """Add a node; the name of its output, which is its own."""
        from onnx import helper

        made = helper.make_node(op, inputs, [name], name=name, **attributes)
        made.doc_string = note
        self.nodes.append(made)
        return name

    def operation(self, part: Operation, value: Value, name: str) -> Value:
        return onnx_layers.operation(self, part, value, name)

    def activated(self, value: Value, activation: str, name: str) -> Value:
        return onnx_layers.activated(self, value, activation, name)

    def joined(
        self, join: str, ends: list[Value], name: str, part: Branching | Aside | Collect
    ) -> Value:
        if not all(end.flat for end in ends):
            ends = [
                self.standard(end, f"{name}_{number}") for number, end in enumerate(ends, start=1)
            ]
        names, note = [end.name for end in ends], part.figures.note
        if join == "|":
            return Value(self.node("Concat", name, names, note, axis=1), ends[0].flat)
        if len(names) == 2:
            op = "Add" if join == "+" else "Mul"
            return self.signed(Value(self.node(op, name, names, note), ends[0].flat))
        if join == "+":
            return self.signed(Value(self.node("Sum", name, names, note), ends[0].flat))
        made = names[0]
        for place, other in enumerate(names[1:], start=1):
            inner = name if place == len(names) - 1 else f"{name}_product{place}"
            made = self.node("Mul", inner, [made, other], note)
        return Value(made, ends[0].flat)

    def signed(self, value: Value) -> Value:
        if not self.sign:
            return value
        return Value(self.node("Sign", f"{value.name}_sign", [value.name]), value.flat)

    def gate(self, gate: Gate, value: Value, name: str) -> Value:
        value = self.standard(value, name)
        average = self.node("GlobalAveragePool", f"{name}/average", [value.name])
        squeezed = onnx_layers.operation(self, gate.squeeze, Value(average), f"{name}/squeeze")
        expanded = onnx_layers.operation(self, gate.expand, squeezed, f"{name}/expand")
        opened = self.node("Sigmoid", f"{name}/sigmoid", [expanded.name])
        return Value(self.node("Mul", name, [value.name, opened], gate.figures.note))

    def standard(self, value: Value, name: str) -> Value:
        """A flattened tensor as (batch, channels, 1…) again, for a layer with axes."""
        if not value.flat:
            return value
        shape = self.weights.integers(f"{name}.shape", [0, -1, *[1] * self.plan.axes])
        return Value(self.node("Reshape", f"{name}/axes", [value.name, shape]))

    def flattened(self, value: Value, name: str) -> Value:
        if value.flat:
            return value
        return Value(self.node("Flatten", f"{name}/flatten", [value.name]), flat=True)
