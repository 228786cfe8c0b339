"""Where an ONNX file cannot be followed to its end: what is known of it, and what is named."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest
from onnx_text import loaded, written

import rfsearch
from rfsearch.cli import main

LEVELS = (
    "[p3] a = Conv <pads: ints = [1, 1, 1, 1], strides: ints = [2, 2]> (x, w1) "
    "[p4] b = Conv <pads: ints = [1, 1, 1, 1], strides: ints = [2, 2]> (a, w2) "
)
WEIGHTS = {"w1": (4, 3, 3, 3), "w2": (4, 4, 3, 3)}
# What a detector does with its boxes depends on the values: how many come out, too.
HEAD = LEVELS + "n = NonZero (b) y = Cast <to: int = 1> (n)"


def test_a_network_ends_before_what_cannot_be_followed(tmp_path):
    net = loaded(written(HEAD, "float[1,3,32,32]", **WEIGHTS), tmp_path)
    assert [row.layer for row in net] == ["p3", "p4"]
    assert (net.rf, net.output_size) == (7, 8)
    assert len(net.stopped) == 1
    assert "(NonZero)" in net.stopped[0]
    assert any("NonZero" in line and "only as far" in line for line in net.findings)


def test_weights_after_the_end_are_counted_in_the_finding(tmp_path):
    body = HEAD.replace(
        "y = Cast <to: int = 1> (n)", "m = Cast <to: int = 1> (n) y = MatMul (v, m)"
    )
    net = loaded(written(body, "float[1,3,32,32]", v=(7, 4), **WEIGHTS), tmp_path)
    assert net.totals["params"] == 252
    assert any("28 stored values" in line for line in net.findings)


def test_the_command_shows_that_part_and_ends_with_code_3(tmp_path, capsys):
    path = tmp_path / "m.onnx"
    onnx.save(written(HEAD, "float[1,3,32,32]", **WEIGHTS), path)
    assert main(["show", str(path), "--format", "json"]) == 3
    out, err = capsys.readouterr()
    assert err.startswith("stopped: ") and "NonZero" in err and err.count("\n") == 1
    shown = json.loads(out)
    assert [row["layer"] for row in shown["layers"]] == ["p3", "p4"]
    assert any("NonZero" in line for line in shown["findings"])


def test_outputs_that_were_followed_stay_outputs_beside_the_end(tmp_path):
    model = written(HEAD, "float[1,3,32,32]", **WEIGHTS)
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info("a"))
    net = loaded(model, tmp_path)
    assert [net.nodes[output].name for output in net.outputs] == ["p3", "p4"]


def test_what_no_output_needs_stops_nothing(tmp_path):
    body = LEVELS + "n = NonZero (b) y = Relu (b)"
    assert not loaded(written(body, "float[1,3,32,32]", **WEIGHTS), tmp_path).stopped


@pytest.mark.parametrize("end", ["p3", "a"])
def test_a_network_ends_with_the_node_or_value_that_is_asked_for(end, tmp_path, capsys):
    model = written(HEAD, "float[1,3,32,32]", **WEIGHTS)
    net = loaded(model, tmp_path, until=end)
    assert ([row.layer for row in net], net.stopped) == (["p3"], [])
    assert main(["show", str(tmp_path / "m.onnx"), "--until", end, "--format", "csv"]) == 0
    assert "p4" not in capsys.readouterr().out


def test_an_end_that_is_not_in_the_file_is_named(tmp_path):
    with pytest.raises(rfsearch.UsageError, match="until: 'p5' is neither"):
        loaded(written(HEAD, "float[1,3,32,32]", **WEIGHTS), tmp_path, until="p5")


def test_a_file_of_which_nothing_can_be_followed_is_an_error(tmp_path):
    with pytest.raises(rfsearch.UsageError, match="NonZero"):
        loaded(written("n = NonZero (x) y = Cast <to: int = 1> (n)"), tmp_path)


def unknown(shape):
    body = "c = Conv <pads: ints = [1, 1, 1, 1]> (x, w) [odd] q = house.Mix (c, v) y = Conv (q, u)"
    model = written(body, more='"house": 1', w=(4, 3, 3, 3), v=(5, 5), u=(2, 4, 3, 3))
    if shape:
        kind = onnx.TensorProto.FLOAT
        model.graph.value_info.append(onnx.helper.make_tensor_value_info("q", kind, shape))
    return model


def test_an_unknown_operator_sees_everything_and_is_named(tmp_path):
    net = loaded(unknown([1, 4, 8, 8]), tmp_path)
    assert net.sees_all
    assert net.reach((0, 0)) == (list(range(8)), list(range(8)))
    assert net.totals["params"] == 108 + 25 + 72
    assert net.totals["macs"] == 108 * 64 + 72 * 36
    assert any("house.Mix" in line for line in net.findings)


def test_an_unknown_operator_of_unknown_shape_is_the_end(tmp_path):
    net = loaded(unknown(None), tmp_path)
    assert "house.Mix" in net.stopped[0]
    assert net.totals["params"] == 108


def test_an_operator_of_onnx_that_rfsearch_does_not_know_has_the_shape_that_onnx_infers(tmp_path):
    model = written(
        "c = Conv (x, w) y = GridSample (c, grid)", w=(4, 3, 3, 3), grid=np.zeros((1, 5, 7, 2), "f")
    )
    net = loaded(model, tmp_path)
    assert net.nodes[-1].sizes == (5, 7)
    assert net.sees_all


@pytest.mark.parametrize(
    ("direction", "seen"),
    [("forward", [0, 1, 2]), ("reverse", [2, 3, 4, 5, 6, 7]), ("bidirectional", list(range(8)))],
)
@pytest.mark.parametrize(("op", "gates"), [("LSTM", 4), ("GRU", 3), ("RNN", 1)])
def test_a_recurrent_layer_sees_what_lies_in_its_direction(op, gates, direction, seen, tmp_path):
    ways = 2 if direction == "bidirectional" else 1
    model = written(
        f"t = Transpose <perm: ints = [2, 0, 1]> (x) "
        f'y = {op} <hidden_size: int = 5, direction: string = "{direction}"> (t, w, r, b)',
        "float[1,3,8]",
        w=(ways, 5 * gates, 3),
        r=(ways, 5 * gates, 5),
        b=(ways, 10 * gates),
    )
    net = loaded(model, tmp_path)
    assert net.reach((2,)) == (seen,)
    assert net.sees_all
    assert net.totals["params"] == ways * gates * (15 + 25 + 10)
    assert net.totals["macs"] == 8 * ways * gates * (15 + 25)
