"""Staged spaces: every question's answer, held against the listing of all networks."""

import naive
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spaces import held, held_longer
from staged_spaces import questions, ranked, read_frame

import rfsearch

DISTINCT = ("family", "costs", "none")


def rankable(question, costs):
    """The costs, the receptive field left out where it is not one number in every row."""
    if any(isinstance(row.rf, tuple) for row in question.matches):
        costs = [cost for cost in costs if not cost.endswith("rf")]
    return costs or ["macs"]


@held_longer
@given(questions())
def test_every_match_is_counted_once_by_depth_and_in_all(question):
    """count and count_by_depth are those of the listing, whatever the stages and budgets."""
    found = question.search()
    assert found.count() == len(question.matches)
    by_depth = {depth: count for depth, count in found.count_by_depth().items() if count}
    depths = [row.depth for row in question.matches]
    assert by_depth == {depth: depths.count(depth) for depth in sorted(set(depths))}


@held_longer
@given(questions(budgets=False))
def test_candidates_are_the_different_stacks_of_the_stages(question):
    """One stack of several derivations counts once; sizes do not matter."""
    if question.query.rounding != "ceil":
        assert question.staged.candidates == len(question.bodies)


@held_longer
@given(questions())
def test_families_are_counted_as_the_listing_groups_them(question):
    """families is exact; only a budget on an adding cost may leave it unknown."""
    families = question.search().families()
    if families is None:
        assert question.adding_budget
    else:
        assert families == naive.families(question.matches)


def check_top(question, k, by, distinct, **running):
    by = rankable(question, by)
    rows = read_frame(question.search(**running).top(k, by=by, distinct=distinct))
    expected = [
        {"rank": rank, **question.columns(row), "twins": twins}
        for rank, (row, twins) in enumerate(naive.top(question.matches, k, by, distinct), start=1)
    ]
    if question.adding_budget:  # twins may be left unknown there, but never wrong
        for row, wanted in zip(rows, expected, strict=True):
            if row["twins"] is None:
                wanted["twins"] = None
    assert rows == expected


@pytest.mark.parametrize("distinct", DISTINCT)
@held_longer
@given(question=questions(), k=st.integers(1, 40), by=ranked())
def test_top_is_the_head_of_the_sorted_listing(distinct, question, k, by):
    """Any list of costs, minimised or maximised, sums and maxima in any place, ties included."""
    check_top(question, k, by, distinct)


@pytest.mark.parametrize("distinct", DISTINCT)
@held
@given(question=questions(), by=ranked(most=2))
def test_top_of_more_than_there_are_is_everything(distinct, question, by):
    """k beyond the number of matches gives every one of them, in order, and no more."""
    check_top(question, len(question.matches) + 5, by, distinct)


@held
@given(question=questions(), by=st.permutations(("max:entropy", "peak_memory", "max:rf", "macs")))
def test_capacity_and_live_memory_in_every_place_of_the_list(question, by):
    """What grows and what is a maximum, first, in the middle and last."""
    check_top(question, 25, by, "family")


def check_front(question, costs, **running):
    costs = rankable(question, costs)
    if len(costs) < 2:
        costs = ["peak_memory", "max:entropy"]
    rows = read_frame(question.search(**running).front(costs))
    assert rows == [question.columns(row) for row in naive.front(question.matches, costs)]


@held_longer
@given(question=questions(), costs=ranked(least=2))
def test_front_is_what_nothing_beats(question, costs):
    """Two to four costs, each minimised or maximised: one row a cost vector, the first in order."""
    check_front(question, costs)


@held
@given(question=questions(budgets=False), costs=ranked(least=2))
def test_front_without_budgets(question, costs):
    """The same where labels may be dropped most freely."""
    check_front(question, costs)


@held
@given(question=questions(), costs=ranked(least=2))
def test_answers_do_not_depend_on_threads(question, costs):
    """The same frames with one and with two threads."""
    costs = rankable(question, costs)
    one, two = (question.search(threads=threads) for threads in (1, 2))
    assert one.top(30, by=costs).equals(two.top(30, by=costs))
    if len(costs) > 1:
        assert one.front(costs).equals(two.front(costs))


@held_longer
@given(question=questions(), batch=st.integers(1, 50))
def test_stacks_lists_every_match_once_in_order(question, batch):
    """All columns of all matches, by input and in the order of stacks, in batches."""
    frames = list(question.search().stacks(batch=batch))
    listed = [row for frame in frames for row in read_frame(frame)]
    assert listed == [question.columns(row) for row in question.matches]
    assert all(0 < len(frame) <= batch for frame in frames)


@held
@given(question=questions(), data=st.data())
def test_ranges_partition_the_matches(question, data):
    """[0, cut) and [cut, end) together are the whole list."""
    cut = data.draw(st.integers(0, len(question.matches)))
    found = question.search()
    whole = [question.columns(row) for row in question.matches]
    for part, wanted in ((found.stacks(0, cut), whole[:cut]), (found.stacks(cut), whole[cut:])):
        assert [row for frame in part for row in read_frame(frame)] == wanted


@held
@given(question=questions())
def test_match_gives_the_ith_stack(question):
    """match(i) is the i-th line of the listing; there is none beyond the last."""
    found = question.search()
    count = len(question.matches)
    for i in range(0, count, max(count // 25, 1)):
        assert found.match(i) == question.matches[i].stack
    for beyond in (-1, count):
        with pytest.raises(rfsearch.UsageError):
            found.match(beyond)


@held
@given(question=questions(), seed=st.integers(0, 9))
def test_sample_draws_matches_only_and_repeats_by_seed(question, seed):
    """Every sampled row is a match with its own figures, and a seed fixes the sample."""
    if not question.matches:
        return
    known = [question.columns(row) for row in question.matches]
    found = question.search()
    sample = found.sample(20, seed=seed)
    assert len(sample) == 20
    assert all(row in known for row in read_frame(sample))
    assert sample.equals(found.sample(20, seed=seed))
