"""Counts of the automaton, held against counting one by one."""

import json
from collections import Counter
from pathlib import Path

import naive
import pytest
from conftest import often
from hypothesis import given
from spaces import Question, held_longer, questions

import rfsearch

CASES = json.loads((Path(__file__).parent / "cases" / "counts.json").read_text())


@held_longer
@given(questions())
def test_every_match_is_counted_once_by_depth_and_in_all(question):
    """count and count_by_depth are those of the listing, whatever the rules and budgets."""
    found = question.search()
    by_depth = dict(sorted(Counter(row.depth for row in question.matches).items()))
    assert found.count() == len(question.matches)
    assert found.count_by_depth() == by_depth
    assert found.count_bounds() == (len(question.matches), len(question.matches))


@held_longer
@given(questions())
def test_families_are_counted_as_the_listing_groups_them(question):
    """families is exact; only a budget on an adding cost may leave it unknown."""
    families = question.search().families()
    if families is None:
        assert question.adding_budget
    else:
        assert families == naive.families(question.matches)


@held_longer
@given(questions(budgets=False))
def test_choices_and_candidates_follow_the_rules_of_layers(question):
    """Gaps, paddings, pools, 1x1 dilations and free widths are counted by the rules of layers."""
    space = rfsearch.Space(**vars(question.space))
    assert space.choices == naive.choices(question.space)
    assert space.candidates == naive.candidates(question.space)


def _space(case, high):
    return {
        "kernel": tuple(case["kernel"]),
        "stride": tuple(case["stride"]),
        "padding": tuple(case["padding"]),
        "dilation": tuple(case["dilation"]),
        "op": tuple(case["op"]),
        "depth": (1, high),
        "allow_gaps": case["allow_gaps"],
    }


@pytest.mark.compiled
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_published_counts_by_depth(case):
    """Every line of the known counts, at every depth."""
    expected = {int(depth): count for depth, count in case["matches_by_depth"].items()}
    space = rfsearch.Space(**_space(case, max(expected)))
    found = space.search(case["input"], case["target_rf"], rounding=case["rounding"])
    assert space.choices == case["choices_per_layer"]
    assert found.count_by_depth() == {d: number for d, number in expected.items() if number}
    assert found.count() == sum(expected.values())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_oracle_finds_the_published_counts_too(case):
    """The merged counter of the oracle agrees with the known counts at the depths it can reach."""
    high = often(3, 4) if case["choices_per_layer"] > 60 else often(5, 6)
    space = naive.Space(**_space(case, high), channels=64)
    query = naive.Query(case["input"], (case["target_rf"],) * 2, case["rounding"])
    expected = {d: case["matches_by_depth"][str(d)] for d in range(1, high + 1)}
    assert naive.count_by_depth(space, query) == expected


@held_longer
@given(questions(budgets=False))
def test_the_oracles_counter_merges_without_loss(question):
    """The oracle's own shortcut counts what its listing holds."""
    counts = naive.count_by_depth(question.space, question.query)
    assert sum(counts.values()) == len(question.matches)


@pytest.mark.compiled
def test_default_query_families():
    """38,105 families of 60,853,070,827 matches; 146 up to depth 5 and 987 up to depth 6."""
    families = {
        high: rfsearch.Space(depth=(1, high)).search(227, 224).families() for high in (5, 6, 10)
    }
    assert families == {5: 146, 6: 987, 10: 38_105}
    assert rfsearch.Space().search(227, 224).count() == 60_853_070_827


@pytest.mark.compiled
def test_families_of_the_default_query_to_depth_5_by_listing():
    """The 146 families once more, grouped from the stacks themselves."""
    found = rfsearch.Space(depth=(1, 5)).search(227, 224)
    stacks = [row for frame in found.stacks() for row in frame["stack"].to_list()]
    assert len(stacks) == len(set(stacks)) == 1_379
    question = Question(naive.Space(depth=(1, 5)), naive.Query(227, (224, 224)))
    grouped = {naive_family(question, stack) for stack in stacks}
    assert len(grouped) == 146


def naive_family(question, stack):
    """The family of a notation of plain convolutions, by the oracle's recurrences."""
    row = naive.input_only(question.query.input, 3, 4)
    for text in stack.split("-"):
        channels, _, rest = text.partition("C")
        numbers = {"S": 1, "P": 0}
        for letter in ("P", "S"):
            rest, _, value = rest.partition(letter)
            numbers[letter] = int(value) if value else numbers[letter]
        layer = naive.Layer("conv", int(rest), numbers["S"], numbers["P"], 1, int(channels))
        row = naive.append(row, layer, question.query.rounding)
    return row.family
