"""Files that onnxruntime made of a model, quantized or optimized, give the figures of the model."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx_text import written
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    quantize_dynamic,
    quantize_static,
)

import rfsearch

# Sums, a depthwise and a strided convolution, pools, a concatenation and a head. Widths are whole
# blocks of every processor's layout.
BODY = """
    c1 = Conv <pads: ints = [1, 1, 1, 1]> (x, w1, b1) r1 = Relu (c1)
    c2 = Conv <pads: ints = [1, 1, 1, 1]> (r1, w2, b2) a2 = Add (c2, r1) r2 = Relu (a2)
    p = MaxPool <kernel_shape: ints = [2, 2], strides: ints = [2, 2]> (r2)
    c3 = Conv <group: int = 16, pads: ints = [1, 1, 1, 1]> (p, w3) h = HardSigmoid (c3)
    q = AveragePool <kernel_shape: ints = [3, 3], pads: ints = [1, 1, 1, 1]> (p)
    k = Concat <axis: int = 1> (h, q)
    c4 = Conv <strides: ints = [2, 2]> (k, w4, b4) l = LeakyRelu (c4)
    g = GlobalAveragePool (l) f = Flatten (g)
    m = Gemm (f, w5, b5) y = Relu (m)
"""
WEIGHTS = {
    "w1": (16, 3, 3, 3),
    "b1": (16,),
    "w2": (16, 16, 3, 3),
    "b2": (16,),
    "w3": (16, 1, 3, 3),
    "w4": (32, 32, 3, 3),
    "b4": (32,),
    "w5": (32, 5),
    "b5": (5,),
}


class Images(CalibrationDataReader):
    def __init__(self):
        chance = np.random.default_rng(0)
        self.left = [{"x": chance.normal(size=(1, 3, 16, 16)).astype("f")} for _ in range(2)]

    def get_next(self):
        return self.left.pop() if self.left else None


def plain(folder):
    path = folder / "plain.onnx"
    onnx.save(written(BODY, "float[1,3,16,16]", **WEIGHTS), path)
    return path


def optimized(path, level):
    made = path.with_suffix(f".{level}.onnx")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    options.optimized_model_filepath = str(made)
    options.log_severity_level = 4
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return made


def figures(path):
    net = rfsearch.load(path)
    assert not net.stopped
    features = net.features
    totals = {name: net.totals[name] for name in ("params", "macs", "depth")}
    return net.rf, net.rf_min, net.jump, net.padding_total, features.sizes, net.sees_all, totals


LEVELS = ["ORT_ENABLE_BASIC", "ORT_ENABLE_EXTENDED", "ORT_ENABLE_ALL"]


@pytest.mark.parametrize("level", LEVELS)
def test_an_optimized_file_has_the_figures_of_its_model(level, tmp_path):
    assert figures(optimized(plain(tmp_path), level)) == figures(plain(tmp_path))


@pytest.mark.parametrize("level", [None, *LEVELS])
@pytest.mark.parametrize("form", [QuantFormat.QDQ, QuantFormat.QOperator])
def test_a_statically_quantized_file_has_the_figures_of_its_model(form, level, tmp_path):
    path = tmp_path / "quantized.onnx"
    quantize_static(plain(tmp_path), path, Images(), quant_format=form, per_channel=True)
    assert figures(optimized(path, level) if level else path) == figures(plain(tmp_path))


@pytest.mark.parametrize("level", [None, *LEVELS])
def test_a_dynamically_quantized_file_has_the_figures_of_its_model(level, tmp_path):
    path = tmp_path / "quantized.onnx"
    quantize_dynamic(plain(tmp_path), path)
    assert figures(optimized(path, level) if level else path) == figures(plain(tmp_path))


def test_blocks_of_channels_that_a_processor_pads_are_told(tmp_path):
    body = "c = Conv <pads: ints = [1, 1, 1, 1]> (x, w, b) d = Relu (c) y = Conv (d, v)"
    path = tmp_path / "plain.onnx"
    onnx.save(written(body, w=(10, 3, 3, 3), b=(10,), v=(10, 10, 3, 3)), path)
    made = optimized(path, "ORT_ENABLE_ALL")
    if b"nchwc" not in made.read_bytes():
        pytest.skip("onnxruntime has no blocked layout for this processor")
    net = rfsearch.load(made)
    assert net.rf == rfsearch.load(path).rf
    assert any("padded to whole blocks" in line for line in net.findings)
