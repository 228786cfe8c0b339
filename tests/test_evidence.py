"""The studies of benchmarks/evidence: their data, draws, statistics and the surrogate's proof."""

import gzip
import sys
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

import rfsearch

TOP = Path(__file__).parents[1]
sys.path.insert(0, str(TOP))  # benchmarks is no installed package

from benchmarks.evidence import (  # noqa: E402
    budget,
    figures,
    latency,
    receptive_field,
    scores,
    surrogate,
    whole,
)
from benchmarks.evidence.data import load  # noqa: E402
from benchmarks.evidence.recipe import RECIPE  # noqa: E402
from benchmarks.evidence.runs import COLUMNS, FILE, Runs  # noqa: E402

DOCS = TOP / "docs" / "evidence"


def test_images_are_read_from_the_files_of_the_package(tmp_path):
    rng = np.random.default_rng(0)
    made = {}
    for part, count in (("train", 30), ("t10k", 20)):
        images = rng.integers(0, 256, (count, 28, 28), np.uint8)
        labels = rng.integers(0, 10, count).astype(np.uint8)
        head = np.array([count, 28, 28], ">i4").tobytes()
        files = {
            f"{part}-images-idx3-ubyte.gz": b"\0\0\x08\x03" + head + images.tobytes(),
            f"{part}-labels-idx1-ubyte.gz": b"\0\0\x08\x01" + head[:4] + labels.tobytes(),
        }
        for name, data in files.items():
            (tmp_path / name).write_bytes(gzip.compress(data))
        made[part] = images, labels
    found = load(tmp_path)
    assert found.name == "Fashion-MNIST"
    assert found.train.shape == (30, 1, 28, 28) and found.test.shape == (20, 1, 28, 28)
    assert found.test_labels.tolist() == made["t10k"][1].tolist()
    assert np.corrcoef(found.train.ravel(), made["train"][0].ravel())[0, 1] > 0.999999


def test_without_the_package_the_digits_stand_in(tmp_path):
    pytest.importorskip("sklearn", reason="the digits are scikit-learn's")
    found = load(tmp_path)
    assert found.name == "digits of scikit-learn"
    assert found.train.shape[1:] == (1, 28, 28)
    assert set(found.train_labels.tolist()) == set(range(10))


@pytest.mark.parametrize("seed", range(5))
def test_kendalls_tau_is_that_of_all_pairs(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 6, 12), rng.integers(0, 6, 12)
    pairs = list(combinations(range(12), 2))
    agreeing = sum(np.sign(x[i] - x[j]) * np.sign(y[i] - y[j]) for i, j in pairs)
    apart = [sum(int(v[i] != v[j]) for i, j in pairs) for v in (x, y)]
    assert figures.kendall(x, y) == pytest.approx(agreeing / (apart[0] * apart[1]) ** 0.5)


def test_networks_made_by_hand_are_within_the_budget_of_the_others():
    for stack in budget.HAND_MADE.values():
        network = rfsearch.parse(stack, 28, input_channels=1)
        assert network.totals["macs"] <= budget.BUDGET["max_macs"]
        assert network.totals["params"] <= budget.BUDGET["max_params"]
        assert budget.TARGET[0] <= network.rf <= budget.TARGET[1]


@pytest.mark.compiled
def test_the_surrogates_best_is_the_best_of_a_listing_of_all():
    rng = np.random.default_rng(1)
    stacks = budget.drawn(40)
    made = surrogate.fitted(stacks, rng.normal(80, 2, len(stacks)))
    (best,) = surrogate.provably_best(made, 1)
    frame = budget.search(max_macs=250_000).sample(3000, seed=3)
    assert made.accuracy(best) >= max(map(made.accuracy, frame["stack"]))


@pytest.mark.compiled
def test_a_surrogate_finds_the_shares_that_made_the_accuracies():
    rng = np.random.default_rng(2)
    true = rng.normal(0, 0.3, len(surrogate.NAMES))
    stacks = budget.drawn(60)
    sums = [sum(surrogate.features(*one) for one in surrogate.places(stack)) for stack in stacks]
    made = surrogate.fitted(stacks, [70 + true @ one for one in sums])
    assert [made.accuracy(s) for s in stacks] == pytest.approx(
        [70 + true @ one for one in sums], abs=0.05
    )


def test_a_training_that_is_kept_needs_no_torch(tmp_path):
    file = tmp_path / "runs.csv"
    rows = [
        f"digits of scikit-learn,{RECIPE},8C3N-GAP-10FC,{seed},{50 + seed}.25,1.0"
        for seed in (0, 1)
    ]
    file.write_text(
        "\n".join([",".join(COLUMNS), *(row.replace(RECIPE, f'"{RECIPE}"') for row in rows)])
    )
    pytest.importorskip("sklearn", reason="the digits are scikit-learn's")
    found = Runs(file, tmp_path).accuracies(["8C3N-GAP-10FC"], [0, 1], jobs=1)
    assert found == [[50.25, 51.25]]


@pytest.mark.nightly
def test_what_is_trained_is_not_trained_again(tmp_path):
    pytest.importorskip("torch", reason="networks are trained in torch")
    pytest.importorskip("sklearn", reason="the digits are scikit-learn's")
    runs = Runs(tmp_path / "runs.csv", tmp_path)
    stack = "8C3S2P1N-8C3S2P1N-GAP-10FC"
    ((first,),) = runs.accuracies([stack], [0], jobs=1)
    written = (tmp_path / "runs.csv").read_text()
    assert runs.accuracies([stack], [0], jobs=1) == [[first]]
    assert (tmp_path / "runs.csv").read_text() == written
    assert 0 < first <= 100


@pytest.mark.parametrize("page", ["receptive_field", "scores", "surrogate"])
def test_a_report_names_the_command_that_wrote_it(page):
    if not (DOCS / f"{page}.md").is_file():
        pytest.skip("not run yet")
    assert FILE.is_file()
    text = (DOCS / f"{page}.md").read_text("utf-8")
    assert f"python -m benchmarks.evidence.{page}" in text


def test_a_ladder_is_described_by_its_own_figures():
    made = {7: [70.0, 71.0], 27: [80.0, 81.0], 83: [60.0, 61.0]}
    text = " ".join(receptive_field.conclusion(made))
    assert "The best mean is 80.50 at RF 27" in text
    assert "RF 27 against RF 83: +20.00 ± 0.71 points, more than two standard errors" in text


def test_scores_are_those_of_the_network():
    (stack,) = [one for one in budget.HAND_MADE.values() if "8C3S2P1N-8C3" in one]
    found = scores.scores(stack)
    network = rfsearch.parse(stack, 28, input_channels=1)
    assert (found["params"], found["RF"]) == (network.totals["params"], network.rf)


TINY = """
input = [12, 16]
target_rf = "3.."
rounding = "floor"
max_macs = "1M"
head = "GAP-4FC"
[block.mb]
stack = "DW{k}S{s}PsN-{c}C1N"
k = [3, 5]
[[stage]]
repeat = "1..3"
  [[stage.slot]]
  block = "mb"
  s = [1, 2]
  c = [4, 8]
"""


class Counted(whole.Timed):
    """Says for each network how many layers it has, and how often it was asked."""

    name, asked = "counted", 0
    said = "layers, counted."

    def session(self, items, journal):
        rows = [
            {"item": text, "channels": channels, "sizes": "x".join(map(str, sizes)), "value": 1.0}
            for text, channels, sizes in (one.place.key for one in items)
        ]
        made = SimpleNamespace(run=lambda tell: None, failed=[], table=lambda: pl.DataFrame(rows))
        made.journal = SimpleNamespace(close=lambda done: None)
        return made

    def networks(self, plans, names, known, keep):
        type(self).asked += len([name for name in names if name not in known])
        known |= {name: [float(name.count("-")), float(name.count("-"))] for name in names}


def test_the_study_of_latency_sets_proven_against_proven(tmp_path, monkeypatch):
    (tmp_path / "tiny.toml").write_text(TINY)
    monkeypatch.setattr(latency, "CONFIGS", tmp_path)
    runner = Counted(tmp_path / "kept", 2)
    asked = SimpleNamespace(part=False, budgets=3)
    lines = latency.section("tiny", runner, asked)
    space = latency.Space("tiny", False)
    levels = latency.budgets(space, 3)
    listed = pl.concat(list(space.found().stacks()))
    file = tmp_path / "kept" / "tiny-counted.parquet"
    for level, (by_macs, by_time) in zip(
        levels, latency.chosen(space, file, "us", levels), strict=True
    ):
        enough = listed.filter(pl.col("entropy") >= level)
        assert by_macs["macs"] == enough["macs"].min()
        items = [stack.count("-") + 1 for stack in enough["stack"]]
        assert by_time["time"] == min(items)
    assert sum(line.startswith("| ") for line in lines) == 1 + 3 + 1 + 4
    before = Counted.asked
    assert latency.section("tiny", runner, asked) == lines
    assert before and Counted.asked == before  # nothing is measured twice


def test_a_study_says_when_the_table_was_wrong():
    pair = [{"stack": "4C3", "time": 10.0, "macs": 1}, {"stack": "4C5", "time": 9.0, "macs": 2}]
    runs = [whole.Measured(10.0, 0.1), whole.Measured(12.0, 0.1)]
    lines = "\n".join(latency.conclusion([pair], [], runs, ("more", "less")))
    assert "slower 1 times of 1" in lines and "promised 0.900, measured 1.200" in lines
