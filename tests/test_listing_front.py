"""The Pareto front, held against comparing every match with every other."""

import naive
from hypothesis import given
from spaces import Question, columns, cost_lists, held, held_longer, listed_rows, questions


def check_front(question, costs, **running):
    rows = listed_rows(question.search(**running).front(costs))
    assert rows == [columns(row) for row in naive.front(question.matches, costs)]


@held_longer
@given(question=questions(), costs=cost_lists(least=2))
def test_front_is_what_nothing_beats(question, costs):
    """Two to four costs, each minimised or maximised: one row a cost vector, the first in order."""
    check_front(question, costs)


@held
@given(question=questions(budgets=False), costs=cost_lists(least=2))
def test_front_without_budgets(question, costs):
    """The same where labels may be dropped most freely."""
    check_front(question, costs)


@held
@given(question=questions(), costs=cost_lists(least=2))
def test_front_does_not_depend_on_threads(question, costs):
    """The same frame with one and with two threads."""
    one, two = (question.search(threads=threads).front(costs) for threads in (1, 2))
    assert one.equals(two)


def test_depth_ranges_that_do_not_start_at_one_keep_their_labels():
    """A shorter, cheaper prefix must not drop the longer one that alone reaches the least depth."""
    for low in (2, 3, 4):
        question = Question(
            naive.Space(kernel=(1, 3), stride=(1, 2), padding=(0, 1), depth=(low, 4), channels=4),
            naive.Query(input=17, target=(7, 9), rounding="floor"),
        )
        assert question.matches
        for costs in (["memory", "macs"], ["peak_memory", "max:depth"], ["params", "erf_variance"]):
            check_front(question, costs)
