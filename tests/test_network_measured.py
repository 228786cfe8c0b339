"""Receptive fields measured by running the network equal the computed ones, start included."""

from __future__ import annotations

import tempfile
from pathlib import Path

import build_onnx
import measure
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import rfsearch
from rfsearch.layers.notation import format_stack, parse_stack
from rfsearch.network.names import published

NAMES = [
    name
    for name in published()
    if not name.startswith("cp_resnet_") or name in ("cp_resnet_rho0", "cp_resnet_rho12")
]


def measured_and_computed(stack, sizes):
    """The boxes of the middle output, measured and computed, and the network."""
    model = measure.Measured(build_onnx.thin(stack, sizes, 3, batch=1), sizes)
    net = rfsearch.parse(format_stack(stack), sizes)
    assert model.output_sizes == net.features.sizes
    middle = tuple(n // 2 for n in model.output_sizes)
    return model.box(middle), net, middle


@pytest.mark.parametrize("name", NAMES)
def test_the_middle_output_of_a_named_network_is_reached_by_exactly_its_box(name):
    stack = parse_stack(published()[name].stack)
    box, net, middle = measured_and_computed(stack, rfsearch.parse(name).input)
    assert box == net.box(middle)


# Those of one axis, of unequal ones, or of none.
UNEVEN = ("wave", "tcn", "auto", "ds")


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(UNEVEN)])
def test_on_an_input_larger_than_its_rf_a_named_network_shows_its_rf_whole(name):
    """The input leaves room on both sides, so that no border cuts the box."""
    known = rfsearch.parse(name)
    stack = build_onnx.before_head(parse_stack(published()[name].stack))
    small = max(known.rf if isinstance(known.rf, int) else max(known.rf), 64)
    step = 32 if name.startswith("unet") else int(known.jump)
    n = (known.input[0] if name == "unet" else 0) or (small + 3 * step) // step * step + 64
    if name.startswith(("yolo", "unet_p")):
        n = -(-n // 32) * 32
    box, net, middle = measured_and_computed(stack, (n, n))
    fields = [seen.box(at) for seen, at in zip(net.features.fields, middle, strict=True)]
    assert box == tuple(fields)
    widths = net.features.fields[0].rf_of_phases
    assert box[0][1] - box[0][0] + 1 in widths
    assert max(widths) == known.rf


# Layers that keep the size, so that branches meet; then layers that change it.
KEEPING = st.sampled_from(
    ["C1", "C3P1", "C5P2", "C3P2D2", "C3P3D3", "DW3P1", "MP3P1", "AP3P1", "C2P1:0", "C4Ps", "MP2Ps"]
)
SMALLER = st.sampled_from(
    [
        "C3S2",
        "C3S2P1",
        "C4S2P1",
        "MP2S2",
        "MP3S2U",
        "MP2S2U",
        "C1S2",
        "C5S3Ps",
        "C2S2P1:0",
        "C3x5P0x1",
        "C3P0:2",
        "CROP1:0",
        "AP2S1",
    ]
)
LARGER = st.sampled_from(["UP2", "T4S2P1", "T2S2", "T3S2", "UPL2", "T5S3P2"])
CHANGING = SMALLER | LARGER
PATHS = st.lists(KEEPING, min_size=1, max_size=3).map("-".join)
BLOCKS = st.one_of(
    PATHS.map(lambda path: f"R({path})"),
    st.tuples(PATHS, PATHS | st.just("ID")).map(lambda pair: f"({pair[0]}|{pair[1]})"),
    st.tuples(PATHS, PATHS).map(lambda pair: f"({pair[0]}+{pair[1]})"),
    st.tuples(PATHS, st.just("(C3P1|ID)")).map(lambda pair: f"(C3P1-{pair[0]}|{pair[1]}-C3P1)"),
)
STACKS = st.lists(CHANGING | CHANGING | KEEPING | BLOCKS, min_size=1, max_size=5).map("-".join)


@settings(max_examples=60, deadline=None)
@given(STACKS, st.integers(12, 30), st.integers(12, 30), st.data())
def test_the_pixels_that_reach_any_output_of_a_random_graph_are_those_followed_back(
    text, height, width, data
):
    try:
        net = rfsearch.parse(text, (height, width))
    except rfsearch.UsageError:
        assume(False)
    sizes = net.features.sizes
    assume(max(sizes) <= 200)
    model = measure.Measured(
        build_onnx.thin(parse_stack(text), (height, width), 3, batch=None), (height, width)
    )
    assert model.output_sizes == sizes
    index = tuple(data.draw(st.integers(0, n - 1)) for n in sizes)
    reached = net.reach(index)
    # A pixel reaches the output if it does so on both axes at once.
    assert model.sets(index) == (reached if all(reached) else ([], []))
    for seen, at, pixels in zip(net.features.fields, index, reached, strict=True):
        box = seen.box(at)
        if pixels:
            assert box[0] <= pixels[0] and pixels[-1] <= box[1]
            assert seen.rf >= pixels[-1] - pixels[0] + 1


@settings(max_examples=40, deadline=None)
@given(STACKS, st.data())
def test_far_from_the_borders_the_box_of_a_random_graph_is_exact(text, data):
    try:
        net = rfsearch.parse(text, 90)
    except rfsearch.UsageError:
        assume(False)
    seen, n = net.features.fields[0], net.features.sizes[0]
    # Far enough that no layer between reads padding: half the box again on both sides.
    inside = [
        at
        for at in range(n)
        if (box := seen.box(at)) and box[0] >= seen.rf and box[1] < 90 - seen.rf
    ]
    assume(inside)
    at = data.draw(st.sampled_from(inside))
    model = measure.Measured(build_onnx.thin(parse_stack(text), (90, 90), 3, batch=1), (90, 90))
    middle = net.features.sizes[1] // 2
    assert model.box((at, middle))[0] == seen.box(at)


def test_u_net_sees_188_to_204_pixels_by_the_phase_of_the_output():
    stack = parse_stack(published()["unet"].stack)
    model = measure.Measured(build_onnx.thin(stack, (572, 572), 1, batch=1), (572, 572))
    boxes = [model.box((186 + phase, 194))[0] for phase in range(16)]
    widths = {last - first + 1 for first, last in boxes}
    assert (min(widths), max(widths)) == (188, 204)
    net = rfsearch.parse("unet")
    assert boxes == [net.features.fields[0].box(186 + phase) for phase in range(16)]
    assert net.rf == 204


def test_cp_resnet_with_rho_5_sees_87_pixels_though_its_log_says_81():
    """The log counts a pool's stride already for the convolution before it, and no pool's window.

    Koutini et al., cpjku_dcase19, utils_funcs.get_maxrf: 5 + 2·2, then 2·4, 2·8, 2·8, 2·8, 2·8.
    """
    stack = parse_stack(published()["cp_resnet_rho5"].stack)
    box, net, _ = measured_and_computed(stack, (256, 431))
    assert [last - first + 1 for first, last in box] == [87, 87]
    assert net.rf == 87
    log = 5
    for kernel, jump in [(3, 2), (1, 4), (3, 4), (3, 8), (3, 8), (3, 8), (3, 8), (1, 16)]:
        log += (kernel - 1) * jump
    assert log == 81


def test_squeeze_and_excitation_lets_one_output_see_the_whole_input():
    """Measured with the gate in place, on an input of ones, where every change must show."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper

    ones = helper.make_tensor("w", TensorProto.FLOAT, [1, 1, 3, 3], np.ones(9))
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["image", "w"], ["x"], pads=[1, 1, 1, 1]),
            helper.make_node("GlobalAveragePool", ["x"], ["g"]),
            helper.make_node("Mul", ["x", "g"], ["y"]),
        ],
        "gate",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, 16, 16])],
        [onnx.helper.make_empty_tensor_value_info("y")],
        [ones],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    running = measure.session(model)
    image = np.ones((1, 1, 16, 16), np.float32)
    base = running.run(None, {"image": image})[0][0, 0, 3, 3]
    image[0, 0, 15, 15] = 2
    assert running.run(None, {"image": image})[0][0, 0, 3, 3] != base

    net = rfsearch.parse("8C3P1-SE4", 16)
    assert net.sees_all
    assert net.rf == 3
    assert net.reach((3, 3)) == (list(range(16)), list(range(16)))
    assert any("whole input" in line and "RF is 3" in line for line in net.findings)


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        # boxes that go back: a dilated transposed convolution, a stride over the kernel
        ("T4S3D2-C3P1", (16, 21)),
        ("T2S3-C5-MP2S2", (20, 20)),
        # one and three axes
        ("C3P1-MP2S2-R(C3P1)-T2S2", (50,)),
        ("C3P1-MP2S2-(C3P1|ID)-T3S2", (8, 9, 10)),
    ],
)
def test_every_output_of_these_is_reached_by_the_pixels_followed_back(text, sizes):
    net = rfsearch.parse(text, sizes)
    model = measure.Measured(build_onnx.thin(parse_stack(text), sizes, 3, batch=None), sizes)
    assert model.output_sizes == net.features.sizes
    middle = [n // 2 for n in net.features.sizes]
    for axis, n in enumerate(net.features.sizes):
        for at in range(n):
            index = (*middle[:axis], at, *middle[axis + 1 :])
            pixels = net.reach(index)
            assert model.sets(index) == (pixels if all(pixels) else ([],) * len(sizes))
            box = net.features.fields[axis].box(at)
            if pixels[axis]:
                assert box[0] <= pixels[axis][0]
                assert pixels[axis][-1] <= box[1]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(STACKS, st.integers(12, 40), st.integers(12, 40))
def test_a_random_graph_as_an_onnx_file_gives_the_table_of_its_notation(text, height, width):
    try:
        net = rfsearch.parse(text, (height, width))
    except rfsearch.UsageError:
        assume(False)
    with tempfile.TemporaryDirectory() as folder:
        path = build_onnx.full(parse_stack(text), (height, width), 3, Path(folder))
        loaded = rfsearch.load(path)
    fields = [field for field in net.rows[0].__slots__ if field not in ("layer", "op")]
    for row, other in zip(net, loaded, strict=True):
        assert [getattr(row, field) for field in fields] == [
            getattr(other, field) for field in fields
        ]
