"""Counting in two halves: exact where costs fit, bounds of the listing's counts where not."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from staged_spaces import held, questions
from test_reach import by_rf

import rfsearch
from rfsearch.automaton.criteria import criteria_of
from rfsearch.errors import LimitError
from rfsearch.question import budget
from rfsearch.question.bounds import least_within
from rfsearch.question.count import count_by_depth
from rfsearch.question.half_nodes import halves_of
from rfsearch.question.halves import (
    _Budget,
    _Join,
    can_halve,
    count_within,
    counts_within,
    most_within,
    that_bind,
)
from rfsearch.request.running import silent

MEMORY = 1 << 30
SUMS = ("memory", "macs", "params")


def of_question(question):
    """(automaton with RFs told apart, its budgets, {RF: matches} of the listing) or None."""
    found = question.search()
    automaton = found._telling((), tracked=True)
    budgets = criteria_of(automaton, [])
    if automaton.transitions == 0 or not can_halve(budgets):
        return None
    groups = by_rf(question.matches, "fields")
    return automaton, budgets, {_told(automaton, rf): len(rows) for rf, rows in groups.items()}


def _told(automaton, rf):
    return tuple(rf[axis] for axis in automaton.axes)


@held
@given(questions())
def test_counts_by_rf_are_those_of_the_listing(question):
    """One budget on a cost that adds, from above or below: every RF, those without a match too."""
    asked = of_question(question)
    if asked is None:
        return
    automaton, budgets, wanted = asked
    counts = counts_within(automaton, budgets, MEMORY)
    assert counts.at_least is counts.at_most
    assert {rf: count for rf, count in counts.at_least.items() if count} == wanted


@held
@given(questions())
def test_the_count_in_all_is_that_of_the_listing(question):
    """RFs told apart or not: ways merge at states, and end before or behind the cut."""
    asked = of_question(question)
    if asked is None:
        return
    told_apart, _, wanted = asked
    for automaton in (told_apart, question.search().automaton):
        asked = automaton, criteria_of(automaton, []), MEMORY
        assert count_within(*asked) == ({0: count} if (count := sum(wanted.values())) else {})
        depths = Counter(row.depth for row in question.matches)
        assert count_within(*asked, by_depth=True) == depths


@st.composite
def with_several_budgets(draw):
    """Budgets on two or three sums, from above: near what a stack has, or far beyond."""
    question = draw(questions(budgets=False))
    model = draw(st.sampled_from(question.matches or question.rows or [None]))
    if model is None:
        return question
    names = draw(st.lists(st.sampled_from(SUMS), min_size=2, unique=True))
    share = st.sampled_from([(1, 2), (1, 1), (1, 1), (3, 2), (1000, 1)])
    shares = [(name, *draw(share)) for name in names]
    bounds = {name: (None, getattr(model, name) * part // of) for name, part, of in shares}
    return question.within(bounds)


@held
@given(with_several_budgets())
def test_several_budgets_leave_what_the_listing_has(question):
    """By labels, by halves where all but one never bind, and no more than each by itself."""
    automaton = question.search().automaton
    if automaton.transitions == 0:
        return
    budgets, wanted = criteria_of(automaton, []), len(question.matches)
    labelled = budget.within_budgets(automaton)
    assert not labelled.undecided
    assert sum(count_by_depth(labelled.automaton).values()) == wanted
    bounds = question.query.bounds
    alone = [len(question.within({name: bounds[name]}).matches) for name in bounds]
    assert most_within(automaton, budgets, MEMORY) == min(alone)
    everything = len(question.within({}).matches)
    binding = that_bind(automaton, budgets)
    if len(bounds) > 1:
        passed = [name for name, count in zip(bounds, alone, strict=True) if count < everything]
        assert list(binding.names) == passed
    if can_halve(binding):
        assert sum(count_within(automaton, binding, MEMORY).values()) == wanted


@held
@given(questions(), st.sampled_from(["memory", "macs", "params"]), st.sampled_from([1, -1]))
def test_the_least_within_a_budget_is_that_of_the_listing_or_not_known(question, cost, sign):
    """One pass tells it where the stack with the least cost keeps the budget."""
    automaton = question.search().automaton
    known = least_within(automaton, (cost, sign))
    if known is None:
        return
    figures = [question.figure(cost, getattr(row, cost)) for row in question.matches]
    assert known == sign * min(sign * one for one in figures)


@held
@given(questions(), st.sampled_from([1 << 12, 1 << 13]), st.integers(1, 1 << 20))
def test_coarser_units_give_bounds(question, room, unit):
    """Whatever the unit: rounded up no match too many, rounded down none too few."""
    asked = of_question(question)
    if asked is None:
        return
    automaton, budgets, wanted = asked
    halves = halves_of(automaton)
    limit = int(budgets.limit[0] - budgets.begin[0])
    budget = _Budget(limit, np.ascontiguousarray(budgets.cost[:, 0]))
    least, most = (
        _Join(automaton, halves, budget.in_units(unit, up), room).counts(silent, 2)
        for up in (True, False)
    )
    for rf in most:
        assert least[rf] <= wanted.get(rf, 0) <= most[rf]
    assert set(wanted) <= set(most)


SPACE = rfsearch.StagedSpace(
    [{"kernel": [1, 3, 5], "channels": [8, 12, 17, 31, 45], "repeat": "1..8"}]
)


@pytest.mark.compiled
def test_costs_that_do_not_fit_leave_bounds_that_hold():
    """Few entries: the bounds of every RF are not one, and the exact count lies between."""
    found = SPACE.search(20, max_macs=20_000_000)
    automaton = found._telling((), tracked=True)
    budgets = criteria_of(automaton, [])
    exact = counts_within(automaton, budgets, MEMORY)
    rough = counts_within(automaton, budgets, MEMORY, most_entries=1 << 13)
    assert exact.at_least is exact.at_most and rough.at_least is not rough.at_most
    assert sum(exact.at_least.values()) == found.count()
    for rf, count in exact.at_least.items():
        assert rough.at_least[rf] <= count <= rough.at_most[rf]
    assert sum(rough.at_most.values()) < 1.5 * sum(rough.at_least.values())
    with pytest.raises(LimitError, match="costs under a budget"):
        counts_within(automaton, budgets, MEMORY, most_entries=1 << 5)


@pytest.mark.compiled
def test_a_count_is_exact_where_labels_do_not_fit(monkeypatch):
    """Two halves count what the labels leave undecided; what needs numbers says that it cannot."""
    wanted = SPACE.search(20, max_macs=20_000_000).count()
    monkeypatch.setattr(budget.within_budgets, "__defaults__", (MEMORY, 1000, lambda *told: None))
    found = SPACE.search(20, max_macs=20_000_000)
    assert not found.decided
    assert found.count_bounds() == (wanted, wanted)
    assert found.count() == wanted
    assert found.families() is None
    with pytest.raises(LimitError, match="numbering under a budget"):
        found.sample(3)
    with pytest.raises(LimitError, match="counting by depth"):
        found.count_by_depth()


@pytest.mark.compiled
def test_labels_give_bounds_where_halves_do_not_fit_either(monkeypatch):
    """A count is never refused: what neither way counts has the bounds of the labels."""
    wanted = SPACE.search(20, max_macs=20_000_000).count()
    monkeypatch.setattr(budget.within_budgets, "__defaults__", (MEMORY, 1000, lambda *told: None))
    monkeypatch.setattr(counts_within, "__defaults__", (lambda *told: None, 1 << 5, None, None))
    monkeypatch.setattr(count_within, "__defaults__", (lambda *told: None, 1 << 5, None, False))
    low, high = SPACE.search(20, max_macs=20_000_000).count_bounds()
    assert low < wanted < high
