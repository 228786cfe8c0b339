"""arena and flash: every question held against all networks, each worked out by itself.

What a converted network takes is held against TensorFlow Lite Micro in tests/test_device_tflm.py;
here it is the lists, fronts and counts that must follow from it.
"""

from fractions import Fraction
from itertools import product

import naive
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from staged_spaces import held

import rfsearch
from rfsearch.device.tflm import arena, flash
from rfsearch.question.budget import within_budgets

STACKS = (
    "I({in*t}C1N-DW{k}S{s}P{k//2}N-{c}C1N)",
    "I(DW{k}S{s}P{k//2}N-{c}C1N)",
    "{c}C{k}S{s}PsN",
    "R({c}C3S{s}P1N-{c}C3P1N)",
)


class Row:
    """One network with the figures that a question compares."""

    def __init__(self, number, row):
        network = rfsearch.parse(row["stack"], row["input"], 3)
        self.stack, self.number, self.family = row["stack"], number, number
        self.macs, self.input = row["macs"], row["input"]
        self.entropy, self.rf = row["entropy"], row["rf"]
        self.arena, self.flash = arena(network).total, flash(network)

    def order(self):
        return self.number


@st.composite
def spaces(draw):
    """A small space of what the lowering knows, and its inputs."""

    def some(values):
        return draw(st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True))

    block = {
        "stack": some(STACKS), "t": some((1, 2, 3)), "k": some((3, 5)), "c": some((4, 8, 12)),
        "s": some((1, 2)),
    }  # fmt: skip
    stages = [{"slot": [{"block": "b"}], "repeat": draw(st.sampled_from(("1..2", "1", "2")))}]
    stem, head = draw(
        st.sampled_from((("8C3S2P1N", "GAP-4FC"), ("4C3PsN", "GAP"), ("", "GAP-3FC")))
    )
    inputs = draw(st.sampled_from(([12, 17], [16], [20])))
    return rfsearch.Space(stages=stages, block={"b": block}, stem=stem, head=head), inputs


def listed(space, inputs):
    found = space.search(inputs, rounding="floor")
    if not 0 < found.count() <= 80:
        return []
    frames = [row for frame in found.stacks() for row in frame.to_dicts()]
    return [Row(n, {"input": inputs[0], **row}) for n, row in enumerate(frames)]


def said(frame, inputs):
    return [
        (row.get("input", inputs[0]), row["stack"], row["arena"], row["flash"])
        for row in frame.to_dicts()
    ]


def expected(rows):
    return [(row.input, row.stack, row.arena, row.flash) for row in rows]


@held
@given(spaces(), st.data())
def test_lists_fronts_and_counts_are_those_of_all_networks_worked_out(drawn, data):
    space, inputs = drawn
    rows = listed(space, inputs)
    if not rows:
        return
    model = data.draw(st.sampled_from(rows))
    more = data.draw(st.sampled_from((0, 0, -1)))
    names = data.draw(st.sampled_from((("arena",), ("flash",), ("arena", "flash"), ())))
    budgets = {name: getattr(model, name) + more for name in names}
    kept = [row for row in rows if all(getattr(row, n) <= most for n, most in budgets.items())]
    by = data.draw(
        st.sampled_from(
            (["arena"], ["flash", "arena"], ["max:entropy", "arena"], ["macs", "flash"])
        )
    )
    front = data.draw(st.sampled_from((["arena", "max:entropy"], ["flash", "macs"])))
    question = {f"max_{name}": most for name, most in budgets.items()}
    found = space.search(inputs, rounding="floor", **question)
    for distinct in ("none", "costs"):
        best = [row for row, _ in naive.top(kept, 5, by, distinct)]
        assert said(found.top(5, by=by, distinct=distinct), inputs) == expected(best)
    assert said(found.front(front), inputs) == expected(naive.front(kept, front))
    if budgets:
        assert found.count() == len(kept)
        assert said(found.top(4, by=["max:entropy", "macs"]), inputs) == expected(
            [row for row, _ in naive.top(kept, 4, ["max:entropy", "macs"], "none")]
        )
        every = [row for frame in found.stacks() for row in said(frame, inputs)]
        assert every == expected(kept)
        if kept:
            drawn_rows = said(found.sample(5, seed=1), inputs)
            assert len(drawn_rows) == 5 and set(drawn_rows) <= set(expected(kept))


@held
@given(spaces(), st.data())
def test_few_matches_are_asked_everything(drawn, data):
    space, inputs = drawn
    rows = listed(space, inputs)
    if not rows:
        return
    model = data.draw(st.sampled_from(rows))
    name = data.draw(st.sampled_from(("arena", "flash")))
    kept = [row for row in rows if getattr(row, name) <= getattr(model, name)]
    found = space.search(inputs, rounding="floor", **{f"max_{name}": getattr(model, name)})
    assert found.count() == len(kept) == sum(found.count_by_depth().values())
    reached = {}
    for row in kept:
        reached.setdefault(row.rf, []).append(row)
    for row in found.reach(["arena", "flash", "macs"], ["arena"]).to_dicts():
        here = reached.pop(row["rf"])
        assert row["matches"] == len(here)
        for cost in ("arena", "flash", "macs"):
            assert row[f"least_{cost}"] == min(getattr(one, cost) for one in here)
        assert row["greatest_arena"] == max(one.arena for one in here)
    assert not reached
    best = sorted(kept, key=lambda row: (-row.arena, row.flash, row.number))
    assert said(found.top(5, by=["max:arena", "flash"]), inputs) == expected(best[:5])
    last = data.draw(st.integers(0, len(kept) - 1))
    assert found.match(last) == kept[last].stack
    some = [one for frame in found.stacks(last, last + 3) for one in said(frame, inputs)]
    assert some == expected(kept[last : last + 3])
    # Families are those of the same networks listed without a budget.
    family = {}
    for row in space.search(inputs, rounding="floor").top(1000, by=["macs"]).to_dicts():
        family[row["stack"], row.get("input")] = row["twins"]
    families = found.top(1000, by=["macs"], distinct="family").to_dicts()
    assert found.families() == len(families)
    assert sum(row["twins"] for row in families) == len(kept)
    assert all(
        row["twins"] <= family.get((row["stack"], row.get("input")), 10**9) for row in families
    )


def test_a_ladder_that_holds_arena_is_the_tightest_of_all():
    block = {"stack": "I({in*t}C1N-DW3S{s}PsN-{c}C1N)", "t": [2, 4], "s": [1, 2], "c": [8, 16]}
    space = rfsearch.Space(
        stages=[{"slot": [{"block": "b"}], "repeat": "1..2"}], block={"b": block},
        stem="8C3S2PsN", head="GAP-4FC",
    )  # fmt: skip
    within = {"rounding": "floor", "max_flash": 16_000}
    found = space.search(32, **within)
    by_rf = {}
    for row in found.top(1000, by=["macs"]).to_dicts():
        by_rf.setdefault(row["rf"], []).append(row["arena"])
    tightest = min(Fraction(max(some), min(some)) - 1 for some in product(*by_rf.values()))
    ladder = space.ladder(32, sorted(by_rf), hold="arena:50%", **within)
    assert ladder.complete and ladder.spread["arena"] == tightest > 0
    for row in ladder.rungs.to_dicts():
        assert row["arena"] == arena(rfsearch.parse(row["stack"], 32)).total


def test_few_matches_are_written_as_a_dataset(tmp_path):
    block = {"stack": "I({in*t}C1N-DW3S{s}PsN-{c}C1N)", "t": [2, 4], "s": [1, 2], "c": [8, 16]}
    space = rfsearch.Space(
        stages=[{"slot": [{"block": "b"}], "repeat": "1..2"}], block={"b": block},
        stem="8C3S2PsN", head="GAP-4FC",
    )  # fmt: skip
    found = space.search(32, rounding="floor", max_arena=16_000, max_flash=16_000)
    written = found.sink_parquet(str(tmp_path / "set"), part_rows=10).collect()
    kept = pl.concat(list(found.stacks()))
    columns = ["stack", "arena", "flash", "macs"]
    assert written.select(columns).equals(kept.select(columns)) and len(kept) == found.count()


def test_many_matches_are_refused_what_takes_each_by_itself(monkeypatch):
    monkeypatch.setattr("rfsearch.question.found.MOST_LISTED", 3)
    space = rfsearch.Space(kernel=[3], stride=[1, 2], depth=(1, 2), channels=4, norm="batch")
    found = space.search(16, max_arena=32 << 10)
    said = "within arena or flash takes each network by itself; at most \\d+ match, more than 3"
    for asked in (
        lambda: found.top(1, by=["max:arena"]),
        lambda: found.top(1, distinct="family"),
        found.reach,
        lambda: found.match(0),
        lambda: space.ladder(16, "3..7:2", hold="arena:5%"),
    ):
        with pytest.raises(rfsearch.LimitError, match=said):
            asked()
    assert found.families() is None and found.count_bounds() == (0, found.count_bounds()[1])


def test_of_very_many_matches_one_budget_by_itself_says_how_many_at_most(monkeypatch):
    """No labels are made then; what is said holds of the matches, which few have one by one."""
    space = rfsearch.StagedSpace(
        [{"kernel": [1, 3], "stride": [1, 2], "channels": [4, 8], "repeat": "1..3"}], norm="batch"
    )
    budgets = {"rounding": "floor", "max_arena": 6 << 10, "max_flash": 5 << 10}
    exact = space.search(16, **budgets).count()
    alone = [
        space.search(16, rounding="floor", **{name: budgets[name]})._bounds[1]
        for name in ("max_arena", "max_flash")
    ]
    monkeypatch.setattr("rfsearch.question.found.MOST_LISTED", 3)
    monkeypatch.setattr("rfsearch.question.found.WORTH_LABELS", 3)
    monkeypatch.setattr("rfsearch.question.found.within_budgets", None)
    assert space.search(16, **budgets).count_bounds() == (0, min(alone))
    assert 3 < exact <= min(alone)


def test_at_least_so_many_bytes_is_refused():
    space = rfsearch.Space(kernel=[3], stride=[1, 2], depth=(1, 2), channels=4, norm="batch")
    with pytest.raises(rfsearch.UsageError, match="min_arena: only what it takes at most"):
        space.search(16, min_arena=1000)


def test_samples_are_drawn_where_bounds_leave_the_budgets_open(monkeypatch):
    monkeypatch.setattr("rfsearch.question.budget.LABELS", 2)  # looks after so few, and stops
    block = {"stack": "I({in*t}C1N-DW3S{s}PsN-{c}C1N)", "t": [1, 2], "s": [1, 2], "c": [4, 8]}
    space = rfsearch.Space(
        stages=[{"slot": [{"block": "b"}], "repeat": "1..2"}], block={"b": block},
        stem="8C3S2P1N", head="GAP-4FC",
    )  # fmt: skip
    rows = listed(space, [16])
    macs, bytes = (sorted(getattr(row, name) for row in rows) for name in ("macs", "flash"))
    middle = len(rows) * 2 // 3
    within = {"max_flash": bytes[middle], "max_macs": macs[middle]}
    found = space.search(16, rounding="floor", **within)
    kept = [row for frame in found.stacks() for row in frame["stack"]]
    few_labels = property(lambda found: within_budgets(found.automaton, most_labels=3))
    monkeypatch.setattr(rfsearch.Found, "_budgeted", few_labels)
    open_ended = space.search(16, rounding="floor", **within)
    assert open_ended._budgeted.undecided
    drawn = open_ended.sample(40 * len(kept), seed=1)["stack"].to_list()
    assert set(drawn) == set(kept) and 0 < len(kept) < space.search(16, rounding="floor").count()


def test_an_item_whose_figures_are_not_known_is_named():
    space = rfsearch.Space(kernel=[3], stride=[1], depth=(1, 1), channels=4, bias=False)
    with pytest.raises(rfsearch.UsageError, match=r"4C3.*not known for a convolution with neither"):
        space.search(16, max_arena=1 << 20)


def test_a_front_of_three_costs_is_that_of_all_networks_where_its_points_fit():
    block = {"stack": "I({in*t}C1N-DW3S{s}PsN-{c}C1N)", "t": [1, 2], "s": [1, 2], "c": [4, 8]}
    space = rfsearch.Space(
        stages=[{"slot": [{"block": "b"}], "repeat": "1..2"}], block={"b": block},
        stem="8C3S2P1N", head="GAP-4FC",
    )  # fmt: skip
    costs = ["params", "macs", "max:entropy"]
    every = space.search(16, rounding="floor").front(costs)
    within = space.search(16, rounding="floor", max_arena=1 << 20).front(costs)
    assert within["stack"].to_list() == every["stack"].to_list()
