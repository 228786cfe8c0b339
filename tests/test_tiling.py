"""Tilings: what is kept of a tile is the whole's, rounding aside; what is cut away is not."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from described import EVERYTHING
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_sizes import CHAINS, STACKS, written

import rfsearch
from rfsearch.cli import main
from rfsearch.errors import LimitError, UsageError

torch = pytest.importorskip("torch")


def module_of(net):
    """The network with random weights, in float64, without activation functions."""
    torch.manual_seed(0)
    return rfsearch.to_torch(net, activation="none").double().eval()


def same_outputs(notation, whole, start, stop):
    """For each output of a tile whether it is the whole's, at its place there."""
    net = rfsearch.parse(notation, (whole,), 2)
    part = rfsearch.parse(notation, (stop - start,), 2)
    image = torch.randn(1, 2, whole, dtype=torch.float64, generator=torch.manual_seed(1))
    with torch.no_grad():
        expected, made = module_of(net)(image), module_of(part)(image[:, :, start:stop])
    moved = int(start / net.features.fields[0].jump)
    after = min(made.shape[2], expected.shape[2] - moved)
    apart = (made[0, :, :after] - expected[0, :, moved : moved + after]).abs().amax(0)
    same = (apart <= 1e-9 * expected.abs().max()).tolist()
    return [*same, *[False] * (made.shape[2] - after)]


@settings(max_examples=25, deadline=None)
@given(st.one_of(CHAINS, STACKS), st.integers(40, 60), st.data())
def test_what_is_kept_is_the_wholes_and_the_next_output_is_not(items, whole, data):
    notation = written(items)
    try:
        net = rfsearch.parse(notation, (whole,), 2)
        tiling = net.tiling()
    except (UsageError, LimitError):
        assume(False)
    assume(tiling.least < whole and not any(item[0] == "pool" for item in items))
    assume("GAP" not in notation)  # a head, which features leave out
    tile = data.draw(st.sampled_from(range(tiling.least, whole + 1, tiling.alignment)))
    tiles = tiling.tiles(tile)
    first = 0
    for one in tiles:
        same = same_outputs(notation, whole, one.start, one.stop)
        assert one.first == first
        assert all(same[one.kept : one.end])
        first += one.end - one.kept
    assert first == tiling.output


@settings(max_examples=40, deadline=None)
@given(CHAINS, st.integers(40, 60))
def test_no_output_of_a_chain_is_cut_away_without_need(items, whole):
    """The outputs next to what is kept are not the whole's; pools aside, which may hide that."""
    assume(all(item[0] in ("conv", "same", "transposed") for item in items))
    assume(all(item[0] != "transposed" or item[1] >= item[2] for item in items))
    notation = written(items)
    try:
        tiling = rfsearch.parse(notation, (whole,), 2).tiling()
    except (UsageError, LimitError):
        assume(False)
    begin, after = tiling.cut
    start = tiling.alignment
    assume(start + tiling.least + tiling.alignment <= whole)
    same = same_outputs(notation, whole, start, start + tiling.least)
    kept = len(same) - after
    assert all(same[begin:kept])
    assert not begin or not same[begin - 1]
    assert not after or not same[kept]


@pytest.mark.parametrize(("notation", "given"), EVERYTHING)
def test_every_construct_is_tiled_or_says_what_forbids_it(notation, given):
    from rfsearch.claims.tiling import check_tiling

    net = rfsearch.parse(notation, given)
    try:
        tilings = [net.tiling(axis) for axis in range(len(net.input))]
    except UsageError as error:
        assert "tiles cannot reproduce the whole image: " in str(error)
        return
    if len(net.input) > 2:
        return
    sizes = tuple(
        one.sizes.above(max(2 * one.least, n))[0] for one, n in zip(tilings, net.input, strict=True)
    )
    larger = rfsearch.parse(notation, sizes)
    try:
        assert check_tiling(larger, "torch").is_exact
    except UsageError as error:
        assert "a head put aside" in str(error)


@pytest.mark.parametrize(
    ("network", "given", "why"),
    [
        ("8C3P1-SE4-8C3P1", 64, "gate as in squeeze-and-excitation"),
        ("8C3P1-(8C1+GAP-8C1)-8C3", 64, "sum with a pooled branch"),
        ("8C3P1-(8C1|GAP-8C1-UP64)", 64, "pooled branch beside"),
    ],
)
def test_what_makes_tiles_impossible_is_named_with_its_row(network, given, why):
    with pytest.raises(UsageError, match="tiles cannot reproduce the whole image: row") as raised:
        rfsearch.parse(network, given).tiling()
    assert why in str(raised.value)


def test_norms_over_positions_of_a_module_forbid_tiles():
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.InstanceNorm2d(8))
    with pytest.raises(UsageError, match="norm over positions"):
        rfsearch.from_torch(module, 64).tiling()


def test_a_valid_u_net_is_cut_as_its_paper_does():
    """Overlap-tile: 572 pixels give 388 outputs, a context of 92 pixels on each side."""
    tiling = rfsearch.parse("unet", 1404).tiling()
    assert (tiling.alignment, tiling.halo, tiling.cut) == (16, (92, 92), (0, 0))
    assert 572 in tiling.sizes and tiling.step(572) == 384
    tiling = rfsearch.parse("unet", 572 + 384).tiling()
    assert tiling.step(572) == 384
    assert [(one.start, one.first) for one in tiling.tiles(572)] == [(0, 0), (384, 388)]


def test_a_causal_stack_needs_its_past_alone():
    tiling = rfsearch.parse("8C3P2:0-8C3P4:0D2", (200,)).tiling()
    assert (tiling.cut, tiling.halo, tiling.least) == ((6, 0), (6, 0), 7)


def test_a_tile_that_does_not_fit_is_refused_with_one_that_does():
    tiling = rfsearch.parse("unet_padded", 512).tiling()
    for wrong in (200, 207, 528):
        with pytest.raises(UsageError, match=f"tile: {wrong} .*208 does, and every 16 more"):
            tiling.step(wrong)


@pytest.mark.parametrize("framework", ["torch", "onnxruntime"])
def test_the_command_runs_tiles_against_the_whole(framework, capsys):
    pytest.importorskip(framework)
    words = ["8C3P1-MP2S2-8C3P1-8T2S2-8C3P1-GAP-5FC", "--input", "48x40", "--tiling"]
    assert main(["verify", *words, "--with", framework, "--tile", "28", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["verdict"], said["tile"], said["outputs"]) == ("as the whole", [28, 28], [48, 40])
    assert said["tiles"] == 6


def test_tiles_that_differ_are_found(monkeypatch):
    """With half of what must be cut away left standing the difference shows."""
    from rfsearch.claims import tiling as room

    net = rfsearch.parse("8C3P1-8C3P1-8C3P1", 64)
    tiles = [net.tiling(axis).tiles(24) for axis in (0, 1)]
    kept = [
        [
            replace(after, kept=after.kept - 1, first=after.first - 1)
            for _, after in pairwise([None, *along])
            if after.kept
        ]
        for along in tiles
    ]
    monkeypatch.setattr(room, "_cut", lambda network, axis, tile: kept[axis])
    assert not room.check_tiling(net, "torch").is_exact


def test_an_image_too_large_to_run_is_refused_before_it_is_made():
    from rfsearch.claims.tiling import check_tiling

    with pytest.raises(LimitError, match="give a smaller --input"):
        check_tiling(rfsearch.parse("64C3P1-64C3P1", 4096), "torch")


@pytest.mark.parametrize("words", [["--tile", "28"], ["--tiling", "--format", "csv"]])
def test_flags_that_do_not_go_together_are_refused(words, capsys):
    assert main(["verify", "8C3P1", "--input", "48", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_show_says_sizes_and_tiling_on_the_screen_and_as_json(capsys):
    assert main(["show", "unet_padded", "--input", "512x384", "--sizes", "--tiling"]) == 0
    screen = capsys.readouterr().out
    assert "work: multiples of 16" in screen
    assert "tile sizes: multiples of 16 from 208 on; least: 208" in screen
    words = ["show", "unet_padded", "--input", "512x384", "--sizes", "--tiling", "--format", "json"]
    assert main(words) == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["works"]["rule"] for one in said["sizes"]] == ["multiples of 16"] * 2
    assert said["sizes"][1]["nearest"] == [368, 400]
    assert [one["least"] for one in said["tiling"]] == [208, 208]
    assert main(["show", "8C3-SE4", "--tiling", "--format", "json"]) == 0
    (first, _) = json.loads(capsys.readouterr().out)["tiling"]
    assert first["possible"] is False
    assert "squeeze-and-excitation" in first["reason"]
