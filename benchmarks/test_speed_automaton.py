"""Building the automaton against the same closure in C++ with an open-addressing table."""

import pytest
from queries import DEFAULT, DEFAULT_16, PROTOTYPE_EXACT, PROTOTYPE_FLOOR, WIDE_16, WIDE_64

QUERIES = {
    "default": (DEFAULT, 20),
    "default to depth 16": (DEFAULT_16, 20),
    "prototype's exact query": (PROTOTYPE_EXACT, 20),
    "prototype's floor query": (PROTOTYPE_FLOOR, 20),
    "input 1024 to depth 16": (WIDE_16, 5),
    "input 1024 to depth 64": (WIDE_64, 1),
}


@pytest.mark.parametrize("name", QUERIES)
def test_build(name, native, side_by_side, note):
    """The same states and transitions, at least as fast."""
    query, rounds = QUERIES[name]
    asked = query.native
    found, (states, transitions) = side_by_side(query.search, lambda: native.closure(asked), rounds)
    note("states", found.states)
    note("transitions", found.transitions)
    assert (found.states, found.transitions) == (states, transitions)


@pytest.mark.parametrize("name", ["default", "default to depth 16"])
def test_the_yardstick_does_the_same_work(name, native):
    """The C++ automaton counts the same matches at every depth (not timed)."""
    query, _ = QUERIES[name]
    counts = query.search().count_by_depth()
    assert native.counts(query.native) == [counts[d] for d in range(1, query.depth + 1)]
