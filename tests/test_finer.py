"""Spaces with transposed and resized layers and gates: generators, encoders with decoders."""

import json
from collections import Counter

import pytest
from conftest import FIXED, PLAIN_PYTHON, TIMES
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from naive_finer import UnevenError, row_of
from naive_language import Space, TooManyError, language

import rfsearch
from rfsearch.cli import main

held = settings(deadline=None, max_examples=TIMES * (6 if PLAIN_PYTHON else 20), derandomize=FIXED)

BLOCKS = {
    "level": {
        "stack": "({c}C{k}P{k//2}|MP2S2-{2*c}C{k}P{k//2}-{c}T2S2)",
        "c": [2, 3],
        "k": [1, 3],
    },
    "unet": {
        "stack": "{c}C3P1-(ID|MP2S2-{c}C3P1-(ID|AP2S2-{c}C3P1-{c}T{t}S2P{t//2-1})-UPL2-{c}C1)",
        "c": 2,
        "t": [2, 4],
    },
    "gate": {"stack": "R(({c}C3P1*{c}C3P1)-{in}C1)", "c": [2, 3]},
    "up": {"stack": "UP2-{c}C{k}P{k//2}", "c": 2, "k": [1, 3]},
    "sum": {"stack": "(UPL2+{in}T4S2P1)"},
}
OPS = ("transposed", "transposed", "conv", "upsample", "upsample_linear", "maxpool")


@st.composite
def slots(draw, axes):
    """A block, or layers of one kind."""
    if draw(st.integers(0, 2)) == 0:
        return {"block": draw(st.sampled_from(sorted(BLOCKS)))}
    uneven = axes == 2 and draw(st.integers(0, 3)) == 0
    return {
        "op": draw(st.sampled_from(OPS)),
        "kernel": draw(st.sampled_from((2, 3, 4, [3, 4], "2x4" if uneven else 5))),
        "stride": draw(st.sampled_from((1, 2, [1, 2], "1x2" if uneven else 3))),
        "padding": draw(st.sampled_from(("half", "valid", [0, 1]))),
        "channels": draw(st.sampled_from((2, 3))),
        "repeat": draw(st.sampled_from((1, 1, "0..2"))),
    }


@st.composite
def questions(draw):
    """(the oracle's space, rounding, sizes, every Row)."""
    axes = draw(st.sampled_from((1, 2)))
    stages = tuple(draw(slots(axes)) for _ in range(draw(st.sampled_from((1, 2, 2, 3)))))
    rounding = draw(st.sampled_from(("floor", "exact")))
    sizes = (draw(st.sampled_from((1, 4, 6, 8, 9))),) * axes
    space = Space(stages, BLOCKS, axes=axes, input_channels=2)
    try:
        bodies = language(space, rounding, 300)
        rows = [row_of(body, sizes, 2, rounding) for body in bodies]
    except (TooManyError, UnevenError):
        assume(False)
    return space, rounding, sizes, [row for row in rows if row is not None]


def search(question, **asked):
    """The package's answer; None where it says that it has none to give."""
    space, rounding, sizes, _ = question
    try:
        made = rfsearch.Space(
            stages=list(space.stages), block=space.block, axes=space.axes, input_channels=2
        )
        return made.search("x".join(map(str, sizes)), rounding=rounding, **asked)
    except rfsearch.UsageError as error:
        assert "leave no layer at all" in str(error) or "not searched" in str(error)
        assume(False)


@held
@given(questions())
def test_every_network_is_found_with_its_figures(question):
    """Sizes, RF, jump and costs, of all and no others, in the order of stacks."""
    space, _, _, rows = question
    found = search(question)
    assert found.count() == len(rows)
    shown = [row for frame in found.stacks() for row in frame.to_dicts()]
    assert [row["stack"] for row in shown] == [row.stack for row in rows]
    for row, expected in zip(shown, rows, strict=True):

        def each(name, row=row):
            value = row[name]
            return tuple(value) if isinstance(value, list) else (value,) * space.axes

        assert each("output_size") == expected.sizes
        assert each("rf") == expected.fields
        assert tuple(map(str, each("jump"))) == tuple(map(str, expected.jumps))
        for name in ("depth", "params", "macs", "activations"):
            assert row[name] == getattr(expected, name), name
        assert row["peak_memory"] == 4 * expected.peak
        assert row["entropy"] == expected.entropy / 2**32


@held
@given(questions(), st.data())
def test_targets_are_met_exactly(question, data):
    """Each RF has as many networks as the listing; reach, lists and fronts agree."""
    rows = question[3]
    assume(rows)
    fields = data.draw(st.sampled_from(rows)).fields
    found = search(question, target_rf="x".join(map(str, fields)))
    met = [row for row in rows if row.fields == fields]
    assert found.count() == len(met)
    best = min(met, key=lambda row: (row.peak, row.macs))
    top = found.top(1, by=["peak_memory", "macs"], distinct="none")
    assert (top["peak_memory"][0], top["macs"][0]) == (4 * best.peak, best.macs)
    front = {(row.params, row.macs) for row in met}
    front = {a for a in front if not any(b != a and b[0] <= a[0] and b[1] <= a[1] for b in front)}
    shown = found.front(["params", "macs"])
    assert set(zip(shown["params"].to_list(), shown["macs"].to_list(), strict=True)) == front
    reached = search(question).reach(["params"])
    counts = {
        tuple(rf) if isinstance(rf, list) else (rf,) * len(fields): number
        for rf, number in zip(reached["rf"].to_list(), reached["matches"].to_list(), strict=True)
    }
    assert counts == Counter(row.fields for row in rows)


# Average pools: the gradient of a maximum sees one position of its window.
UNET = "{c}C3P1-(ID|AP2S2-{2*c}C3P1-(ID|AP2S2-{2*c}C{k}P1-{c}T{t}S2P{t//2-1})-{c}C3P1-UP2)"
NETWORKS = [
    ({"block": "unet"}, {"unet": {"stack": UNET, "c": 2, "k": 3,
                                  "t": [2, 4]}}, 16),
    ({"op": "transposed", "kernel": [3, 4], "stride": 2, "padding": [0, 1], "channels": 2,
      "repeat": 2}, None, 5),
    ({"block": "wave"}, {"wave": {"stack": "R(({c}C2P1:0*{c}C2P1:0)-{in}C1)-UPL2-{in}C3P1",
                                  "c": [2, 3]}}, 8),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "block", "size"), NETWORKS)
def test_the_field_is_that_of_torchs_gradient_on_the_exported_network(stage, block, size):
    """The most input positions that any output depends on, of every network of a small space."""
    torch = pytest.importorskip("torch")
    from gradient import positive, seen

    found = rfsearch.Space(stages=[stage], block=block, axes=1, input_channels=2).search(size)
    rows = found.top(20, distinct="none").to_dicts()
    assert rows
    for row in rows:
        # Wide enough that some output's field lies within the borders.
        wide = 4 * (row["rf"] // 4 + 2) * 4
        network = rfsearch.parse(row["stack"], (wide,), input_channels=2)
        module = positive(rfsearch.to_torch(network, activation="none"))
        outputs = module(torch.zeros(1, 2, wide, dtype=torch.double)).shape[-1]
        widths = []
        # Outputs differ by phase alone: a few beside the middle are all that there are.
        for index in range(outputs // 2, outputs // 2 + 8):
            (line,) = seen(module, (1, 2, wide), (index,))
            widths.append(line[-1] - line[0] + 1)
        assert max(widths) == row["rf"], row["stack"]


def test_a_generator_is_asked_without_a_target(capsys):
    """An output size alone is a question; the jump is a part of 1."""
    asked = (
        "--op transposed --kernel 4 --stride 1,2 --padding 0,1 --channels 2 --depth 1..4 "
        "--input 1 --output-size 16 --distinct none --format json"
    )
    assert main(asked.split()) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["matches"] == len(answer["results"]) > 0
    assert {row["output_size"] for row in answer["results"]} == {16}
    assert "2T4-2T4S2P1-2T4S2P1" in [row["stack"] for row in answer["results"]]
    assert {row["jump"] for row in answer["results"]} >= {"1/4"}


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"op": "transposed", "padding": "same"}, "leave no layer at all"),
        ({"op": "transposed", "kernel": 2, "stride": 3}, "leave no layer at all"),
        ({"op": "upsample", "stride": 1}, "leave no layer at all"),
    ],
)
def test_slots_without_such_a_layer_are_refused(said, error):
    """By the place, as other slots are."""
    with pytest.raises(rfsearch.UsageError, match=rf"stage\[0\]\.kernel: .*{error}"):
        rfsearch.Space(stages=[said])


def test_costs_that_are_not_defined_there_are_refused():
    """By name, and left out of what shows every cost."""
    found = rfsearch.Space(stages=[{"op": "upsample", "stride": 2}]).search(4)
    assert "erf_variance" not in found.top(1).columns
    for cost in ("erf_variance", "deepmad"):
        with pytest.raises(rfsearch.UsageError, match=f"{cost}.* not defined"):
            found.top(1, by=[cost])
    with pytest.raises(rfsearch.UsageError, match="transposed is not among the changes"):
        rfsearch.like("8C3P1-8C3P1", 8, changes=1, op="transposed")


def test_show_in_knows_a_decoder_and_names_what_differs(tmp_path, capsys):
    """A width of the block's holes, asked of a file."""
    path = tmp_path / "unet.toml"
    path.write_text(
        'input = 16\n[block.u]\nstack = "(ID|MP2S2-{2*c}C3P1-{c}T2S2)-{c}C3P1"\nc = [4, 8]\n'
        '[[stage]]\nblock = "u"\n'
    )
    assert main(["show", "(ID|MP2S2-8C3P1-4T2S2)-4C3P1", "--in", str(path)]) == 0
    assert main(["show", "(ID|MP2S2-4C3P1-2T2S2)-2C3P1", "--in", str(path)]) == 1
    assert "2 is not one of 4, 8" in capsys.readouterr().out
