"""What is claimed of a stack is what onnxruntime measures; false claims are found out."""

import json
from dataclasses import replace

import pytest
from conftest import often
from described import EVERYTHING, sampled

import rfsearch
from rfsearch.claims import check
from rfsearch.claims.claim import FIGURES, Claim, of_network
from rfsearch.claims.viewpoint import inside
from rfsearch.cli import main
from rfsearch.network.names import published

STACK = "8C3-MP3S2-8C5P2"


@pytest.mark.parametrize(("stack", "size"), EVERYTHING)
def test_every_construct_runs_as_it_is_described(stack, size):
    assert check(of_network(rfsearch.parse(stack, size))).differences == ()


@pytest.mark.compiled
def test_sampled_stacks_are_in_onnxruntime_what_the_search_says():
    for place, (query, claim) in enumerate(sampled(often(1, 3))):
        verdict = check(claim, run=place % 9 == 0)
        assert verdict.differences == (), (query, claim.stack)


@pytest.mark.parametrize("name", ["alexnet", "resnet18", "mobilenet_v2_tf", "unet", "tcn", "vgg16"])
def test_published_networks_run_as_they_are_described(name):
    assert name in published()
    assert check(of_network(rfsearch.parse(name)), run=False).differences == ()


@pytest.mark.parametrize("figure", FIGURES)
def test_a_false_figure_is_found_out(figure):
    true = of_network(rfsearch.parse(STACK, 40))
    false = Claim(STACK, true.network, {**true.figures, figure: true.figures[figure] + 1})
    (difference,) = check(false).differences
    assert difference.startswith(f"{figure}: claimed ")


@pytest.mark.parametrize(("shape", "how"), [("inferred", "inferred"), ("ran", "measured")])
def test_an_output_shape_that_is_not_expected_is_found_out(shape, how, monkeypatch):
    """As the framework infers it and as it runs, each by itself."""
    from rfsearch.claims import with_onnxruntime

    build = with_onnxruntime.build
    false = {shape: (8, 12, 99)}
    monkeypatch.setattr(with_onnxruntime, "build", lambda *of: replace(build(*of), **false))
    (difference,) = check(of_network(rfsearch.parse(STACK, 40))).differences
    assert difference == f"output: expected 8×18×18, {how} 8×12×99"


def test_where_the_description_is_wrong_the_true_field_is_measured():
    """The field is searched for where it is not found as expected."""
    from rfsearch.claims.viewpoint import Viewpoint
    from rfsearch.claims.with_onnxruntime import boxes
    from rfsearch.export.planner import plan
    from rfsearch.export.thin import thin
    from rfsearch.layers.notation import parse_stack

    stack = "8C3P1-8C5S2P2D2"
    true = inside(rfsearch.parse(stack, 60), 0)
    wrong = tuple((first - 1, last + 2) for first, last in true.expected)
    copy = thin(plan(parse_stack(stack), true.sizes, 3), axis=0)
    assert boxes(copy, Viewpoint(0, true.sizes, true.outputs, wrong)) == list(true.expected)


def test_a_receptive_field_beyond_the_input_is_measured_on_a_larger_one():
    network = rfsearch.parse("8C3P1-8C5S2P2-8C7P9", 12)
    assert network.rf > 12
    view = inside(network, 0)
    assert view.sizes[0] > network.rf
    assert view.sizes[1] == 12
    assert check(of_network(network)).measured["rf"] == network.rf


def test_the_larger_input_keeps_every_remainder_and_so_the_padding_of_same():
    network = rfsearch.parse("8C3S2Ps-8C4S3Ps-8C3S2Ps", 50)
    view = inside(network, 0)
    assert (view.sizes[0] - 50) % 12 == 0
    assert check(of_network(network)).differences == ()


def test_max_pools_are_measured_as_averages():
    """A maximum on a zero base answers to positive changes alone, and hides all but one pixel."""
    from rfsearch.export.onnx_graph import onnx_model
    from rfsearch.export.planner import plan
    from rfsearch.export.thin import thin
    from rfsearch.layers.notation import parse_stack

    whole = plan(parse_stack("8C3N-MP3S2-SE4-8C1-GAP-10FC"), (20, 20), 3)
    model = onnx_model(thin(whole, axis=0), weights="ones", sign=True)
    kinds = {node.op_type for node in model.graph.node}
    assert kinds == {"Conv", "Sign", "AveragePool"}


def test_the_word_says_a_row_and_exits_0(capsys):
    assert main(["verify", STACK, "--input", "40"]) == 0
    out = capsys.readouterr().out
    assert "as claimed" in out
    assert "1 as claimed, 0 different" in out


@pytest.mark.compiled
def test_results_files_are_verified_row_by_row(tmp_path, capsys):
    results = tmp_path / "results.json"
    query = ["--target-rf", "31", "--input", "33", "--depth", "1..4", "--top", "3"]
    assert main([*query, "--format", "json", "-o", str(results)]) == 0
    assert main(["verify", str(results), "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert all(row["verdict"] == "as claimed" and row["rf"] == 31 for row in rows)

    parquet = tmp_path / "results.parquet"
    assert main([*query, "-o", str(parquet)]) == 0
    assert main(["verify", str(parquet), "--input", "33"]) == 0
    assert main(["verify", str(parquet)]) == 2
    assert "does not say its input size" in capsys.readouterr().err


@pytest.mark.compiled
def test_a_false_row_exits_1_and_says_what_differs(tmp_path, capsys):
    results = tmp_path / "results.json"
    query = ["--target-rf", "31", "--input", "33", "--depth", "1..4", "--top", "2"]
    main([*query, "--front", "none", "--format", "json", "-o", str(results)])
    document = json.loads(results.read_text())
    document["results"][1]["macs"] += 1
    results.write_text(json.dumps(document))
    assert main(["verify", str(results)]) == 1
    assert "macs: claimed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["8C3", "--with", "caffe"], "--with: 'caffe' is not one of"),
        (["absent.json"], "absent.json: No such file"),
        (["8C3", "--format", "parquet"], "--format: 'parquet' is not one of"),
        (["8X3"], "a layer expected"),
    ],
)
def test_what_cannot_be_verified_is_one_line(arguments, error, capsys):
    assert main(["verify", *arguments]) == 2
    err = capsys.readouterr().err
    assert error in err
    assert err.count("\n") == 1


def test_rows_of_results_appear_as_they_are_measured(tmp_path, capsys, monkeypatch):
    """The first row stands on stdout before the second is measured."""
    import rfsearch.claims as room

    file = tmp_path / "found.json"
    rows = [{"stack": "4C3", "rf": 3}, {"stack": "4C3-4C3", "rf": 5}]
    file.write_text(json.dumps({"query": {"input": 20}, "results": rows}))
    seen = []
    measured = room.check

    def watched(claim, framework):
        seen.append(capsys.readouterr().out)
        return measured(claim, framework)

    monkeypatch.setattr(room, "check", watched)
    assert main(["verify", str(file)]) == 0
    assert seen[0] == ""
    assert (seen[1].split()[0], seen[1].split()[-1]) == ("verdict", "4C3")


def test_a_ladders_rungs_are_verified(tmp_path, capsys):
    file = tmp_path / "ladder.json"
    rungs = [{"stack": "4C3P1", "rf": 3, "macs": 43200}, {"stack": "4C5P2", "rf": 7}]
    file.write_text(json.dumps({"query": {"input": 20}, "rungs": rungs}))
    assert main(["verify", str(file), "--format", "json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [row["verdict"] for row in said["rows"]] == ["as claimed", "differs"]


def test_what_is_too_large_to_measure_is_refused_before_it_is_built(capsys, monkeypatch):
    import rfsearch.claims.with_onnxruntime as room

    monkeypatch.setattr(room, "build", None)
    assert main(["verify", "MP2P1U-SCALE-I(UP8-LN)x2", "--input", "3d:8"]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert "382,954,418 positions on its input" in said.err
    assert "give a smaller --input" in said.err
