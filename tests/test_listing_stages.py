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
    if question.adding_budget:  # twins may be left unknown there, but never wrong
        for row, wanted in zip(rows, expected, strict=True):
            if row["twins"] is None:
                wanted["twins"] = None
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


@pytest.mark.parametrize("cost", BOUNDED)
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


def values(question, rows, costs):
    """The costs of the oracle's rows, as a frame shows them."""
    names = [cost.removeprefix("max:") for cost in costs]
    return [
        tuple(float(question.figure(name, getattr(row, name))) for name in names) for row in rows
    ]


def shown(frame, costs):
    names = [cost.removeprefix("max:") for cost in costs]
    return [tuple(float(row[name]) for name in names) for row in frame.to_dicts()]


def _input_and_stack(row):
    return str(row.get("input")), row["stack"]


@held
@given(question=scored_questions(), k=st.integers(1, 30), data=st.data())
def test_a_score_that_depends_on_what_follows_is_bounded_and_ranked_exactly(question, k, data):
    """DeepMAD's score: the matches within its bounds, and the figures of the best by it."""
    score = data.draw(st.sampled_from(["deepmad", "max:deepmad"]))
    other = data.draw(st.sampled_from(["macs", "peak_memory", "max:entropy", "effectiveness"]))
    costs = data.draw(st.permutations([score, other]))
    found = question.search()
    assert found.count() == len(question.matches)
    wanted = [question.columns(row) for row in question.matches]
    rows = listed(found.stacks())
    assert sorted(rows, key=_input_and_stack) == sorted(wanted, key=_input_and_stack)
    for distinct in DISTINCT:
        best = [row for row, _ in naive.top(question.matches, k, costs, distinct)]
        top = found.top(k, by=costs, distinct=distinct)
        assert shown(top, costs) == values(question, best, costs)
    front = naive.front(question.matches, costs)
    assert shown(found.front(costs), costs) == values(question, front, costs)
