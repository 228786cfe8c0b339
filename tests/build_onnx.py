"""Builds an ONNX model from a stack, for the tests: it shares only the parsed layers with rfsearch.

Two kinds of model. `full` has the real channels, its weights in a sparse file beside it, so that
even a large network costs nothing. `thin` has one channel, weights of 1, no biases or norms, and
a Sign after every layer, so that on an input of zeros an output is 1 exactly where a pixel that
was set reaches it; widths cannot change which pixels do.
"""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np
import onnx
from asides import summed
from onnx import TensorProto, helper, numpy_helper

from rfsearch.layers.layer import SAME, Block, Layer

OPSET = 18


class Builder:
    def __init__(self, sizes, channels, thin, batch=1):
        self.axes = len(sizes)
        self.thin = thin
        self.nodes, self.weights, self.asides = [], [], []
        self.summed = []  # of each A(…) to come: whether SUM collects it
        self.offset = 0
        self.input = helper.make_tensor_value_info(
            "image", TensorProto.FLOAT, [batch, 1 if thin else channels, *sizes]
        )

    # values are (name, real channels, channels in the model)

    def node(self, op, inputs, **attributes):
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=f"{op}_{name}", **attributes))
        return name

    def weight(self, *shape):
        name = f"w{len(self.weights)}"
        if self.thin:
            self.weights.append(
                helper.make_tensor(name, TensorProto.FLOAT, shape, np.ones(prod(shape)))
            )
            return name
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
        tensor.data_location = TensorProto.EXTERNAL
        length = 4 * prod(shape)
        for key, value in (
            ("location", "weights.bin"),
            ("offset", self.offset),
            ("length", length),
        ):
            tensor.external_data.add(key=key, value=str(value))
        self.offset += length
        self.weights.append(tensor)
        return name

    def constant(self, values, kind=TensorProto.INT64):
        name = f"k{len(self.weights)}"
        self.weights.append(helper.make_tensor(name, kind, [len(values)], values))
        return name

    def shape_of(self, name):
        """The shape of a value, as onnx infers it."""
        if name == "image":
            return [dim.dim_value for dim in self.input.type.tensor_type.shape.dim]
        inferred = onnx.shape_inference.infer_shapes(self.model([name]), data_prop=True)
        return [dim.dim_value for dim in inferred.graph.output[0].type.tensor_type.shape.dim]

    def spread(self, value):
        return list(value) if isinstance(value, tuple) else [value] * self.axes

    def window(self, layer):
        attributes = {"strides": self.spread(layer.stride)}
        if layer.dilation != 1:
            attributes["dilations"] = self.spread(layer.dilation)
        if layer.padding == SAME:
            attributes["auto_pad"] = "SAME_UPPER"
        else:
            before, after = self.sides(layer.padding)
            attributes["pads"] = before + after
        return attributes

    def sides(self, padding):
        if isinstance(padding, int):
            return [padding] * self.axes, [padding] * self.axes
        pairs = list(padding) * (self.axes if len(padding) == 1 else 1)
        return [a for a, _ in pairs], [b for _, b in pairs]

    def run(self, stack, value):
        for item in stack:
            value = self.block(item, value) if isinstance(item, Block) else self.layer(item, value)
        return value

    def layer(self, layer, value):
        name, real, here = value
        if layer.op in ("C", "DW", "T"):
            return self.convolution(layer, value)
        if layer.op in ("MP", "AP"):
            attributes = self.window(layer) | {"kernel_shape": self.spread(layer.kernel)}
            if layer.op == "AP":
                attributes["count_include_pad"] = 1
            if layer.ceil:
                attributes["ceil_mode"] = 1
            op = "MaxPool" if layer.op == "MP" else "AveragePool"
            return self.sign(self.node(op, [name], **attributes)), real, here
        if layer.op == "SUB":
            return (
                self.node(
                    "MaxPool",
                    [name],
                    kernel_shape=[1] * self.axes,
                    strides=self.spread(layer.kernel),
                ),
                real,
                here,
            )
        if layer.op == "GAP":
            return self.node("GlobalAveragePool", [name]), real, here
        if layer.op == "FC":
            shape = self.shape_of(name)
            flat = self.node("Flatten", [name]) if len(shape) > 2 else name
            inputs = [flat, self.weight(layer.channels, prod(shape[1:]))]
            if layer.bias:
                inputs.append(self.weight(layer.channels))
            return self.node("Gemm", inputs, transB=1), layer.channels, layer.channels
        if layer.op in ("UP", "UPL"):
            scales = self.constant(
                [1.0, 1.0, *map(float, self.spread(layer.kernel))], TensorProto.FLOAT
            )
            mode = (
                {"mode": "linear"}
                if layer.op == "UPL"
                else {
                    "mode": "nearest",
                    "coordinate_transformation_mode": "asymmetric",
                    "nearest_mode": "floor",
                }
            )
            return self.sign(self.node("Resize", [name, "", scales], **mode)), real, here
        if layer.op == "SE":
            return self.squeeze(layer, value)
        if layer.op == "CROP":
            before, after = self.sides(layer.padding)
            pads = self.constant([0, 0, *(-n for n in before), 0, 0, *(-n for n in after)])
            return self.node("Pad", [name, pads]), real, here
        if layer.op == "PAD":
            before, after = self.sides(layer.padding)
            return (
                self.node("Pad", [name, self.constant([0, 0, *before, 0, 0, *after])]),
                real,
                here,
            )
        if layer.op == "SUM":
            (total,), self.asides = self.asides, []
            return total
        if self.thin:
            return value
        return self.norm(layer.op, name, real), real, here

    def convolution(self, layer, value):
        name, real, here = value
        out = layer.channels or real
        groups = real if layer.op == "DW" else layer.groups
        if self.thin:
            groups, c_in, c_out = 1, here, 1
        else:
            c_in, c_out = real, out
        kernel = self.spread(layer.kernel)
        transposed = layer.op == "T"
        shape = (c_in, c_out // groups) if transposed else (c_out, c_in // groups)
        inputs = [name, self.weight(*shape, *kernel)]
        if layer.bias and not self.thin:
            inputs.append(self.weight(c_out))
        op = "ConvTranspose" if transposed else "Conv"
        made = self.node(op, inputs, group=groups, kernel_shape=kernel, **self.window(layer))
        if layer.norm and not self.thin:
            made = self.norm({"N": "BN", "L": "LN"}[layer.norm], made, c_out)
        return self.sign(made), out, c_out

    def norm(self, op, name, channels):
        if op == "BN":
            four = [self.weight(channels) for _ in range(4)]
            return self.node("BatchNormalization", [name, *four])
        if op == "SCALE":
            return self.node("Mul", [name, self.weight(channels, *[1] * self.axes)])
        rank = len(self.shape_of(name))
        if rank == 2:
            return self.node("LayerNormalization", [name, *self.learned(channels)], axis=-1)
        last = [0, *range(2, rank), 1]
        moved = self.node("Transpose", [name], perm=last)
        made = self.node("LayerNormalization", [moved, *self.learned(channels)], axis=-1)
        return self.node("Transpose", [made], perm=[0, rank - 1, *range(1, rank - 1)])

    def learned(self, channels):
        return [self.weight(channels), self.weight(channels)]

    def squeeze(self, layer, value):
        if self.thin:
            return value  # measured without its gate; the gate has a test of its own
        gate = self.run(
            (
                Layer("GAP"),
                Layer("C", channels=value[1] // layer.kernel, bias=layer.bias),
                Layer("C", channels=value[1], bias=layer.bias),
            ),
            value,
        )
        sigmoid = self.node("Sigmoid", [gate[0]])
        return self.node("Mul", [value[0], sigmoid]), value[1], value[2]

    def block(self, block, value):
        if block.join == "A":
            aside = self.run(block.branches[0], value)
            if self.summed.pop(0) and self.asides:  # added up as they come
                before = self.asides.pop()
                aside = (self.node("Add", [before[0], aside[0]]), *aside[1:])
            self.asides.append(aside)
            return value
        if block.join in "RI":
            return self.residual(block, value)
        ends = [self.run(branch, value) for branch in block.branches]
        names = [name for name, _, _ in ends]
        if block.join == "|":
            made = self.node("Concat", names, axis=1)
            return made, sum(real for _, real, _ in ends), sum(here for _, _, here in ends)
        made = self.node("Sum" if block.join == "+" else "Mul", names)
        return self.sign(made), ends[0][1], max(here for _, _, here in ends)

    def residual(self, block, value):
        end = self.run(block.branches[0], value)
        sizes = zip(self.shape_of(value[0])[2:], self.shape_of(end[0])[2:], strict=True)
        strides = [-(-before // after) for before, after in sizes]
        skip = value
        if any(stride > 1 for stride in strides) or value[1] != end[1]:
            if block.join == "I":
                return end
            last = [item for item in block.branches[0] if isinstance(item, Layer)][-1]
            skip = self.layer(
                Layer("C", 1, tuple(strides), channels=end[1], norm=last.norm, bias=last.bias),
                value,
            )
        return self.sign(self.node("Add", [end[0], skip[0]])), end[1], max(end[2], skip[2])

    def sign(self, name):
        return self.node("Sign", [name]) if self.thin else name

    def model(self, outputs):
        values = [helper.make_empty_tensor_value_info(name) for name in outputs]
        graph = helper.make_graph(self.nodes, "test", [self.input], values, self.weights)
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8
        )


def full(stack, sizes, channels, folder: Path) -> Path:
    """The file of a model with the real channels; its outputs as the notation has them."""
    builder = Builder(sizes, channels, thin=False)
    builder.summed = summed(stack)
    end = builder.run(stack, ("image", channels, channels))
    model = builder.model([name for name, _, _ in builder.asides] + [end[0]])
    with open(folder / "weights.bin", "wb") as weights:
        weights.truncate(builder.offset)
    path = folder / "model.onnx"
    onnx.save(model, path)
    return path


def write_beyond_notation(path: Path) -> None:
    """A file with a running sum between two layers, which no notation says."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 20, 20])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 8, 9, 9])
    nodes = [
        helper.make_node("Conv", ["image", "weight"], ["conv"], kernel_shape=[3, 3]),
        helper.make_node("CumSum", ["conv", "axis"], ["sum"]),
        helper.make_node("MaxPool", ["sum"], ["out"], kernel_shape=[2, 2], strides=[2, 2]),
    ]
    values = [
        numpy_helper.from_array(np.zeros((8, 3, 3, 3), np.float32), "weight"),
        numpy_helper.from_array(np.array(3), "axis"),
    ]
    graph = helper.make_graph(nodes, "sums", [image], [out], values)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)


def thin(stack, sizes, channels, batch):
    """A session-ready model of one channel, up to the head; its input and output shapes too."""
    builder = Builder(sizes, channels, thin=True, batch=batch)
    builder.summed = summed(stack)
    end = builder.run(before_head(stack), ("image", channels, 1))
    return builder.model([end[0]])


def before_head(stack):
    """The items before the first global pool or fully connected layer."""
    for place, item in enumerate(stack):
        if isinstance(item, Layer) and item.op in ("GAP", "FC"):
            return stack[:place]
    return stack
