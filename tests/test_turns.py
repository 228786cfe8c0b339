"""Rules of turns: dilations that double or go round, counted by repeats or by rounds."""

import pytest

import rfsearch

PLAIN = {"kernel": (1, 3), "stride": (1, 2), "padding": "half", "channels": 2}


def only(stages, block=None):
    """The one stack of a space."""
    space = rfsearch.Space(stages=stages, block=block, axes=1, input_channels=2)
    assert space.candidates == 1
    return space.search(64, rounding="floor").top(1)["stack"][0]


def test_dilations_double_with_each_repeat_of_a_slot_and_begin_anew_at_each_visit():
    """The stacks of WaveNet: 1, 2, 4, then again."""
    slot = {"kernel": 2, "dilation": "double:1:4", "padding": "valid", "repeat": 3}
    stacks = "2C2-2C2D2-2C2D4-2C2-2C2D2-2C2D4"
    assert only([{"repeat": 2, "slot": [slot]}]) == stacks
    assert only([{**slot, "dilation": "cycle:double:1:4", "repeat": 6}]) == stacks


def test_a_slot_that_stands_once_in_a_round_counts_the_rounds():
    """Then a rule may have layers between its turns."""
    slots = [{"kernel": 3, "dilation": "double:1:2"}, {"kernel": 1}]
    assert only([{"repeat": 3, "slot": slots}]) == "2C3P1-2C1-2C3P2D2-2C1-2C3P2D2-2C1"


def test_a_hole_of_a_block_may_follow_a_rule():
    """A cycle of given values, in all that the block makes of it."""
    block = {"pair": {"stack": "R({in}C3P{d}D{d}-{in}C1)", "d": "cycle:1,5"}}
    stack = only([{"block": "pair", "repeat": 3}], block)
    assert stack == "R(2C3P1-2C1)-R(2C3P5D5-2C1)-R(2C3P1-2C1)"


def test_a_cap_that_is_no_power_is_reached():
    """As `double` of widths does."""
    slot = {"kernel": 3, "dilation": "double:1:5", "repeat": 4}
    assert only([slot]) == "2C3P1-2C3P2D2-2C3P4D4-2C3P5D5"


@pytest.mark.parametrize("rule", ["double:1:4", "cycle:1,2", "cycle:2,1,3", "cycle:double:1:4"])
def test_one_run_of_layers_follows_a_rule_as_one_stage_does(rule):
    """The control with loops holds how far the rule is; the one without counts its places."""
    run = rfsearch.Space(**PLAIN, dilation=rule, depth=(1, 4))
    lists = {name: list(some) for name, some in PLAIN.items() if isinstance(some, tuple)}
    slot = {**PLAIN, **lists, "dilation": rule, "repeat": "1..4"}
    stage = rfsearch.Space(stages=[{"slot": [slot]}])
    assert run.candidates == stage.candidates
    asked = {"target_rf": (3, 40), "rounding": "floor"}
    one, other = run.search(24, **asked), stage.search(24, **asked)
    assert one.count() == other.count() > 0
    frames = [found.top(10_000, distinct="none")["stack"].to_list() for found in (one, other)]
    assert frames[0] == frames[1]


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("double:4:1", "the cap 1 is below the first value 4"),
        ("double:1", "not of the form double:FIRST:CAP"),
        ("double:0:4", "0 is not ≥ 1"),
        ("cycle:", "not a cycle of values like cycle:1,2,5"),
        ("cycle:1,0", "0 is not ≥ 1"),
        ("cycle:1x2x3", "3 numbers for 2 axes"),
        (["double:1:4", 1], "stands alone"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_by_name(said, error):
    """One line with the place and what would be right."""
    with pytest.raises(rfsearch.UsageError, match=rf"^dilation: .*{error}"):
        rfsearch.Space(dilation=said)


def test_show_in_says_which_dilation_a_turn_has(tmp_path, capsys):
    """The second layer of a rule that doubles has dilation 2."""
    from rfsearch.cli import main

    path = tmp_path / "tcn.toml"
    path.write_text(
        'input = 64\naxes = 1\n[[stage]]\ndilation = "double:1:8"\nrepeat = 2\nchannels = 2\n'
    )
    assert main(["show", "2C3P1-2C3P1", "--in", str(path)]) == 1
    assert "stage[0].dilation: 1 is not one of 2" in capsys.readouterr().out


def test_holes_may_have_one_number_an_axis():
    """And so has what is made of them; where axes agree it is one number."""
    block = {"line": {"stack": "{c}C{k}P{k//2}", "k": ["3x1", "1x3", "3x3"], "c": 4}}
    found = rfsearch.Space(stages=[{"block": "line"}], block=block).search(9)
    stacks = found.top(9, distinct="none")["stack"].to_list()
    assert sorted(stacks) == ["4C1x3P0x1", "4C3P1", "4C3x1P1x0"]
