"""The peers of benchmarks/peers answer a tiny question as rfsearch does; the runner writes it down.

Peers whose package is missing are skipped; those that need none always run.
"""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
sys.path.insert(0, str(TOP))  # benchmarks is no installed package

from benchmarks.peers import regressions  # noqa: E402
from benchmarks.peers.runner import child, every, plain, record, report  # noqa: E402
from benchmarks.peers.runner.comparison import Comparison, NoAnswer  # noqa: E402
from benchmarks.peers.runner.measure import measure  # noqa: E402
from benchmarks.peers.runner.questions import TINY  # noqa: E402

SLOW = [name for name in every.names() if name.startswith("cpp_")]  # their compiler is
BUILT = [pytest.param(name, marks=pytest.mark.nightly) for name in SLOW]


@pytest.mark.parametrize("name", [*BUILT, *(n for n in every.names() if n not in SLOW)])
def test_a_peer_has_the_same_answer(name):
    peer = import_module(f"benchmarks.peers.{name}")
    if missing := child.lacking(peer.NEEDS):
        pytest.skip(f"not installed: {', '.join(missing)}")
    compared = 0
    for comparison in peer.comparisons(tiny=True):
        ours, theirs = comparison.ours(), comparison.theirs()
        assert comparison.agree is None or comparison.agree(ours, theirs), comparison.task
        assert comparison.shown(ours)
        compared += 1
    assert compared


def test_the_plain_graph_has_as_many_words_as_there_are_matches():
    graph = plain.graph(TINY)
    ways, total = {0: 1}, 0
    for _ in range(TINY.depth):
        after = {}
        for arc in graph.arcs:
            if arc.source in ways:
                after[arc.target] = after.get(arc.target, 0) + ways[arc.source]
        ways = after
        total += sum(number for state, number in ways.items() if graph.final[state])
    assert total == TINY.search().count() == 1274


def test_the_command_runs_a_peer_in_a_process_of_its_own():
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.peers", "itertools_product", "--tiny"],
        cwd=TOP, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "itertools_product: count and least memory" in run.stderr
    assert "the same answer" in run.stderr


def _compared(theirs, **said):
    return Comparison("task", "question", "form", lambda: 3, theirs, rounds=3, **said)


def test_another_answer_is_told_with_both():
    found = measure(_compared(lambda: 4), tell=lambda begun: None)
    assert (found["agree"], found["answer"], found["their_answer"]) == (False, "3", "4")
    assert "**no**: 4" in report.text(_recorded(found))


def test_a_peer_without_an_answer_has_ours_and_its_reason():
    def gives_up():
        raise NoAnswer("no feasible stack in 240 s", 240)

    found = measure(_compared(gives_up), tell=lambda begun: None) | {"load": 0.0}
    assert found["no_answer"] == "no feasible stack in 240 s"
    assert len(found["ours"]) == 1
    text = report.text(_recorded(found | {"ours": [2.0]}))
    assert "| no feasible stack in 240 s | > 120 |" in text


def test_a_row_that_was_measured_on_a_busy_machine_is_marked():
    quiet, busy = (_figures(ratio=1.0) | {"task": name, "load": load} for name, load in
                   (("quiet", 1.0), ("busy", 9.5)))  # fmt: skip
    text = report.text(_recorded(quiet, busy))
    assert "`peer`, busy, question: load 9.5" in text
    assert "`peer`, quiet" not in text


def test_a_missed_goal_is_listed_with_both_figures():
    found = _figures(ratio=0.5) | {"goal": 1.0}
    text = report.text(_recorded(found))
    assert "`peer`, task, question: 0.5 where 1 is the goal (ours 2 s, the peer's 1 s)" in text


def _figures(ratio):
    return {
        "task": "task", "question": "question", "form": "form", "goal": None, "note": "",
        "sizes": {"states": 3}, "ours": [2.0], "theirs": [2.0 * ratio], "answer": "3",
        "agree": True, "ratio": ratio, "ratio_low": ratio, "ratio_high": ratio,
    }  # fmt: skip


def _recorded(*comparisons):
    return {
        "machine": "a machine", "versions": {"numpy": "2"},
        "peers": {"peer": {"when": "now", "comparisons": list(comparisons)}},
    }  # fmt: skip


def test_what_fell_by_more_than_15_percent_is_named():
    accepted = regressions.ratios(_recorded(_figures(ratio=100.0)))
    assert not regressions.fallen(accepted, regressions.ratios(_recorded(_figures(ratio=85.1))))
    (line,) = regressions.fallen(accepted, regressions.ratios(_recorded(_figures(ratio=84.9))))
    assert line == "peer: task, question, form: 100 → 84.9 (-15%)"


def test_a_comparison_that_is_gone_is_named():
    accepted = regressions.ratios(_recorded(_figures(ratio=100.0)))
    (line,) = regressions.fallen(accepted, {})
    assert line.endswith("was 100, and has no ratio any more")


def test_the_record_keeps_the_other_peers(tmp_path):
    file = tmp_path / "record.json"
    record.write("one", [_figures(ratio=1.0)], file)
    record.write("another", [_figures(ratio=2.0)], file)
    assert list(json.loads(file.read_text())["peers"]) == ["another", "one"]


def test_the_pages_are_what_the_record_gives():
    kept = record.read()
    assert report.FILE.read_text("utf-8") == report.text(kept)
    readme = report.README.read_text("utf-8")
    assert report.within_readme(readme, report.readme_table(kept)) == readme
