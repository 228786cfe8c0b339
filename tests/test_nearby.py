"""What is suggested where nothing matches: only what was asked for real, and the nearest of it."""

from itertools import product

import pytest
from hypothesis import given
from staged_spaces import held_shortly, questions

import rfsearch
from rfsearch.question.found import Found
from rfsearch.request.query import Query
from rfsearch.request.running import silent
from rfsearch.why import nearby
from rfsearch.why.nearby.possible import possible_inputs, possible_targets

SPACES = [
    {"kernel": (2, 3), "stride": (2, 3), "padding": (0, 1), "depth": (1, 3), "allow_gaps": True},
    {"kernel": (3, 5), "stride": (1, 4), "padding": ("same",), "depth": (2, 3)},
    {"kernel": (2, 4), "stride": (2,), "op": ("conv", "maxpool"), "depth": (1, 4)},
]
QUESTIONS = [
    {"input": 9, "target_rf": 6},
    {"input": 40, "target_rf": (22, 23), "output_size": (2, 3)},
    {"input": 31, "target_rf": 12, "max_peak_memory": 9000, "bytes_per_value": 1},
]
CASES = [
    (rfsearch.Space(**space), Query.of(2, **question, rounding=rounding))
    for space, question, rounding in product(SPACES, QUESTIONS, ("exact", "floor", "ceil"))
]


def matching(space, query, make):
    """The offsets within 32 pixels at which some stack matches, asked one by one."""
    found = set()
    for offset in [*range(-32, 0), *range(1, 33)]:
        change = make(space, query, offset)
        if change and Found._build(space, change.query).count():
            found.add(offset)
    return found


@pytest.mark.parametrize("space, query", CASES)
def test_a_whole_side_at_once_says_what_each_pixel_says(space, query):
    """The inputs and the targets of one automaton are those that match one by one."""
    targets = matching(space, query, nearby.target_change)
    assert possible_targets(space, query, {}, 32) == targets
    inputs, _ = possible_inputs(space, query, {}, 1, 32)
    assert inputs == matching(space, query, nearby.input_change)


def around(found, **shared):
    """What the questions next door say, by what they change."""
    nears = nearby.around(found.space, found.query, {}, silent, **shared)
    return {near.change.label: near.document() for near in nears}


@held_shortly
@given(questions())
def test_targets_a_pixel_away_share_spots_and_say_the_same(question):
    found = question.search()
    assert around(found, spots=found.automaton.spots) == around(found)


DILATED = rfsearch.StagedSpace(
    [{"kernel": [2, 3], "dilation": [1, 2, 3], "channels": [2, 3], "repeat": "1..4"}], axes=1
)


@pytest.mark.parametrize("target", [7, "6..8", "9.."])
@pytest.mark.parametrize("budget", [{}, {"max_params": 60}, {"min_macs": 400}])
def test_targets_a_pixel_away_share_what_is_seen_of_fields(target, budget):
    """Where spots have RFs, one automaton of both neighbours is narrowed to either."""
    found = DILATED.search(16, target, rounding="floor", **budget)
    assert found.automaton.spots.rf is not None
    shared = around(found, spots=found.automaton.spots)
    assert shared == around(found)
    assert (
        sum(label.startswith("RF") and near["matches"] > 0 for label, near in shared.items()) == 2
    )


def test_suggestions_are_the_nearest_on_each_side():
    space = rfsearch.Space(kernel=(2, 3), stride=(2,), padding=(0,), depth=(1, 4))
    query = Query.of(2, 40, 12)
    expected = {}
    for make in (nearby.target_change, nearby.input_change):
        offsets = matching(space, query, make)
        for side in ([o for o in offsets if o < 0], [o for o in offsets if o > 0]):
            if side:
                change = make(space, query, min(side, key=abs))
                count = space.search(**{"input": 40, "target_rf": 12} | change.values).count()
                expected[change.label] = count
    told = {
        near.change.label: near.matches
        for near in nearby.rescues(space, query, {}, lambda *_: None)
        if near.change.label.startswith(("RF", "input"))
    }
    assert told == expected
    assert len(told) >= 3


def test_where_budgets_make_the_search_vain_its_end_is_said(monkeypatch, capsys):
    """Suggestions that go on too long are cut off in words; that nothing matches stays proven."""
    from rfsearch.cli import main

    monkeypatch.setattr(nearby, "MOST_IN_VAIN", 0)
    line = "--input 33 --target-rf 15 --kernel 1,3 --stride 1,2 --padding 0,1 --depth 1..5"
    assert main([*line.split(), "--max-macs", "10"]) == 1
    _, err = capsys.readouterr()
    assert "stopped: nearby: not every RF and input " in err and "away or more was searched" in err
    assert "without --max-macs" in err
