"""A limit on effectiveness is part of the states, which then are few: no stack is lost or added."""

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


@pytest.fixture(scope="module")
def listed():
    """{stack: effectiveness} of all, from states that tell every stack's figures apart."""
    found = rfsearch.Space(stages=STAGES).search(16, rounding="floor")
    rows = found.top(10**5, by=["effectiveness", "macs"], distinct="none")
    assert len(rows) == found.count() > 50
    return dict(zip(rows["stack"], rows["effectiveness"], strict=True))


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.7, 1.0])
def test_the_matches_within_a_limit_are_those_of_the_whole_list(listed, share):
    values = sorted(listed.values())
    limit = values[int(share * (len(values) - 1))]
    found = rfsearch.Space(stages=STAGES).search(16, rounding="floor", max_effectiveness=limit)
    within = {stack: one for stack, one in listed.items() if one <= limit}
    rows = found.top(10**5, by=["macs"], distinct="none")
    assert dict(zip(rows["stack"], rows["effectiveness"], strict=True)) == within
    assert found.count() == len(within)
    best = found.top(1, by=["max:effectiveness"], distinct="none")
    assert best["effectiveness"][0] == max(within.values())


def test_a_limit_that_every_stack_keeps_needs_no_states_of_its_own(listed):
    limit = max(listed.values()) + 1
    bound = rfsearch.Space(stages=STAGES).search(16, rounding="floor", max_effectiveness=limit)
    plain = rfsearch.Space(stages=STAGES).search(16, rounding="floor")
    assert bound.count() == plain.count() == len(listed)
    assert bound.states <= 2 * plain.states
