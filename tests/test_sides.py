"""The two sides of a network: padding after as well as before, and how far it looks each way."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rfsearch
from rfsearch.cli import main
from rfsearch.errors import UsageError
from rfsearch.layers import recurrence

LAYERS = st.tuples(
    st.integers(1, 5), st.integers(1, 3), st.integers(0, 4), st.integers(0, 4), st.integers(1, 2)
)


def written(layers):
    return "-".join(
        f"4C{k}S{s}P{before}:{after}D{d if k > 1 else 1}" for k, s, before, after, d in layers
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(LAYERS, min_size=1, max_size=4))
def test_padding_of_a_chain_is_the_sum_of_its_layers_paddings_times_their_jumps(layers):
    net = rfsearch.parse(written(layers), (400,))
    jump = before = after = 0
    jump = 1
    for _, stride, one, other, _ in layers:
        before, after, jump = before + one * jump, after + other * jump, jump * stride
    assert (net.padding_total, net.padding_after) == (before, after)


@settings(max_examples=100, deadline=None)
@given(st.lists(LAYERS, min_size=1, max_size=4))
def test_looks_are_those_of_the_positions_that_reach_the_middle_output(layers):
    net = rfsearch.parse(written(layers), (600,))
    index = net.output_size // 2
    first, last = net.box((index,))[0]
    own = (index * net.jump, (index + 1) * net.jump - 1)
    assert (net.look_back, net.look_ahead) == (own[0] - first, last - own[1])
    assert net.look_back == recurrence.look_back(net.padding_total)
    assert net.look_ahead == recurrence.look_ahead(net.rf, net.padding_total, net.jump)


def test_same_padding_under_a_stride_of_two_shows_both_sides(capsys):
    assert main(["show", "64C7S2Ps", "--input", "224"]) == 0
    assert " 2:3 " in capsys.readouterr().out
    assert main(["show", "64C7S2Ps-8C3P1x0", "--input", "224x225", "--format", "json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["layers"]
    assert (first["padding_total"], first["padding_after"]) == ([2, 3], 3)
    assert (second["padding_total"], second["padding_after"]) == ([4, 3], [5, 3])


def test_pixels_that_a_stride_leaves_over_are_no_padding():
    net = rfsearch.parse("8C3S2-8C3S3", 64)
    assert (net.padding_total, net.padding_after) == (0, 0)


@pytest.mark.parametrize(
    "stack",
    ["R(8C3P2:0-8C3P4:0D2)", "(8C2P1:0|8C3P2:0)-8C1", "8C3P2:0-R(8C3P4:0D2)x3", "wavenet"],
)
def test_causal_branches_are_aligned(stack):
    net = rfsearch.parse(stack, (4000,))
    assert not any("not aligned" in line for line in net.findings)
    assert net.look_ahead == 0


@pytest.mark.parametrize("stack", ["R(8C4P1:2)", "(8C3P1|8C3P0:2)", "R(8C3P2:0-8C3P0:2D1-8C4P2:1)"])
def test_branches_apart_are_still_found(stack):
    assert any("not aligned" in line for line in rfsearch.parse(stack, (40,)).findings)


def test_a_stream_is_told_in_positions_and_in_seconds(capsys):
    assert main(["show", "8C3P2:0-8C3P1", "--input", "1d:100", "--hop", "10ms"]) == 0
    said = capsys.readouterr().out
    assert "Stream: an output sees 3 positions before its own and 1 after (0.03 s, 0.01 s)" in said
    words = ["show", "8C3P2:0-8C3P1", "--input", "1d:100", "--hop", "1/100", "--format", "json"]
    assert main(words) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["look_back"], document["look_ahead"]) == (3, 1)
    assert (document["look_back_seconds"], document["look_ahead_seconds"]) == (0.03, 0.01)


@pytest.mark.parametrize("hop", ["x", "0", "-1ms", "1/0", "", "10m", "5KiB"])
def test_a_hop_that_is_no_time_is_refused_in_one_line(hop, capsys):
    assert main(["show", "8C3", "--input", "1d:100", "--hop", hop]) == 2
    said = capsys.readouterr().err
    assert said.startswith("rfsearch: --hop: ") and said.count("\n") == 1


def test_times_are_read_exactly():
    from fractions import Fraction

    from rfsearch.quantity import seconds

    for text, time in (("10ms", "1/100"), ("1.5s", "3/2"), ("1/16000", "1/16000"), (0.25, "1/4")):
        assert seconds(text, "hop") == Fraction(time)
    with pytest.raises(UsageError, match="hop: True"):
        seconds(True, "hop")
