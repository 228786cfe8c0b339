"""What the automaton keeps, recomputed in plain Python over its own transitions."""

from itertools import product

import pytest

import rfsearch
from rfsearch.automaton.makers import body_of_space
from rfsearch.layers.nodes import Window
from rfsearch.layers.recurrence import FLOOR
from rfsearch.layers.seen import is_safe, positions_seen, windows_are_safe

SPACES = {
    "default": ({"depth": (1, 5)}, (33, 15), {}),
    "sizes that grow within a cell": (
        {
            "kernel": (3, 2, 1),
            "stride": (3, 2, 1),
            "padding": ("valid", 1),
            "op": ("conv", "maxpool"),
            "channels": 2,
            "input_channels": 2,
            "depth": (1, 3),
            "allow_wide_padding": True,
        },
        (11, 6),
        {},
    ),
    "widths that go back and forth": (
        {"kernel": (1, 3), "stride": (1, 2), "channels": (2, 3), "depth": (2, 5)},
        (16, (5, 9)),
        {"rounding": "floor"},
    ),
    "jumps beyond the target": (
        {"kernel": (1, 2), "stride": (1, 2, 4), "channels": 4, "depth": (1, 6), "allow_gaps": True},
        (9, 4),
        {"rounding": "floor"},
    ),
    "a lower bound on peak memory": (
        {"kernel": (1, 3), "stride": (1, 2), "channels": "double:4:8", "depth": (1, 5)},
        (15, 7),
        {"min_peak_memory": 3000, "max_peak_memory": 9000},
    ),
}


@pytest.mark.parametrize("name", SPACES)
def test_nothing_is_kept_that_cannot_start_or_finish(name):
    """Every state's alive depths are those of some match; every transition is on a match."""
    space, (input, target), how = SPACES[name]
    automaton = rfsearch.Space(**space).search(input, target, **how).automaton
    low, high = automaton.depth
    edges = [
        (state, int(automaton.to[edge]))
        for state in range(automaton.states)
        for edge in range(automaton.first[state], automaton.first[state + 1])
    ]
    reached = {(automaton.start, 0)}
    for depth in range(high):
        reached |= {(b, depth + 1) for a, b in edges if (a, depth) in reached}
    useful = {(state, depth) for state, depth in reached if depth >= low and automaton.final[state]}
    for depth in range(high - 1, -1, -1):
        useful |= {
            (a, depth) for a, b in edges if (a, depth) in reached and (b, depth + 1) in useful
        }
    alive = {
        (state, depth)
        for state in range(automaton.states)
        for depth in range(1, high + 1)
        if int(automaton.alive[state]) >> (depth - 1) & 1
    }
    assert alive == {pair for pair in useful if pair[1] > 0}
    assert all(
        any((a, depth) in useful and (b, depth + 1) in useful for depth in range(high))
        for a, b in edges
    )
    assert {a for a, _ in useful} | {automaton.start} == set(range(automaton.states))


def test_one_window_is_safe_as_the_positions_that_it_reads_say():
    """Nothing is listed for one window; two in a row, the second doing nothing, are listed."""
    for kernel, stride, dilation in product((1, 2, 3, 5), (1, 2, 3, 4), (1, 2, 3)):
        window = Window(0, False, kernel, stride, 0, dilation)
        read = positions_seen((window,), 1, 0, 1, 1, FLOOR)
        again = (window, Window(1, False, 1, 1, 0, 1))
        expected = is_safe(read, stride)
        assert windows_are_safe((window,), 1, 0, 1, FLOOR) == expected
        assert windows_are_safe(again, 2, 0, 1, FLOOR) == expected


def test_equal_spaces_share_the_body_that_they_are_built_from():
    """A space made anew for a question next door; one that differs has its own."""
    said, query = {"kernel": [3, 5], "channels": 8, "depth": (1, 4)}, {"target_rf": 9}
    bodies = [
        body_of_space(space, space.search(33, **query).query)
        for space in (
            rfsearch.Space(**said),
            rfsearch.Space(**said),
            rfsearch.Space(**said | {"channels": 16}),
        )
    ]
    assert bodies[0] is bodies[1]
    assert bodies[2] is not bodies[0]
    assert [link.text for link in bodies[2].links] != [link.text for link in bodies[0].links]
