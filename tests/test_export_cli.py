"""Where exports go and what stops them: one line on stderr and exit code 2, files kept."""

import sys

import pytest
from build_onnx import write_beyond_notation

import rfsearch
from rfsearch.cli import main

SEARCH = ["--target-rf", "31", "--input", "33", "--depth", "1..4", "--top", "2", "--quiet"]


def one_line(capsys):
    """What was said on stderr, which must be one line, and all that was said."""
    out, said = capsys.readouterr()
    assert said.count("\n") == 1, said
    assert out == ""
    return said


def test_an_existing_file_is_kept_unless_forced(tmp_path, capsys):
    path = tmp_path / "m.onnx"
    path.write_text("mine")
    assert main(["export", "8C3", "-o", str(path)]) == 2
    assert path.read_text() == "mine"
    assert f"--output: {path} exists; --force replaces it" in one_line(capsys)
    assert main(["export", "8C3", "-o", str(path), "--force"]) == 0
    assert rfsearch.load(path).notation == "8C3"


def assert_says(capsys, *words):
    said = one_line(capsys)
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([], "--to: not given"),
        (["--to", "caffe"], "--to: 'caffe' is not one of torch, keras, onnx"),
        (["--to", "torch", "--name", "3x"], "--name: '3x' is not a Python identifier"),
        (["--to", "torch", "--name", "my-net"], "--name: 'my-net' is not a Python identifier"),
        (["--to", "onnx", "--name", ""], "--name: '' is not a Python identifier"),
        (["--to", "torch", "--name", "class"], "--name: 'class' is not a Python identifier"),
        (["--to", "torch", "--name", "nn"], "name: nn is what the file calls something else"),
        (["--to", "torch", "--name", "SamePad"], "name: SamePad is what the file calls"),
        (["--to", "keras", "--name", "layers"], "name: layers is what the file calls"),
        (["--to", "keras", "--name", "zip"], "name: zip is what the file calls"),
        (["--to", "torch", "--activation", "sin"], "--activation: sin is not one of"),
        (["--to", "torch", "--norm", "group"], "--norm: 'group' is not one of"),
        (["--to", "torch", "--classes", "0"], "--classes: 0 is not"),
        (["--to", "torch", "--input", "1"], "is larger than its padded input"),
    ],
)
def test_what_cannot_be_exported_is_one_line(arguments, error, capsys):
    assert main(["export", "8C3", *arguments]) == 2
    assert error in one_line(capsys)


def unwritable(tmp_path):
    """Places where nothing can be written, not even by root: (path, what is said of it)."""
    file = tmp_path / "file"
    file.write_text("mine")
    yield file / "network", f"there is no folder {file}"
    yield tmp_path / "absent" / "network", f"there is no folder {tmp_path / 'absent'}"
    if sys.platform == "linux":
        yield "/proc/network", "/proc"


def test_an_unwritable_file_is_one_line(tmp_path, capsys):
    for path, error in [*unwritable(tmp_path), (tmp_path, "is a folder")]:
        assert main(["export", "8C3", "--to", "torch", "-o", str(path)]) == 2
        assert_says(capsys, "--output: ", error)


@pytest.mark.compiled
def test_an_unwritable_folder_of_a_search_is_one_line(tmp_path, capsys):
    search = [*SEARCH, "-o", str(tmp_path / "table"), "--to", "onnx"]
    for path, error in [*unwritable(tmp_path), (tmp_path / "file", "is not a folder")]:
        assert main([*search, "--export", str(path)]) == 2
        assert_says(capsys, "--export: ", error)


@pytest.mark.compiled
def test_a_search_writes_its_list_as_files_and_keeps_those_that_exist(tmp_path, capsys):
    folder = tmp_path / "nets"
    export = [*SEARCH, "--export", str(folder), "--to", "onnx"]
    assert main(export) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["rank01.onnx", "rank02.onnx"]
    assert all(rfsearch.load(path).rf == 31 for path in folder.iterdir())

    (folder / "rank01.onnx").unlink()
    (folder / "rank02.onnx").write_text("mine")
    capsys.readouterr()
    assert main(export) == 2
    assert f"--export: {folder / 'rank02.onnx'} exists; --force replaces it" in one_line(capsys)
    assert [path.read_text() for path in folder.iterdir()] == ["mine"]

    assert main([*export, "--force"]) == 0
    assert all(rfsearch.load(path).rf == 31 for path in folder.iterdir())
    assert len(list(folder.iterdir())) == 2


def test_missing_packages_are_named_with_their_extra(monkeypatch, capsys):
    monkeypatch.setattr("rfsearch.export.live.find_spec", lambda name: None)
    for framework in ("torch", "keras"):
        assert main(["verify", "8C3", "--with", framework]) == 2
        assert f"pip install 'rfsearch[{framework}]'" in one_line(capsys)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert main(["verify", "8C3"]) == 2
    assert "pip install 'rfsearch[onnx]'" in one_line(capsys)
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert main(["export", "8C3", "--to", "onnx", "-o", "never.onnx"]) == 2
    assert "pip install 'rfsearch[onnx]'" in one_line(capsys)


def test_source_is_written_without_its_framework(monkeypatch, tmp_path):
    for package in ("torch", "keras", "jax", "onnx", "onnxruntime"):
        monkeypatch.setitem(sys.modules, package, None)
    for framework in ("torch", "keras"):
        path = tmp_path / f"{framework}_network.py"
        assert main(["export", "8C3-R(8C3P1)", "--to", framework, "-o", str(path)]) == 0
        assert "class Network" in path.read_text() or "def Network" in path.read_text()


def test_an_exported_onnx_file_can_be_exported_again_and_verified(tmp_path, capsys):
    path = tmp_path / "m.onnx"
    assert main(["export", "8C3-MP2S2", "-o", str(path), "--input", "20"]) == 0
    assert main(["export", str(path), "--to", "keras"]) == 0
    assert "8C3: 18×18, RF 3, jump 1" in capsys.readouterr().out
    assert main(["verify", str(path)]) == 0


def test_a_network_from_elsewhere_says_that_it_cannot_be_built(tmp_path, capsys):
    path = tmp_path / "m.onnx"
    write_beyond_notation(path)
    for words in (["export", str(path), "--to", "torch"], ["verify", str(path)]):
        assert main(words) == 2
        assert "carries no notation; only networks described by one can be built" in one_line(
            capsys
        )
    network = rfsearch.load(path)
    for build in (rfsearch.to_onnx, rfsearch.to_torch):
        with pytest.raises(rfsearch.UsageError, match="carries no notation"):
            build(network)


@pytest.mark.compiled
def test_other_files_of_the_folder_are_no_earlier_list(tmp_path, capsys):
    (tmp_path / "ranking.onnx").write_text("mine")
    assert main([*SEARCH, "--export", str(tmp_path), "--to", "onnx"]) == 0
    assert (tmp_path / "ranking.onnx").read_text() == "mine"
    assert (tmp_path / "rank01.onnx").is_file()


def test_a_ladder_writes_its_rungs_as_files_and_keeps_those_that_exist(tmp_path, capsys):
    folder = tmp_path / "rungs"
    words = ["--target-rf", "3..7:2", "--input", "9", "--depth", "1..3", "--kernel", "3,5"]
    words = ["ladder", *words, "--stride", "1", "--channels", "4", "--hold", "depth:900%"]
    export = ["--export", str(folder), "--to", "torch"]
    assert main([*words, *export, "--notation"]) == 0
    told = capsys.readouterr()
    assert "exported 3 rungs" in told.err
    stacks = told.out.split()
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == ["rung01.py", "rung02.py", "rung03.py"]
    assert all(stack in file.read_text() for stack, file in zip(stacks, files, strict=True))
    assert main([*words, *export]) == 2
    assert "--export: " in (err := capsys.readouterr().err) and "rung01.py exists" in err
    assert main([*words, *export, "--force", "--quiet"]) == 0
