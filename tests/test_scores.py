"""Scores of described networks: those of the searches that find them, and published ones."""

from __future__ import annotations

import json
from fractions import Fraction
from math import log
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rfsearch
from rfsearch.cli import main
from rfsearch.network.effective import SHARES


def test_every_cost_has_its_row_in_the_documents_table():
    from rfsearch.layers.cost import COSTS

    text = (Path(__file__).parent.parent / "docs" / "costs.md").read_text(encoding="utf-8")
    named = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")}
    assert named >= {*COSTS, *rfsearch.parse("8C3").scores, "rf", "effective_rf"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from([2, 4, 8])), min_size=1, max_size=5))
def test_entropy_of_a_chain_is_the_sum_of_its_logarithms(layers):
    net = rfsearch.parse("-".join(f"{c}C{k}" for k, c in layers), 64, 3)
    widths = [3, *(c for _, c in layers)]
    expected = sum(log(k * k * c) for (k, _), c in zip(layers, widths, strict=False))
    assert net.scores["entropy"] == pytest.approx(expected, abs=1e-7)


def test_gates_and_projections_count_for_entropy_and_not_for_deepmad():
    net = rfsearch.parse("8C3-R(16C3P1S2)-SE4", 40)
    logs = [log(27), log(72), log(8), log(16), log(4)]
    assert net.scores["entropy"] == pytest.approx(sum(logs), abs=1e-7)
    written = logs[:2]
    first, last = log(8 * 38 * 38) * written[0], 8 * log(16 * 19 * 19) * sum(written)
    assert net.scores["deepmad"] == pytest.approx((first + last) / 2, abs=1e-6)
    assert net.scores["deepmad_paper"] == pytest.approx(first + last, abs=1e-6)


def test_groups_divide_what_a_convolution_reads():
    net = rfsearch.parse("8C3-DW3-8C3G4-4T4S2G2", 40)
    expected = log(27) + log(9) + log(18) + log(64)
    assert net.scores["entropy"] == pytest.approx(expected, abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 2)), min_size=1, max_size=4
    )
)
def test_a_chains_spread_and_sides_are_those_of_its_impulse_response(layers):
    """The response of one axis, layer by layer, in fractions."""
    stack = "-".join(f"4C{k}S{s}D{d if k > 1 else 1}" for k, s, d in layers)
    net = rfsearch.parse(stack, (400,))
    response, jump = {0: Fraction(1)}, 1
    for k, s, d in layers:
        shifted: dict[int, Fraction] = {}
        for at, share in response.items():
            for tap in range(k):
                place = at + tap * (d if k > 1 else 1) * jump
                shifted[place] = shifted.get(place, 0) + share / k
        response, jump = shifted, jump * s
    mean = sum(at * share for at, share in response.items())
    variance = sum((at - mean) ** 2 * share for at, share in response.items())
    assert net.scores["erf_variance"] == pytest.approx(float(variance))
    for percent in SHARES:
        side = net.effective_rf[percent]
        held = [
            sum(share for at, share in response.items() if abs(2 * at - (net.rf - 1)) <= n - 1)
            for n in (side - 1, side)
        ]
        assert held[1] >= Fraction(percent, 100)
        assert held[0] < Fraction(percent, 100) or side == 1


def test_the_square_of_an_image_is_the_product_of_its_axes_only_for_chains():
    """A skip puts all of its share in the middle, which no product of two axes does."""
    assert rfsearch.parse("R(8C9P4)", 40).effective_rf[50] == 1
    assert rfsearch.parse("8C9", 40).effective_rf == {20: 5, 50: 7, 95: 9}


def test_over_branches_the_spread_is_that_of_the_widest_path():
    for stack, chain in (
        ("R(8C3P1)", "8C3P1"),
        ("R(8C3S2P1-8C3P1)", "8C3S2P1-8C3P1"),
        ("8C3-SE4-8C3", "8C3-8C3"),
        ("(8C3P1|8C5P2|MP3P1)-8C3", "8C5P2-8C3"),
        ("(8C5x1P2x0+8C1x3P0x1)-8C3", "8C5x3P2x1-8C3"),
        ("(8C3P1*8C1)-8C3", "8C3P1-8C3"),
    ):
        spread = rfsearch.parse(stack, 40).scores["erf_variance"]
        assert spread == rfsearch.parse(chain, 40).scores["erf_variance"]
    assert rfsearch.parse("8C3-UP2-8C3", 40).scores["erf_variance"] is None


def test_the_screen_and_the_json_have_the_scores(capsys):
    assert main(["show", "8C3-8C3S2-8C3", "--input", "40"]) == 0
    screen = capsys.readouterr().out
    for word in ("weights", "entropy", "erf_variance", "deepmad", "effectiveness", "effective RF"):
        assert f"\n{word}" in screen
    assert main(["show", "8C3-8C3S2-8C3", "--input", "40", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["scores"]["weight_memory"] == 4 * said["totals"]["params"]
    assert list(said["effective_rf"]) == ["20", "50", "95"]


def test_an_answer_of_one_position_carries_a_note():
    found = rfsearch.parse("8C3S4-8C3S4-8C3S2", 48).findings
    assert any(line.startswith("the features are one position: strides of 32") for line in found)
    for stack in ("8C3-GAP-10FC", "8C48"):
        assert not any("one position" in line for line in rfsearch.parse(stack, 48).findings)


@pytest.mark.compiled
def test_a_described_stack_has_the_scores_of_the_search_that_finds_it():
    space = rfsearch.StagedSpace(
        [{"kernel": [3, 5], "stride": [1, 2], "channels": [8, 16], "repeat": "2..3"}]
    )
    found = space.search(33, rounding="floor")
    for cost in ("deepmad", "effectiveness", "entropy"):
        for row in found.top(3, by=[f"max:{cost}"], distinct="none").to_dicts():
            net = rfsearch.parse(row["stack"], 33)
            assert net.scores[cost] == pytest.approx(row[cost], rel=1e-6)


def test_a_file_adds_what_it_ranks_by(tmp_path, capsys):
    file = tmp_path / "ranked.toml"
    file.write_text(
        'input = 33\nrounding = "floor"\nrank_by = ["max:deepmad", "weight_memory"]\n'
        'front = ["macs", "max:entropy"]\nbytes = { weight = 1, activation = 2 }\n'
        "[[stage]]\nkernel = 3\nstride = [1, 2]\nchannels = 8\nrepeat = 2\n"
    )
    words = ["show", "8C3P1-8C3S2P1", "--in", str(file)]
    assert main(words) == 0
    assert f"ranked by {file}: deepmad " in capsys.readouterr().out
    assert main([*words, "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    net = rfsearch.parse("8C3P1-8C3S2P1", 33)
    assert said["member"]["costs"] == {
        "deepmad": net.scores["deepmad"],
        "weight_memory": net.totals["params"],
        "macs": net.totals["macs"],
        "entropy": net.scores["entropy"],
    }
