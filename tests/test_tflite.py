"""TensorFlow Lite files, written with the schema's own builders and read back."""

import sys

import numpy as np
import pytest

import rfsearch
from rfsearch.cli import main

pytest.importorskip("tflite")

from build_tflite import Builder, small


@pytest.fixture
def path(tmp_path):
    net, image, end = small()
    found = tmp_path / "small.tflite"
    found.write_bytes(net.data([image], [end]))
    return found


def test_a_file_gives_the_network_that_its_notation_is(path):
    net = rfsearch.load(path)
    assert net.notation == "8C3S2Ps-R(DW3P2D2B0)-GAP-5FCB0"
    again = rfsearch.parse(net.notation, (17, 20), 3)
    assert net.totals == again.totals
    assert (net.rf, net.jump, net.output_size) == (again.rf, again.jump, again.output_size)
    assert net.totals["params"] == 8 * 27 + 8 + 72 + 40
    assert [row.layer for row in net] == ["a", "deep", "total", "mean", "out"]
    assert "biases of zeros in 1 layers: taken as no biases" in net.findings


def test_it_is_shown_up_to_an_operator_and_at_its_own_size_alone(path, capsys):
    assert rfsearch.load(path, until="deep").rf == 11
    assert rfsearch.load(path, "17x20", until="a;b;first").rf == 3
    assert main(["show", str(path), "--until", "total"]) == 0
    assert "deep" in capsys.readouterr().out
    for words, said in (
        (["--input", "32"], "input: small.tflite is made for 17×20 alone"),
        (["--until", "nothing"], "until: 'nothing' is neither an operator nor a tensor"),
        (["--layout", "channels-last"], "layout: channels stand last in every .tflite file"),
    ):
        assert main(["show", str(path), *words]) == 2
        assert said in capsys.readouterr().err


def test_an_operator_that_is_not_known_sees_everything(tmp_path):
    net = Builder()
    image, made = net.tensor("image", (1, 8, 8, 2)), net.tensor("made", (1, 8, 8, 2))
    net.operator("LOCAL_RESPONSE_NORMALIZATION", [image], [made])
    path = tmp_path / "odd.tflite"
    path.write_bytes(net.data([image], [made]))
    read = rfsearch.load(path)
    assert read.sees_all
    assert any("made (LOCAL_RESPONSE_NORMALIZATION)" in line for line in read.findings)


def test_a_dilated_convolution_written_with_blocks_is_one(tmp_path):
    net = Builder()
    image, cut = net.tensor("image", (1, 12, 12, 2)), net.tensor("cut", (4, 8, 8, 2))
    block = net.tensor("block", values=np.array([2, 2], np.int32))
    pads = net.tensor("pads", values=np.array([[2, 2], [2, 2]], np.int32))
    net.operator("SPACE_TO_BATCH_ND", [image, block, pads], [cut], "SpaceToBatchNDOptions")
    kernel = net.tensor("kernel", values=np.ones((3, 3, 3, 2), np.float32))
    inner = net.tensor("inner", (4, 6, 6, 3))
    net.operator(
        "CONV_2D", [cut, kernel], [inner], "Conv2DOptions",
        Padding=1, StrideW=1, StrideH=1, DilationWFactor=1, DilationHFactor=1,
    )  # fmt: skip
    made = net.tensor("made", (1, 12, 12, 3))
    crops = net.tensor("crops", values=np.zeros((2, 2), np.int32))
    net.operator("BATCH_TO_SPACE_ND", [inner, block, crops], [made], "BatchToSpaceNDOptions")
    path = tmp_path / "blocks.tflite"
    path.write_bytes(net.data([image], [made]))
    assert rfsearch.load(path).notation == "3C3P2D2B0"


def test_slices_concatenations_pads_and_resizes(tmp_path):
    net = Builder()
    image = net.tensor("image", (1, 9, 10, 4))
    pads = net.tensor("pads", values=np.array([[0, 0], [1, 0], [0, 2], [0, 0]], np.int32))
    wide = net.tensor("wide", (1, 10, 12, 4))
    net.operator("PAD", [image, pads], [wide], "PadOptions")
    begin, end, step = (
        net.tensor(name, values=np.array(one, np.int32))
        for name, one in (("b", [0, 0, 0, 0]), ("e", [0, 0, 0, 2]), ("s", [1, 1, 1, 1]))
    )
    half = net.tensor("half", (1, 10, 12, 2))
    net.operator(
        "STRIDED_SLICE", [wide, begin, end, step], [half], "StridedSliceOptions",
        BeginMask=7, EndMask=7,
    )  # fmt: skip
    both = net.tensor("both", (1, 10, 12, 6))
    net.operator("CONCATENATION", [wide, half], [both], "ConcatenationOptions", Axis=3)
    size = net.tensor("size", values=np.array([20, 24], np.int32))
    large = net.tensor("large", (1, 20, 24, 6))
    net.operator(
        "RESIZE_BILINEAR", [both, size], [large], "ResizeBilinearOptions", HalfPixelCenters=True
    )
    path = tmp_path / "parts.tflite"
    path.write_bytes(net.data([image], [large]))
    read = rfsearch.load(path)
    assert (read.output_size, read.rf, read.rows[-1].channels) == ((20, 24), 2, 6)
    assert read.padding_total == (1, 0) or read.padding_total[0] >= 1


def test_a_file_that_is_none_or_is_damaged_is_one_line(path, tmp_path, capsys):
    data = path.read_bytes()
    bad = tmp_path / "bad.tflite"
    for content, said in (
        (b"not a model", "not a TensorFlow Lite file, which has TFL3 in bytes 4 to 7"),
        (data[:40], "damaged"),
        (data[:4] + b"TFL3" + bytes(200), "damaged"),
    ):
        bad.write_bytes(content)
        assert main(["show", str(bad)]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1 and said in error
    assert main(["show", str(tmp_path / "absent.tflite")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_bytes_changed_anywhere_are_read_or_refused_in_a_line(path, tmp_path):
    data = path.read_bytes()
    drawn = np.random.default_rng(0)
    bad = tmp_path / "bad.tflite"
    for _ in range(300):
        broken = bytearray(data)
        for at in drawn.integers(8, len(data), 3):
            broken[at] = drawn.integers(0, 256)
        bad.write_bytes(bytes(broken))
        try:
            rfsearch.load(bad)
        except rfsearch.RfsearchError as error:
            assert "\n" not in str(error)


def test_its_extra_is_named(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tflite", None)
    with pytest.raises(rfsearch.MissingExtraError, match=r"pip install 'rfsearch\[tflite\]'"):
        rfsearch.load(path)
