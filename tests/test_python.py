"""What Python users ask beside the questions of a search: why, what is near, files, a verdict."""

import sys
from pathlib import Path

import pytest

import rfsearch
from rfsearch.cli import main

CONFIGS = sorted(Path(__file__).parents[1].glob("configs/*.toml"))
SPACE = rfsearch.Space(kernel=[1, 3], stride=[1, 2], depth=(1, 4), channels=8)


@pytest.fixture(scope="module")
def found():
    return SPACE.search(16, 7)


def test_why_and_nearby_are_those_of_the_command(found, capsys):
    flags = "--kernel 1,3 --stride 1,2 --depth 1..4 --channels 8 --target-rf 7 --input 16"
    assert main([*flags.split(), "--format", "json"]) == 0
    import json

    document = json.loads(capsys.readouterr().out)
    assert list(found.why()) == document["why"]
    nearby = found.nearby()
    assert nearby["matches"].to_list() == [one["matches"] for one in document["nearby"]]
    assert nearby["least_memory"].to_list() == [one["memory"] for one in document["nearby"]]
    assert nearby["instead"].to_list()[:2] == ["RF 5", "RF 9"]
    assert nearby["flags"][0] == "--target-rf 5"


def test_where_nothing_matches_why_is_a_proof_and_nearby_is_what_helps():
    none = SPACE.search(16, 8)
    assert none.count() == 0
    assert "with odd kernels every RF is odd" in none.why()[0]
    assert set(none.nearby()["matches"].to_list()) != {0}


def test_lines_show_themselves_a_line_each(found):
    lines = found.why()
    assert repr(lines) == "\n".join(lines)
    assert lines._repr_html_().count("<li>") == len(lines)


def test_a_list_is_exported_a_file_each(found, tmp_path):
    paths = found.export(tmp_path / "best", "onnx", 3, distinct="none")
    assert [path.name for path in paths] == ["rank01.onnx", "rank02.onnx", "rank03.onnx"]
    stacks = found.top(3, distinct="none")["stack"].to_list()
    assert [rfsearch.load(path).notation for path in paths] == stacks
    with pytest.raises(rfsearch.UsageError, match=r"rank01\.onnx exists; force replaces it"):
        found.export(tmp_path / "best", "onnx", 1)
    assert len(found.export(tmp_path / "best", "onnx", 1, force=True)) == 1
    with pytest.raises(rfsearch.UsageError, match="to: 'caffe' is not one of torch, keras, onnx"):
        found.export(tmp_path, "caffe")
    with pytest.raises(rfsearch.UsageError, match=r"folder: .*absent"):
        found.export(tmp_path / "absent" / "deep")


def test_a_ladder_is_exported_a_file_each_rung(tmp_path):
    ladder = SPACE.ladder(16, "5..9:2")
    paths = ladder.export(tmp_path, "onnx", classes=4)
    assert [path.name for path in paths] == ["rung01.onnx", "rung02.onnx", "rung03.onnx"]
    assert [rfsearch.load(path).rf for path in paths] == [5, 7, 9]
    assert repr(ladder).startswith("<Ladder 3 rungs, params within ")
    assert "<table" in ladder._repr_html_()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_space_written_as_toml_is_read_as_the_same(path, tmp_path):
    space = rfsearch.load_space(path)
    copy = tmp_path / "copy.toml"
    copy.write_text(space.to_toml(), "utf-8")
    assert rfsearch.load_space(copy) == space
    assert rfsearch.load_space(copy).candidates == space.candidates


def test_a_space_of_python_values_is_counted_alike_after_its_toml(tmp_path):
    space = rfsearch.Space(
        stages=[
            {"slot": [{"kernel": (3, 5), "channels": "x2,16"}, {"block": "b", "repeat": "0..2"}]},
            {"op": ["maxpool"], "kernel": [2], "stride": [2]},
        ],
        block={"b": {"stack": "R({w}C{k}P1-{in}C1)", "w": [8, 16], "k": 3}},
        stem="8C3S2P1",
        norm="batch",
        bias=False,
        allow_holes=True,
    )
    path = tmp_path / "space.toml"
    path.write_text(space.to_toml())
    again = rfsearch.load_space(path)
    assert again == space
    asked = {"input": 48, "rounding": "floor"}
    assert again.search(**asked).count() == space.search(**asked).count() > 0


def test_a_space_file_that_cannot_be_read_is_one_line(tmp_path):
    with pytest.raises(rfsearch.UsageError, match=r"path: .*absent.toml: No such file"):
        rfsearch.load_space(tmp_path / "absent.toml")
    path = tmp_path / "bad.toml"
    path.write_text("kernel = 0\n")
    with pytest.raises(rfsearch.UsageError, match=r"bad.toml: kernel: 0 is not ≥ 1"):
        rfsearch.load_space(path)
    path.write_text('like = "resnet18"\n')
    with pytest.raises(rfsearch.UsageError, match=r"bad.toml: like: .* ask rfsearch.like"):
        rfsearch.load_space(path)


def test_membership_says_what_refuses(found):
    assert found.contains("8C3-8C3-8C3")
    assert not found.contains("8C3-8C3")
    assert found.contains("8C3-8C3").reasons == ("input 16: RF 5 is not 7",)
    assert SPACE.contains("8C3-8C3", input=16)
    refused = SPACE.contains("8C3S2-8C5")
    assert not refused
    assert repr(refused) == "<Membership: no: item 2 (8C5): kernel: 5 is not one of 1, 3>"
    assert refused._repr_html_().startswith("<p>no</p><ul><li>item 2")
    assert rfsearch.load_space("configs/vgg.toml").contains(rfsearch.parse("vgg16"))
    with pytest.raises(rfsearch.UsageError, match="network: 7 is neither a Network nor notation"):
        SPACE.contains(7)


def test_a_verdict_is_true_and_shows_its_figures():
    verdict = rfsearch.verify("8C3-8C3S2", 16)
    assert verdict and verdict.as_claimed
    assert verdict.measured["rf"] == 5
    assert repr(verdict) == "<Verdict 8C3-8C3S2 in onnxruntime: as claimed>"
    assert "<td>rf</td><td>5</td><td>5</td>" in verdict._repr_html_()
    assert rfsearch.verify(rfsearch.parse("8C3", 9))
    with pytest.raises(rfsearch.UsageError, match="input: a Network has its own"):
        rfsearch.verify(rfsearch.parse("8C3", 9), 9)


def test_an_answer_in_time_says_how_far_it_is_proven(found):
    answer = found.top_in_time(10)
    assert repr(answer) == "<InTime 1 rows, proven exact>"
    assert "<table" in answer._repr_html_()


def test_sizes_and_tilings_are_a_line_and_a_table():
    net = rfsearch.parse("8C3S2-MP2S2-8C3", 64)
    assert repr(net.sizes()).startswith("<AxisSizes work: ")
    assert repr(net.tiling()).startswith("<AxisTiling input 64, tiles ")
    for shown in (net.sizes(), net.tiling()):
        assert "<table>" in shown._repr_html_()


def test_frames_and_answers_go_to_pandas(found):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    top = found.top(3, distinct="none")
    frame = rfsearch.to_pandas(top)
    assert isinstance(frame, pandas.DataFrame) and list(frame["macs"]) == top["macs"].to_list()
    assert len(rfsearch.to_pandas(rfsearch.parse("8C3-8C3", 9))) == 2
    assert len(rfsearch.to_pandas(SPACE.ladder(16, "5..7:2"))) == 2
    assert len(rfsearch.to_pandas(found.top_in_time(10))) == 1


def test_pandas_is_an_extra_that_is_named(found, monkeypatch):
    monkeypatch.setattr("rfsearch.network.pandas_frame.find_spec", lambda name: None)
    with pytest.raises(rfsearch.MissingExtraError, match=r"pip install 'rfsearch\[pandas\]'"):
        rfsearch.to_pandas(found.top(1))
    with pytest.raises(rfsearch.UsageError, match="answer: int has no frame"):
        rfsearch.to_pandas(3)


def test_the_function_verify_stays_one_whatever_is_imported():
    """No room of the package has a public function's name, which importing it would replace."""
    import rfsearch.claims.check

    rooms = {name.split(".")[1] for name in sys.modules if name.startswith("rfsearch.")}
    assert not rooms & set(rfsearch.__all__)
