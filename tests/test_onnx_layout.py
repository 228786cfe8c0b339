"""Reshapes, reductions, products, gathers and shape arithmetic of ONNX graphs are followed."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto
from test_onnx import Model, figures

import rfsearch


def started():
    model = Model((1, 3, 6, 8))
    model.conv(pads=[1, 1, 1, 1])
    return model


def test_attention_over_positions_sees_everything_and_counts_its_products(tmp_path):
    model = started()
    tokens = model.add("Reshape", model.numbers(1, 4, 48))
    query = model.add("Transpose", perm=[0, 2, 1], source=tokens)
    scores = model.add("MatMul", tokens, source=query)
    weights = model.add("Softmax", source=scores, axis=-1)
    values = model.add("Transpose", perm=[0, 2, 1], source=tokens)
    model.add("MatMul", values, source=weights)
    model.add("Transpose", perm=[0, 2, 1])
    model.add("Reshape", model.numbers(1, 4, 6, 8))
    model.conv(4)
    net = model.load(tmp_path)
    assert net.sees_all
    assert net.rf == 5
    assert net.reach((0, 0)) == (list(range(6)), list(range(8)))
    assert net.totals["macs"] == 48 * 27 * 4 + 2 * 48 * 48 * 4 + 4 * 6 * 36 * 4


@pytest.mark.parametrize("opset", [11, 18])
@pytest.mark.parametrize("keepdims", [0, 1])
def test_a_mean_over_the_axes_is_a_global_pool_in_every_opset(opset, keepdims, tmp_path):
    model = started()
    if opset < 18:
        model.add("ReduceMean", axes=[2, 3], keepdims=keepdims)
    else:
        model.add("ReduceMean", model.numbers(2, 3), keepdims=keepdims)
    if keepdims:
        model.add("Flatten")
    model.add("Gemm", model.weight(4, 10))
    net = model.load(tmp_path, opset=opset)
    assert figures(net) == figures(rfsearch.parse("4C3P1B0-GAP-10FCB0", (6, 8)))


def test_a_mean_over_one_axis_leaves_the_other(tmp_path):
    model = started()
    model.add("ReduceMax", axes=[-1], keepdims=1)
    net = model.load(tmp_path, opset=11)
    assert net.rows[-1].output_size == (6, 1)
    assert not net.features.after_head


def test_a_norm_written_out_over_channels_is_passed_through(tmp_path):
    model = started()
    source = model.last
    mean = model.add("ReduceMean", model.numbers(1), source=source)
    centred = model.add("Sub", mean, source=source)
    square = model.add("Mul", centred, source=centred)
    variance = model.add("ReduceMean", model.numbers(1), source=square)
    deviation = model.add("Sqrt", source=variance)
    model.add("Div", deviation, source=centred)
    model.add("Mul", model.weight(4, 1, 1))
    net = model.load(tmp_path)
    assert len(net) == 1
    assert net.totals["params"] == 4 * 27 + 4


def test_one_position_of_a_sequence_is_a_crop(tmp_path):
    model = started()
    model.add("Gather", model.weight(values=[-1], kind=TensorProto.INT64), axis=3)
    net = model.load(tmp_path)
    assert net.rows[-1].output_size == (6, 1)
    assert net.reach((2, 0)) == ([1, 2, 3], [6, 7])


def test_squeezed_and_unsqueezed_dimensions_are_followed(tmp_path):
    model = started()
    model.add("GlobalAveragePool")
    model.add("Squeeze", model.numbers(2, 3))
    model.add("Unsqueeze", model.numbers(2))
    model.add("Unsqueeze", model.numbers(-1))
    model.conv(4, 5, kernel=1)
    net = model.load(tmp_path)
    assert figures(net) == figures(rfsearch.parse("4C3P1B0-GAP-5C1B0", (6, 8)))


def test_old_opsets_have_their_shapes_and_bounds_as_attributes(tmp_path):
    model = started()
    model.add("Slice", axes=[2, 3], starts=[1, 0], ends=[6, 8])
    model.add("Pad", pads=[0, 0, 1, 0, 0, 0, 0, 0], mode="constant")
    model.add("Upsample", model.floats(1, 1, 2, 2), mode="nearest")
    net = model.load(tmp_path, opset=9)
    assert net.output_size == (12, 16)
    assert str(net.jump) == "1/2"


def test_shape_arithmetic_reaches_a_resize(tmp_path):
    """As exporters write it: the size of another tensor, doubled, after the channels' own."""
    model = started()
    conv = model.last
    shape = model.add("Shape", source=conv)
    axes = model.add("Slice", model.numbers(2), model.numbers(4), source=shape)
    doubled = model.add("Mul", model.numbers(2, 2), source=axes)
    own = model.add("Slice", model.numbers(0), model.numbers(2), source=shape)
    sizes = model.add("Concat", doubled, source=own, axis=0)
    model.add("Resize", "", "", sizes, source=conv, mode="nearest")
    net = model.load(tmp_path)
    assert figures(net) == figures(rfsearch.parse("4C3P1B0-UP2", (6, 8)))


def reshaped(model, *steps):
    """Reshapes (tuples) and permutations (lists), one after the other."""
    for step in steps:
        if isinstance(step, tuple):
            model.add("Reshape", model.numbers(*step))
        else:
            model.add("Transpose", perm=step)


def test_a_pixel_unshuffle_written_as_reshapes_is_the_one_operator(tmp_path):
    written, known = started(), started()
    reshaped(written, (1, 4, 3, 2, 4, 2), [0, 1, 3, 5, 2, 4], (1, 16, 3, 4))
    known.add("SpaceToDepth", blocksize=2)
    for model in (written, known):
        model.conv(16, 5, kernel=1)
    net = written.load(tmp_path)
    assert figures(net) == figures(known.load(tmp_path))
    assert net.reach((0, 0)) == ([0, 1, 2], [0, 1, 2])


def test_a_pixel_shuffle_written_as_reshapes_is_the_one_operator(tmp_path):
    written, known = started(), started()
    reshaped(written, (1, 1, 2, 2, 6, 8), [0, 1, 4, 2, 5, 3], (1, 1, 12, 16))
    known.add("DepthToSpace", blocksize=2)
    for model in (written, known):
        model.conv(1, 5, kernel=1)
    assert figures(written.load(tmp_path)) == figures(known.load(tmp_path))


def test_blocks_moved_into_the_channels_are_read_with_holes(tmp_path):
    """Not each block's pixels, but the same pixel of every block: as a dilated window does."""
    model = Model((1, 3, 6, 8))
    reshaped(model, (1, 3, 2, 3, 2, 4), [0, 1, 2, 4, 3, 5], (1, 12, 3, 4))
    model.conv(12, 5, kernel=1)
    net = model.load(tmp_path)
    assert net.reach((1, 2)) == ([1, 4], [2, 6])


def test_a_reshape_that_is_taken_back_leaves_no_trace(tmp_path):
    model = started()
    reshaped(model, (1, 2, 2, 3, 2, 8), (1, 4, 6, 8))
    model.conv(4, 5)
    assert figures(model.load(tmp_path)) == figures(rfsearch.parse("4C3P1B0-5C3B0", (6, 8)))


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda m: m.add("Concat", m.weight(1, 1, 6), axis=1), "the shape of 'w1' does not fit"),
        (lambda m: m.add("Reshape", m.numbers(1, 5, 48)), "do not fit"),
        (lambda m: m.add("Transpose", perm=[0, 1, 2]), "perm [0, 1, 2]"),
        (lambda m: m.add("MaxPool"), "kernel_shape"),
        (lambda m: m.add("MaxPool", kernel_shape=[2, 2], strides=[2**60, 1]), "is not in 1.."),
        (lambda m: m.add("MaxPool", kernel_shape=[2, 2], pads=[0, 2**60, 0, 0]), "are beyond"),
        (lambda m: m.add("Conv", m.weight(4, 6, 3)), "made for 1 axes, the input has 2"),
        (lambda m: m.conv(5), "its weights read 5 channels, its input has 4"),
        (lambda m: m.add("Gather", m.numbers(9), axis=1), "indices that are not in -4..3"),
        (lambda m: m.add("Split", m.numbers(1, 1), axis=1, outputs=2), "do not make 4"),
    ],
)
def test_what_is_wrong_names_its_node_in_one_line(build, reason, tmp_path):
    model = started()
    build(model)
    with pytest.raises(rfsearch.UsageError) as raised:
        model.load(tmp_path)
    assert reason in str(raised.value)
    assert "m.onnx: node '" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda m: m.add("Reshape", m.numbers(1, 4, 8, 6)), "cuts across axes"),
        (lambda m: m.add("Reshape", m.add("Cast", to=7)), "is not a constant"),
        (lambda m: m.add("Gather", m.add("Cast", to=7), axis=2), "not known beforehand"),
    ],
)
def test_what_cannot_be_followed_is_named_in_a_finding(build, reason, tmp_path):
    model = started()
    build(model)
    assert any(reason in line for line in model.load(tmp_path).findings)


def test_weights_shared_by_identity_count_where_they_are_used(tmp_path):
    model = started()
    shared = model.add("Identity", source=model.weight(4, 1, 1, values=np.ones(4)))
    model.add("Mul", shared, source="v0_0")
    assert model.load(tmp_path).totals["params"] == 4 * 27 + 4
