"""Questions compiled together answer as each one alone does, whatever was asked before."""

import polars as pl
import pytest
import spaces
from hypothesis import given
from hypothesis import strategies as st

import rfsearch
from rfsearch.automaton.together import Together
from rfsearch.question.found import Found
from rfsearch.request.query import Query


def answers(found):
    """Every match in order, its figures, the counts and two fronts."""
    frames = list(found.stacks())
    rows = pl.concat(frames).rows() if frames else []
    fronts = [
        found._front_rows(costs).to_dicts()
        for costs in (["memory", "macs"], ["max:params", "peak_memory", "erf_variance"])
    ]
    return found.count_by_depth(), rows, fronts, found.families()


@spaces.held
@given(spaces.questions(), st.data())
def test_any_target_and_depth_of_one_discovery_answers_as_its_own(question, data):
    space, asked = rfsearch.Space(**vars(question.space)), question.query
    target = asked.target if asked.target[1] < 1 << 20 else (3, 9)
    bounds = question.bounds
    rest = {
        "rounding": asked.rounding, "output_size": asked.output, "jump": asked.jump,
        "bytes_per_value": asked.bytes_per_value,
    }  # fmt: skip

    def query(low, high, **more):
        return Query.of(space.axes, asked.input, f"{low}..{high}", **rest, **bounds, **more)

    low, high = max(target[0] - data.draw(st.integers(0, 4)), 1), target[1] + 4
    together = Together(space, query(low, high))
    for _ in range(4):
        first = data.draw(st.integers(low, high))
        last = data.draw(st.integers(first, high))
        depth = {}
        if not {"min_depth", "max_depth"} & set(bounds) and data.draw(st.booleans()):
            least = data.draw(st.integers(1, 6))
            depth = {"min_depth": least, "max_depth": least + data.draw(st.integers(0, 1))}
        own = query(first, last, **depth)
        alone = answers(Found._build(space, own))
        assert answers(Found(together.automaton(own))) == alone


@pytest.mark.parametrize("bounds", [{"min_depth": 3}, {"min_depth": 3, "max_depth": 3}])
def test_a_depth_beyond_the_spaces_has_no_match(bounds):
    found = rfsearch.Space(depth=(1, 2)).search(20, 9, **bounds)
    assert (found.count_by_depth(), found.families(), len(found.front())) == ({}, 0, 0)


STAGED = """
[[stage]]
[[stage.slot]]
kernel = [1, 2, 3]
stride = [1, 2]
channels = [4, 8]
repeat = [1, 3]
[[stage]]
[[stage.slot]]
op = ["maxpool"]
kernel = [2, 3]
repeat = [0, 1]
"""


def test_stages_share_their_spots_and_answer_alike(tmp_path):
    file = tmp_path / "staged.toml"
    file.write_text(STAGED)
    space = rfsearch.load_space(file)
    together = Together(space, Query.of(space.axes, 24, "3..20"))
    kept = set()
    for target in range(3, 20, 2):
        own = Query.of(space.axes, 24, target)
        made = together.automaton(own)
        kept.add(id(made.spots))
        assert answers(Found(made)) == answers(Found._build(space, own))
    assert len(kept) == 1, "spots were found once"
