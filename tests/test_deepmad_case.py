"""DeepMAD's published ResNet-18-like network: its known figures, from the case's own text."""

import json
import re
from pathlib import Path

import naive_notation as notation
import pytest
from naive_language import Space
from naive_stages import Query, figures

import rfsearch

CASE = json.loads((Path(__file__).parent / "cases" / "deepmad.json").read_text())
STEM = "32C3S2P1N"  # "stem: conv k3 s2, 3 -> 32"
# "with (s, L, k, btn, out)"
SUPER_BLOCKS = [
    tuple(map(int, numbers))
    for numbers in re.findall(r"\((\d+),(\d+),(\d+),(\d+),(\d+)\)", CASE["structure"])
]


def blocks(number):
    """The residual bottlenecks of the first super-blocks, in notation."""
    return [
        f"R({inner}C1N-{inner}C{kernel}S{stride if i == 0 else 1}P{kernel // 2}N-{outer}C1N)"
        for stride, layers, kernel, inner, outer in SUPER_BLOCKS[:number]
        for i in range(layers)
    ]


def listed(number):
    """The oracle's figures of the stem and the first super-blocks."""
    sizes = (CASE["input"],) * 2
    query = Query(inputs=(sizes,), rounding="floor")
    body = notation.read("-".join(blocks(number))) if number else ()
    (row,) = figures(Space(stages=(), stem=STEM), query, sizes, [body])
    return row


def test_the_text_holds_five_super_blocks():
    assert len(SUPER_BLOCKS) == 5
    assert len(blocks(5)) * 3 + 1 == CASE["published_layers"]


def test_the_oracle_has_the_published_figures():
    row = listed(5)
    assert row.params == CASE["published_params"]
    assert row.deepmad / 2**41 == pytest.approx(CASE["published_score"], rel=1e-6)
    assert row.effectiveness / 2**32 == pytest.approx(CASE["published_effectiveness"], rel=1e-6)


@pytest.mark.parametrize("stage", range(5))
def test_every_stage_has_its_published_score(stage):
    """A stage ends before each stride and at the end; the last counts eight times."""
    ends = (0, 1, 2, 4, 5)  # super-blocks before each stage's end: the fourth does not stride
    total = listed(ends[stage]).deepmad / 2**41
    earlier = sum(CASE["score_by_stage"][:stage])
    ratio = 1 if stage == 4 else 8
    assert (total - earlier) / ratio == pytest.approx(CASE["score_by_stage"][stage], rel=1e-5)


def test_the_package_has_the_published_figures_of_a_space_of_this_network_alone():
    """Stem and blocks as they were published, nothing left to choose."""
    space = rfsearch.StagedSpace(
        [{"block": "mine"}], {"mine": {"stack": "-".join(blocks(5))}}, stem=STEM
    )
    found = space.search(CASE["input"], rounding="floor")
    assert found.count() == 1
    row = found.top(1, by=["max:deepmad", "max:effectiveness"], distinct="none").row(0, named=True)
    assert row["params"] == CASE["published_params"]
    assert row["deepmad"] == pytest.approx(CASE["published_score"], rel=1e-6)
    assert row["effectiveness"] == pytest.approx(CASE["published_effectiveness"], rel=1e-6)


def test_its_arithmetic_is_within_what_the_authors_counted():
    """Theirs also counts norms and activations: a little more than multiply-accumulates."""
    macs = rfsearch.parse("-".join([STEM, *blocks(5)]), CASE["input"]).totals["macs"]
    assert 0.98 * CASE["published_flops"] < macs < CASE["published_flops"]
