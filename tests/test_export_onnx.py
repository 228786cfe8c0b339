"""ONNX files: checked, runnable, and read back to the notation and table that they came from."""

import numpy as np
import onnx
import pytest
from described import EVERYTHING
from measure import session

import rfsearch
from rfsearch.cli import main


def _export(tmp_path, stack, size):
    path = tmp_path / "model.onnx"
    sizes = "1d:" + str(size[0]) if isinstance(size, tuple) and len(size) == 1 else size
    text = "x".join(map(str, sizes)) if isinstance(sizes, tuple) else str(sizes)
    assert main(["export", stack, "--to", "onnx", "-o", str(path), "--input", text]) == 0
    return path, text


@pytest.mark.parametrize(("stack", "size"), EVERYTHING)
def test_exported_and_shown_gives_the_same_notation_and_table(stack, size, tmp_path, capsys):
    path, text = _export(tmp_path, stack, size)
    loaded, parsed = rfsearch.load(path), rfsearch.parse(stack, size)
    assert loaded.notation == parsed.notation
    assert list(loaded) == list(parsed)
    main(["show", parsed.notation, "--input", text])
    main(["show", str(path)])
    said, read = capsys.readouterr().out.split(f"{parsed.notation}: input")[1:]
    assert read.split("\n\n")[1] == said.split("\n\n")[1]


@pytest.mark.parametrize(("stack", "size"), EVERYTHING)
def test_the_file_checks_has_every_shape_and_runs_on_any_batch(stack, size, tmp_path):
    path, _ = _export(tmp_path, stack, size)
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    known = {value.name for value in (*model.graph.value_info, *model.graph.output)}
    assert known >= {name for node in model.graph.node for name in node.output}
    image = model.graph.input[0].type.tensor_type.shape.dim
    sizes = [dim.dim_value for dim in image[1:]]
    made = session(model).run(None, {"input": np.ones((2, *sizes), np.float32)})[-1]
    assert made.shape[0] == 2
    assert np.isfinite(made).all()


def test_a_file_that_was_changed_is_not_believed(tmp_path):
    path, _ = _export(tmp_path, "8C3-8C3S2P1", 20)
    model = onnx.load(path)
    strides = next(one for one in model.graph.node[-1].attribute if one.name == "strides")
    strides.ints[:] = [3, 3]
    onnx.save(model, path)
    loaded = rfsearch.load(path)
    assert loaded.notation is None
    assert loaded.jump == 3
    assert any("not the network that it says it is" in note for note in loaded.notes)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_weights(tmp_path):
    network = rfsearch.parse("8C3", 20)
    first, again, other = (
        rfsearch.to_onnx(network, seed=seed).SerializeToString() for seed in (1, 1, 2)
    )
    assert first == again != other


def test_options_dress_the_stack(tmp_path):
    path = tmp_path / "m.onnx"
    options = ["--classes", "10", "--norm", "batch", "--activation", "silu", "--input", "20"]
    assert main(["export", "8C3-8C3", "-o", str(path), *options]) == 0
    assert rfsearch.load(path).notation == "8C3N-8C3N-GAP-10FC"
    assert "Sigmoid" in {node.op_type for node in onnx.load(path).graph.node}


def test_an_existing_file_is_kept_unless_forced(tmp_path, capsys):
    path = tmp_path / "m.onnx"
    path.write_text("mine")
    assert main(["export", "8C3", "-o", str(path)]) == 2
    assert path.read_text() == "mine"
    assert "exists; --force replaces it" in capsys.readouterr().err
    assert main(["export", "8C3", "-o", str(path), "--force"]) == 0
    assert rfsearch.load(path).notation == "8C3"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([], "--to: not given"),
        (["--to", "caffe"], "--to: 'caffe' is not one of torch, keras, onnx"),
        (["--to", "torch", "--name", "3x"], "--name: '3x' is not a Python identifier"),
        (["--to", "torch", "--name", "class"], "--name: 'class' is not a Python identifier"),
        (["--to", "torch", "--activation", "sin"], "--activation: sin is not one of"),
        (["--to", "torch", "--norm", "group"], "--norm: 'group' is not one of"),
        (["--to", "torch", "--classes", "0"], "--classes: 0 is not"),
        (["--to", "torch", "-o", "absent/m.py"], "there is no folder absent"),
        (["--to", "torch", "--input", "1"], "is larger than its padded input"),
    ],
)
def test_what_cannot_be_exported_is_one_line(arguments, error, capsys):
    assert main(["export", "8C3", *arguments]) == 2
    err = capsys.readouterr().err
    assert error in err
    assert err.count("\n") == 1


def test_missing_packages_are_named_with_their_extra(monkeypatch, capsys):
    import sys

    monkeypatch.setitem(sys.modules, "onnx", None)
    assert main(["export", "8C3", "--to", "onnx", "-o", "never.onnx"]) == 2
    assert "pip install 'rfsearch[onnx]'" in capsys.readouterr().err
    monkeypatch.setattr("rfsearch.export.live.find_spec", lambda name: None)
    for framework in ("torch", "keras"):
        assert main(["verify", "8C3", "--with", framework]) == 2
        assert f"rfsearch[{framework}]" in capsys.readouterr().err


@pytest.mark.compiled
def test_a_search_writes_its_list_as_files(tmp_path, capsys):
    folder = tmp_path / "nets"
    query = ["--target-rf", "31", "--input", "33", "--depth", "1..4", "--top", "2", "--quiet"]
    assert main([*query, "--export", str(folder), "--to", "onnx"]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["rank01.onnx", "rank02.onnx"]
    assert all(rfsearch.load(path).rf == 31 for path in folder.iterdir())
    assert main([*query, "--export", str(folder), "--to", "onnx"]) == 2
    assert "exists; --force replaces it" in capsys.readouterr().err
    assert main([*query, "--export", str(folder), "--to", "onnx", "--force"]) == 0
