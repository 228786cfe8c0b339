"""`rfsearch items`, `measure SPACE`, `verify --cost`: what is measured, and how true it is."""

import json
from itertools import combinations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from like_questions import questions as like_questions
from naive_charges import items_of
from staged_spaces import held, questions

import rfsearch
from rfsearch.claims.trust import Trust, kendall_tau
from rfsearch.cli import main

SPACE = """
input = 17
target_rf = "5..40"
rounding = "floor"
stem = "4C3S2P1N"
head = "GAP-3FC"
max_latency = "1s"
[cost.latency]
table = "{table}"
unit = "us"
[block.b]
stack = "DW{{k}}S{{s}}P{{k//2}}N-{{c}}C1N"
k = [3, 5]
s = [1, 2]
c = [4, 6]
[[stage]]
  [[stage.slot]]
  block = "b"
  repeat = "1..2"
"""


def expected_uses(rows, channels, rounding):
    """{item at a place: how many rows have it}."""
    uses = {}
    for row in rows:
        items = items_of(row.stack, row.input, channels, rounding)
        for key in {(item.text, item.channels, item.sizes) for item in items}:
            uses[key] = uses.get(key, 0) + 1
    return uses


def shown_uses(frame, axes):
    found = {}
    for row in frame.to_dicts():
        sizes = tuple(map(int, row["sizes"].split("x")))
        key = (row["item"], row["channels"], sizes * axes if len(sizes) == 1 else sizes)
        assert key not in found
        found[key] = row["uses"]
    return found


@held
@given(question=questions(budgets=False))
def test_every_item_of_a_match_is_listed_with_how_many_matches_have_it(question):
    space = question.space
    frame = question.search().items()
    wanted = expected_uses(question.matches, space.input_channels, question.query.rounding)
    assert shown_uses(frame, space.axes) == wanted


@held
@given(question=like_questions())
def test_items_of_networks_like_one_are_whole_blocks(question):
    if question.query.bounds:
        return
    wanted = expected_uses(question.matches, 2, question.query.rounding)
    assert shown_uses(question.search().items(), question.near.axes) == wanted


def test_a_space_is_measured_by_its_file_and_the_table_answers_it(tmp_path, monkeypatch, capsys):
    pytest.importorskip("onnxruntime")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "space.toml").write_text(SPACE.format(table="latency.parquet"))
    empty = {"item": ["4C3"], "channels": [3], "sizes": ["17"], "value": [1.0], "unit": ["us"]}
    pl.DataFrame(empty).write_parquet("latency.parquet")
    asked = ["--config", "space.toml", "--rank-by", "latency", "--front", "none", "--quiet"]
    assert main(asked) == 2
    said = capsys.readouterr().err
    assert "fill them with: rfsearch measure space.toml -o latency.parquet" in said
    assert main(["measure", "space.toml", "-o", "latency.parquet", "--rounds", "2"]) == 0
    json_asked = [*asked, "--format", "json", "-o", "found.json", "--distinct", "none"]
    assert main(json_asked) == 0
    capsys.readouterr()
    rows = json.loads((tmp_path / "found.json").read_text())["results"]
    assert [row["latency"] for row in rows] == sorted(row["latency"] for row in rows)
    trusted = ["verify", "found.json", "--cost", "latency", "--rounds", "2", "--format", "json"]
    assert main(trusted) == 0
    trust = json.loads(capsys.readouterr().out)
    assert trust["networks"] == len(rows)
    assert trust["tau"] is None or -1 <= trust["tau"] <= 1  # None: all took the same time
    predicted = {row["stack"]: row["predicted"] for row in trust["rows"]}
    assert all(predicted[row["stack"]] == pytest.approx(row["latency"]) for row in rows)


def test_a_cost_that_results_do_not_declare_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [{"stack": "4C3"}, {"stack": "4C5"}]
    (tmp_path / "found.json").write_text(json.dumps({"query": {"input": 9}, "results": rows}))
    assert main(["verify", "found.json", "--cost", "latency"]) == 2
    assert "--cost: latency: found.json declares no such cost" in capsys.readouterr().err


def test_an_offset_is_what_every_network_takes_beside_its_items():
    trust = Trust((1.0, 2.0, 4.0), (3.0, 4.0, 6.0))
    assert (trust.offset, trust.error_with_offset, trust.tau) == (2.0, 0.0, 1.0)
    assert trust.error == pytest.approx((2 / 3 + 2 / 4 + 2 / 6) / 3)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=8))
def test_kendall_s_tau_counts_pairs(pairs):
    one, other = zip(*pairs, strict=True)
    signs = [(a[0] - b[0], a[1] - b[1]) for a, b in combinations(pairs, 2)]
    score = sum((x * y > 0) - (x * y < 0) for x, y in signs)
    untied = [sum(bool(x) for x, _ in signs), sum(bool(y) for _, y in signs)]
    tau = kendall_tau(one, other)
    if 0 in untied:
        assert tau is None
    else:
        assert tau == pytest.approx(score / (untied[0] * untied[1]) ** 0.5)


def test_items_within_an_arena_are_counted_where_matches_are_few(monkeypatch):
    space = rfsearch.Space(kernel=[3], stride=[1, 2], depth=(1, 2), channels=4, norm="batch")
    every = space.search(16).items()
    assert space.search(16, max_arena=1 << 20).items().equals(every) and len(every) > 2
    monkeypatch.setattr("rfsearch.question.found.MOST_LISTED", 3)
    frame = space.search(16, max_arena=1 << 20).items()
    assert frame["uses"].null_count() == len(frame) == len(every)
