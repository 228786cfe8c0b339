"""Budgets on figures kept in parts: a figure given back as it was shown keeps its stack."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spaces import held

from rfsearch import StagedSpace
from rfsearch.request.query import LARGEST_BUDGET, read_budgets

SCALES = {"erf_variance": 24, "entropy": 1 << 32, "deepmad": 1 << 41}


@held
@given(
    name=st.sampled_from(list(SCALES)),
    whole=st.one_of(st.integers(0, 1 << 20), st.integers(0, LARGEST_BUDGET)),
    as_text=st.booleans(),
)
def test_bounds_hold_what_is_shown_within_them(name, whole, as_text):
    """As a double, or as the decimals that stand for it in a file; not one unit more or less."""
    scale = SCALES[name]
    shown = whole / scale
    bound = Fraction(repr(shown)) if as_text else shown
    low, high = read_budgets({f"min_{name}": bound, f"max_{name}": bound}, SCALES)[name]
    assert low <= whole <= high
    assert low / scale == high / scale == shown
    assert low == 0 or (low - 1) / scale < shown
    assert high == LARGEST_BUDGET or (high + 1) / scale > shown


@held
@given(bound=st.fractions(0, 1000, max_denominator=1000), name=st.sampled_from(list(SCALES)[:2]))
def test_bounds_that_are_no_figure_hold_nothing_beyond_them(bound, name):
    """The least and the most units are those of the bound itself."""
    amount = bound * SCALES[name]
    low, high = read_budgets({f"min_{name}": bound, f"max_{name}": bound + 1}, SCALES)[name]
    assert (low, high) == (-(-amount // 1), (amount + SCALES[name]) // 1)


@pytest.mark.parametrize("cost", ["entropy", "erf_variance", "deepmad", "effectiveness"])
def test_every_figure_shown_is_a_budget_that_keeps_its_stacks(cost):
    """From above and from below, of every match of a small space."""
    slot = {"kernel": [1, 3], "stride": [1, 2], "padding": "half", "channels": [3, 7, 8]}
    space = StagedSpace([slot | {"repeat": [1, 3]}], head="GAP-5FC")
    asked = {"rounding": "floor"}
    figures = space.search(9, "5..9", **asked).top(1000, by=[cost], distinct="none")[cost].to_list()
    assert len(set(figures)) > 3
    for number, shown in enumerate(sorted(set(figures))[:30]):
        text = Fraction(repr(shown))
        kept = space.search(9, "5..9", **asked, **{f"min_{cost}": text, f"max_{cost}": text})
        assert kept.count() == figures.count(shown), number
