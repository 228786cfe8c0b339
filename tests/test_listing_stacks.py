"""Enumeration, single matches and samples, held against the listing."""

import math
from collections import Counter

import naive
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spaces import Question, columns, held, held_longer, questions

import rfsearch


def listed(frames):
    return [row for frame in frames for row in frame.to_dicts()]


@held_longer
@given(question=questions(), batch=st.integers(1, 50))
def test_stacks_lists_every_match_once_in_order(question, batch):
    """All columns of all matches, in the order of stacks, in batches of at most the given size."""
    frames = list(question.search().stacks(batch=batch))
    assert listed(frames) == [columns(row) for row in question.matches]
    assert all(0 < len(frame) <= batch for frame in frames)


@held
@given(question=questions(), data=st.data())
def test_ranges_partition_the_matches(question, data):
    """[0, cut) and [cut, end) together are the whole list."""
    cut = data.draw(st.integers(0, len(question.matches)))
    found = question.search()
    whole = [columns(row) for row in question.matches]
    assert listed(found.stacks(0, cut)) == whole[:cut]
    assert listed(found.stacks(cut)) == whole[cut:]


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
    by_stack = {row.stack: columns(row) for row in question.matches}
    sample = question.search().sample(20, seed=seed)
    assert len(sample) == 20
    assert all(row == by_stack[row["stack"]] for row in sample.to_dicts())
    assert sample.equals(question.search(threads=2).sample(20, seed=seed))


UNIFORM = {
    "plain": Question(
        naive.Space(kernel=(1, 2, 3), stride=(1, 2), depth=(1, 4), channels="double:4:16"),
        naive.Query(input=15, target=(7, 7)),
    ),
    "pools and widths": Question(
        naive.Space(kernel=(2, 3), op=("conv", "maxpool"), channels=(2, 4), depth=(2, 3)),
        naive.Query(input=11, target=(4, 4), rounding="ceil"),
    ),
    "budget on macs": Question(
        naive.Space(kernel=(1, 2, 3), stride=(1, 2), depth=(2, 4), channels=4),
        naive.Query(input=15, target=(5, 9), rounding="floor", bounds={"macs": (20_000, 60_000)}),
    ),
}


@pytest.mark.parametrize("name", UNIFORM)
def test_sample_is_uniform(name):
    """Pearson's chi-square of 20 draws a match stays within five deviations of its mean."""
    question = UNIFORM[name]
    stacks = [row.stack for row in question.matches]
    assert 30 <= len(stacks) <= 3_000
    expected = 20
    sample = question.search().sample(expected * len(stacks), seed=7)
    drawn = Counter(sample["stack"].to_list())
    assert set(drawn) <= set(stacks)
    chi_square = sum((drawn[stack] - expected) ** 2 / expected for stack in stacks)
    freedom = len(stacks) - 1
    assert abs(chi_square - freedom) < 5 * math.sqrt(2 * freedom)
