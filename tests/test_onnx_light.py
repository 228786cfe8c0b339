"""Light networks of the onnx package, real files without weights, load with their figures.

Params and MACs are held against a count of what the file stores and of the shapes that onnx itself
infers; receptive fields are the published ones.
"""

from __future__ import annotations

from math import prod
from pathlib import Path

import onnx
import pytest
from onnx import numpy_helper

import rfsearch

FOLDER = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
# Receptive field and size of the features, params and MACs where they are published.
KNOWN = {
    "bvlc_alexnet": (195, 6, 60_965_224),
    "densenet121": (2071, 7, None),
    "inception_v1": (715, 6, 6_998_552),
    "inception_v2": (699, 7, None),
    "resnet50": (427, 7, 25_557_032),
    "shufflenet": (527, 7, None),
    "squeezenet": (207, 13, 1_235_496),
    "vgg19": (268, 7, 143_667_240),
    "zfnet512": (155, 6, None),
}


VIEWS = ("Unsqueeze", "Reshape")


def weight_shapes(model):
    """The shape of every weight, stored as it is or filled with one number."""
    stored = {one.name: one for one in model.graph.initializer}
    shapes = {name: list(one.dims) for name, one in stored.items() if one.data_type == 1}
    for node in model.graph.node:
        if node.op_type == "ConstantOfShape":
            sizes = numpy_helper.to_array(stored[node.input[0]])
            shapes[node.output[0]] = [int(size) for size in sizes]
        elif node.op_type == "Reshape" and node.input[0] in shapes:
            shapes[node.output[0]] = [prod(shapes[node.input[0]])]
    return shapes


def stored_values(model):
    """Values of the distinct tensors that layers and norms read, statistics apart."""
    shapes = weight_shapes(model)
    views = {n.output[0]: n.input[0] for n in model.graph.node if n.op_type in VIEWS}
    read = {}
    for node in model.graph.node:
        inputs = node.input[1:3] if node.op_type == "BatchNormalization" else node.input
        for name in (views.get(one, one) for one in inputs):
            if name in shapes:
                read[name] = prod(shapes[name])
    return sum(read.values())


def multiplications(model):
    """Multiply-accumulates of convolutions and Gemm, by the shapes that onnx infers."""
    weights = weight_shapes(model)
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    sizes = {
        value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in (*inferred.graph.value_info, *inferred.graph.output)
    }
    total = 0
    for node in model.graph.node:
        if node.op_type == "Conv":
            total += prod(sizes[node.output[0]][1:]) * prod(weights[node.input[1]][1:])
        elif node.op_type == "Gemm":
            total += prod(weights[node.input[1]])
    return total


@pytest.mark.parametrize("name", KNOWN)
def test_a_light_network_of_the_onnx_package_has_its_published_figures(name):
    path = FOLDER / f"light_{name}.onnx"
    net, model = rfsearch.load(path), onnx.load(path)
    rf, size, params = KNOWN[name]
    assert (net.rf, net.output_size) == (rf, size)
    assert net.totals["params"] == stored_values(model)
    assert net.totals["macs"] == multiplications(model)
    assert params in (None, net.totals["params"])
    assert not net.stopped
