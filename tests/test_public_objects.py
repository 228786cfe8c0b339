"""Whatever the public functions give shows itself on one screen, and comes back from a pickle."""

import copy
import pickle
from functools import cache
from pathlib import Path

import polars as pl
import pytest

import rfsearch

ROOT = Path(__file__).parents[1]
LINES, COLUMNS = 24, 100  # one screen

SMALL = {"kernel": [3, 5], "stride": [1, 2], "depth": (1, 3), "channels": 4}
LONG = "-".join(["64C3P1"] * 4_000)
SPECTROGRAM = ROOT / "configs" / "spectrogram.toml"


@cache
def small():
    return rfsearch.Space(**SMALL).search(9, 7)


@cache
def near_resnet18():
    return rfsearch.like("resnet18", 64, 31, 3)


def charged():
    rows = {"item": [f"{n}C3" for n in range(1, 500)], "channels": 3, "sizes": "9", "value": 1.0}
    table = {"table": pl.DataFrame(rows), "unit": "ms"}
    return rfsearch.Space(**SMALL).search(list(range(9, 99)), 7, costs={"latency": table})


MADE = {
    "Space": lambda: rfsearch.Space(**SMALL),
    "Space of many choices": lambda: rfsearch.Space(kernel=list(range(1, 2_000)), depth=(1, 2)),
    "Space of a preset": lambda: rfsearch.load_space(SPECTROGRAM),
    "Space of stages": lambda: rfsearch.StagedSpace([{"kernel": [3], "repeat": "1..2"}] * 20),
    "Found": small,
    "Found of a preset": lambda: rfsearch.load_space(SPECTROGRAM).search("64x64", "..32x..32"),
    "Found like resnet18": near_resnet18,
    "Neighbourhood": lambda: near_resnet18().space,
    "Neighbourhood of a long network": lambda: rfsearch.like(LONG[:209], 64, 61, 0).space,
    "Query": lambda: small().query,
    "Query of declared costs": lambda: charged().query,
    "Network": lambda: rfsearch.parse("resnet18"),
    "Network of many layers": lambda: rfsearch.parse(LONG, 32),
    "row of a Network": lambda: rfsearch.parse("alexnet").rows[0],
    "sizes of a Network": lambda: rfsearch.parse("unet_padded", 512).sizes(0),
    "tiling of a Network": lambda: rfsearch.parse("unet_padded", 1024).tiling(0),
    "Ladder": lambda: rfsearch.Space(**SMALL).ladder(9, [3, 5, 7], hold={"params": "50%"}),
    "Ladder without rungs": lambda: rfsearch.Space(**SMALL).ladder(
        9, list(range(20, 120)), hold={"params": "50%"}
    ),
    "InTime": lambda: small().top_in_time(60),
    "Candidates": lambda: rfsearch.candidates([3, 5]),
    "Membership": lambda: small().contains("4C3-4C5"),
    "Membership refused": lambda: small().contains(LONG[:3_000].rpartition("-")[0]),
    "why": lambda: small().why(),
    "Verdict": lambda: rfsearch.verify("4C3-4C5", 9),
    "UsageError": lambda: rfsearch.UsageError("k: -1 is not ≥ 0"),
    "LimitError": lambda: rfsearch.LimitError("too many"),
}  # fmt: skip
NEEDS = {"Verdict": "onnxruntime"}


@pytest.fixture(params=MADE)
def made(request):
    if request.param in NEEDS:
        pytest.importorskip(NEEDS[request.param])
    return MADE[request.param]()


def test_it_shows_itself_on_one_screen_and_comes_back_from_a_pickle(made):
    lines = repr(made).splitlines()
    assert sum(1 + len(line) // COLUMNS for line in lines) <= LINES
    for again in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert type(again) is type(made)
        assert repr(again) == repr(made)


def test_a_found_that_comes_back_answers_alike():
    for found in (small(), near_resnet18()):
        found.count()  # what was worked out goes along, or is worked out again
        again = pickle.loads(pickle.dumps(found))
        assert again.count() == found.count()
        assert again.top(3).equals(found.top(3))
        assert again.reach().equals(found.reach())


def test_a_network_that_comes_back_has_the_same_figures():
    net = rfsearch.parse("resnet18")
    again = pickle.loads(pickle.dumps(net))
    assert again.totals == net.totals and again.rows == net.rows
    assert again.scores == net.scores and again.effective_rf == net.effective_rf


def test_every_public_name_is_tried_here():
    """Of the classes, an object; of the functions, what they give."""
    tried = Path(__file__).read_text(encoding="utf-8")
    elsewhere = {
        "RfsearchError", "MissingExtraError",  # as the errors here
        "evaluate", "scan", "sweep", "to_pandas", "sink_parquet",  # frames of polars and pandas
        "from_keras", "from_torch", "load", "to_onnx", "to_torch",  # of others, or a Network
        "read_automaton", "write_automaton",  # files
    }  # fmt: skip
    missing = {name for name in rfsearch.__all__ if f"rfsearch.{name}" not in tried} - elsewhere
    assert missing <= {"Found", "Network", "Candidates"}
    assert {"Found", "Network", "Candidates"} <= set(MADE)
