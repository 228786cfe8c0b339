"""Every kind of resize, transposed convolution and pool reads what onnxruntime reads."""

from __future__ import annotations

import itertools

import measure
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import rfsearch

N = 12

RESIZES = [
    {"mode": mode, "coordinate_transformation_mode": place, "nearest_mode": rule}
    for mode, place, rule in itertools.product(
        ["nearest"],
        ["half_pixel", "asymmetric", "align_corners"],
        ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"],
    )
]
RESIZES += [
    {"mode": mode, "coordinate_transformation_mode": place}
    for mode, place in itertools.product(
        ["linear", "cubic"], ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"]
    )
]


def measured_and_followed(nodes, weights, folder, opset=18):
    """For every output row: the input rows that reach it, measured and followed back."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [None, 1, N, N])
    values = [helper.make_empty_tensor_value_info(nodes[-1].output[0])]
    graph = helper.make_graph(nodes, "test", [image], values, weights)
    opsets = [helper.make_opsetid("", opset)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.save(model, folder / "m.onnx")
    net = rfsearch.load(folder / "m.onnx")
    runner = measure.Measured(model, (N, N))
    assert runner.output_sizes == net.nodes[-1].sizes
    # One image at a time: a resize to sizes has its batch among them.
    output = np.concatenate([runner.run([(0, place, place + 1)]) for place in range(N)])
    middle = output.shape[3] // 2
    size = output.shape[2]
    measured = [[p for p in range(N) if abs(output[p, 0, at, middle]) > 1e-6] for at in range(size)]
    return measured, [net.reach((at, middle))[0] for at in range(size)]


@pytest.mark.parametrize("scale", [2.0, 3.0, 1.5, 0.5, 1.25])
@pytest.mark.parametrize("options", RESIZES, ids=lambda one: "-".join(one.values()))
def test_a_resize_by_scales_reads_the_pixels_that_onnxruntime_reads(options, scale, tmp_path):
    node = helper.make_node("Resize", ["image", "", "s"], ["y"], name="r", **options)
    scales = helper.make_tensor("s", TensorProto.FLOAT, [4], [1, 1, scale, scale])
    measured, followed = measured_and_followed([node], [scales], tmp_path)
    assert followed == measured


@pytest.mark.parametrize("size", [7, 18, 24, 31])
@pytest.mark.parametrize("place", ["half_pixel", "align_corners", "asymmetric"])
@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_a_resize_to_sizes_reads_the_pixels_that_onnxruntime_reads(mode, place, size, tmp_path):
    node = helper.make_node(
        "Resize", ["image", "", "", "s"], ["y"], mode=mode, coordinate_transformation_mode=place
    )
    sizes = helper.make_tensor("s", TensorProto.INT64, [4], [1, 1, size, size])
    measured, followed = measured_and_followed([node], [sizes], tmp_path)
    assert followed == measured


@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_a_transposed_convolution_reads_what_onnxruntime_reads(kernel, stride, dilation, tmp_path):
    node = helper.make_node(
        "ConvTranspose",
        ["image", "w"],
        ["y"],
        strides=[stride, stride],
        dilations=[dilation, dilation],
        output_padding=[stride - 1, stride - 1],
    )
    weights = helper.make_tensor(
        "w", TensorProto.FLOAT, [1, 1, kernel, kernel], np.ones(kernel * kernel)
    )
    size = (N - 1) * stride + dilation * (kernel - 1) + stride
    measured, followed = measured_and_followed([node], [weights], tmp_path)
    assert len(measured) == size
    column = rfsearch.load(tmp_path / "m.onnx").reach((0, size // 2))[1]
    if column:
        assert followed == measured


@pytest.mark.parametrize(
    "attributes",
    [
        {"auto_pad": "SAME_UPPER"},
        {"auto_pad": "SAME_LOWER"},
        {"output_shape": [23, 24]},
    ],
)
def test_a_transposed_convolution_to_a_wanted_size_has_that_size(attributes, tmp_path):
    node = helper.make_node("ConvTranspose", ["image", "w"], ["y"], strides=[2, 2], **attributes)
    weights = helper.make_tensor("w", TensorProto.FLOAT, [1, 1, 3, 3], np.ones(9))
    measured, followed = measured_and_followed([node], [weights], tmp_path)
    assert followed == measured


@pytest.mark.parametrize("op", ["MaxPool", "AveragePool"])
@pytest.mark.parametrize("ceil", [0, 1])
@pytest.mark.parametrize(
    ("kernel", "stride", "pads"), [(2, 2, 0), (3, 2, 1), (5, 3, 2), (3, 3, 0), (4, 5, 1)]
)
@pytest.mark.parametrize("dilation", [1, 2])
def test_a_pool_reads_what_onnxruntime_reads(op, ceil, kernel, stride, pads, dilation, tmp_path):
    options = {"dilations": [dilation, dilation]} if op == "MaxPool" else {}
    node = helper.make_node(
        op,
        ["image"],
        ["y"],
        kernel_shape=[kernel, kernel],
        strides=[stride, stride],
        pads=[pads] * 4,
        ceil_mode=ceil,
        **options,
    )
    measured, followed = measured_and_followed([node], [], tmp_path)
    assert followed == measured


@pytest.mark.parametrize("starts", [(2, 3), (0, -4)])
@pytest.mark.parametrize("step", [1, 2])
def test_a_slice_of_an_axis_reads_what_onnxruntime_reads(starts, step, tmp_path):
    def numbers(name, values):
        return helper.make_tensor(name, TensorProto.INT64, [len(values)], values)

    node = helper.make_node("Slice", ["image", "a", "b", "c", "d"], ["y"])
    weights = [
        numbers("a", starts),
        numbers("b", [11, 9999]),
        numbers("c", [2, 3]),
        numbers("d", [step, 1]),
    ]
    measured, followed = measured_and_followed([node], weights, tmp_path)
    assert followed == measured
