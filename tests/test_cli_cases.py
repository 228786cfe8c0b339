"""Known answers, asked through the command line."""

import json
import shlex
from pathlib import Path

import pytest

from rfsearch.cli import main

CASES = json.loads((Path(__file__).parent / "cases" / "counts.json").read_text())


def as_json(line, capsys):
    code = main([*shlex.split(line), "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def flags_of(case):
    """One case of counts.json as flags."""
    lists = " ".join(
        f"--{name} {','.join(map(str, case[name]))}"
        for name in ("kernel", "stride", "padding", "dilation", "op")
    )
    depths = [int(depth) for depth in case["matches_by_depth"]]
    gaps = "--allow-gaps" if case["allow_gaps"] else ""
    return (
        f"--input {case['input']} --target-rf {case['target_rf']} --rounding {case['rounding']} "
        f"{lists} {gaps} --depth {min(depths)}..{max(depths)}"
    )


@pytest.mark.compiled
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_known_count_comes_out_of_the_command_line(case, capsys):
    code, document = as_json(flags_of(case) + " --count", capsys)
    wanted = case["matches_by_depth"]
    by_depth = {d: int(n) for d, n in document["matches_by_depth"].items()}
    assert by_depth == {depth: number for depth, number in wanted.items() if number}
    assert int(document["matches"]) == sum(wanted.values())
    assert code == (0 if any(wanted.values()) else 1)
    low, high = min(map(int, wanted)), max(map(int, wanted))
    choices = case["choices_per_layer"]
    candidates = sum(choices**depth for depth in range(low, high + 1))
    assert int(document["space"]["candidates"]) == candidates


@pytest.mark.compiled
def test_the_default_query_has_its_known_answer(capsys):
    _, document = as_json("--input 227 --target-rf 224", capsys)
    assert document["matches"] == 60_853_070_827
    assert document["families"] == 38_105
    assert len(document["front"]) == 5
    assert len(document["results"]) == 20


@pytest.mark.compiled
def test_a_query_without_matches_suggests_the_nearest_with_their_exact_counts(capsys):
    line = "--input 227 --target-rf 224 --kernel 3,5,7,11 --stride 1,2,4"
    code, document = as_json(line, capsys)
    assert code == 1
    assert [(near["query"], near["matches"]) for near in document["nearby"]] == [
        ({"target_rf": 223}, 698_727_622_594),
        ({"target_rf": 225}, 542_936_486_793),
    ]


@pytest.mark.compiled
@pytest.mark.parametrize(("depth", "families"), [(5, 146), (6, 987)])
def test_families_up_to_a_depth_have_their_known_number(depth, families, capsys):
    _, document = as_json(f"--input 227 --target-rf 224 --depth 1..{depth} --top 1", capsys)
    assert document["families"] == families
