"""Positions of the receptive field that reach the middle output, held against listed sums."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import combinations_with_replacement, product
from math import factorial

import naive
import naive_stages
import pytest
import staged_spaces
from hypothesis import given
from spaces import Question, held_shortly, questions

import rfsearch
from rfsearch.automaton.seen import _Classes
from rfsearch.errors import UsageError

DILATED = {
    "kernel": [3], "stride": [1], "padding": ["half"], "dilation": [1, 2, 4, 8, 16],
    "channels": 16, "depth": (1, 5),
}  # fmt: skip


def _rows(question):
    return [(row.stack, row.coverage) for row in question.matches]


@held_shortly
@given(questions(budgets=False))
def test_the_coverage_of_every_match_is_that_of_the_listed_pixels(question):
    question = Question(replace(question.space, allow_holes=True), question.query)
    found = question.search().top(10**5, by=["max:coverage", "depth"], distinct="none")
    shares = {row.stack: float(row.coverage) for row in question.matches}
    assert dict(zip(found["stack"], found["coverage"], strict=True)) == pytest.approx(
        shares, abs=2**-52
    )
    assert found["coverage"].to_list() == pytest.approx(sorted(shares.values(), reverse=True))


@held_shortly
@given(questions(budgets=False))
def test_a_least_coverage_keeps_the_stacks_that_see_so_much(question):
    for least in (Fraction(1, 3), Fraction(4, 5), 1):
        bounds = {"coverage": (least, None)}
        asked = Question(question.space, replace(question.query, bounds=bounds))
        kept = [row for row in asked.matches if row.coverage >= least]
        assert asked.search().count() == len(kept)


@staged_spaces.held_shortly
@given(staged_spaces.questions(budgets=False))
def test_blocks_and_branches_have_the_coverage_of_their_listed_pixels(question):
    space = replace(question.space, allow_holes=True)
    question = staged_spaces.Question(space, replace(question.query, bounds={}))
    found = question.search().top(10**5, by=["max:coverage"], distinct="none")
    shares = sorted((float(row.coverage) for row in question.matches), reverse=True)
    assert found["coverage"].to_list() == pytest.approx(shares, abs=2**-52)


def test_of_all_stacks_with_rf_33_the_dense_ones_match_unless_holes_are_allowed():
    target, listed, dense = 33, 0, 0
    for depth in range(1, 6):
        for dilations in product(DILATED["dilation"], repeat=depth):
            if 1 + sum(2 * d for d in dilations) == target:
                seen = {0}
                for d in dilations:
                    seen = {a + b for a in seen for b in (-d, 0, d)}
                listed, dense = listed + 1, dense + (len(seen) == target)
    assert 0 < dense < listed
    assert rfsearch.Space(**DILATED).search(64, target).count() == dense
    assert rfsearch.Space(**DILATED, allow_holes=True).search(64, target).count() == listed


def test_families_ladders_and_reach_of_dilated_spaces_know_no_holes():
    space = naive.Space(
        kernel=(2, 3), stride=(1, 2), dilation=(1, 3), channels=2, depth=(1, 3), padding=("same",)
    )
    query = naive.Query(20, (1, 40), rounding="floor")
    rows = naive.matches(space, query)
    assert any(row.coverage < 1 for row in naive.matches(replace(space, allow_holes=True), query))
    found = rfsearch.Space(**vars(space)).search(20, (1, 40), rounding="floor")
    assert found.count() == len(rows) and found.families() == len({row.family for row in rows})
    reached = {rf: sum(row.rf == rf for row in rows) for rf in {row.rf for row in rows}}
    frame = found.reach()
    assert dict(zip(frame["rf"], frame["matches"], strict=True)) == reached


def test_a_space_without_dilation_and_gaps_needs_no_states_for_holes():
    found = rfsearch.Space(kernel=[1, 2, 3], stride=[1, 2], depth=(1, 3)).search(16, 7)
    assert found.automaton.spots.rf is None


def test_five_seconds_at_16_khz_are_heard_by_windows_that_leave_nothing_out():
    """WaveNet's question: 17 layers of two taps whose dilations add up, and no fewer."""
    stages = [{
        "kernel": 2, "padding": "causal", "channels": 4, "repeat": "1..5",
        "dilation": [1, 2, 4, 8, 16],
    }]  # fmt: skip
    space = rfsearch.Space(stages=stages, axes=1, input_channels=1)
    found = space.search(64, "24..32", rounding="floor")
    best = found.top(1, by=["depth", "params"])
    assert best["depth"][0] == 5
    loose = rfsearch.Space(stages=stages, axes=1, input_channels=1, allow_holes=True)
    assert loose.search(64, "24..32", rounding="floor").top(1, by=["depth"])["depth"][0] == 2


def test_windows_of_many_dilations_in_any_order_are_those_that_close():
    """Windows may stand in any order, so that each set without a hole matches in all its orders."""
    dilations, most, (low, high) = [1, 2, 4, 8, 16, 32, 64], 8, (155, 172)
    expected = 0
    for depth in range(1, most + 1):
        for windows in combinations_with_replacement(dilations, depth):
            run = 1
            for dilation in windows:  # they ascend
                run = run + dilation if dilation <= run else 1 << 30
            if low <= run <= high:
                orders = factorial(depth)
                for times in Counter(windows).values():
                    orders //= factorial(times)
                expected += orders
    space = rfsearch.Space(
        kernel=[2], stride=[1], padding=["causal"], dilation=dilations, depth=(1, most),
        channels=4, axes=1,
    )  # fmt: skip
    # What is followed is little more than what some match begins with.
    found = space.search(200, (low, high), memory_limit="512KiB")
    assert found.count() == expected > 0


def test_rows_that_share_a_hash_are_told_apart(monkeypatch):
    space = rfsearch.Space(**DILATED)
    plain = space.search(63, "9..31")
    expected = plain.count(), plain.families(), plain.top(50)["stack"].to_list()
    mixed, used = _Classes._mixed, set()

    def few(self, run, waits):
        used.add(self._mixed_by)
        found = mixed(self, run, waits)
        return found % 5 if self._mixed_by < 2 else found

    monkeypatch.setattr(_Classes, "_mixed", few)
    found = rfsearch.Space(**DILATED).search(63, "9..31")
    assert (found.count(), found.families(), found.top(50)["stack"].to_list()) == expected
    assert used == {0, 1, 2}


def test_coverage_is_refused_of_the_networks_like_one():
    with pytest.raises(UsageError, match="coverage: not a cost of the networks like one"):
        rfsearch.like("8C3P1-8C3P1", 16, 5, changes=1, min_coverage=1).count()


def test_the_oracle_of_blocks_knows_holes():
    """A branch that fills what the other leaves out: coverage of unions, not of each alone."""
    space = staged_spaces.Space(
        stages=({"block": "b"},), block={"b": {"stack": "(2C3P2D2+2C3P1)"}}, allow_holes=True
    )
    (row,) = naive_stages.matches(space, naive_stages.Query(((9, 9),)))
    assert row.coverage == 1
