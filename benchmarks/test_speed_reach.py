"""Reach: every RF with its count and least costs, beside one whole query with one target."""

from dataclasses import replace

import pytest
from test_speed_stages import CONFIGS, PRESETS, whole_answer

import rfsearch
from rfsearch.question.found import Found
from rfsearch.request import config
from rfsearch.request.request import Request

RANKING = ("memory", "macs")


def every_rf(name):
    """What `rfsearch reach --config` asks: the file without its target."""
    path = CONFIGS / f"{name}.toml"
    request = Request.of({}, str(path), config.options(path.read_bytes(), str(path)))
    request = replace(request, options={**request.options, "target_rf": None})
    return Found._of(request).reach()


@pytest.mark.parametrize("name", PRESETS)
def test_reach_of_a_preset(side_by_side, note, name):
    """All its RFs against its own question: count, families, front and top 20."""
    frame, (_, found, _, _) = side_by_side(
        lambda: every_rf(name), lambda: whole_answer(name), rounds=3, aim="≥ 0.5"
    )
    note("receptive fields", len(frame))
    note("states of the one query", found.states)


def test_reach_of_the_default_query(side_by_side, note):
    """RF 1..227 at input 227 against RF 224 alone: count, families, front and top 20."""
    space = rfsearch.Space()

    def one():
        found = space.search(227, 224)
        return found.count(), found.families(), found.front(RANKING), found.top(20)

    frame, (count, *_) = side_by_side(lambda: space.reach(227), one, rounds=5, aim="≥ 0.5")
    note("receptive fields", len(frame))
    assert frame.filter(frame["rf"] == 224)["matches"].item() == count
