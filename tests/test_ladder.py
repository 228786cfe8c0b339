"""Ladders held against every choice of one stack a rung; what is known where they are cut short."""

import json
from dataclasses import replace
from fractions import Fraction

import naive
import naive_ladder
import naive_stages
import pytest
import spaces
import staged_spaces
from conftest import PLAIN_PYTHON
from hypothesis import assume, given
from hypothesis import strategies as st

import rfsearch
from rfsearch.cli import main
from rfsearch.ladder import climb, effort
from rfsearch.ladder.hold import read_hold
from rfsearch.request.running import silent

MOST_CHOICES = 3_000
TOLERANCES = (Fraction(3, 100), Fraction(1, 2), Fraction(7, 3), Fraction(0), Fraction(1, 1000))


@st.composite
def holds(draw, costs):
    """Some costs within a tolerance, now and then the size or the strides held equal."""
    names = draw(st.lists(st.sampled_from(costs), min_size=1, max_size=3, unique=True))
    hold = {name: draw(st.sampled_from(TOLERANCES)) for name in names}
    for name in ("output_size", "jump"):
        if draw(st.integers(0, 4)) == 0:
            hold[name] = Fraction(0)
    return hold


def some_rungs(draw, groups, hold):
    """Some RFs of which every choice can be listed."""
    rungs = draw(st.lists(st.sampled_from(sorted(groups)), min_size=1, max_size=4, unique=True))
    while naive_ladder.choices([groups[rf] for rf in rungs], hold) > MOST_CHOICES:
        rungs.remove(max(rungs, key=lambda rf: naive_ladder.choices([groups[rf]], hold)))
    assume(rungs)
    return sorted(rungs)


@st.composite
def plain_ladders(draw):
    """(question, hold, ranking, rungs with their rows, impossible targets)."""
    question = draw(spaces.questions())
    whole = spaces.Question(question.space, replace(question.query, target=spaces.ANY_RF))
    groups = {}
    for row in whole.matches:
        groups.setdefault(row.rf, []).append(row)
    hold = draw(holds(naive.COSTS))
    impossible = sorted(draw(st.sets(st.integers(1, 40), max_size=2)) - set(groups))
    assume(groups)
    rungs = some_rungs(draw, groups, hold)
    return question, hold, draw(spaces.cost_lists()), [groups[rf] for rf in rungs], impossible


@st.composite
def staged_ladders(draw):
    """The same of a staged space; a target is a tuple, one number an axis."""
    question = draw(staged_spaces.questions())
    query = replace(question.query, target=None)
    groups = {}
    for row in staged_spaces.Question(question.space, query).matches:
        groups.setdefault(row.fields, []).append(row)
    hold = draw(holds(naive_stages.COSTS))
    assume(groups)
    rungs = some_rungs(draw, groups, hold)
    impossible = [
        (rf,) * question.space.axes for rf in draw(st.sets(st.integers(1, 40), max_size=1))
    ]
    impossible = [target for target in impossible if target not in groups]
    rank_by = draw(staged_spaces.ranked())
    return question, hold, rank_by, [groups[rf] for rf in rungs], impossible


def asked_plain(case, **more):
    """The package's ladder for a plain case."""
    question, hold, rank_by, rungs, impossible = case
    query = question.query
    return rfsearch.Space(**vars(question.space)).ladder(
        query.input,
        sorted([*(rung[0].rf for rung in rungs), *impossible]),
        hold=hold,
        rank_by=rank_by,
        rounding=query.rounding,
        output_size=query.output,
        jump=query.jump,
        bytes_per_value=query.bytes_per_value,
        **dict(question._bounds()),
        **more,
    )


def asked_staged(case, **more):
    """The package's ladder for a staged case."""
    question, hold, rank_by, rungs, impossible = case
    query = question.query
    targets = sorted([*(rung[0].fields for rung in rungs), *impossible])
    inputs = [staged_spaces.shown_sizes(sizes) for sizes in query.inputs]
    return question.staged.ladder(
        inputs[0] if len(inputs) == 1 else inputs,
        ["x".join(map(str, rf)) if len(rf) > 1 else rf[0] for rf in targets],
        hold=hold,
        rank_by=rank_by,
        rounding=query.rounding,
        output_size=staged_spaces.shown_span(query.output),
        jump=staged_spaces.shown_span(query.jump),
        bytes={"weight": query.weight_bytes, "activation": query.activation_bytes},
        reserve=query.reserve,
        **dict(question._bounds()),
        **more,
    )


def is_the_tightest(case, ladder):
    """The ladder is the oracle's, tightness, stacks and order; and says that it is complete."""
    _, hold, rank_by, rungs, impossible = case
    wanted = naive_ladder.tightest(rungs, hold, rank_by)
    assert ladder.complete and len(ladder.impossible) == len(impossible)
    assert all(ladder.impossible.values())
    if wanted is None:
        assert ladder.tightness is None and not len(ladder.rungs)
        return
    tight, rows = wanted
    assert ladder.tightness == ladder.bound == tight
    assert ladder.within == (tight <= 1)
    assert ladder.rungs["stack"].to_list() == [row.stack for row in rows]
    for name in set(hold) - set(naive_ladder.EQUAL):
        values = [getattr(row, name) for row in rows]
        assert ladder.spread[name] == (Fraction(max(values), min(values)) - 1 if any(values) else 0)
        assert max(ladder.rungs[f"deviation_{name}"]) == float(ladder.spread[name])


@spaces.held_shortly
@given(plain_ladders())
def test_a_ladder_is_the_tightest_of_all_choices(case):
    """Every cost and tolerance, sizes and strides held equal, budgets; ties by rank, then order."""
    is_the_tightest(case, asked_plain(case))


@spaces.held_shortly
@given(staged_ladders())
def test_a_ladder_of_a_staged_space_is_the_tightest_of_all_choices(case):
    """The same with blocks, several axes and inputs, and a target for each axis."""
    is_the_tightest(case, asked_staged(case))


@pytest.mark.parametrize("names", [("output_size",), ("jump",), ("output_size", "jump")])
@pytest.mark.parametrize("rank_by", [["macs"], ["max:peak_memory", "params"]])
def test_sizes_and_strides_alone_can_be_held(names, rank_by):
    """Then the ranking decides among all that are equal in them."""
    space = naive.Space(kernel=(2, 3), stride=(1, 2), depth=(1, 3), channels=(4, 8))
    query = naive.Query(13, (1, 13), rounding="floor")
    groups = {}
    for row in naive.matches(space, query):
        groups.setdefault(row.rf, []).append(row)
    case = spaces.Question(space, query), dict.fromkeys(names, Fraction(0)), rank_by
    rungs = [groups[rf] for rf in (4, 5, 7)]
    is_the_tightest((*case, rungs, []), asked_plain((*case, rungs, [])))


@pytest.fixture
def few_labels(monkeypatch):
    """Too few labels for anything to be listed whole at first."""
    monkeypatch.setattr(climb, "FIRST_LABELS", 2)
    monkeypatch.setattr(climb, "WHOLE_LABELS", 3)
    monkeypatch.setattr("rfsearch.ladder.box.CLOSING_LABELS", 4)
    monkeypatch.setattr("rfsearch.ladder.boxes.SAMPLE_LABELS", 2)
    monkeypatch.setattr(effort, "STEPS_A_RUNG", 1 << 21)


@pytest.mark.usefixtures("few_labels")
@pytest.mark.parametrize("most_labels", [8, 1 << 12])
def test_bounds_hold_where_only_samples_are_known(monkeypatch, most_labels):
    """The optimum is never below the bound nor above what is found; a proof is one."""
    monkeypatch.setattr(climb, "MOST_LABELS", most_labels)
    monkeypatch.setattr("rfsearch.ladder.boxes.MOST_LABELS", most_labels)
    proven = []

    @spaces.held_shortly
    @given(plain_ladders())
    def holds_on(case):
        _, hold, rank_by, rungs, _ = case
        ladder, wanted = asked_plain(case), naive_ladder.tightest(rungs, hold, rank_by)
        proven.append(ladder.complete)
        if ladder.tightness is None:
            assert wanted is None or not ladder.complete
            return
        assert wanted is not None and ladder.bound <= wanted[0] <= ladder.tightness
        if ladder.complete:
            assert ladder.bound == wanted[0] == ladder.tightness
        rows = ladder.rungs.to_dicts()
        assert [row["rf"] for row in rows] == [rung[0].rf for rung in rungs]
        for row, rung in zip(rows, rungs, strict=True):
            assert row["stack"] in {one.stack for one in rung}

    holds_on()
    assert sum(proven) > len(proven) / 2


@pytest.mark.usefixtures("few_labels")
def test_bounds_of_staged_spaces_hold_where_only_samples_are_known():
    """The same of staged spaces."""

    @spaces.held_shortly
    @given(staged_ladders())
    def holds_on(case):
        _, hold, rank_by, rungs, _ = case
        ladder, wanted = asked_staged(case), naive_ladder.tightest(rungs, hold, rank_by)
        if ladder.tightness is None:
            assert wanted is None or not ladder.complete
            return
        assert wanted is not None and ladder.bound <= wanted[0] <= ladder.tightness
        assert not ladder.complete or ladder.bound == ladder.tightness

    holds_on()


@pytest.mark.usefixtures("few_labels")
def test_a_time_limit_of_0_still_answers():
    """Something is found of every space in which there is a ladder at all, or it is left open."""

    @spaces.held_shortly
    @given(plain_ladders())
    def holds_on(case):
        _, hold, rank_by, rungs, _ = case
        ladder, wanted = (
            asked_plain(case, time_limit=0),
            naive_ladder.tightest(rungs, hold, rank_by),
        )
        assert ladder.tightness is not None or wanted is None or not ladder.complete
        if ladder.tightness is not None:
            assert ladder.bound <= wanted[0] <= ladder.tightness

    holds_on()


LARGE = rfsearch.Space(kernel=(1, 3, 5, 7), stride=(1, 2), depth=(1, 8), channels=(16, 32, 64))


def test_the_same_ladder_for_any_number_of_threads(monkeypatch):
    """A space too large to list: samples, descents and boxes do not depend on threads."""
    monkeypatch.setattr(effort, "STEPS_A_RUNG", 1 << (12 if PLAIN_PYTHON else 21))
    if PLAIN_PYTHON:
        monkeypatch.setattr(climb, "FIRST_LABELS", 8)
        monkeypatch.setattr(climb, "WHOLE_LABELS", 16)
    rungs = "23..39:16" if PLAIN_PYTHON else "23..71:16"
    several = (1, 2) if PLAIN_PYTHON else (1, 2, 5)
    found = [LARGE.ladder(96, rungs, rounding="floor", threads=threads) for threads in several]
    assert not found[0].complete and found[0].tightness is not None
    for other in found[1:]:
        assert other.rungs.equals(found[0].rungs)
        assert (other.tightness, other.bound) == (found[0].tightness, found[0].bound)


@pytest.mark.compiled
def test_a_large_space_has_a_ladder_far_within_the_tolerance(monkeypatch):
    """Too many stacks to list: 3% is met many times over, all depths, sizes and strides equal."""
    monkeypatch.setattr(effort, "STEPS_A_RUNG", 1 << 23)
    hold = "params:3%,macs:3%,depth:0,jump:0,output_size:0"
    ladder = LARGE.ladder(128, "23..135:16", hold=hold, rounding="floor")
    assert ladder.tightness < Fraction(1, 10) and ladder.within
    frame = ladder.rungs
    assert frame["rf"].to_list() == list(range(23, 136, 16))
    for name in ("depth", "jump", "output_size"):
        assert frame[name].n_unique() == 1
    for name in ("params", "macs"):
        spread = Fraction(max(frame[name]), min(frame[name])) - 1
        assert spread == ladder.spread[name] <= ladder.tightness * Fraction(3, 100)


# What can be asked


def test_holds_are_percentages_ratios_or_0():
    wanted = {"params": Fraction(3, 100), "macs": Fraction(1, 50), "depth": Fraction(0)}
    assert read_hold("params:3%,macs:1/50,depth:0") == wanted
    assert read_hold({"params": "3%", "macs": 0.02, "depth": 0}) == wanted
    assert read_hold("macs:250%") == {"macs": Fraction(5, 2)}


@pytest.mark.parametrize(
    ("hold", "wrong"),
    [
        ("", "nothing is held"),
        ("params", "params names no tolerance; write params:3%, or params:0"),
        ("params:3", "a ratio of 1 or more; write 3% for per cent"),
        ("params:x%", "is not a number"),
        ("size:3%", "size is not something to hold"),
        ("params:3%,params:1%", "params stands twice"),
        ("jump:3%", "jump is held equal: jump:0"),
    ],
)
def test_a_hold_that_cannot_be_read_is_named(hold, wrong):
    with pytest.raises(rfsearch.UsageError, match="--hold: ") as error:
        read_hold(hold, "--hold")
    assert wrong in str(error.value)


LONG = "--target-rf 23..39:8 --input 96 --rounding floor --kernel 1,3,5 --stride 1,2 --depth 1..6"
ASKED = "--input 64 --rounding floor --kernel 1,3 --stride 1,2 --depth 1..4 --channels 4,8"


def ran(capsys, words):
    """(exit code, stdout, stderr) of the command."""
    code = main(["ladder", *words.split()])
    out = capsys.readouterr()
    return code, out.out, out.err


def test_the_command_names_what_is_impossible_and_builds_the_rest(capsys):
    code, out, err = ran(capsys, f"--target-rf 5..9:2,8 {ASKED} --hold params:3%")
    assert code == 0
    assert out.splitlines()[0] == "Ladder of 3 rungs, within params 3%"
    assert "proven: no ladder of these rungs is tighter" in out
    assert err.startswith("RF 8 is impossible: with odd kernels every RF is odd")


def test_the_exit_code_is_1_where_no_rung_is_possible(capsys):
    code, out, err = ran(capsys, f"--target-rf 6,8 {ASKED}")
    assert (code, len(err.splitlines())) == (1, 2)
    assert out.startswith("No ladder")


@pytest.mark.parametrize("form", ["table", "json", "csv", "notation"])
def test_the_exit_code_is_1_where_the_tolerance_is_not_kept(form, capsys):
    """The ladder is shown all the same, and it is said that it is not the one asked for."""
    words = f"--target-rf 5..13:4 {ASKED} --hold params:0.01%,macs:0.01%"
    how = "--notation" if form == "notation" else f"--format {form}"
    code, out, err = ran(capsys, f"{words} {how}")
    assert code == 1
    assert "4C3" in out
    said = (out if form == "table" else err).splitlines()
    assert said[0] == "Ladder of 3 rungs, not within params 0.01%, MACs 0.01%"
    assert "no ladder of these rungs is tighter" in said[2]
    if form == "table":
        assert err == ""


def test_rungs_that_share_nothing_held_equal_are_named(capsys):
    words = "--target-rf 3,9,17 --input 64 --kernel 3 --stride 1 --padding 1 --depth 1..8"
    code, out, _ = ran(capsys, f"{words} --hold depth:0")
    assert code == 1
    assert out == (
        "No ladder holds depth equal: no depth that all rungs share; at best 1 of 3 do, "
        "without RF 9 and RF 17\n"
    )


def test_the_files_hold_what_the_table_shows(capsys, tmp_path):
    words = f"--target-rf 5..13:4 {ASKED} --hold macs:10%,depth:0"
    path = tmp_path / "ladder.json"
    assert ran(capsys, f"{words} -o {path}")[:2] == (0, "")
    document = json.loads(path.read_text())
    assert document["query"]["target_rf"] == [5, 9, 13]
    assert document["query"]["hold"] == {"macs": "1/10", "depth": 0}
    assert document["complete"] and document["tightness"] == document["bound"]
    stacks = [row["stack"] for row in document["rungs"]]
    code, notation, _ = ran(capsys, f"{words} --notation")
    assert (code, notation.splitlines()) == (0, stacks)
    for form in ("csv", "ndjson"):
        code, out, _ = ran(capsys, f"{words} --format {form}")
        assert code == 0 and all(stack in out for stack in stacks)


def test_the_time_limit_ends_with_what_is_known_and_code_3(capsys):
    code, out, _ = ran(capsys, f"{LONG} --time-limit 0")
    assert code == 3
    assert out.startswith("Ladder of 3 rungs")


def test_an_interrupt_ends_with_what_is_known_and_code_130(capsys, monkeypatch):
    """As Ctrl-C does: the search is cut, its best is printed, and the exit code says why."""

    def cut_at_once(work, stream, cut):
        cut()
        work(silent)
        return True

    monkeypatch.setattr("rfsearch.cli.progress.watched", cut_at_once)
    code, out, err = ran(capsys, LONG)
    assert code == 130
    assert out.startswith("Ladder of 3 rungs") and "stopped before that was known" in out
    assert err == "rfsearch: interrupted\n"


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("--input 64", "--target-rf: not given; the rungs, for example 23..151:16"),
        ("--target-rf 5:2 --input 64", "--target-rf: 5:2 has a step but no range"),
        ("--target-rf 9..5:2 --input 64", "--target-rf: 9..5 is upside down"),
        ("--target-rf 5,9 --input 64 --top 3", "--top: not for a ladder"),
        ("--target-rf 5,9 --input 64 --hold x:3%", "--hold: x is not something to hold"),
        ("--target-rf 5,9 --input 64 --notation --format csv", "--notation: is text, not csv"),
        ("--target-rf 5,9 --input 64 --kernel 0", "--kernel: 0 is not ≥ 1"),
    ],
)
def test_what_cannot_be_asked_is_one_line_and_code_2(capsys, words, wrong):
    code, out, err = ran(capsys, words)
    assert (code, out) == (2, "")
    assert err.startswith(f"rfsearch: {wrong}") and len(err.splitlines()) == 1


def test_rungs_are_said_in_seconds_where_a_hop_tells_what_they_are():
    """The rungs are those of the same positions; a time that is none of them is refused."""
    space = rfsearch.Space(
        kernel=[2, 3, 5], stride=1, padding="half", channels=8, depth=(1, 8), axes=1
    )
    asked = {"rounding": "floor", "hold": "params:60%"}
    times = space.ladder(100, "0.05s..0.09s:0.02s", hop="10ms", **asked)
    positions = space.ladder(100, [5, 7, 9], **asked)
    shown = ["stack", "rf", "params"]
    assert times.rungs.select(shown).equals(positions.rungs.select(shown))
    assert times.rungs["rf_seconds"].to_list() == [0.05, 0.07, 0.09]
    for said, error in (
        ("0.05s..0.09s", "a range with a step"),
        ("0.09s..0.05s:0.02s", "upside down"),
        ("0.055s", "no whole number of hops"),
        ("0.01s..20s:10ms", "more than 1024 rungs"),
    ):
        with pytest.raises(rfsearch.UsageError, match=error):
            space.ladder(100, said, hop="10ms")
    with pytest.raises(rfsearch.UsageError, match="in seconds, which takes hop"):
        space.ladder(100, "0.05s")
