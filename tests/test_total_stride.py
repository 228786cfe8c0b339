"""The total stride before the head (`jump`, `output_stride`) as a target and a budget."""

import json

import pytest

import rfsearch
from rfsearch.cli import main

STAGES = [{"kernel": [3, 5], "stride": [1, 2], "repeat": "1..3", "channels": 4}]


def jumps_of(**asked):
    """The jump of every match, counted."""
    found = rfsearch.Space(stages=STAGES).search(24, rounding="floor", **asked)
    frame = found.top(1000, distinct="none")
    assert len(frame) == found.count() > 0
    return frame["jump"].to_list()


@pytest.mark.parametrize(
    ("asked", "met"),
    [
        ({"jump": 4}, {4}),
        ({"output_stride": "2..4"}, {2, 4}),
        ({"max_jump": 2}, {1, 2}),
        ({"min_output_stride": 4}, {4, 8}),
        ({"jump": "2..", "max_output_stride": 4}, {2, 4}),
    ],
)
def test_matches_are_all_those_of_the_total_stride(asked, met):
    """Whatever way it is said, as a target or a bound, and together."""
    every = jumps_of()
    assert sorted(jumps_of(**asked)) == sorted(jump for jump in every if jump in met)


def test_axes_have_total_strides_of_their_own():
    """`2x1` halves the rows alone."""
    stage = {"kernel": 3, "stride": ["1", "2x1", "2"], "channels": 2}
    found = rfsearch.Space(stages=[stage]).search(16, rounding="floor", jump="2x1")
    assert found.top(distinct="none")["stack"].to_list() == ["2C3S2x1P1"]


def test_a_question_without_a_match_says_that_no_stack_has_the_jump(capsys):
    """And offers the question without it."""
    asked = "--kernel 3 --stride 2 --depth 1..2 --target-rf any --input 17 --jump 3"
    main([*asked.split(), "--format", "json"])
    said = json.loads(capsys.readouterr().out)
    assert said["why"] == ["no stack has jump 3"]
    assert {"jump": None} in [near["query"] for near in said["nearby"]]


def test_json_says_it_by_one_name(capsys):
    """`output_stride` and bounds are the range that they leave of `jump`."""
    asked = "--kernel 3 --stride 2 --depth 1..2 --target-rf any --input 17 --format json --count"
    main([*asked.split(), "--output-stride", "2..8", "--max-jump", "4"])
    query = json.loads(capsys.readouterr().out)["query"]
    assert query["jump"] == "2..4"
    assert "output_stride" not in query
    assert "max_jump" not in query


def test_show_in_names_a_jump_that_is_not_as_asked(tmp_path, capsys):
    """A network of another total stride is in no match of the file."""
    path = tmp_path / "few.toml"
    path.write_text("input = 16\njump = 4\n[[stage]]\nkernel = 3\nstride = [1, 2]\nchannels = 2\n")
    assert main(["show", "2C3S2P1", "--in", str(path)]) == 1
    assert "jump 2 is not 4" in capsys.readouterr().out
