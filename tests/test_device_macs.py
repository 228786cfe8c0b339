"""A table or a formula that says what MACs say gives, byte for byte, the answers of `macs`."""

from __future__ import annotations

import json

import polars as pl
import pytest

import rfsearch
from rfsearch.cli import main

STAGES = """
[block.b]
stack = ["DW{k}S{s}P{k//2}N-{c}C1N", "R({in}C{k}P{k//2}N-{in}C1N)"]
k = [1, 3]
s = [1, 2]
c = [4, 6]
[[stage]]
  [[stage.slot]]
  block = "b"
  repeat = "1..3"
"""
SPACES = {
    "plain": ({"kernel": [1, 3, 5], "stride": [1, 2], "depth": "1..3", "channels": [4, 8]}, ""),
    "stages": ({"rounding": "floor", "stem": "4C3S2P1N", "head": "GAP-3FC"}, STAGES),
    "like": ({"like": "4C3P1-MP2S2-8C3P1N-GAP-3FC", "changes": 1, "kernel": [1, 3]}, ""),
}
ASKED = {"input": 18, "target_rf": "3..15"}
QUESTIONS = [
    (["--rank-by", "COST,params", "--front", "COST,max:erf_variance"], "results front"),
    (["--rank-by", "max:COST,memory", "--front", "memory,max:COST"], "results front"),
    (
        ["--max-COST", "MIDDLE", "--rank-by", "memory,COST", "--front", "COST,memory"],
        "results front",
    ),
    (["--min-COST", "MIDDLE", "--count"], "matches matches_by_depth"),
]


def written(path, options, tables):
    """A config file of options, then tables."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in options.items()]
    path.write_text("\n".join(lines) + "\n" + tables)
    return str(path)


def answer(words, capsys):
    assert main([*words, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def named_alike(value):
    """The declared cost under the name `macs`; where a row has both they are the same."""
    if isinstance(value, list):
        return [named_alike(one) for one in value]
    if not isinstance(value, dict):
        return value
    assert "work" not in value or "macs" not in value or value["work"] == value["macs"]
    return {key.replace("work", "macs"): named_alike(one) for key, one in value.items()}


@pytest.fixture(params=SPACES)
def files(request, tmp_path, capsys):
    """(a file without a cost of its own, one with a table, one with a formula)."""
    options, tables = SPACES[request.param]
    options = options | ASKED
    plain = written(tmp_path / "plain.toml", options, tables)
    items = tmp_path / "items.parquet"
    every = ["--target-rf", "any"]  # reach asks beyond the target
    assert main(["items", "--config", plain, *every, "-o", str(items)]) == 0
    capsys.readouterr()
    frame = pl.read_parquet(items)
    macs = [
        rfsearch.parse(row["item"], row["sizes"], row["channels"]).totals["macs"]
        for row in frame.to_dicts()
    ]
    frame.with_columns(value=pl.Series(macs)).write_csv(tmp_path / "macs.csv")
    cost = '\n[cost.work]\ntable = "macs.csv"\n'
    table = written(tmp_path / "table.toml", options, tables + cost)
    formula = written(
        tmp_path / "formula.toml", options, tables + '\n[cost.work]\nformula = "macs"\n'
    )
    return plain, table, formula


@pytest.mark.parametrize(("flags", "parts"), QUESTIONS)
def test_every_question_is_answered_as_by_macs(files, flags, parts, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    plain, *declared = files
    if "MIDDLE" in flags:  # a figure that occurs
        ranked = ["--rank-by", "macs", "--distinct", "none", "--top", "41", "--front", "none"]
        listed = answer(["--config", plain, *ranked], capsys)["results"]
        middle = str(sorted(row["macs"] for row in listed)[len(listed) // 2])
        flags = [flag.replace("MIDDLE", middle) for flag in flags]
    by_macs = answer(["--config", plain, *(flag.replace("COST", "macs") for flag in flags)], capsys)
    assert by_macs["matches"]
    for file in declared:
        words = ["--config", file, *(flag.replace("COST", "work") for flag in flags)]
        by_work = named_alike(answer(words, capsys))
        for part in parts.split():
            assert json.dumps(by_work[part]) == json.dumps(by_macs[part])


def test_reach_and_a_ladder_are_those_of_macs(files, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    plain, *declared = files
    rungs = ["--target-rf", "5..9:2", "--format", "json"]
    reach = answer(["reach", "--config", plain, "--least", "macs"], capsys)["reach"]
    main(["ladder", "--config", plain, *rungs, "--hold", "macs:50%"])
    ladder = json.loads(capsys.readouterr().out)["rungs"]
    for file in declared:
        own = answer(["reach", "--config", file, "--least", "work"], capsys)["reach"]
        assert named_alike(own) == reach
        main(["ladder", "--config", file, *rungs, "--hold", "work:50%"])
        held = json.loads(capsys.readouterr().out)["rungs"]
        assert [row["stack"] for row in held] == [row["stack"] for row in ladder]
