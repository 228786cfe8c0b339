"""Patches as they are written, asked, exported, and refused by name."""

from __future__ import annotations

import re

import pytest

import rfsearch
from rfsearch.answer.page.drawing import drawing
from rfsearch.device.measure.build import item_plan
from rfsearch.device.place import Place
from rfsearch.device.tflm import arena, flash
from rfsearch.export.write import Style, encode, planned
from rfsearch.layers.notation import parse_stack

FIRST = "8C3S2P1-I(16C1-DW3P1-8C1)-8C3P1"
STACK = f"P2({FIRST})-GAP-10FC"
WHOLE = f"{FIRST}-GAP-10FC"


def space(patches):
    return rfsearch.Space(
        stages=[
            {"block": "first"},
            {"kernel": [1, 3], "channels": [8, 16], "repeat": "1..2"},
        ],
        block={"first": {"stack": f"P{{p}}({FIRST[:-5]}{{c}}C3P1)", "p": patches, "c": [8, 12]}},
        head="GAP-10FC",
    )


@pytest.fixture(scope="module")
def found():
    charges = {
        "done": {"formula": "macs"},
        "alive": {"formula": "peak_values", "combine": "max"},
    }
    return space([1, 2, 3]).search(32, rounding="floor", bytes_per_value=1, costs=charges)


@pytest.fixture(scope="module")
def rows(found):
    return found.top(1000, by=["macs"], distinct="none")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("P2(64C3-SE4)", "P2(…): SE needs whole maps"),
        ("P2(R(64C3P1-GAP))", "P2(…): GAP needs whole maps"),
        ("P2(P3(64C3))", "P2(…): P(…) needs whole maps"),
        ("P2(A(64C3))", "P2(…): A(…) needs whole maps"),
        ("P2(64C3|64C3)", "P2(…) holds one branch"),
        ("P2(ID)", "P2(ID): a layer expected"),
        ("P0(64C3)", "patches: 0 is not ≥ 1"),
        ("P9(64C3)x2", "P9(…): more than 8 patches along an axis"),
        ("P5x13(64C3)", "P5x13(…): more than 8 patches along an axis"),
        ("P2(64C3", "P2( is never closed"),
    ],
)
def test_what_is_no_patch_is_one_line(text, said):
    with pytest.raises(rfsearch.UsageError, match=r"^stack, ") as error:
        rfsearch.parse(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("stack", "holes", "said"),
    [
        ("P{p}x2(8C3P1)", {"p": [1, 2]}, "P1x2(8C3P1): 2 numbers of patches for 3 axes"),
        ("4C1-P3x2({c}C3P1)", {"c": [4, 8]}, "P3x2(4C3P1): 2 numbers of patches for 3 axes"),
        ("4C1-R(P3x2(4C{k}P{k//2}))", {"k": [1, 3]}, "2 numbers of patches for 3 axes"),
        ("4C1-SE{r}", {"r": [2, "2x1x1"]}, "SE2x1x1: the reduction of SE is one number"),
    ],
)
def test_blocks_with_numbers_of_other_axes_are_refused(stack, holes, said):
    """Whether the hole is that number or stands elsewhere."""
    with pytest.raises(rfsearch.UsageError, match=re.escape(said)):
        rfsearch.StagedSpace([{"block": "b"}], {"b": {"stack": stack, **holes}}, axes=3).candidates  # noqa: B018


def test_patches_have_numbers_for_the_axes_of_the_input():
    with pytest.raises(rfsearch.UsageError, match="patches has 3 numbers, the input 2 axes"):
        rfsearch.parse("P2x2x1(64C3)", 32)


def test_one_patch_is_no_block():
    assert rfsearch.parse(f"P1({FIRST})-GAP-10FC", 32).notation == WHOLE
    assert rfsearch.parse(f"P1x1({FIRST})-GAP-10FC", 32).notation == WHOLE
    assert rfsearch.parse(f"P2x2({FIRST})-GAP-10FC", 32).notation == STACK


def test_a_network_is_the_same_but_for_macs_and_peak_memory():
    patched, whole = rfsearch.parse(STACK, 32), rfsearch.parse(WHOLE, 32)
    kept = ("params", "activations", "memory", "depth")
    assert [patched.totals[name] for name in kept] == [whole.totals[name] for name in kept]
    assert (patched.rf, patched.jump, patched.centre) == (whole.rf, whole.jump, whole.centre)
    entropies = [net.scores["entropy"] for net in (patched, whole)]
    assert entropies[0] == entropies[1]
    assert patched.totals["macs"] > whole.totals["macs"]
    assert patched.totals["peak_memory"] < whole.totals["peak_memory"]


def test_findings_say_what_is_computed_again():
    (line,) = [line for line in rfsearch.parse(STACK, 32).findings if "patches" in line]
    assert line == (
        "rows 1 (8C3S2P1) to 6 (8C3P1) run in 2×2 patches: 373,184 MACs, of whole maps 305,152 "
        "(+22.3%)"
    )


def test_rows_read_back_with_the_figures_that_they_have(rows):
    names = ("macs", "peak_memory", "params", "activations", "depth")
    for row in rows.iter_rows(named=True):
        read = rfsearch.parse(row["stack"], 32, bytes_per_value=1)
        assert read.notation == row["stack"]
        assert {name: read.totals[name] for name in names} == {name: row[name] for name in names}
        assert read.rf == row["rf"]


def test_a_formula_has_a_block_in_patches_as_one_item(rows):
    assert rows["done"].to_list() == rows["macs"].to_list()
    assert rows["alive"].to_list() == rows["peak_memory"].to_list()


def test_reach_families_and_costs_count_what_is_listed(found, rows):
    reached = found.reach(["macs", "peak_memory"])
    for rf, matches, macs, peak in reached.select(
        "rf", "matches", "least_macs", "least_peak_memory"
    ).rows():
        here = rows.filter(rows["rf"] == rf)
        assert (len(here), here["macs"].min(), here["peak_memory"].min()) == (matches, macs, peak)
    assert reached["matches"].sum() == len(rows) == found.count()
    by = ["peak_memory", "macs"]
    costs = found.top(1000, by=by, distinct="costs")
    assert costs.select(by).rows() == sorted(set(rows.select(by).rows()))
    assert sorted(found.sample(3000, seed=3)["stack"].unique()) == sorted(rows["stack"])
    families = found.top(1000, by=["macs"])
    assert families["twins"].sum() == len(rows)
    assert len(families) == found.families()


def test_a_member_says_which_number_of_patches_is_no_choice(found):
    assert found.contains(f"P2({FIRST})-8C1-GAP-10FC")
    assert found.contains(f"{FIRST}-8C1-GAP-10FC")
    said = str(found.contains(f"P4({FIRST})-8C1-GAP-10FC"))
    assert "stage[0].p: 4 is not one of 1, 2, 3" in said


def test_files_make_whole_maps_and_say_so():
    for framework in ("torch", "keras"):
        patched, whole = (
            encode(planned(text, (32, 32), 3, Style()), framework, Style()).decode()
            for text in (STACK, WHOLE)
        )
        said, rest = patched.split("Patches, P…(…), are an order of execution")
        assert STACK in said
        # The rest is the same file, its notation aside.
        assert rest.split('"""', 1)[1].replace(STACK, WHOLE) == whole.split('"""', 2)[2]


def test_an_onnx_file_carries_its_patches(tmp_path):
    onnx = pytest.importorskip("onnx")
    network = rfsearch.parse(STACK, 32)
    path = tmp_path / "patched.onnx"
    onnx.save(rfsearch.to_onnx(network), path)
    read = rfsearch.load(str(path))
    assert read.notation == STACK
    assert read.totals == network.totals


def test_verify_compares_macs_without_what_is_computed_again():
    pytest.importorskip("onnxruntime")
    verdict = rfsearch.verify(STACK, 32)
    assert verdict
    assert verdict.claimed["macs"] == rfsearch.parse(WHOLE, 32).totals["macs"]


def test_runtimes_of_whole_maps_refuse_patches_by_name():
    network = rfsearch.parse(STACK, 32)
    for figure in (arena, flash):
        with pytest.raises(rfsearch.UsageError, match=r"runs in patches, and TensorFlow Lite"):
            figure(network)
    with pytest.raises(rfsearch.UsageError, match=r"^P2\(8C3S2P1.*\): runs in patches"):
        space([2]).search(32, rounding="floor", max_arena=100_000)
    (item,) = parse_stack(f"P2({FIRST})")
    with pytest.raises(rfsearch.UsageError, match="runs in patches, and every runtime here"):
        item_plan(Place(item, 3, (32, 32)))


def test_networks_like_one_refuse_patches_by_name():
    with pytest.raises(rfsearch.UsageError, match=r"like: P2\("):
        rfsearch.like(f"P2({FIRST})", 32, 11, changes=1)
    with pytest.raises(rfsearch.UsageError, match="first holds P, which is not among the changes"):
        rfsearch.like(
            FIRST, 32, 11, changes=1, stages=[{"block": "first"}],
            block={"first": {"stack": f"P2({FIRST})"}},
        )  # fmt: skip


def test_the_largest_patch_of_unlike_axes_is_of_other_runs_on_each():
    stack = "P2(8C3S2P0:1-8C3S2P0:1-4C3)"
    net = rfsearch.parse(stack, (12, 16), bytes_per_value=1)
    rows, columns = net.nodes[1].runs
    assert (rows, columns) == ((0, 6), (7, 6))
    # Of the second run of rows and the first of columns: input, output and 6×7 of 8 channels.
    first, second = net.nodes[1].runs, net.nodes[2].runs
    inner = 8 * (first[0][1] * first[1][0] + second[0][1] * second[1][0])
    assert net.totals["peak_memory"] == 12 * 16 * 3 + 1 * 2 * 4 + inner
    found = rfsearch.Space(
        stages=[{"block": "b"}], block={"b": {"stack": stack}}, allow_gaps=True
    ).search("12x16", rounding="floor", bytes_per_value=1)
    assert found.top(1)["peak_memory"][0] == net.totals["peak_memory"]
    assert found.top(1)["macs"][0] == net.totals["macs"]


def test_the_page_draws_the_memory_that_rows_have():
    network = rfsearch.parse(STACK, 32)
    tensors = drawing(network)["tensors"]
    for row, tensor in zip(network, tensors[1:], strict=True):
        held = tensor.get("held") or [tensors[one]["bytes"] for one in tensor["alive"]]
        assert sum(held) == row.memory
