"""The fuzzer finds what it is there for, and a short run of it finds nothing.

`python tests/fuzz.py --minutes 30` is the long run.
"""

import fuzz
import pytest
from fuzz_case import Case, Outcome, judged
from fuzz_found import FOUND
from fuzz_process import Limited

JSON = ("--count", "--format=json")
TRACEBACK = b"""Traceback (most recent call last):
  File "/here/rfsearch/quantity.py", line 12, in whole
    int(text)
ValueError: no number
"""


@pytest.mark.parametrize(
    ("outcome", "signature"),
    [
        (Outcome(1, err=TRACEBACK), "traceback, ValueError, rfsearch/quantity.py, whole"),
        (Outcome(5, err=b"lost"), "code 5"),
        (Outcome(2, err=b"one\n" * 5), "lines, search, one one one one one"),
        (Outcome(2, err=b"kernel " * 100), "long line, search"),
        (Outcome(2), "silent 2, search"),
        (Outcome(None, ended="time"), "time, search"),
        (Outcome(None, ended="died: signal 6"), "died: signal 6, search"),
        (Outcome(0, out=b"{"), "no JSON"),
        (Outcome(1, out=b'{"matches": 3}'), "code and matches"),
        (Outcome(0, out=b'{"matches": 4}'), "count"),
    ],
)
def test_each_oracle_tells_what_is_wrong(outcome, signature):
    assert judged(Case(JSON, count=3), outcome).signature == signature


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(0, out=b'{"matches": 3}'),
        Outcome(2, err=b"rfsearch: --kernel: 0 is not >= 1\n"),
        Outcome(1, out=b'{"matches": 0}', err=b"No stack matches\n"),
        Outcome(3, err=b"rfsearch: stopped at the limit\n"),
    ],
)
def test_what_is_as_it_should_be_is_no_finding(outcome):
    counted = 3 if outcome.code == 0 else 0
    assert judged(Case(JSON, count=counted), outcome) is None


@pytest.fixture(scope="module")
def limited():
    """A worker within limits; nothing compiled beforehand."""
    with Limited(120, 2000, warm=()) as one:
        yield one


def test_a_case_runs_in_a_folder_with_its_files_and_gives_its_code_and_streams(limited):
    shown = limited.run(Case(("show", "4C3", "--input=8")))
    wrong = limited.run(Case(("--config=f.toml", "--input=9"), (("f.toml", b"kernel = 0\n"),)))
    assert (shown.code, shown.err) == (0, b"")
    assert b"4C3" in shown.out
    assert (wrong.code, wrong.out) == (2, b"")
    assert b"--target-rf" in wrong.err


def test_a_limit_ends_a_case_and_not_the_run(limited):
    """Of memory, and of time: the next case has a process of its own."""
    heavy, light = Case(("--target-rf=9", "--input=15")), Case(("show", "4C3", "--input=8"))
    with Limited(120, 1, warm=()) as other:
        assert other.run(heavy).ended == "memory"
        other.seconds, other.megabytes = 0.0, 3000
        assert other.run(heavy).ended == "time"
        other.seconds = 120.0
        assert other.run(light).code == 0


def cases():
    """Each found case; an open one must fail, one that takes long waits for the night."""
    for name, one in FOUND.items():
        marks = []
        if one.signature:
            reason = one.signature
            marks.append(pytest.mark.xfail(strict=True, raises=AssertionError, reason=reason))
        if one.dear:
            marks += [pytest.mark.compiled, pytest.mark.nightly]
        yield pytest.param(name, marks=marks)


@pytest.mark.parametrize("name", list(cases()))
def test_what_was_found_once_is_as_it_should_be(name, limited):
    case = FOUND[name].case
    finding = judged(case, limited.run(case))
    assert finding is None, finding.text


def test_a_short_run_finds_nothing_new(capsys):
    """Some of every kind, the same ones each time; what is known and open is passed over."""
    assert fuzz.main(["--rounds", "1", "--examples", "8", "--seed", "0", "--seconds", "120"]) == 0
    told = capsys.readouterr().out
    assert "0 findings" in told
    for kind in fuzz.KINDS:
        assert kind in told


def test_a_finding_is_made_small_and_printed_once(monkeypatch, capsys):
    """Whatever has a stride counts as wrong: the smallest command that has one is told, once."""
    asked = []

    def run(self, case):
        asked.append(case)
        strided = any(word.startswith("--stride=") for word in case.words)
        return Outcome(5 if strided else 0)

    monkeypatch.setattr(Limited, "run", run)
    monkeypatch.setattr(Limited, "start", lambda self: None)
    assert fuzz.main(["--rounds", "2", "--examples", "30", "--only", "commands"]) == 1
    told = capsys.readouterr().out
    assert told.count("rfsearch --stride=1 --memory-limit=1GiB") == 1
    assert "1 findings" in told
    assert len(asked) > 30
