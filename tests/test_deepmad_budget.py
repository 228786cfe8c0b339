"""Limits on DeepMAD's score: no stack is lost or added, and those that all keep need no states."""

import pytest

import rfsearch

STAGES = [
    {
        "kernel": [1, 3],
        "stride": [1, 2],
        "channels": [2, 4, 16],
        "padding": "half",
        "repeat": "1..2",
    }
]


def _search(**limits):
    return rfsearch.Space(stages=STAGES).search([12, 16], rounding="floor", **limits)


@pytest.fixture(scope="module")
def listed():
    """{(input, stack): score} of all, from states that tell every stack's score apart."""
    rows = _search().top(10**5, by=["deepmad", "macs"], distinct="none")
    assert len(rows) == _search().count() > 100
    return {(n, stack): one for n, stack, one in rows.select("input", "stack", "deepmad").rows()}


@pytest.mark.parametrize(
    ("low", "high"),
    [(None, 0), (None, 0.2), (None, 0.95), (0, 1), (0.3, None), (1, None), (0.3, 0.7), (0.5, 0.52)],
)
def test_the_matches_within_limits_are_those_of_the_whole_list(listed, low, high):
    values = sorted(listed.values())
    at = {"min_deepmad": low, "max_deepmad": high}
    limits = {
        name: values[int(share * (len(values) - 1))]
        for name, share in at.items()
        if share is not None
    }
    within = {
        key: one
        for key, one in listed.items()
        if limits.get("min_deepmad", 0) <= one <= limits.get("max_deepmad", one)
    }
    found = _search(**limits)
    rows = found.top(10**5, by=["macs"], distinct="none")
    assert {(n, s): one for n, s, one in rows.select("input", "stack", "deepmad").rows()} == within
    assert found.count() == len(within) == len(rows)
    if within:
        best = found.top(1, by=["max:deepmad"], distinct="none")
        assert best["deepmad"][0] == max(within.values())
        assert sum(len(some) for some in found.stacks()) == len(within)


def test_limits_that_every_stack_keeps_need_no_states_of_their_own(listed):
    values = listed.values()
    bound = _search(min_deepmad=min(values), max_deepmad=max(values))
    assert bound.count() == _search().count()
    assert bound.states <= 2 * _search().states
    assert not bound.automaton.forks
    assert bound.families() == _search().families()


def test_a_limit_just_within_the_best_leaves_only_the_best(listed):
    best = max(listed.values())
    found = _search(min_deepmad=best)
    assert found.count() == sum(one == best for one in listed.values())
    # Copies that nothing within the limit passes are not made.
    assert found.states < _search(min_deepmad=best / 2).states
