"""Skip sums as WaveNet has them, and image-level branches as ASPP has: A(…), SUM, GAP in blocks."""

import pytest
from conftest import FIXED, PLAIN_PYTHON, TIMES
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from naive_asides import rows_of
from naive_language import Space, TooManyError, language

import rfsearch

held = settings(deadline=None, max_examples=TIMES * (4 if PLAIN_PYTHON else 12), derandomize=FIXED)

BLOCKS = {
    "gated": {
        "stack": "R(({c}C{k}P{d*(k-1)}:0D{d}*{c}C{k}P{d*(k-1)}:0D{d})-A({s}C1)-{in}C1)",
        "c": [2, 3],
        "k": [2, 3],
        "s": 3,
        "d": 1,
    },
    "plain": {
        "stack": ["R({c}C{k}P{d*(k-1)//2}D{d}-A({s}C1-{s}C1)-{w}C1)", "DW{k}P{d*(k-1)//2}D{d}"],
        "c": "keep",
        "k": [3, 5],
        "s": [3, 4],
        "w": [2, 3],
        "d": 1,
    },
    "several": {
        "stack": "R(DW3P1-A({s}C1)-A({s}C1)-{in}C1)",
        "s": [3, 4],
    },
    "last": {
        "stack": ["{c}C{k}P{k//2}-A({s}C1)-SUM", "A({s}C1)-SUM"],
        "c": 2,
        "k": [1, 3],
        "s": [3, 4],
    },
    "aspp": {
        "stack": [
            "({w}C1|{w}C3P{r}D{r}|GAP-{w}C1)",
            "(ID|{w}C3P1|GAP)-{w}C1",
            "R(({in}C3P1+ID+GAP-{in}C1-{in}C1)-{in}C1)",
        ],
        "w": [2, 3],
        "r": [2, 3],
    },
    "levels": {"stack": "(ID|MP2S2-({w}C1|GAP-{w}C1|GAP)-UP2)-{w}C3P1", "w": 2},
    "gate": {"stack": "(ID*GAP-{in}C1)"},
    "tail": {"stack": "2C3S{s}P1", "s": [1, 2]},
    "squeeze": {"stack": "SE2"},
}
OPEN = ("gated", "plain", "several")  # before SUM
ELSEWHERE = ("aspp", "gate", "tail", "squeeze")


@st.composite
def skips(draw):
    """Stages that put aside, and the one that collects."""
    stages = []
    for _ in range(draw(st.sampled_from((1, 1, 2)))):
        stage = {"block": draw(st.sampled_from(OPEN)), "repeat": draw(st.sampled_from((1, "0..2")))}
        if stage["block"] != "several" and draw(st.booleans()):
            stage["d"] = draw(st.sampled_from(("double:1:2", 2, "cycle:2,1")))
        stages.append(stage)
    if draw(st.integers(0, 2)) == 0:
        kind = {"op": ["conv", "maxpool"], "kernel": [1, 3], "channels": 3}
        at = draw(st.integers(0, len(stages)))
        stages.insert(at, draw(st.sampled_from((kind, {"block": "squeeze"}, {"block": "gate"}))))
    return (*stages, {"block": "last"})


@st.composite
def questions(draw, finer=False):
    """(the oracle's space, rounding, sizes, every Row)."""
    axes = draw(st.sampled_from((1, 1, 2)))
    parts = draw(st.sampled_from(("skips", "skips", "other+skips", "skips+other", "other")))
    stages = ()
    for part in parts.split("+"):
        blocks = ELSEWHERE if not finer else (*ELSEWHERE, "levels")
        other = ({"block": draw(st.sampled_from(blocks)), "repeat": draw(st.sampled_from((1, 2)))},)
        stages += draw(skips()) if part == "skips" else other
    space = Space(
        stages, BLOCKS, axes=axes, input_channels=2, stem=draw(st.sampled_from(("", "2C2P1:0"))),
        head=draw(st.sampled_from(("", "3C1", "GAP-2FC"))),
        allow_holes=draw(st.booleans()),
    )  # fmt: skip
    rounding = draw(st.sampled_from(("floor", "exact")))
    sizes = (draw(st.integers(1, 9)),) * axes
    try:
        bodies = language(space, rounding, 3_000)
    except TooManyError:
        assume(False)
    rows = rows_of(space, bodies, sizes, rounding)
    if not space.allow_holes:
        rows = [row for row in rows if row.coverage == 1]
    return space, rounding, sizes, rows


def search(question, **asked):
    space, rounding, sizes, _ = question
    made = rfsearch.Space(
        stages=list(space.stages), block=space.block, axes=space.axes, input_channels=2,
        stem=space.stem, head=space.head, allow_holes=space.allow_holes,
    )  # fmt: skip
    return made.search("x".join(map(str, sizes)), rounding=rounding, **asked)


@held
@given(questions())
def test_every_network_is_found_with_its_figures(question):
    """Sizes, fields, jump and costs, of all and no others, in the order of stacks."""
    space, _, _, rows = question
    found = search(question)
    assert found.count() == len(rows)
    shown = [row for frame in found.stacks() for row in frame.to_dicts()]
    assert [row["stack"] for row in shown] == [row.stack for row in rows]
    for row, expected in zip(shown, rows, strict=True):
        for name in ("output_size", "rf", "rf_min", "jump"):
            value = row[name]
            each = tuple(value) if isinstance(value, list) else (value,) * space.axes
            assert each == getattr(expected, name), (name, row["stack"])
        for name in ("depth", "params", "macs", "activations"):
            assert row[name] == getattr(expected, name), (name, row["stack"])
        assert row["peak_memory"] == 4 * expected.peak, row["stack"]
        assert row["entropy"] == expected.entropy / 2**32
        assert row["erf_variance"] == expected.erf_variance / 12 / space.axes


@held
@given(questions(), st.data())
def test_targets_budgets_and_fronts_are_those_of_the_listing(question, data):
    """A field and a limit at or beside some network's own, on memory or on a sum."""
    rows = question[3]
    assume(rows)
    model = data.draw(st.sampled_from(rows))
    cost = data.draw(st.sampled_from(("peak", "params", "macs", "depth")))
    limit = max(getattr(model, cost) + data.draw(st.sampled_from((-1, 0, 0, 3))), 1)
    asked = {"max_peak_memory": 4 * limit} if cost == "peak" else {f"max_{cost}": limit}
    found = search(question, target_rf="x".join(map(str, model.rf)), **asked)
    met = [row for row in rows if row.rf == model.rf and getattr(row, cost) <= limit]
    assert found.count() == len(met)
    front = {(row.peak * 4, row.macs) for row in met}
    front = {a for a in front if not any(b != a and b[0] <= a[0] and b[1] <= a[1] for b in front)}
    if met:
        shown = found.front(["peak_memory", "macs"])
        pairs = zip(shown["peak_memory"].to_list(), shown["macs"].to_list(), strict=True)
        assert set(pairs) == front


@held
@given(questions(finer=True), st.data())
def test_rows_are_what_show_says_of_their_stack(question, data):
    """A network of the list, described by itself; and it is a member of its space."""
    found = search(question)
    shown = [row for frame in found.stacks() for row in frame.to_dicts()]
    assume(shown)
    row = data.draw(st.sampled_from(shown))
    sizes = question[2] if len(question[2]) > 1 else f"1d:{question[2][0]}"
    network = rfsearch.parse(row["stack"], sizes, input_channels=2)
    for name in ("params", "macs", "activations", "peak_memory", "depth"):
        assert row[name] == network.totals[name], name
    for name in ("rf", "rf_min", "output_size"):
        assert row[name] == getattr(network, name), name
    assert found.contains(row["stack"])


def wavenet(skip, **more):
    """A space about the sizes of the named network, small enough to be told by hand."""
    gate = "(8C2P{d}:0D{d}*8C2P{d}:0D{d})-A({s}C1)"
    block = {
        "level": {"stack": f"R({gate}-8C1)", "s": skip},
        "last": {"stack": f"{gate}-SUM", "s": skip, "d": [4, 8]},
    }
    stages = [{"block": "level", "d": "double:1:8", "repeat": "1..4", "uniform": ["s"]}]
    return rfsearch.Space(
        stages=[*stages, {"block": "last"}], block=block, axes=1, input_channels=8,
        stem="8C2P1:0", head="16C1-8C1", **more,
    )  # fmt: skip


def test_one_running_sum_waits_however_many_levels_there_are():
    """Peak memory: the level's input, its gate, the sum, and what is added to it."""
    found = wavenet(32).search(64, "10..")
    rows = found.top(20, by=["peak_memory"], distinct="none").to_dicts()
    assert {row["peak_memory"] for row in rows} == {4 * 64 * (8 + 8 + 32 + 32)}
    assert len({row["depth"] for row in rows}) > 1


def test_skips_of_other_widths_are_not_added_up():
    """Each width by itself: stacks are those of one width, once for each."""
    one, two = (wavenet(skip, allow_holes=True).search(64) for skip in (16, [16, 24]))
    assert two.count() == 2 * one.count() > 0


def test_the_named_wavenet_is_of_a_space_of_its_kind():
    """And has the figures there that it has by itself."""
    gate = "(32C2P{d}:0D{d}*32C2P{d}:0D{d})-A(512C1)"
    space = rfsearch.Space(
        stages=[{"block": "level", "d": "double:1:512", "repeat": "0..12"}, {"block": "last"}],
        block={"level": {"stack": f"R({gate}-32C1)"}, "last": {"stack": f"{gate}-SUM", "d": 512}},
        axes=1, input_channels=256, stem="32C2P1:0", head="512C1-256C1",
    )  # fmt: skip
    net = rfsearch.parse("wavenet")
    stack = net.notation.replace("SUM-", "SUM-HEAD-")
    found = space.search(16_000, 1025)
    assert found.contains(stack)
    row = found.top(1).to_dicts()[0]
    assert row["stack"] == stack
    for name in ("params", "macs", "activations", "peak_memory"):
        assert row[name] == net.totals[name], name


@pytest.mark.parametrize(
    ("stacks", "error"),
    [
        (["R(8C3P1-A(8C1)-8C1)"], "what no SUM collects"),
        (["R(8C3P1-A(8C1)-8C1)-SUM"], r"SUM stands right behind the last A\(…\)"),
        (["A(8C1)-8C1-SUM"], "SUM stands right behind"),
        (["A(8C3P1)-SUM"], "1×1 convolutions"),
        (["A(ID)-SUM"], "1×1 convolutions"),
        (["R(A(8C1)-8C3P1)-A(8C1)-SUM"], "only A.* may follow"),
        (["(8C1|A(8C1)-8C1)-A(8C1)-SUM"], "in a row of layers or in R"),
        (["R(A(8C1)-SUM)-A(8C1)-SUM"], "SUM stands outside of all brackets"),
        (["R(8C3-A(8C1)-8C1)-A(8C1)-SUM"], "keeps its size"),
        (["A(8C1)", "8C2P1D2", "A(8C1)-SUM"], "reads the position it stands at"),
        (["A(8C1)", "8C3S2P1", "A(8C1)-SUM"], "8C3S2P1: from the first A.* to SUM"),
        (["A(8C1)-CAT", "A(8C1)-SUM"], "CAT describes networks"),
        (["GAP-8C1"], "GAP begins a branch"),
        (["R(GAP-8C1)"], "GAP begins a branch"),
        (["(GAP-8C1|8C1)"], "stand behind one without"),
        (["(GAP|GAP)"], "stand behind one without"),
        (["(8C1|GAP-8C3P1)"], "1×1 convolutions alone"),
    ],
)
def test_what_cannot_be_followed_is_refused_by_name(stacks, error):
    block = {f"b{number}": {"stack": stack} for number, stack in enumerate(stacks)}
    with pytest.raises(rfsearch.UsageError, match=error):
        _ = rfsearch.Space(
            stages=[{"block": name} for name in block], block=block, input_channels=8
        ).candidates


def test_a_stem_holds_no_skips():
    with pytest.raises(rfsearch.UsageError, match=r"stem: A\(…\) and SUM stand in the blocks"):
        rfsearch.Space(stages=[{"kernel": 3}], stem="8C1-A(8C1)-SUM")


@pytest.mark.parametrize(
    ("stages", "block", "size"),
    [
        (
            [{"block": "level", "d": "double:1:4", "repeat": "1..2"}, {"block": "last"}],
            {
                "level": {"stack": "R((3C2P{d}:0D{d}*3C2P{d}:0D{d})-A(4C1)-2C1)"},
                "last": {"stack": "3C{k}P{k//2}-A(4C1)-SUM", "k": [1, 3]},
            },
            24,
        ),
        (
            [{"block": "level", "repeat": "1..2"}, {"block": "last"}, {"kernel": 3, "stride": 2}],
            {
                "level": {"stack": "R(DW{k}P{k//2}-A(4C1)-2C1)", "k": [3, 5]},
                "last": {"stack": "A(4C1)-SUM"},
            },
            31,
        ),
    ],
)
def test_the_field_is_that_of_torchs_gradient_on_the_exported_network(stages, block, size):
    """Of every network of a small space; its function's params and MACs are counted, too."""
    pytest.importorskip("torch")
    found = rfsearch.Space(stages=stages, block=block, axes=1, input_channels=2).search(size)
    rows = found.top(20, distinct="none").to_dicts()
    assert rows
    for row in rows:
        verdict = rfsearch.verify(row["stack"], (size,), 2, framework="torch")
        assert verdict, verdict


def test_an_image_level_branch_runs_as_it_is_told(tmp_path):
    """ASPP as DeepLab v3 has it: verified in torch, and read back from it."""
    pytest.importorskip("torch")
    block = {"aspp": {"stack": "({w}C1|{w}C3P{r}D{r}|GAP-{w}C1)-{w}C1", "w": [2, 3], "r": [2, 4]}}
    found = rfsearch.Space(stages=[{"block": "aspp"}], block=block, allow_holes=True).search(21)
    for row in found.top(4, distinct="none").to_dicts():
        assert rfsearch.verify(row["stack"], 21, framework="torch")
        module = rfsearch.to_torch(rfsearch.parse(row["stack"], 21)).eval()
        back = rfsearch.from_torch(module, (21, 21))
        assert (back.rf, back.sees_all) == (row["rf"], True)
        assert back.totals["peak_memory"] == row["peak_memory"]
