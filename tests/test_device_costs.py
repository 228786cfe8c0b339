"""Declared costs: every question held against the listing of all networks of small spaces."""

from fractions import Fraction

import naive
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from like_questions import questions as like_questions
from naive_charges import FORMULA, Declared, by_formula, charged, drawn
from spaces import questions as plain_questions
from staged_spaces import held, held_shortly, questions, read_frame

import rfsearch

ONCE = Fraction(5, 2)
NAMES = ("lat", "most", "tab")
DECLARED = {
    "lat": Declared("sum", ONCE, by_formula),
    "most": Declared("max", Fraction(3), lambda item: Fraction(item.macs + item.channels)),
    "tab": Declared("sum", Fraction(0), drawn),
}


def table_of(items):
    """A table with the value of each item that occurs."""
    return pl.DataFrame(
        {
            "item": [item.text for item in items],
            "channels": [item.channels for item in items],
            "sizes": ["x".join(map(str, item.sizes)) for item in items],
            "value": [float(drawn(item)) for item in items],
        }
    )


def costs_of(items):
    """What the package is given: a formula, a function, a table."""

    def most(item, channels, sizes):
        whole = rfsearch.parse(item, sizes, channels)
        return whole.totals["macs"] + channels

    return {
        "lat": {"formula": FORMULA, "per_network": "2.5"},
        "most": {"function": most, "combine": "max", "per_network": 3, "decimals": 0},
        "tab": table_of(items),
    }


def listed(question, channels, rounding):
    """(rows with declared costs, the costs as the package takes them)."""
    rows, items = charged(question.matches, DECLARED, channels, rounding)
    return rows, costs_of(items) if items else {}


def figures(frame):
    return [
        (row["stack"], *(Fraction(row[name]).limit_denominator(10**6) for name in NAMES))
        for row in frame.to_dicts()
    ]


def expected(rows):
    return [(row.stack, *(Fraction(getattr(row, name)) for name in NAMES)) for row in rows]


def check_answers(found, rows, by, front, distinct):
    """Lists, the front, the counts."""
    assert found.count() == len(rows)
    every = [row for frame in found.stacks() for row in figures(frame)]
    assert every == expected(rows)
    for one in distinct:
        best = naive.top(rows, 7, by, one)
        assert figures(found.top(7, by=by, distinct=one)) == expected([row for row, _ in best])
    assert figures(found.front(front)) == expected(naive.front(rows, front))


def ranked(least, most):
    names = (*NAMES, "macs", "entropy")
    return st.lists(
        st.sampled_from([turn + name for name in names for turn in ("", "max:")]),
        min_size=least, max_size=most, unique_by=lambda cost: cost.removeprefix("max:"),
    ).filter(lambda some: any(name.removeprefix("max:") in NAMES for name in some))  # fmt: skip


@held
@given(question=questions(budgets=False), by=ranked(1, 3), front=ranked(2, 3))
def test_staged_spaces_rank_and_bound_declared_costs_as_the_listing(question, by, front):
    rows, costs = listed(question, question.space.input_channels, question.query.rounding)
    if not rows:
        return
    found = question.search(costs=costs)
    check_answers(found, rows, by, front, ("family", "costs", "none"))


@held_shortly
@given(question=questions(budgets=False), data=st.data())
def test_budgets_on_declared_costs_hold_on_values_that_occur_and_beside_them(question, data):
    rows, costs = listed(question, question.space.input_channels, question.query.rounding)
    if not rows:
        return
    model = data.draw(st.sampled_from(rows))
    name = data.draw(st.sampled_from(NAMES))
    bound = getattr(model, name) + data.draw(st.sampled_from((0, 0, Fraction(-1, 4))))
    if bound < 0:
        return
    side = data.draw(st.sampled_from(("max", "min")))
    kept = [
        row for row in rows
        if (getattr(row, name) <= bound if side == "max" else getattr(row, name) >= bound)
    ]  # fmt: skip
    found = question.search(costs=costs, **{f"{side}_{name}": str(bound)})
    by = data.draw(ranked(1, 3))
    check_answers(found, kept, by, ["lat", "max:entropy"], ("none", "costs"))


@held
@given(question=plain_questions(budgets=False), by=ranked(1, 3), front=ranked(2, 3))
def test_runs_of_layers_rank_declared_costs_as_the_listing(question, by, front):
    query = question.query
    rows, items = charged(
        question.matches, DECLARED, question.space.input_channels, query.rounding,
        lambda row: (query.input, query.input),
    )  # fmt: skip
    if not rows:
        return
    found = question.search(costs=costs_of(items))
    check_answers(found, rows, by, front, ("family", "costs", "none"))


@held
@given(question=like_questions(), by=ranked(1, 3), front=ranked(2, 2))
def test_networks_like_one_rank_declared_costs_as_the_listing(question, by, front):
    rows, items = charged(question.matches, DECLARED, 2, question.query.rounding)
    if not rows:
        return
    found = question.search(costs=costs_of(items))
    check_answers(found, rows, by, front, ("costs", "none"))


@held
@given(question=questions(budgets=False))
def test_reach_has_the_least_and_the_greatest_of_declared_costs(question):
    rows, costs = listed(question, question.space.input_channels, question.query.rounding)
    if not rows:
        return
    by_rf = {}
    for row in rows:
        by_rf.setdefault(row.fields, []).append(row)
    frame = question.search(costs=costs).reach(greatest=NAMES)
    found = read_frame(frame)
    assert len(found) == len(by_rf)
    for one, (_, some) in zip(found, sorted(by_rf.items()), strict=True):
        for name in NAMES:
            values = [getattr(row, name) for row in some]
            assert Fraction(one[f"least_{name}"]).limit_denominator(10**6) == min(values)
            assert Fraction(one[f"greatest_{name}"]).limit_denominator(10**6) == max(values)


@held_shortly
@given(question=questions(budgets=False), data=st.data())
def test_items_without_a_row_are_no_choice_where_the_table_forbids_them(question, data):
    rows, items = charged(
        question.matches, DECLARED, question.space.input_channels, question.query.rounding
    )
    if not rows:
        return
    kept = data.draw(st.lists(st.sampled_from(items), min_size=1, unique=True))
    known = {(item.text, item.channels, item.sizes) for item in kept}
    allowed = []
    for row in rows:
        _, own = charged([row.row], {}, question.space.input_channels, question.query.rounding)
        if all((item.text, item.channels, item.sizes) in known for item in own):
            allowed.append(row)
    found = question.search(costs={"tab": {"table": table_of(kept), "missing": "forbid"}})
    assert found.count() == len(allowed)
    every = [row["stack"] for frame in found.stacks() for row in frame.to_dicts()]
    assert every == [row.stack for row in allowed]


def test_missing_rows_are_counted_named_and_can_be_filled():
    space = rfsearch.Space(kernel=[3], stride=[1], depth=(2, 2), padding=[0], channels=4)
    rows = pl.DataFrame({"item": ["4C3"], "channels": [3], "sizes": ["9"], "value": [1.5]})
    found = space.search(9, costs={"lat": rows})
    with pytest.raises(rfsearch.UsageError) as error:
        found.top(1, by=["lat"])
    assert "no row for 1 of 2 items: 4C3 on 4×7; fill them with: rfsearch measure" in str(
        error.value
    )


def test_a_function_is_asked_once_for_each_item_and_place():
    asked = []

    def cost(item, channels, sizes):
        asked.append((item, channels, sizes))
        return 1

    space = rfsearch.Space(kernel=[1, 3], stride=[1, 2], depth=(1, 4), channels=4)
    found = space.search(17, 9, costs={"lat": cost})
    found.top(3, by=["lat"])
    found.front(["lat", "macs"])
    assert asked and len(asked) == len(set(asked))
