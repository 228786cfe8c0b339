"""`rfsearch show`: every format, every error, as a person would run it."""

from __future__ import annotations

import json

import build_onnx
import pytest

from rfsearch.cli import main
from rfsearch.layers.notation import parse_stack


def show(capsys, *words):
    """(exit code, stdout, stderr) of one command."""
    code = main(["show", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_screen_has_the_table_the_totals_with_units_and_the_findings(capsys):
    code, out, err = show(capsys, "alexnet", "--input", "224")
    assert (code, err) == (0, "")
    assert "96C11S4" in out
    assert "62,378,344 values" not in out  # 224 leaves a smaller first linear layer
    for word in ("params", "macs", "activations", "memory", "peak_memory", "tensors only"):
        assert word in out
    assert "Findings" in out


def test_json_is_the_documented_object(capsys):
    code, out, _ = show(capsys, "96C11S4-MP3S2", "--format", "json")
    assert code == 0
    document = json.loads(out)
    assert document["schema"] == 2
    assert document["input"] == 227
    assert document["layers"][1] == {
        "layer": "MP3S2",
        "output_size": 27,
        "channels": 96,
        "rf": 19,
        "rf_min": 19,
        "jump": 8,
        "centre": 9,
        "padding_total": 0,
        "padding_after": 0,
        "params": 0,
        "macs": 0,
        "activations": 69984,
        "memory": 1441536,
        "rf_through_gates": False,
    }
    assert set(document["totals"]) >= {"params", "macs", "activations", "memory", "peak_memory"}
    assert document["findings"] == []


def test_where_axes_differ_a_value_is_a_list_and_a_fraction_is_text(capsys):
    _, out, _ = show(capsys, "8C3x5-UP2", "--input", "20x31", "--format", "json")
    document = json.loads(out)
    assert document["input"] == [20, 31]
    assert document["layers"][1]["output_size"] == [36, 54]
    assert document["layers"][1]["jump"] == "1/2"
    assert document["layers"][0]["jump"] == 1


@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet"])
def test_rows_come_in_every_format(form, tmp_path, capsys):
    import polars as pl

    file = tmp_path / f"rows.{form}"
    code, out, _ = show(capsys, "resnet18", "-o", str(file))
    assert (code, out) == (0, "")
    read = {"ndjson": pl.read_ndjson, "csv": pl.read_csv, "parquet": pl.read_parquet}[form]
    frame = read(file)
    assert frame.height == 31
    assert frame["params"].sum() == 11_689_512


@pytest.mark.parametrize("stack", ["64T4S2P1-3C3S2", "64T4x3S2x1P1-3C3"])
def test_a_jump_that_is_a_fraction_is_the_same_in_json_and_in_rows(stack, capsys):
    """On one axis or on some: text where it is a fraction, else a number."""
    _, out, _ = show(capsys, stack, "--input", "8", "--format", "json")
    code, lines, _ = show(capsys, stack, "--input", "8", "--format", "ndjson")
    assert code == 0
    jumps = [json.loads(line)["jump"] for line in lines.splitlines()]
    assert jumps == [layer["jump"] for layer in json.loads(out)["layers"]]


def test_csv_writes_axes_that_differ_side_by_side(capsys):
    _, out, _ = show(capsys, "8C3", "--input", "20x31", "--format", "csv")
    assert out.splitlines()[1].startswith("8C3,18x29,8,3,")


def test_one_axis_is_asked_for_by_name_or_by_prefix(capsys):
    _, out, _ = show(capsys, "8C3", "--input", "1d:100", "--format", "json")
    assert json.loads(out)["layers"][0]["macs"] == 98 * 3 * 3 * 8
    _, out, _ = show(capsys, "wavenet", "--input", "4000", "--format", "json")
    assert json.loads(out)["rf"] == 1025


def test_an_onnx_file_is_shown_with_its_nodes(tmp_path, capsys):
    path = build_onnx.full(parse_stack("8C3S2-MP2S2"), (32, 32), 3, tmp_path)
    code, out, _ = show(capsys, str(path), "--format", "json")
    assert code == 0
    assert [row["layer"] for row in json.loads(out)["layers"]] == ["Conv_v0", "MaxPool_v1"]
    _, out, _ = show(capsys, str(path), "--input", "64", "--format", "json")
    assert json.loads(out)["input"] == 64


def test_bytes_per_value_scale_the_memory(capsys):
    memory = []
    for width in ("1", "4"):
        _, out, _ = show(capsys, "8C3", "--bytes-per-value", width, "--format", "json")
        memory.append(json.loads(out)["totals"]["memory"])
    assert memory[1] == 4 * memory[0]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["96C11S4-MP3X2"], "character 12 ('X' after '96C11S4-MP3')"),
        (["8C3", "--input", "0"], "input: 0 is not"),
        (["8C3", "--input", "-5"], "input"),
        (["8C3", "--input", "nan"], "input: 'nan'"),
        (["8C3", "--input", "99999999"], "not a whole number in 1..65536"),
        (["8C3-MP9", "--input", "5"], "layer 2 (MP9): a window of 9"),
        (["8C3", "--input-channels", "0"], "--input-channels"),
        (["8C3", "--input-channels", "x"], "--input-channels"),
        (["8C3", "--bytes-per-value", "0"], "--bytes-per-value"),
        (["8C3", "--format", "xml"], "--format: 'xml' is not one of"),
        (["resnet5o"], "did you mean resnet50?"),
        (["absent.onnx"], "absent.onnx: No such file"),
        (["8C3", "--inputs", "5"], "--input"),
        ([], "STACK|NAME|FILE"),
        (["1000000000C3-1000000000C3"], "beyond 9223372036854775807"),
        (["((((((C1)x1000)x1000)x1000)x1000)x1000)x1000"], "more than 10,000"),
        (["8C3", "-o", "/absent/folder/x.json"], "there is no folder"),
    ],
)
def test_what_cannot_be_shown_is_answered_in_one_line_with_exit_code_2(words, reason, capsys):
    code, out, err = show(capsys, *words)
    assert (code, out) == (2, "")
    assert reason in err
    assert err.count("\n") == 1


def test_a_file_that_is_no_onnx_file_by_name_is_refused(tmp_path, capsys):
    file = tmp_path / "model.pt"
    file.write_bytes(b"")
    code, _, err = show(capsys, str(file))
    assert code == 2
    assert "ends in .onnx, .keras, .h5, .hdf5, .tflite" in err


def test_help_lists_the_names(capsys):
    code, out, _ = show(capsys, "--help")
    assert code == 0
    assert "resnet50" in out
