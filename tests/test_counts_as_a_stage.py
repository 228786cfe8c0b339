"""The known counts once more, of the same choices as one stage of one slot."""

import json
from pathlib import Path

import pytest
from one_question import stage_of

CASES = json.loads((Path(__file__).parent / "cases" / "counts.json").read_text())


@pytest.mark.compiled
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_one_stage_has_the_known_counts_by_depth(case):
    """Every line of the known counts, as deep as one stage is quickly asked."""
    wanted = {int(depth): count for depth, count in case["matches_by_depth"].items()}
    high = min(max(wanted), 8)
    fields = {name: tuple(case[name]) for name in ("kernel", "stride", "padding", "dilation", "op")}
    space = stage_of(
        {**fields, "depth": (1, high), "channels": 64, "allow_gaps": case["allow_gaps"]}
    )
    found = space.search(case["input"], case["target_rf"], rounding=case["rounding"])
    counted = found.count_by_depth()
    assert {depth: counted.get(depth, 0) for depth in range(1, high + 1)} == {
        depth: wanted[depth] for depth in range(1, high + 1)
    }
    assert space.candidates == sum(case["choices_per_layer"] ** d for d in range(1, high + 1))
