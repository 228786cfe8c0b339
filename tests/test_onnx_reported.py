"""Files that were once refused or read wrongly: their figures, held against onnxruntime."""

from pathlib import Path

import numpy as np
import onnx
import onnx_backend
import pytest

import rfsearch
from rfsearch.cli import main

FOLDER = Path(__file__).parent / "cases" / "onnx" / "reported"
# File: RF, size of the features, params, MACs.
FIGURES = {
    "01_unsqueeze_opset12": (3, 8, 2_678, 9_472),
    "02_constantofshape_weights": (3, 6, 108, 3_888),
    "03_if_dropped": (7, 64, 508, 2_080_768),
    "04_castlike": (3, 16, 108, 27_648),
    "05_nhwc_preprocess": (3, 14, 108, 21_168),
    "06_convtranspose_output_shape": (2, 10, 54, 864),
    "07_flatten_negative": ((1, 5), (4, 1), 35, 420),
    "08_expand": (3, 6, 216, 7_776),
    "09_groupnorm_torch": (3, 8, 116, 6_912),
    "10_dynamic_quantized": (3, 6, 108, 3_888),
    "11_qlinearadd": (3, 8, 81, 5_184),
    "12_pad_channels": (3, 8, 288, 18_432),
    "13_argmax_channels": (3, 6, 108, 3_888),
    "14_detector_head": (7, 8, 252, 36_864),
    "15_raw_audio": (8, 15, 32, 480),
    "17_coordconv": (3, 6, 180, 6_480),
    "18_shape_after_unknown": (1, 8, 0, 0),
    "20_resize_antialias": (8, 4, 0, 0),
    "21_ir3_weights_lost": (3, 6, 1_226, 31_424),
    "22_averagepool_is_global": (3, 7, 296, 10_664),
    "23_pixel_unshuffle": (6, 2, 432, 1_728),
    "24a_bias_initializer": (3, 6, 112, 3_888),
    "26_shared_weights": (7, 8, 81, 15_552),
    "27_batch8_view": (3, 6, 1_548, 5_328),
    "31_reduceprod_opset17": (1, 4, 480, 480),
    "32_slice_opset9": (1, 4, 490, 480),
    "33_dynamic_channels": (3, 14, 108, 21_168),
    "34_weights_left": (1, 16, 32, 512),
    "36_maxpool_ceil": (2, 4, 0, 0),
    "38_lstm": ((8, 3), (1, 30), 276, 8_280),
    "40_bgr_gather": (3, 6, 108, 3_888),
    "41_ir3_params_short": (3, 6, 896, 31_104),
}
SEES_ALL = {"08_expand", "09_groupnorm_torch", "38_lstm"}
# What a row cannot show of an output: rounding to eight bits, or a state, hides what is far.
HIDDEN = {"11_qlinearadd": onnx_backend.WIDER, "38_lstm": onnx_backend.WIDER}
# Flattened outputs have no axes left to disturb.
FLAT = ("07_flatten_negative", "14_detector_head", "18_shape_after_unknown")
HIDDEN |= dict.fromkeys(FLAT, onnx_backend.SHAPE)


def test_every_file_has_its_figures():
    assert set(FIGURES) == {path.stem for path in FOLDER.glob("*.onnx")}


@pytest.mark.parametrize("name", FIGURES)
def test_a_reported_file_is_read_as_it_is(name):
    net = rfsearch.load(FOLDER / f"{name}.onnx")
    figures = (net.rf, net.output_size, net.totals["params"], net.totals["macs"])
    assert figures == FIGURES[name]
    assert net.sees_all == (name in SEES_ALL)
    assert not net.stopped


@pytest.mark.parametrize("name", [name for name in FIGURES if name != "10_dynamic_quantized"])
def test_a_reported_file_sees_what_onnxruntime_shows(name):
    pytest.importorskip("onnxruntime")
    path = FOLDER / f"{name}.onnx"
    model, net = onnx.load(path), rfsearch.load(path)
    stored = {one.name for one in model.graph.initializer}
    image = next(one for one in model.graph.input if one.name not in stored)
    known = [dim.dim_value for dim in image.type.tensor_type.shape.dim]
    shape = known if all(known) else [1, net.input_channels, *net.input]
    values = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    run = onnx_backend.by_onnxruntime(model)
    found = onnx_backend.compared(onnx_backend.Outcome(name, "", "right"), path, run, values)
    assert found.word == HIDDEN.get(name, onnx_backend.RIGHT), found.why


def test_scales_that_follow_the_image_are_named():
    """Of a dynamically quantized file every output depends a little on every pixel."""
    findings = rfsearch.load(FOLDER / "10_dynamic_quantized.onnx").findings
    assert any(line.startswith("quantized dynamically") for line in findings)


def test_a_bias_counts_in_a_constant_node_as_in_an_initializer(tmp_path):
    model = onnx.load(FOLDER / "24a_bias_initializer.onnx")
    bias = next(one for one in model.graph.initializer if one.name == "b")
    model.graph.node.insert(0, onnx.helper.make_node("Constant", [], ["b"], value=bias))
    model.graph.initializer.remove(bias)
    path = tmp_path / "m.onnx"
    onnx.save(model, path)
    assert rfsearch.load(path).totals["params"] == 112


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_file_without_layers_is_shown(form, capsys):
    assert main(["show", str(FOLDER / "18_shape_after_unknown.onnx"), "--format", form]) == 0
    assert capsys.readouterr().err == ""
