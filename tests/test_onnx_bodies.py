"""If, Loop and functions of an ONNX file are read where they stand, or refused by name."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import parser
from onnx_text import loaded, measured, written

import rfsearch

WIDE = "[wide] t = Conv <pads: ints = [2, 2, 2, 2]> (c, w2)"
BRANCHES = (
    "c = Conv <pads: ints = [1, 1, 1, 1]> (x, w1) i = If (k) <then_branch: graph = a () => (t) "
    "{ " + WIDE + " }, else_branch: graph = b () => (e) { e = Identity (c) }> y = Add (c, i)"
)  # fmt: skip


@pytest.mark.parametrize(("condition", "rf", "params"), [(True, 7, 508), (False, 3, 108)])
def test_the_branch_that_is_taken_is_read_with_what_it_reads_from_outside(
    condition, rf, params, tmp_path
):
    model = written(BRANCHES, k=np.bool_(condition), w1=(4, 3, 3, 3), w2=(4, 4, 5, 5))
    net = loaded(model, tmp_path)
    assert (net.rf, net.totals["params"]) == (rf, params)
    assert measured(model, tmp_path) == "right"


def test_a_branch_that_depends_on_the_image_sees_everything_and_is_named(tmp_path):
    body = "m = ReduceMax <keepdims: int = 0> (x) k = Cast <to: int = 9> (m) " + BRANCHES
    net = loaded(written(body, w1=(4, 3, 3, 3), w2=(4, 4, 5, 5)), tmp_path)
    assert (net.sees_all, net.totals["params"]) == (True, 508)
    assert any("(If)" in line for line in net.findings)


LOOP = (
    "y = Loop (n, k, x) <body: graph = step (int64 i, bool c, float[1,3,8,8] a) => (d, b) "
    "{ d = Identity (c) b = Conv <pads: ints = [1, 1, 1, 1]> (a, w) }>"
)


@pytest.mark.parametrize("steps", [1, 3])
def test_a_loop_of_known_length_is_read_step_by_step(steps, tmp_path):
    model = written(LOOP, n=np.int64(steps), k=np.bool_(True), w=(3, 3, 3, 3))
    net = loaded(model, tmp_path)
    assert (net.rf, len(net), net.totals["params"]) == (1 + 2 * steps, steps, 81)
    assert measured(model, tmp_path) == "right"


@pytest.mark.parametrize(
    ("body", "stored"),
    [
        (LOOP, {"n": np.int64(10**6), "k": np.bool_(True)}),
        (
            "m = ReduceMax <keepdims: int = 0> (x) n = Cast <to: int = 7> (m) " + LOOP,
            {"k": np.bool_(True)},
        ),
        (
            "y = Scan <num_scan_inputs: int = 1, body: graph = step (float[3,8,8] a) => (b) "
            "{ b = Softmax (a) }> (x)",
            {},
        ),
    ],
)
def test_other_loops_are_named_and_not_followed(body, stored, tmp_path):
    model = written(
        "[first] q = Conv <pads: ints = [1, 1, 1, 1]> (x, w) " + body.replace("x)", "q)"),
        w=(3, 3, 3, 3),
        **stored,
    )
    net = loaded(model, tmp_path)
    assert [row.layer for row in net][:1] == ["first"]
    assert any("Loop" in line or "Scan" in line for line in net.findings)


FUNCTIONS = """
<ir_version: 8, opset_import: ["": 17, "local": 1]>
g (float[1,3,8,8] x) => (y) <float[4,3,3,3] w> {
    c = local.Block <stride: ints = [2, 2]> (x, w)
    y = local.Act (c)
}
<domain: "local", opset_import: ["": 17, "local": 1]>
Block <stride> (a, v) => (b) {
    q = Conv <pads: ints = [1, 1, 1, 1], strides: ints = @stride> (a, v)
    b = local.Act (q)
}
<domain: "local", opset_import: ["": 17]>
Act (a) => (b) { s = Sigmoid (a) b = Mul (a, s) }
"""


def functions():
    model = parser.parse_model(FUNCTIONS.replace("<float[4,3,3,3] w>", ""))
    weights = np.random.default_rng(0).normal(size=(4, 3, 3, 3)).astype(np.float32)
    model.graph.initializer.append(onnx.numpy_helper.from_array(weights, "w"))
    return model


def test_functions_of_the_file_are_read_with_their_attributes(tmp_path):
    net = loaded(functions(), tmp_path)
    assert (net.rf, net.jump, net.output_size, len(net)) == (3, 2, 4, 1)
    assert measured(functions(), tmp_path) == "right"


def test_a_function_that_calls_itself_is_refused_in_one_line(tmp_path):
    model = functions()
    model.functions[1].node[0].op_type = "Act"
    model.functions[1].node[0].domain = "local"
    with pytest.raises(rfsearch.UsageError, match="bodies within bodies"):
        loaded(model, tmp_path)
