"""The k best, held against sorting every match."""

import naive
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spaces import Question, columns, cost_lists, held, held_longer, listed_rows, questions

DISTINCT = ("family", "costs", "none")


def expected_top(question, k, by, distinct):
    """Rows as the frame should show them."""
    return [
        {"rank": rank, **columns(row), "twins": twins}
        for rank, (row, twins) in enumerate(naive.top(question.matches, k, by, distinct), start=1)
    ]


def check_top(question, k, by, distinct, **running):
    found = question.search(**running)
    rows = listed_rows(found.top(k, by=by, distinct=distinct))
    expected = expected_top(question, k, by, distinct)
    assert rows == expected


@pytest.mark.parametrize("distinct", DISTINCT)
@held_longer
@given(question=questions(), k=st.integers(1, 40), by=cost_lists())
def test_top_is_the_head_of_the_sorted_listing(distinct, question, k, by):
    """Any list of costs, minimised or maximised, sums and maxima in any place, ties included."""
    check_top(question, k, by, distinct)


@pytest.mark.parametrize("distinct", DISTINCT)
@held
@given(question=questions(), by=cost_lists(most=2))
def test_top_of_more_than_there_are_is_everything(distinct, question, by):
    """k beyond the number of matches gives every one of them, in order, and no more."""
    check_top(question, len(question.matches) + 5, by, distinct)


@pytest.mark.parametrize("distinct", DISTINCT)
@held
@given(question=questions(), by=st.permutations(("peak_memory", "max:macs", "params")))
def test_a_maximum_in_every_place_of_the_list(distinct, question, by):
    """Peak memory first, in the middle and last: the place where greedy suffixes go wrong."""
    check_top(question, 25, by, distinct)


@held
@given(question=questions(), by=cost_lists())
def test_top_does_not_depend_on_threads(question, by):
    """The same frame with one and with two threads."""
    one, two = (question.search(threads=threads).top(30, by=by) for threads in (1, 2))
    assert one.equals(two)


COUNTEREXAMPLE = Question(
    naive.Space(kernel=(1, 3, 5), stride=(1, 2), padding=(0, 1, 2), depth=(1, 4), channels=8),
    naive.Query(input=23, target=(23, 23)),
)


@pytest.mark.parametrize("distinct", DISTINCT)
@pytest.mark.parametrize("rounding", ["exact", "floor"])
@pytest.mark.parametrize("channels", [8, "double:64:512", (4, 16)])
def test_best_suffixes_are_not_enough_under_a_maximum(distinct, rounding, channels):
    """Input 23, RF 23, kernels 1,3,5, strides 1,2, padding to 2, depth to 4, peak memory, MACs."""
    space = naive.Space(**{**vars(COUNTEREXAMPLE.space), "channels": channels})
    query = naive.Query(**{**vars(COUNTEREXAMPLE.query), "rounding": rounding})
    if channels == (4, 16):
        space = naive.Space(**{**vars(space), "depth": (1, 3)})
    question = Question(space, query)
    assert question.matches
    for by in (["peak_memory", "macs"], ["macs", "peak_memory"], ["max:peak_memory", "max:macs"]):
        for k in (1, 5, 60):
            check_top(question, k, by, distinct)


@pytest.mark.parametrize("distinct", DISTINCT)
def test_ties_are_broken_by_the_order_of_stacks(distinct):
    """Under depth alone nearly all stacks tie, so the order of stacks decides."""
    question = Question(
        naive.Space(op=naive.OPS, kernel=(1, 2, 3), channels=(2, 4), depth=(2, 3)),
        naive.Query(input=12, target=(4, 6), rounding="ceil"),
    )
    assert len(question.matches) > 500
    for by in (["depth"], ["max:depth"], ["max:erf_variance"]):
        check_top(question, 300, by, distinct)


@pytest.mark.parametrize("jump", [None, (2, 2)])
def test_a_budget_on_depth_is_the_depth_of_the_space(jump):
    """Also where dilations may leave holes or a total stride is asked for: twins are known."""
    asked = naive.Query(input=20, target=(5, 9), jump=jump, rounding="floor")
    wide = {"kernel": (1, 3), "stride": (1, 2), "dilation": (1, 2)}
    deep = Question(naive.Space(**wide, depth=(2, 3)), asked)
    bounded = naive.Query(**{**vars(asked), "bounds": {"depth": (2, 3)}})
    within = Question(naive.Space(**wide, depth=(1, 4)), bounded)
    assert len(deep.matches) > 100
    one, other = deep.search(), within.search()
    assert one.families() == other.families() == naive.families(deep.matches)
    assert other.top(20).equals(one.top(20)) and one.top(20)["twins"].null_count() == 0


def test_several_layers_may_stay_in_one_state():
    """On one pixel a 1x1 layer stays where it is whatever its stride, strided or not."""
    question = Question(
        naive.Space(kernel=(1,), stride=(1, 2), channels=4, depth=(2, 3), allow_gaps=True),
        naive.Query(input=1, target=(1, 1)),
    )
    assert (len(question.matches), naive.families(question.matches)) == (12, 4)
    for distinct in DISTINCT:
        for by in (["depth"], ["max:depth"], ["macs"], ["max:peak_memory", "macs"]):
            check_top(question, 20, by, distinct)


def test_a_deeper_stack_does_not_stand_for_a_shallower_one():
    """Under a maximised maximum deeper prefixes come first, but may have no room left to end."""
    for by in (["max:peak_memory"], ["max:peak_memory", "max:macs"]):
        check_top(COUNTEREXAMPLE, 60, by, "family")
