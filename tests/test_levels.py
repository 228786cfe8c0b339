"""Encoders with their decoders as one block that holds itself, `{deeper}`, level by level."""

import tomllib
from collections import Counter
from pathlib import Path

import pytest
from conftest import FIXED, PLAIN_PYTHON, TIMES
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from naive_finer import UnevenError, row_of
from naive_language import Space, TooManyError, language

import rfsearch
from rfsearch.cli import main

held = settings(deadline=None, max_examples=TIMES * (4 if PLAIN_PYTHON else 15), derandomize=FIXED)

STACKS = (
    "({c}C{k}P{k//2})x{n}-(ID|MP2S2-{deeper}-{c}T2S2)-{c}C{k}P{k//2}",
    "{c}C{k}P{k//2}-(ID|{c}C{k}S2P{k//2}-{deeper}-UP2)-{c}C1",
    "({c}C1+{c}C3S2P1-{deeper}-{c}C1-UPL2)",
    "R({deeper}-{in}C{k}P{k//2})",
)
BOTTOMS = ("{c}C{k}P{k//2}", "AP3P1", "({c}C{k}P{k//2})x{n}")


@st.composite
def blocks(draw):
    """A table of a block with levels."""
    table = {
        "stack": draw(st.sampled_from(STACKS)),
        "bottom": draw(st.sampled_from(BOTTOMS)),
        "levels": draw(st.sampled_from((1, 2, "0..2", "1..2"))),
        "c": draw(st.sampled_from(("double:2:4", "cycle:3,2", 2, [2, 3]))),
        "k": draw(st.sampled_from((3, [1, 3]))),
        "n": draw(st.sampled_from((1, [1, 2], "cycle:1,2"))),
    }
    if draw(st.integers(0, 3)) == 0:
        table["stack"] = [table["stack"], STACKS[0]]
    choices = [name for name in ("c", "k", "n") if not isinstance(table[name], str)]
    each = draw(st.sampled_from(((), ("k",), ("k",), ("k", "n"), ("c", "k"))))
    each = [name for name in each if name in choices]
    return table | ({"each": each} if each else {})


@st.composite
def questions(draw):
    """(the oracle's space, rounding, sizes, every Row)."""
    axes = draw(st.sampled_from((1, 1, 2)))
    stages = ({"block": "u", "repeat": draw(st.sampled_from((1, 1, "0..1", 2)))},)
    if draw(st.integers(0, 2)) == 0:
        stages = ({"kernel": [1, 3], "channels": 2}, *stages)
    rounding = draw(st.sampled_from(("floor", "exact")))
    sizes = (draw(st.sampled_from((4, 8, 8, 9, 12))),) * axes
    space = Space(stages, {"u": draw(blocks())}, axes=axes, input_channels=2)
    try:
        bodies = language(space, rounding, 400)
        rows = [row_of(body, sizes, 2, rounding) for body in bodies]
    except (TooManyError, UnevenError):
        assume(False)
    return space, rounding, sizes, [row for row in rows if row is not None]


@held
@given(questions())
def test_every_network_of_every_depth_is_found_with_its_figures(question):
    """Each once, whatever levels it was made of."""
    space, rounding, sizes, rows = question
    made = rfsearch.Space(
        stages=list(space.stages), block=space.block, axes=space.axes, input_channels=2,
        allow_holes=True,
    )  # fmt: skip
    try:
        found = made.search("x".join(map(str, sizes)), rounding=rounding)
        shown = [row for frame in found.stacks() for row in frame.to_dicts()]
    except rfsearch.UsageError as error:
        assert "not searched" in str(error)
        assume(False)
    assert [row["stack"] for row in shown] == [row.stack for row in rows]
    for row, expected in zip(shown, rows, strict=True):
        rf = row["rf"]
        assert (tuple(rf) if isinstance(rf, list) else (rf,) * space.axes) == expected.fields
        for name in ("depth", "params", "macs", "activations"):
            assert row[name] == getattr(expected, name), name
        assert row["peak_memory"] == 4 * expected.peak


UNET = {
    "stack": "({c}C3P1N)x{n}-(ID|MP2S2-{deeper}-{c}T2S2)-({c}C3P1N)x{n}",
    "bottom": "({c}C3P1N)x{n}",
    "levels": "1..4",
    "c": "double:64:1024",
    "n": [1, 2],
    "each": "n",
}


def test_the_u_net_of_the_reimplementations_is_of_four_levels_that_double():
    """With the figures that it has by itself."""
    space = rfsearch.Space(stages=[{"block": "u"}], block={"u": UNET}, head="2C1")
    assert space.candidates == 2**2 + 2**3 + 2**4 + 2**5
    net = rfsearch.parse("unet_padded", 512)
    stack = net.notation.removesuffix("-2C1") + "-HEAD-2C1"
    found = space.search(512, net.rf)
    assert found.contains(stack)
    rows = found.top(99, distinct="none").to_dicts()
    (mine,) = [row for row in rows if row["stack"] == stack]
    for name in ("params", "macs", "peak_memory"):
        assert mine[name] == net.totals[name]


@pytest.mark.compiled
def test_a_small_variation_of_the_preset_is_answered_as_its_listing():
    """Its own block at fewer levels and widths: count, RFs, and what is best within a budget."""
    file = tomllib.loads((Path(__file__).parents[1] / "configs" / "unet.toml").read_text())
    block = {"unet": file["block"]["unet"] | {"levels": "1..2", "b": [2, 3]}}
    space = Space(tuple(file["stage"]), block, head="2C1")
    rows = [row_of(body, (16, 16), 3, "exact") for body in language(space, "exact", 10_000)]
    limit = sorted(row.macs for row in rows)[len(rows) // 2]
    made = rfsearch.Space(stages=file["stage"], block=block)
    found = made.search(16, "20..", rounding="exact", max_macs=limit)
    met = [row for row in rows if row.fields[0] >= 20 and row.macs <= limit]
    assert 20 < found.count() == len(met) < len(rows) // 2
    best = min(met, key=lambda row: (row.macs, row.peak))
    top = found.top(1, by=["macs", "peak_memory"], distinct="none")
    assert (top["macs"][0], top["peak_memory"][0]) == (best.macs, 4 * best.peak)
    assert found.reach()["matches"].to_list() == [
        count for _, count in sorted(Counter(row.fields[0] for row in met).items())
    ]


def test_a_slot_says_other_values_and_levels_for_it():
    """As of any hole; a hole that is chosen at each level is told by its level."""
    stage = {"block": "u", "n": 1, "c": 8, "levels": 2}
    space = rfsearch.Space(stages=[stage], block={"u": UNET})
    assert space.candidates == 1
    refused = rfsearch.Space(stages=[{"block": "u", "c": 8, "levels": 1}], block={"u": UNET})
    said = refused.contains("8C3P1N-(ID|MP2S2-8C3P1N-8C3P1N-8C3P1N-8T2S2)-8C3P1N")
    assert not said


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"levels": None}, r"block\.u\.levels: not given"),
        ({"levels": "1..13"}, r"block\.u\.levels: 13 is not ≤ 12"),
        ({"bottom": None}, r"block\.u\.bottom: give notation"),
        ({"stack": "{c}C1-{deeper}-{deeper}"}, r"holds \{deeper\} once"),
        ({"stack": ["{c}C1-{deeper}", "{c}C1"]}, r"block\.u\.stack: \{c\}C1 holds \{deeper\} once"),
        ({"each": "c"}, r"block\.u\.each: c is no hole with a list"),
        ({"each": "z"}, r"block\.u\.each: z is no hole with a list"),
        ({"n1": 3}, r"block\.u\.n1: .* level"),
        ({"c": "cycle:2x3,1"}, r"block\.u\.c: .* one number for all axes"),
        ({"n": "1..30", "levels": 5}, "fillings of levels are more than 65,536"),
    ],
)
def test_what_is_missing_or_too_much_is_named(more, error):
    """Before anything is written out."""
    table = {name: value for name, value in {**UNET, **more}.items() if value is not None}
    with pytest.raises((rfsearch.UsageError, rfsearch.LimitError), match=error):
        rfsearch.Space(stages=[{"block": "u"}], block={"u": table})


def test_the_field_is_that_of_torchs_gradient():
    """Of every network of two depths, average pools in place of maxima."""
    pytest.importorskip("torch")
    table = UNET | {"levels": "1..2", "c": "double:2:4", "n": 1}
    table["stack"] = table["stack"].replace("MP2", "AP2").replace("T2S2", "T4S2P1")
    found = rfsearch.Space(stages=[{"block": "u"}], block={"u": table}).search(32)
    rows = found.top(20, distinct="none").to_dicts()
    assert len(rows) == 2
    for row in rows:
        verdict = rfsearch.verify(row["stack"], 32, framework="torch")
        assert verdict, verdict


def test_a_file_says_levels_and_show_names_the_level_that_differs(tmp_path, capsys):
    path = tmp_path / "unet.toml"
    path.write_text(
        'input = 32\nhead = "2C1"\n[block.u]\n'
        'stack = "{c}C{k}P{k//2}-(ID|MP2S2-{deeper}-{c}T2S2)-{c}C1"\nbottom = "{c}C{k}P{k//2}"\n'
        'levels = "1..2"\nc = "double:8:16"\nk = [3, 5]\neach = ["k"]\n[[stage]]\nblock = "u"\n'
    )
    assert main(["--config", str(path), "--count", "--format", "json"]) == 0
    assert '"matches": 12' in capsys.readouterr().out
    stack = "8C3P1-(ID|MP2S2-16C{}P{}-8T2S2)-8C1-HEAD-2C1"
    assert main(["show", stack.format(5, 2), "--in", str(path)]) == 0
    assert main(["show", stack.format(7, 3), "--in", str(path)]) == 1
    assert "stage[0].k1: 7 is not one of 3, 5" in capsys.readouterr().out
