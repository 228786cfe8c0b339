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
    assert loaded.notation == "8C3-8C3S3P1"  # read from the file, not from its metadata
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
