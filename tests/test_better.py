"""`--better`: networks like one that are as good as it in every cost that is asked."""

from __future__ import annotations

import json

import pytest
from conftest import often

import rfsearch
from rfsearch.cli import main

MINE = "4C3P1-MP2S2-8C3P1N-GAP-10FC"
CHOICES = {"kernel": [1, 3], "stride": [1, 2], "op": ["conv", "maxpool"], "channels": [4, 8]}
CHANGES = often(1, 2)
FLAGS = (
    *("--kernel", "1,3", "--stride", "1,2", "--op", "conv,maxpool", "--channels", "4,8"),
    *("--changes", str(CHANGES), "--input", "16"),
)


def rows(better=False, **more):
    found = rfsearch.like(MINE, 16, changes=CHANGES, better=better, **CHOICES, **more)
    return found.top(10_000, by=["changes", "memory", "macs"]).drop("rank").to_dicts()


@pytest.mark.parametrize(
    ("better", "costs"),
    [
        (True, ("memory", "macs")),
        (["params", "macs"], ("params", "macs")),
        (["max:entropy", "peak_memory"], ("max:entropy", "peak_memory")),
        (["max:erf_variance", "changes", "rf"], ("max:erf_variance",)),
    ],
)
def test_better_are_those_of_all_that_are_no_worse(better, costs):
    every = rows()
    mine = next(row for row in every if row["changes"] == 0)

    def no_worse(row):
        return all(
            row[cost[4:]] >= mine[cost[4:]] if cost.startswith("max:") else row[cost] <= mine[cost]
            for cost in costs
        )

    wanted = [row for row in every if no_worse(row)]
    assert 1 < len(wanted) < len(every)
    assert rows(better) == wanted
    assert wanted[0]["changes"] == 0


def test_a_tighter_budget_holds_beside_it():
    mine = rfsearch.parse(MINE, 16).totals["macs"]
    half = [row for row in rows(True) if row["macs"] <= mine // 2]
    assert half and rows(True, max_macs=mine // 2) == half
    assert rows(True, max_macs=mine * 2) == rows(True)


def test_the_command_asks_the_costs_of_front_and_list(capsys):
    words = ["--like", MINE, *FLAGS, "--target-rf", "any", "--better"]
    assert main([*words, "--front", "params,macs", "--top", "3", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["query"]["better"] is True
    found = rows(["memory", "macs", "params"])
    assert document["matches"] == len(found)
    assert [row["stack"] for row in document["results"]] == [row["stack"] for row in found[:3]]


def test_a_file_and_a_network_are_like_their_notation(tmp_path, capsys):
    pytest.importorskip("onnx")
    path = tmp_path / "mine.onnx"
    assert main(["export", MINE, "--input", "16", "-o", str(path)]) == 0
    usual = rows(True)
    for network in (str(path), rfsearch.load(path), rfsearch.parse(MINE, 16)):
        found = rfsearch.like(network, 16, changes=CHANGES, better=True, **CHOICES)
        assert found.top(10_000).drop("rank").to_dicts() == usual
    words = ["--like", str(path), *FLAGS, "--target-rf", "any", "--better", "--format", "json"]
    assert main(words) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["matches"], document["query"]["like"]) == (len(usual), str(path))


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("--better", "--better: than which network? --like resnet18 --better"),
        ("--like 4C17 --better", "--better: 4C17 has no valid sizes at input 16"),
        ("--like 4C3 --better --input 16,32", "--better: the network has other costs at each"),
        ("--like absent.onnx", "--like: absent.onnx: No such file"),
    ],
)
def test_what_cannot_be_compared_is_one_line(flags, said, capsys):
    assert main(["--target-rf", "any", "--input", "16", *flags.split()]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"rfsearch: {said}") and err.count("\n") == 1


def test_a_network_that_the_notation_has_no_words_for_names_its_row():
    network = rfsearch.parse("4C3-8C3", 16)
    network._notation, network.__dict__["_said"] = None, (None, "row 2 (roll)")
    with pytest.raises(rfsearch.UsageError, match=r"like: .* no words for all of it: row 2"):
        rfsearch.like(network, 16)
    with pytest.raises(rfsearch.UsageError, match="like: 3 is not a stack, a name, a file"):
        rfsearch.like(3, 16)
