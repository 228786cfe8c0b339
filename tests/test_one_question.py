"""The same question asked in Python of every form of a space: the same answers.

Random questions hold what agrees. What differs today is a small test of its own, an expected
failure that must fail: whoever settles it removes the mark.
"""

import naive_notation as notation
import pytest
from conftest import FIXED, PLAIN_PYTHON, TIMES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive_like import spelled
from one_question import SPACES, asked_of, block_found, fields_of, like_found, space_of, stage_of
from spaces import cost_lists, questions

held = settings(
    deadline=None,
    max_examples=TIMES * (4 if PLAIN_PYTHON else 20),
    derandomize=FIXED,
    suppress_health_check=[HealthCheck.too_slow],
)
asked_in_two = pytest.mark.parametrize("form", [name for name in SPACES if name != "space"])
# Columns that lists and fronts of both have.
FIGURES = (
    "output_size", "rf", "jump", "centre", "padding_total", "depth", "params", "macs",
    "activations", "memory", "peak_memory", "erf_variance", "weight_memory", "entropy",
)  # fmt: skip
DISTINCT = ("family", "costs", "none")


def both(question, form, **more):
    """What a plain space finds, and what the same choices find in another form."""
    fields, asked = fields_of(question), asked_of(question) | more
    return space_of(fields).search(**asked), SPACES[form](fields).search(**asked)


def rows(frame, *more):
    """A frame's stacks with their figures, in order."""
    return frame.select("stack", *FIGURES, *more).rows()


def filled(counts):
    """Counts by depth without depths that have none."""
    return {depth: count for depth, count in counts.items() if count}


# Counts


@asked_in_two
@held
@given(questions())
def test_counts_are_the_same(form, question):
    """How many match, their bounds, by depth, in how many families, of how many candidates."""
    plain, other = both(question, form)
    assert plain.count_bounds() == other.count_bounds()
    assert plain.count() == other.count() == len(question.matches)
    assert filled(plain.count_by_depth()) == filled(other.count_by_depth())
    assert plain.families() == other.families()
    assert plain.decided == other.decided


@held
@given(questions(budgets=False))
def test_candidates_are_the_same(question):
    """All stacks that could be written are counted alike."""
    fields = fields_of(question)
    assert stage_of(fields).candidates == space_of(fields).candidates


# Lists


@pytest.mark.parametrize("distinct", DISTINCT)
@asked_in_two
@held
@given(questions(), cost_lists(), st.sampled_from((1, 3, 1000)))
def test_lists_are_the_same(form, distinct, question, by, k):
    """The first rows by any costs: stacks, figures, ranks and members."""
    plain, other = both(question, form)
    first, second = (found.top(k, by=by, distinct=distinct) for found in (plain, other))
    assert rows(first, "rank", "twins") == rows(second, "rank", "twins")


@asked_in_two
@held
@given(questions(), cost_lists(least=2))
def test_fronts_are_the_same(form, question, costs):
    plain, other = both(question, form)
    assert rows(plain.front(costs)) == rows(other.front(costs))


@asked_in_two
@held
@given(questions(), cost_lists(least=2))
def test_answers_within_a_time_limit_are_the_same_where_it_suffices(form, question, costs):
    """An hour is enough: then list and front are those without a limit."""
    for found in both(question, form):
        assert rows(found.top(5, by=costs, time_limit=3600)) == rows(found.top(5, by=costs))
        assert set(rows(found.front(costs, time_limit=3600))) == set(rows(found.front(costs)))


@asked_in_two
@held
@given(questions())
def test_every_match_comes_in_the_same_order_under_the_same_number(form, question):
    """stacks, match, and a shard of stacks from any number to any other."""
    plain, other = both(question, form)
    listed = [[row for frame in found.stacks() for row in rows(frame)] for found in (plain, other)]
    assert listed[0] == listed[1]
    assert len(listed[0]) == len(question.matches)
    count = len(listed[0])
    for number in {0, count // 2, count - 1} if count else ():
        assert plain.match(number) == other.match(number) == listed[0][number][0]
    for found in (plain, other):
        shard = [row for frame in found.stacks(count // 3, count // 2 + 1) for row in rows(frame)]
        assert shard == listed[0][count // 3 : count // 2 + 1]


@asked_in_two
@held
@given(questions(), st.integers(0, 1 << 40))
def test_samples_of_one_seed_are_the_same(form, question, seed):
    plain, other = both(question, form)
    assert rows(plain.sample(5, seed=seed)) == rows(other.sample(5, seed=seed))


@held
@given(questions(), st.sampled_from(("depth", "params", "macs", "peak_memory", "erf_variance")))
def test_budgets_on_either_side_keep_the_same_stacks(question, cost):
    """A budget at a figure that occurs, as it is shown: from below, from above, and on it."""
    listed = both(question, "stage")[0].top(1000, distinct="none")
    for value in listed[cost].to_list()[:1]:
        for ends in ({"min": value}, {"max": value}, {"min": value, "max": value}):
            more = {f"{side}_{cost}": end for side, end in ends.items()}
            plain, other = both(question, "stage", **more)
            assert plain.count() == other.count()
            assert rows(plain.top(9, distinct="none")) == rows(other.top(9, distinct="none"))


# Reach and ladder


@held
@given(questions())
def test_reach_of_one_range_is_the_same(question):
    """Every RF of the range with its count, its least and its greatest costs."""
    plain, other = both(question, "stage")
    greatest = ("params", "macs")
    assert plain.reach(greatest=greatest).rows() == other.reach(greatest=greatest).rows()


@settings(held, max_examples=3 if PLAIN_PYTHON else 10)
@given(questions(budgets=False))
def test_ladders_are_the_same(question):
    """The rungs, how tight they are, and what is impossible."""
    fields, query = fields_of(question), question.query
    rfs = sorted({query.target[0], query.target[0] + 1, query.target[0] + 4})
    first, second = (
        make(fields).ladder(query.input, rfs, rounding=query.rounding, hold={"params": "10%"})
        for make in (space_of, stage_of)
    )
    assert first.tightness == second.tightness
    assert (first.complete, first.within) == (second.complete, second.within)
    assert first.rungs.height == second.rungs.height
    if first.rungs.height:
        assert first.rungs["stack"].to_list() == second.rungs["stack"].to_list()
    assert set(first.impossible) == set(second.impossible)


# One stack: a block, and the neighbourhood of no changes


@held
@given(questions(budgets=False), st.data())
def test_no_changes_of_a_stack_is_the_space_of_that_stack(question, data):
    """Count, lists, front, reach and match of --like with 0 changes are those of a block."""
    stacks = [row.stack for row in question.matches]
    if not stacks:
        return
    drawn = data.draw(st.sampled_from(stacks))
    # SAME at stride 1 is spelled in numbers in networks like one.
    stack = notation.write(spelled(notation.read(drawn), 2))
    asked = asked_of(question)
    like, block = (
        make(stack, asked, question.space.input_channels) for make in (like_found, block_found)
    )
    assert like.count() == block.count() == 1
    assert filled(like.count_by_depth()) == filled(block.count_by_depth())
    assert rows(like.top(5)) == rows(block.top(5, distinct="none"))
    assert rows(like.top(5, distinct="costs")) == rows(block.top(5, distinct="costs"))
    assert rows(like.front()) == rows(block.front())
    assert rows(like.sample(2)) == rows(block.sample(2))
    assert like.reach().rows() == block.reach().rows()
    assert like.match(0) == block.match(0) == stack
    (expected,) = (row for row in question.matches if row.stack == drawn)
    assert like.top(1)["macs"][0] == expected.macs
