"""Enumerating every match against a C++ depth-first search that only counts them."""

import pytest
from queries import DEFAULT_6, FLOOR_8

QUERIES = {"default to depth 6": DEFAULT_6, "floor to depth 8": FLOOR_8}


@pytest.mark.parametrize("name", QUERIES)
def test_stacks(name, native, side_by_side, note):
    """Every match with its notation and all columns, automaton included; per match ≥ 0.8."""
    query = QUERIES[name]
    asked = query.native
    ours, theirs = side_by_side(
        lambda: sum(len(frame) for frame in query.search().stacks()),
        lambda: native.depth_first(asked),
        rounds=3,
        aim="≥ 0.8",
    )
    note("matches", ours)
    assert ours == theirs
