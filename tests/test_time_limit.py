"""A limit of time: what is listed matches, and what is said to be proven is true."""

import json
import signal
import subprocess
import sys
import time
from fractions import Fraction

import pytest
import spaces
import staged_spaces
from conftest import PLAIN_PYTHON, often
from hypothesis import given, settings
from hypothesis import strategies as st

import rfsearch
from rfsearch.question import front_in_time, in_time, top_in_time

LIMITS = ("nothing", "a few looks", "plenty")
DISTINCT = ("family", "costs", "none")
held_short = settings(spaces.held, max_examples=8 if PLAIN_PYTHON else often(30, 100))
LONG = (
    "--input 512 --target-rf 511 --rounding floor --depth 1..12 --max-macs 3G "
    "--rank-by peak_memory,max:params --front macs,params,max:erf_variance,peak_memory"
)


@pytest.fixture
def piecemeal(monkeypatch):
    """Searches look at the time after every step, so that small spaces too are cut short."""

    class OneByOne(in_time.Pace):
        def __init__(self, least, most):
            super().__init__(1, 2)

    monkeypatch.setattr(top_in_time, "Pace", OneByOne)
    monkeypatch.setattr(front_in_time, "Pace", OneByOne)


class Looks(in_time.Deadline):
    """Passes after so many looks at it, whatever the clock says."""

    def __init__(self, looks):
        super().__init__(1e9)
        self.looks = looks

    @property
    def passed(self):
        self.looks -= 1
        return self.looks < 0


def answered(asked, limit, looks):
    asked.run({"nothing": Looks(0), "a few looks": Looks(looks), "plenty": Looks(10**9)}[limit])
    return asked.answer()


def names_of(costs):
    return [cost.removeprefix("max:") for cost in costs]


def vectors(question, rows, costs):
    """Exact numbers of the oracle's rows, in the units shown, made small."""
    found = []
    for row in rows:
        vector = []
        for cost in costs:
            name = cost.removeprefix("max:")
            value = Fraction(naive_value(question, row, name))
            vector.append(-value if cost.startswith("max:") else value)
        found.append(vector)
    return found


def naive_value(question, row, name):
    if name == "rf":  # ranked by the sum over the axes, as the package has it
        return sum(row.fields)
    value = getattr(row, name)
    if isinstance(question, staged_spaces.Question):
        return question.figure(name, value)
    return Fraction(value, {**staged_spaces.SCALES, "erf_variance": 12}.get(name, 1))


def listed(question, frame):
    """The oracle's row of every listed stack; KeyError where one is no match."""
    staged = isinstance(question, staged_spaces.Question)
    by_key = {}
    for row in question.matches:
        key = (row.stack, str(naive_agreed(row.input))) if staged else row.stack
        by_key[key] = row
    several = "input" in frame.columns
    rows = []
    for shown in frame.iter_rows(named=True):
        key = shown["stack"]
        if staged:
            only = question.query.inputs[0]
            given_input = shown["input"] if several else staged_spaces.shown_sizes(only)
            key = (key, str(given_input))
        rows.append(by_key[key])
    return rows


def naive_agreed(sizes):
    return staged_spaces.shown_sizes(tuple(sizes))


def check_list(question, k, by, distinct, limit, looks):
    from rfsearch.question.timed import timed_top

    found = question.search()
    known = answered(timed_top(found, k, by, distinct), limit, looks)
    exact = found.top(k, by=by, distinct=distinct)
    if known.finished:
        assert known.frame.equals(exact)
        assert known.gap == dict.fromkeys(names_of(by), 0)
        return
    assert limit != "plenty"
    assert len(known.frame) or not question.matches
    assert len(known.frame) <= len(exact)
    assert list(known.frame["stack"][: known.proven]) == list(exact["stack"][: known.proven])
    rows = vectors(question, listed(question, known.frame), by)
    assert rows == sorted(rows)
    best = vectors(question, listed(question, exact), by)
    gap = list(known.gap.values())
    for row, right in zip(rows[known.proven :], best[known.proven :], strict=False):
        assert row >= right
        for value, least, distance in zip(row, right, gap, strict=True):
            if distance is None or value - least > 0:
                assert distance is None or value - least <= distance
                break
    if gap and all(distance == 0 for distance in gap):
        assert rows == best[: len(rows)]


def check_front(question, costs, limit, looks):
    from rfsearch.question.timed import timed_front

    found = question.search()
    known = answered(timed_front(found, costs), limit, looks)
    exact = found.front(costs)
    if known.finished:
        assert known.frame.equals(exact)
        assert known.gap == dict.fromkeys(names_of(costs), 0)
        return
    assert limit != "plenty"
    assert len(known.frame) or not question.matches
    points = vectors(question, listed(question, known.frame), costs)
    best = vectors(question, listed(question, exact), costs)
    gap = list(known.gap.values())
    for right in best:
        assert any(
            all(p - g <= r for p, g, r in zip(point, gap, right, strict=True)) for point in points
        )
    assert sum(point in best for point in points) >= known.proven
    if all(distance == 0 for distance in gap):
        assert points == best


def check(question, k, by, distinct, looks):
    for limit in LIMITS:
        check_list(question, k, by, distinct, limit, looks)
        if len(by) > 1:
            check_front(question, by, limit, looks)


@pytest.mark.usefixtures("piecemeal")
class TestAgainstTheExactAnswer:
    """The list and the front, each cut short at once, somewhere on the way, and not at all.

    Rows match; proven ones are the exact ones; no other of a list is worse than the exact one of
    its rank by more than the gap, and no match betters every point of a front by more than it.
    """

    @held_short
    @given(
        question=spaces.questions(),
        k=st.integers(1, 30),
        by=spaces.cost_lists(),
        distinct=st.sampled_from(DISTINCT),
        looks=st.integers(1, 60),
    )
    def test_square(self, question, k, by, distinct, looks):
        """Over plain spaces."""
        check(question, k, by, distinct, looks)

    @held_short
    @given(
        question=staged_spaces.questions(),
        k=st.integers(1, 30),
        by=staged_spaces.ranked(),
        distinct=st.sampled_from(DISTINCT),
        looks=st.integers(1, 60),
    )
    def test_staged(self, question, k, by, distinct, looks):
        """Over staged spaces."""
        check(question, k, by, distinct, looks)


def small():
    space = rfsearch.Space(kernel=[1, 3], stride=[1, 2], padding=[0, 1], depth=(1, 5))
    return space.search(input=33, target_rf=15)


def test_a_limit_gives_the_exact_answer_where_time_suffices():
    """The frames of top and front are those without a limit, and the gap is 0."""
    found = small()
    assert found.top(30, time_limit=600).equals(found.top(30))
    assert found.front(time_limit=600).equals(found.front())
    answer = found.top_in_time(600, 5)
    assert (answer.gap, answer.proven, answer.finished) == ({"memory": 0, "macs": 0}, 5, True)


@pytest.mark.parametrize("limit", [-1, float("nan"), "soon", True])
def test_a_limit_that_is_no_time_is_refused(limit):
    """The error names time_limit and the value."""
    with pytest.raises(rfsearch.UsageError, match=r"time_limit: .* is not"):
        small().top(3, time_limit=limit)


def start(line, **options):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "rfsearch", *line.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def as_json(argv, capsys):
    from rfsearch.cli import main

    code = main([*argv.split(), "--format", "json"])
    out, err = capsys.readouterr()
    return code, json.loads(out), err


SMALL = "--input 33 --target-rf 15 --kernel 1,3 --stride 1,2 --padding 0,1 --depth 1..5"


def test_a_finished_answer_is_the_same_with_a_gap_of_0(capsys):
    """Only `gap`, `gaps` and `proven` are added; the exit code is 0."""
    code, document, _ = as_json(SMALL, capsys)
    timed_code, timed, _ = as_json(SMALL + " --time-limit 600", capsys)
    assert code == timed_code == 0
    assert timed.pop("gap") == {"memory": 0, "macs": 0}
    assert timed.pop("gaps") == {name: {"memory": 0, "macs": 0} for name in ("front", "results")}
    assert timed.pop("proven") == {
        "front": len(document["front"]),
        "results": len(document["results"]),
    }
    document.pop("seconds"), timed.pop("seconds")
    assert timed == document


def test_a_limit_of_0_still_answers(capsys):
    """Exit code 3, matches listed, and a gap for every cost of the front."""
    code, document, err = as_json(SMALL + " --max-macs 100M --time-limit 0", capsys)
    assert code == 3
    assert document["front"] and document["results"]
    assert set(document["gaps"]["front"]) == {"memory", "macs"}
    assert any("the limit of 0 s is over" in line for line in document["stopped"])
    assert "stopped: " in err


def test_at_least_the_stacks_that_are_known_match(capsys, monkeypatch):
    """Where the count takes too long: those of front and list, each once, --where or not."""
    from rfsearch.cli import main
    from rfsearch.question.found import Found

    def too_long(found):
        raise rfsearch.LimitError("its time is over (--time-limit)")

    monkeypatch.setattr(Found, "count_bounds", too_long)
    line = SMALL + " --distinct none --rank-by max:macs --top 7 --time-limit 600"
    _, document, _ = as_json(line, capsys)
    known = {row["stack"] for row in document["front"] + document["results"]}
    assert len(known) > len(document["results"]) == 7
    assert document["matches_at_least"] == len(known)
    main([*line.split(), "--where", "false"])
    assert f"\nat least {len(known)} of 3,905 stacks match\n" in capsys.readouterr().out


def test_the_screen_says_in_words_how_far_it_is_proven(capsys, monkeypatch):
    """Where front and list are cut short, their headings and a line under each say so."""
    from rfsearch.cli import main
    from rfsearch.question.carried import Carried

    monkeypatch.setattr(Carried, "_advance", lambda carried: None)
    line = f"{SMALL} --max-macs 30M --front memory,max:macs --time-limit 0"
    assert main(line.split()) == 3
    out, _ = capsys.readouterr()
    assert "Front, cut short: " in out
    assert "proven of every stack: one of these is worse than it by at most" in out
    assert "found by memory, then MACs" in out
    assert "cut short: none is proven; all are" in out


@pytest.mark.compiled
def test_ctrl_c_under_a_time_limit_prints_what_is_known_and_exits_130(capsys, monkeypatch):
    """The document is whole, with rows and a gap, and stderr ends with the interrupt."""
    from rfsearch.question.carried import Carried

    advance = Carried._advance

    def interrupted(carried):
        monkeypatch.setattr(Carried, "_advance", advance)  # once: a second one ends at once
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Carried, "_advance", interrupted)
    code, document, err = as_json(f"{LONG} --time-limit 60", capsys)
    assert code == 130
    assert err.splitlines()[-1] == "rfsearch: interrupted"
    assert "front: interrupted" in document["stopped"]
    assert document["front"] and document["results"]
    assert set(document["gap"]) == {"macs", "params", "erf_variance", "peak_memory"}


def test_ctrl_c_at_any_time_leaves_nothing_half_written(tmp_path):
    """Whatever it was at: exit code 130, and a whole document or none."""
    process = start(f"{LONG} --time-limit 300 --format json -o found.json", cwd=tmp_path)
    time.sleep(5)
    assert process.poll() is None, "the question was meant to be long"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "rfsearch: interrupted"
    assert "Traceback" not in err
    for path in tmp_path.iterdir():
        assert path.name == "found.json"
        assert json.loads(path.read_text())["stopped"]
