"""A cost is one entry in the registry: every question of every kind of space then has it.

`traffic` is macs + 2 activations, a sum that counts the input too; `widest` is half the greatest
number of values alive at once, a maximum and a fraction. Both follow from columns that were there.
"""

import gzip
import json
import os
import re
import subprocess
import sys
from base64 import b64decode
from fractions import Fraction
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = "--kernel 2,3 --stride 1,2 --depth 1..3 --channels 2,4"
# Loops, stages, several inputs on two axes, and the networks like one.
SPACES = {
    "plain": f"--input 9 {LAYERS}",
    "stages": f"--input 9 {LAYERS} --stem 2C1 --head GAP-3FC",
    "axes": f"--input 8x9,9x9 {LAYERS} --bytes-per-value 2",
    "like": "--like 2C3-MP2S2-4C2 --changes 1 --input 9 --kernel 2,3 --stride 1,2 --channels 2,4",
}
TARGETS = {"axes": "3..5x3..5"}
WITHIN = 3000
AT_LEAST = {"plain": 150.5, "stages": 203, "axes": 150.5, "like": 150.5}  # some matches have less


def questions(name):
    """The commands asked of one space."""
    asked = f"--target-rf {TARGETS.get(name, '3..5')} {SPACES[name]}"
    listed = f"{asked} --distinct none --rank-by max:traffic,widest --front traffic,max:widest"
    return {
        "every": f"{asked} --distinct none --top 100000 --front none --format json",
        "ranked": f"{listed} --top 100000 --format json",
        "within": f"{asked} --distinct none --top 100000 --front none --max-traffic {WITHIN} "
        f"--format json --where 'traffic >= 0'",
        "at_least": f"{asked} --min-widest {AT_LEAST[name]} --count --format json",
        "screen": f"{listed} --top 3",
        "reach": f"reach {asked} --greatest traffic --format json",
        "page": f"{listed} --top 3 --report {{folder}}/{name}.html",
    }


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """{space: {question: (exit code, stdout)}}, all of one process."""
    import shlex

    folder = tmp_path_factory.mktemp("pages")
    asked = {
        (space, question): [*shlex.split(command.format(folder=folder)), "--quiet"]
        for space in SPACES
        for question, command in questions(space).items()
    }
    script = str(ROOT / "tests" / "new_costs.py")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", script, json.dumps(list(asked.values()))],
        capture_output=True, text=True, cwd=ROOT,
        # The spaces are small: to compile would take longer than to ask.
        env={**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = {space: {"folder": folder} for space in SPACES}
    for (space, question), (code, out) in zip(asked, json.loads(done.stdout), strict=True):
        assert code == 0, (space, question, out)
        found[space][question] = out
    return found


@pytest.fixture(params=SPACES)
def answers(request, said):
    """What was said of one space."""
    return {"space": request.param, **said[request.param]}


def rows_of(answers, question="every", key="results"):
    return json.loads(answers[question])[key]


def traffic(row):
    return row["macs"] + 2 * row["activations"]


def widest(row, space):
    return row["peak_memory"] / (2 if space == "axes" else 4) / 2


def test_every_row_has_the_cost_of_its_own_columns(answers):
    rows = rows_of(answers)
    assert len(rows) > 10
    for row in rows:
        assert row["traffic"] == traffic(row), row
        assert row["widest"] == widest(row, answers["space"]), row


def test_a_list_is_ranked_by_it(answers):
    rows, every = rows_of(answers, "ranked"), rows_of(answers)
    order = [(-row["traffic"], row["widest"]) for row in rows]
    assert order == sorted((-traffic(row), widest(row, answers["space"])) for row in every)


def test_a_front_is_over_it(answers):
    every = {(traffic(row), -widest(row, answers["space"])) for row in rows_of(answers)}
    best = {
        one for one in every
        if not any(o != one and o[0] <= one[0] and o[1] <= one[1] for o in every)
    }  # fmt: skip
    front = [(row["traffic"], -row["widest"]) for row in rows_of(answers, "ranked", "front")]
    assert set(front) == best and len(front) == len(best)


def test_a_budget_on_a_sum_counts_and_filters(answers):
    kept = [row["stack"] for row in rows_of(answers) if traffic(row) <= WITHIN]
    document = json.loads(answers["within"])
    assert document["query"]["max_traffic"] == WITHIN
    assert 0 < len(kept) == document["matches"] < len(rows_of(answers))
    assert sorted(row["stack"] for row in document["results"]) == sorted(kept)


def test_a_budget_on_a_greatest_fraction_counts(answers):
    least = AT_LEAST[answers["space"]]
    kept = [row for row in rows_of(answers) if widest(row, answers["space"]) >= least]
    document = json.loads(answers["at_least"])
    assert Fraction(document["query"]["min_widest"]) == Fraction(least)
    assert 0 < len(kept) == document["matches"] < len(rows_of(answers))


def test_reach_has_its_least_and_its_greatest(answers):
    def field(row):
        """One number an axis, also where they agree and a list's row has one."""
        return tuple(row["rf"]) if isinstance(row["rf"], list) else (row["rf"],) * 2

    by_rf = {}
    for row in rows_of(answers):
        by_rf.setdefault(field(row), []).append(row)
    reached = rows_of(answers, "reach", "reach")
    assert [field(row) for row in reached] == sorted(by_rf)
    for row in reached:
        rows = by_rf[field(row)]
        assert row["least"]["traffic"] == min(map(traffic, rows))
        assert row["least"]["widest"] == min(widest(one, answers["space"]) for one in rows)
        assert row["greatest"]["traffic"] == max(map(traffic, rows))


def test_the_screen_shows_it(answers):
    assert "traffic" in answers["screen"] and "widest" in answers["screen"]


def test_the_page_names_it(answers):
    page = (answers["folder"] / f"{answers['space']}.html").read_bytes()
    packed = re.search(rb'<script type="text/plain" id="data">([^<]*)</script>', page)[1]
    data = gzip.decompress(b64decode(packed)).decode()
    assert "read and written" in data and "live at once, halved" in data
