"""arena and flash: every question held against all networks, each worked out by itself.

What a converted network takes is held against TensorFlow Lite Micro in tests/test_device_tflm.py;
here it is the lists, fronts and counts that must follow from it.
"""

import naive
import pytest
from hypothesis import given
from hypothesis import strategies as st
from staged_spaces import held

import rfsearch
from rfsearch.device.tflm import arena, flash

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
        self.entropy = row["entropy"]
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
    if not 0 < found.count() <= 150:
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


def test_what_is_not_proven_is_refused():
    space = rfsearch.Space(kernel=[3], stride=[1, 2], depth=(1, 2), channels=4, norm="batch")
    found = space.search(16, max_arena=32 << 10)
    for asked, said in (
        ({"by": ["max:arena"]}, "max:arena: only its least is proven"),
        ({"by": ["arena"], "distinct": "family"}, "distinct: family: not with arena or flash"),
    ):
        with pytest.raises(rfsearch.UsageError, match=said):
            found.top(1, **asked)


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
