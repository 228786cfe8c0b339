"""Staged spaces: every question's answer, held against the listing of all networks.

A question takes longer to draw and to list than to answer, so each is asked several things.
"""

import naive
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_language import Space
from naive_stages import Query
from staged_spaces import (
    BLOCKS,
    BOUNDED,
    Question,
    held,
    questions,
    ranked,
    read_frame,
    scored_questions,
)

import rfsearch
from rfsearch.question.walk import sample_numbers

DISTINCT = ("family", "costs", "none")


@held
@given(questions())
def test_every_match_is_counted_once(question):
    """count, count_by_depth, families and candidates are those of the listing.

    Only a budget that is not part of the states may leave the families unknown; a stack of
    several derivations is one candidate, whatever its sizes.
    """
    found = question.search()
    assert found.count() == len(question.matches)
    by_depth = {depth: count for depth, count in found.count_by_depth().items() if count}
    depths = [row.depth for row in question.matches]
    assert by_depth == {depth: depths.count(depth) for depth in sorted(set(depths))}
    assert question.staged.candidates == len(question.bodies)
    families = found.families()
    if families is None:
        assert question.adding_budget
    else:
        assert families == naive.families(question.matches)


@held
@given(question=questions(), data=st.data())
def test_every_match_is_listed_once_in_order(question, data):
    """All columns of all matches, by input and in the order of stacks, whole and in parts."""
    batch = data.draw(st.integers(1, 50))
    cut = data.draw(st.integers(0, len(question.matches)))
    found = question.search()
    whole = [question.columns(row) for row in question.matches]
    frames = list(found.stacks(batch=batch))
    assert all(0 < len(frame) <= batch for frame in frames)
    assert listed(frames) == whole
    assert listed(found.stacks(0, cut)) == whole[:cut]
    assert listed(found.stacks(cut)) == whole[cut:]


def listed(frames):
    return [row for frame in frames for row in read_frame(frame)]


@held
@given(question=questions(), seed=st.integers(0, 9))
def test_single_matches_and_samples_are_lines_of_the_listing(question, seed):
    """match(i) is the i-th line and there is none beyond the last; samples are known lines."""
    found = question.search()
    count = len(question.matches)
    for i in range(0, count, max(count // 25, 1)):
        assert found.match(i) == question.matches[i].stack
    for beyond in (-1, count):
        with pytest.raises(rfsearch.UsageError):
            found.match(beyond)
    if count:
        known = [question.columns(row) for row in question.matches]
        sample = found.sample(20, seed=seed)
        assert len(sample) == 20
        assert all(row in known for row in read_frame(sample))
        assert sample.equals(found.sample(20, seed=seed))


def check_top(question, found, k, by, distinct):
    rows = read_frame(found.top(k, by=by, distinct=distinct))
    expected = [
        {"rank": rank, **question.columns(row, by), "twins": twins}
        for rank, (row, twins) in enumerate(naive.top(question.matches, k, by, distinct), start=1)
    ]
    assert rows == expected


def check_front(question, found, costs):
    rows = read_frame(found.front(costs))
    assert rows == [question.columns(row, costs) for row in naive.front(question.matches, costs)]


@held
@given(question=questions(), k=st.integers(1, 40), by=ranked())
def test_top_is_the_head_of_the_sorted_listing(question, k, by):
    """Any list of costs, minimised or maximised, sums and maxima in any place, ties included."""
    found = question.search()
    for distinct in DISTINCT:
        check_top(question, found, k, by, distinct)


@held
@given(question=questions(), by=st.permutations(("max:entropy", "peak_memory", "max:rf", "macs")))
def test_capacity_and_live_memory_in_every_place_of_the_list(question, by):
    """What grows and what is a maximum, first, in the middle and last; also of all matches."""
    found = question.search()
    for distinct in DISTINCT:
        check_top(question, found, len(question.matches) + 5, by[:2], distinct)
        check_top(question, found, 25, by, distinct)


@held
@given(question=questions(), costs=ranked(least=2), others=ranked(least=2, most=2))
def test_front_is_what_nothing_beats(question, costs, others):
    """Two to four costs, each minimised or maximised: one row a cost vector, the first in order."""
    found = question.search()
    check_front(question, found, costs)
    check_front(question, found, others)


@held
@given(question=questions(budgets=False), costs=ranked(least=2))
def test_answers_without_budgets_and_with_any_threads(question, costs):
    """Where labels may be dropped most freely; the same frames with one and with two threads."""
    one, two = (question.search(threads=threads) for threads in (1, 2))
    check_front(question, one, costs)
    assert one.front(costs).equals(two.front(costs))
    assert one.top(30, by=costs).equals(two.top(30, by=costs))


EXAMPLE = Question(
    Space(
        stages=(
            {
                "repeat": "1..2",
                "slot": [
                    {"block": "mb", "s": [1, 2], "c": [4, 6], "t": 2, "k": 3},
                    {"block": "gated", "repeat": "0..1", "r": 2},
                ],
            },
            {"op": ["conv", "maxpool"], "kernel": 3, "channels": ["keep", "x2"]},
        ),
        block={name: BLOCKS[name] for name in ("mb", "gated")},
        stem="4C3S2P1N",
        head="GAP-5FC",
        never_falls=("channels",),
    ),
    Query(inputs=((16, 16), (21, 17)), rounding="floor", weight_bytes=1, activation_bytes=2),
)


# In plain Python a sum, a maximum and one that depends on what follows stand for all.
OF_A_KIND = {"macs", "peak_memory", "effectiveness"}


@pytest.mark.parametrize(
    "cost",
    [
        pytest.param(cost, marks=() if cost in OF_A_KIND else pytest.mark.compiled)
        for cost in BOUNDED
    ],
)
def test_budgets_hold_exactly_on_a_value_that_occurs_and_beside_it(cost):
    """Least and most at the value, one below and one above, for every cost."""
    assert len(EXAMPLE.matches) > 200
    value = sorted(getattr(row, cost) for row in EXAMPLE.matches)[len(EXAMPLE.matches) // 2]
    for near in (value - 1, value, value + 1):
        for ends in ((near, None), (None, near), (near, near)):
            question = EXAMPLE.within({cost: ends})
            found = question.search()
            assert found.count() == len(question.matches)
            check_top(question, found, 5, ["max:entropy", "macs"], "none")


@pytest.mark.parametrize("costs", [["activations", "max:peak_memory"], ["max:macs", "max:depth"]])
def test_a_stack_may_end_at_once_whatever_is_asked(costs):
    """A maximised maximum has nothing to lose where no layer follows."""
    check_front(EXAMPLE, EXAMPLE.search(), costs)


def check_listing(question, found, cut):
    """Whole, in two parts, and line by line."""
    whole = [question.columns(row) for row in question.matches]
    assert listed(found.stacks(batch=7)) == whole
    assert listed(found.stacks(0, cut)) == whole[:cut]
    assert listed(found.stacks(cut, batch=5)) == whole[cut:]
    for i in range(0, len(whole), max(len(whole) // 25, 1)):
        assert found.match(i) == whole[i]["stack"]


@held
@given(question=scored_questions(), k=st.integers(1, 30), data=st.data())
def test_a_score_that_depends_on_what_follows_is_bounded_and_ranked_exactly(question, k, data):
    """DeepMAD's score: all matches within its bounds, in the one order, and the best by it."""
    score = data.draw(st.sampled_from(["deepmad", "max:deepmad"]))
    other = data.draw(st.sampled_from(["macs", "peak_memory", "max:entropy", "effectiveness"]))
    costs = data.draw(st.permutations([score, other]))
    found = question.search()
    assert found.count() == len(question.matches)
    check_listing(question, found, data.draw(st.integers(0, len(question.matches))))
    for distinct in DISTINCT:
        check_top(question, found, k, costs, distinct)
    check_front(question, found, costs)


# Widths, pools and paddings that share costs: one order must break many ties, under scores too.
TIED = Question(
    Space(
        stages=(
            {"kernel": [1, 3], "stride": [1, 2], "padding": "half", "channels": [4, 6]},
            {"op": ["conv", "maxpool"], "kernel": 3, "padding": "any", "repeat": "0..1"},
            {"op": ["maxpool", "avgpool"], "kernel": 2, "stride": [1, 2], "repeat": "0..1"},
            {"kernel": [1, 3], "stride": [1, 2], "padding": "half", "channels": [4, 6]},
        ),
    ),
    Query(inputs=((15, 15), (20, 20)), rounding="floor"),
)
SCORES = ("deepmad", "effectiveness")
TIES = (
    ("depth",),
    ("max:deepmad",),
    ("max:depth", "max:rf"),
    ("peak_memory", "deepmad"),
    ("deepmad", "effectiveness"),
    ("max:depth", "peak_memory", "max:effectiveness"),
)


@pytest.mark.parametrize("bounded", [(), ("deepmad",), SCORES])
@pytest.mark.parametrize("costs", TIES)
def test_ties_stand_in_the_order_of_stacks_whatever_the_scores_tell_apart(bounded, costs):
    """List, families, twins and front where the score of a stack depends on what follows."""
    middle = len(TIED.matches) // 2
    ends = {score: sorted(getattr(row, score) for row in TIED.matches) for score in bounded}
    question = TIED.within({score: (some[middle], None) for score, some in ends.items()})
    assert len(question.matches) > 100
    found = question.search()
    for distinct in DISTINCT:
        check_top(question, found, 60, costs, distinct)
    assert found.families() in (None, naive.families(question.matches))
    if len(costs) > 1:
        check_front(question, found, costs)


@pytest.mark.parametrize("ends", [{"deepmad": 4}, {"deepmad": 2, "effectiveness": 3}])
def test_matches_within_scores_are_numbered_in_the_order_of_stacks(ends):
    """Also of two inputs: whole, in parts, one by one, and drawn by number."""
    bounds = {}
    for score, part in ends.items():
        known = sorted(getattr(row, score) for row in TIED.matches)
        bounds[score] = (known[len(known) // part], None)
    question = TIED.within(bounds)
    assert len(question.matches) > 100
    found = question.search()
    check_listing(question, found, len(question.matches) // 3)
    numbers = sample_numbers(len(question.matches), 50, 3)
    wanted = [question.columns(question.matches[i]) for i in numbers]
    assert read_frame(found.sample(50, seed=3)) == wanted


@pytest.mark.parametrize(
    ("target", "matches", "rfs"), [("11..", 0, 0), ("5..x1..", 5, 2), ("1..x2..", 0, 0)]
)
def test_an_open_target_beyond_every_rf_has_no_match(target, matches, rfs):
    """Where even the greatest RF of an axis is below an open target's end, nothing is left."""
    space = rfsearch.StagedSpace([{"kernel": ["1x1", "3x1"], "channels": 4, "repeat": "1..3"}])
    found = space.search(20, target)
    assert found.count() == len(found.top(20, distinct="none")) == matches
    assert len(space.reach(20, target)) == rfs


@pytest.mark.parametrize(
    ("stem", "stack"),
    [
        ("4C3P1", "4C3P1-8C3S2P1"),
        ("R(4C3P1-4C3P1)", "R(4C3P1-4C3P1)-8C3S2P1"),
        ("(2C3P1|2C1)", "(2C3P1|2C1)-8C3S2P1"),
        ("DW3P1", "DW3P1-4C3S2P1"),
    ],
)
def test_a_width_that_doubles_begins_at_the_first_convolution_in_a_block_too(stem, stack):
    """`double:4:16`: only the first convolution gives 4, wherever in the stem it stands."""
    slot = {"kernel": 3, "stride": 2, "channels": "double:4:16"}
    space = rfsearch.StagedSpace([slot], stem=stem, input_channels=4)
    assert space.search(16, rounding="floor").match(0) == stack


def test_a_block_without_a_convolution_does_not_begin_a_width_that_doubles():
    """Its width after it is a property, yet no convolution has given one."""
    block = {"deep": {"stack": "DW{k}P{k//2}", "k": 3}}
    slots = [{"block": "deep"}, {"kernel": 3, "stride": 2, "channels": "double:4:16"}]
    space = rfsearch.StagedSpace(slots, block, input_channels=4)
    assert space.search(16, rounding="floor").match(0) == "DW3P1-4C3S2P1"


def test_variance_is_the_mean_of_what_each_axis_has_along_its_own_widest_path():
    """(3² − 1) / 12 on one axis by one branch, (5² − 1) / 12 on the other by the other."""
    block = {"sum": {"stack": "({c}C1x5P0x2+{c}C1-DW3P1)", "c": 2}}
    found = rfsearch.StagedSpace([{"block": "sum"}], block).search(9)
    assert found.top(1)["erf_variance"].to_list() == [pytest.approx((8 / 12 + 24 / 12) / 2)]
