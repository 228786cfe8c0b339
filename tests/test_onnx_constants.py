"""Shape arithmetic, and weights in whatever form exporters store them."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from onnx_text import loaded, measured, written

import rfsearch

FLAT = "f = Reshape (x, sh) y = Gemm <transB: int = 1> (f, fc, fb)"


@pytest.mark.parametrize(
    ("opset", "body"),
    [
        (9, "s = Shape (x) b = Slice <axes: ints = [0], ends: ints = [1], starts: ints = [0]> (s)"),
        (12, "s = Shape (x) o = Gather (s, zero) b = Unsqueeze <axes: ints = [0]> (o)"),
        (13, "s = Shape (x) o = Gather (s, zero) b = Unsqueeze (o, at)"),
        (17, "s = Shape <start: int = 0, end: int = 1> (x) b = Cast <to: int = 7> (s)"),
        (17, "s = Shape (x) t = Cast <to: int = 6> (s) u = Slice (t, at, to, at) "
             "b = Cast <to: int = 7> (u)"),
    ],
)  # fmt: skip
def test_shape_arithmetic_is_that_of_the_files_own_opset(opset, body, tmp_path):
    model = written(
        f"{body} sh = Concat <axis: int = 0> (b, rest) {FLAT}",
        "float[1,3,4,4]",
        opset=opset,
        zero=np.int64(0),
        at=np.int64([0]),
        to=np.int64([1]),
        rest=np.int64([-1]),
        fc=(10, 48),
        fb=(10,),
    )
    assert loaded(model, tmp_path).totals["params"] == 490
    assert measured(model, tmp_path) == "right"


@pytest.mark.parametrize("reduction", ["ReduceProd", "ReduceSum", "ReduceMax", "ReduceL1"])
def test_reductions_of_shapes_are_computed(reduction, tmp_path):
    body = f"s = Shape (x) p = {reduction} <axes: ints = [0]> (s) q = Mul (p, zero) "
    model = written(
        body + f"r = Add (q, rest) sh = Concat <axis: int = 0> (one, r) {FLAT}",
        opset=11,
        one=np.int64([1]),
        zero=np.int64([0]),
        rest=np.int64([192]),
        fc=(10, 192),
        fb=(10,),
    )
    assert loaded(model, tmp_path).totals["params"] == 1930


def test_a_shape_is_known_of_a_reshape_whose_own_shape_was_computed(tmp_path):
    model = written(
        "s = Shape (x) b = Slice (s, z, p2, z) sh = Concat <axis: int = 0> (b, m1, p1) "
        "r = Reshape (x, sh) s2 = Shape (r) b2 = Slice (s2, z, p2, z) "
        "sh2 = Concat <axis: int = 0> (b2, m1) y = Reshape (r, sh2)",
        z=np.int64([0]),
        p2=np.int64([2]),
        m1=np.int64([-1]),
        p1=np.int64([1]),
    )
    assert loaded(model, tmp_path).output_size == 8
    assert measured(model, tmp_path) == "right shape"


CONV = "y = Conv (x, w)"
WEIGHTS = {
    "an initializer": (CONV, {"w": (4, 3, 3, 3)}),
    "a filled tensor": (
        "w = ConstantOfShape <value: tensor = float[1] {0.02}> (sh) " + CONV,
        {"sh": np.int64([4, 3, 3, 3])},
    ),
    "an unsqueezed one": ("w = Unsqueeze (v, at) " + CONV, {"v": (4, 3, 3), "at": np.int64([3])}),
    "a reshaped one": (
        "w = Reshape (v, sh) " + CONV, {"v": (12, 9), "sh": np.int64([4, 3, 3, 3])}
    ),
    "a transposed one": (
        "w = Transpose <perm: ints = [3, 2, 0, 1]> (v) " + CONV, {"v": (3, 3, 3, 4)}
    ),
    "one of half precision": (
        "w = Cast <to: int = 1> (v) " + CONV, {"v": np.ones((4, 3, 3, 3), np.float16)}
    ),
    "a quantized one": (
        "w = DequantizeLinear (v, s, z) " + CONV,
        {"v": np.ones((4, 3, 3, 3), np.int8), "s": np.float32(0.1), "z": np.int8(0)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", WEIGHTS)
def test_weights_have_a_shape_and_count_in_any_form(form, tmp_path):
    body, stored = WEIGHTS[form]
    kernel = (3, 1) if form == "an unsqueezed one" else (3, 3)
    net = loaded(written(body, **stored), tmp_path)
    assert tuple(window.kernel for window in net.nodes[1].windows) == kernel
    assert net.totals["params"] == 12 * kernel[0] * kernel[1]
    assert measured(written(body, **stored), tmp_path) == "right"


def test_weights_that_the_graph_works_out_of_others_count_as_those(tmp_path):
    """Weight norm: a direction of every filter and its length."""
    model = written(
        "q = Mul (v, v) n = ReduceSum <axes: ints = [1, 2, 3]> (q) r = Sqrt (n) u = Div (v, r) "
        "w = Mul (g, u) y = Conv (x, w)",
        opset=12,
        v=(4, 3, 3, 3),
        g=(4, 1, 1, 1),
    )
    assert loaded(model, tmp_path).totals["params"] == 108 + 4


def test_a_weight_used_three_times_counts_once_and_works_three_times(tmp_path):
    body = "a = Conv <pads: ints = [1, 1, 1, 1]> (x, w) b = Conv <pads: ints = [1, 1, 1, 1]> (a, w)"
    model = written(f"{body} y = Conv <pads: ints = [1, 1, 1, 1]> (b, w)", w=(3, 3, 3, 3))
    net = loaded(model, tmp_path)
    assert [row.params for row in net] == [81, 0, 0]
    assert (net.totals["params"], net.totals["macs"], net.rf) == (81, 3 * 81 * 64, 7)


def test_copies_that_exporters_make_of_equal_weights_count_each(tmp_path):
    body = "a = Conv <pads: ints = [1, 1, 1, 1]> (x, w) v = Identity (w) y = Conv (a, v)"
    assert loaded(written(body, w=(3, 3, 3, 3)), tmp_path).totals["params"] == 162


BIASES = {
    "an initializer": ("y = Add (c, b)", {"b": (1, 4, 1, 1)}),
    "a constant": (
        "b = Constant <value: tensor = float[1,4,1,1] {1.5, 2.5, 3.5, 4.5}> () y = Add (c, b)", {}
    ),
    "an unsqueezed one": (
        "b = Unsqueeze (v, at) y = Add (b, c)", {"v": (4,), "at": np.int64([0, 2, 3])}
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", BIASES)
def test_a_bias_that_is_added_counts_in_any_form(form, tmp_path):
    body, stored = BIASES[form]
    net = loaded(written(f"c = Conv (x, w) {body}", w=(4, 3, 3, 3), **stored), tmp_path)
    assert net.totals["params"] == 112
    assert len(net) == 1


def test_a_number_for_everything_is_not_learned(tmp_path):
    model = written("s = Div (x, k) y = Conv (s, w)", k=np.float32([255]), w=(4, 3, 3, 3))
    assert loaded(model, tmp_path).totals["params"] == 108


def test_a_file_of_the_third_version_has_weights_among_its_inputs(tmp_path):
    model = written(
        "c = Conv (x, w) s1 = Unsqueeze <axes: ints = [1, 2]> (s) y = Mul (c, s1)",
        opset=9,
        ir=3,
        w=(32, 3, 3, 3),
        s=(32,),
    )
    assert loaded(model, tmp_path).totals["params"] == 896
    assert measured(model, tmp_path) == "right"


def test_an_operator_whose_version_the_evaluator_lacks_keeps_its_shape(tmp_path):
    """The reference evaluator knows DequantizeLinear from version 19 on alone."""
    body = "w = DequantizeLinear (v, s, z) y = Conv (x, w)"
    stored = {"v": np.ones((4, 3, 3, 3), np.int8), "s": np.float32(1), "z": np.int8(0)}
    for opset in (10, 13, 19):
        assert loaded(written(body, opset=opset, **stored), tmp_path).rf == 3


@pytest.mark.parametrize(
    "body",
    [
        "n = ConstantOfShape (sh) y = Add (x, n)",
        "n = Expand (one, sh) y = Add (x, n)",
        "n = Tile (one, sh) m = ReduceMax (n) y = Add (x, m)",
        "n = Range (zero, far, step) m = ReduceMax (n) y = Add (x, m)",
    ],
)
def test_constants_too_large_to_be_made_are_not_made(body, tmp_path):
    model = written(
        body,
        sh=np.int64([1 << 12, 1 << 12, 1 << 12, 1 << 12]),
        one=np.ones((1, 1, 1, 1), np.float32),
        zero=np.float32(0),
        far=np.float32(1e12),
        step=np.float32(0.5),
    )
    tracemalloc.start()
    try:
        loaded(model, tmp_path)
    except rfsearch.UsageError as error:
        assert "\n" not in str(error)
    largest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert largest < 2**26
