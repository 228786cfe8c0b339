"""Where a body ends: `HEAD` marks it, and every word then speaks of the same receptive field."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rfsearch
from rfsearch.cli import main
from rfsearch.layers.layer import HEAD, split_head, with_head
from rfsearch.layers.notation import format_stack, parse_stack

# Bodies and heads that fit one another on 64×64; heads with windows, resizes and branches.
BODIES = ("16C3P1-16C3S2", "8C3-R(8C3P1-8C3P1)-16C5S2P2", "(8C3P1|8C5P2)-MP2S2", "8C3D2-8C3D4")
HEADS = ("16C3P1-GAP-10FC", "UP2-8C3P1-5C1", "R(16C3P1)-4C1", "(8C1|8C3P1)-3C1", "MP3S2-10FC")


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("head", HEADS)
def test_a_marked_network_is_its_body_with_the_costs_of_the_whole(body, head):
    alone = rfsearch.parse(body, 64)
    whole = rfsearch.parse(f"{body}-{head}", 64)
    marked = rfsearch.parse(f"{body}-HEAD-{head}", 64)
    for figure in ("rf", "rf_min", "jump", "centre", "padding_total", "output_size"):
        assert getattr(marked, figure) == getattr(alone, figure)
    assert marked.totals["depth"] == alone.totals["depth"]
    for cost in ("params", "macs", "activations", "peak_memory"):
        assert marked.totals[cost] == whole.totals[cost]
    assert list(marked.rows) == list(whole.rows)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(BODIES), st.sampled_from((*HEADS, "GAP-10FC", "20FC-10FC")))
def test_a_mark_is_printed_only_where_it_says_something_and_reads_back(body, head):
    stack = with_head(parse_stack(body), parse_stack(head))
    text = format_stack(stack)
    assert ("HEAD" in text) == (head.split("-")[0] not in ("GAP", "10FC", "20FC"))
    assert parse_stack(text) == stack == parse_stack(f"{body}-HEAD-{head}")
    assert split_head(stack)[0] == (parse_stack(body) if HEAD in stack else stack)


@pytest.mark.parametrize(
    "text",
    ["HEAD-8C3", "8C3-HEAD", "8C3-HEAD-8C3-HEAD-8C3", "R(8C3P1-HEAD-8C3P1)", "(8C3-HEAD-8C3)x2"],
)
def test_a_mark_that_parts_nothing_is_refused_by_name(text):
    with pytest.raises(rfsearch.UsageError, match="HEAD"):
        parse_stack(text)


@pytest.mark.parametrize("framework", ["onnxruntime", "torch"])
@pytest.mark.parametrize("head", HEADS)
def test_verify_measures_the_body_of_a_marked_network(framework, head, capsys):
    pytest.importorskip(framework)
    stack = f"16C3P1-R(16C3P1-16C3P1)-32C3S2P1-HEAD-{head}"
    assert main(["verify", stack, "--input", "32", "--with", framework, "--format", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert (row["rf"], row["jump"], row["output_size"]) == (9, 2, 16)


@pytest.mark.parametrize("head", HEADS)
def test_an_exported_file_keeps_its_mark(head, tmp_path):
    stack = f"16C3P1-16C3S2P1-HEAD-{head}"
    onnx = pytest.importorskip("onnx")
    file = tmp_path / "marked.onnx"
    onnx.save(rfsearch.to_onnx(rfsearch.parse(stack, 32)), str(file))
    read = rfsearch.load(file)
    assert (read.notation, read.rf) == (stack, 5)


def test_membership_takes_the_files_head_with_and_without_its_mark(tmp_path, capsys):
    file = tmp_path / "head.toml"
    file.write_text(
        'input = 64\ntarget_rf = 9\nrounding = "floor"\nhead = "16C3P1-GAP-10FC"\n'
        "[[stage]]\nkernel = [3, 5]\nstride = [1, 2]\nchannels = 16\nrepeat = 2\n"
    )
    body = "16C5P2-16C5P2"
    for head in ("16C3P1-GAP-10FC", "HEAD-16C3P1-GAP-10FC"):
        assert main(["show", f"{body}-{head}", "--in", str(file)]) == 0
        assert "RF 9," in capsys.readouterr().out
    assert main(["show", "16C5P2-HEAD-16C5P2-16C3P1-GAP-10FC", "--in", str(file)]) == 1
    assert "head: the stack's own is 16C5P2-16C3P1-GAP-10FC" in capsys.readouterr().out
