"""Reach: every RF of a space with its exact count and best costs, held against the listing."""

import json

import naive
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spaces import held, questions
from staged_spaces import held as staged_held
from staged_spaces import questions as staged_questions
from staged_spaces import read_frame

import rfsearch
from rfsearch.cli import main
from rfsearch.question import best_within

COSTS = ("depth", "params", "macs", "memory", "peak_memory")


def by_rf(rows, name="rf"):
    """{RF: the listed rows that have it}; with name "fields" a tuple, one number an axis."""
    groups = {}
    for row in rows:
        groups.setdefault(getattr(row, name), []).append(row)
    return groups


@held
@given(questions())
def test_reach_is_the_listing_grouped_by_rf(question):
    """Counts, least and greatest costs of every RF in the target; no other RF is there."""
    frame = question.search().reach(COSTS, COSTS)
    groups = by_rf(question.matches)
    assert frame["rf"].to_list() == sorted(groups)
    for row in frame.iter_rows(named=True):
        group = groups[row["rf"]]
        assert row["matches"] == len(group)
        for cost in COSTS:
            values = [getattr(one, cost) for one in group]
            assert (row[f"least_{cost}"], row[f"greatest_{cost}"]) == (min(values), max(values))


@staged_held
@given(staged_questions(), st.sampled_from([0, best_within.FEW]))
def test_reach_of_a_staged_space_is_the_listing_grouped_by_rf(question, alone):
    """The same with blocks, several axes, open targets and budgets on any cost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(best_within, "FEW", alone)  # 0: halves of ways meet, however few there are
        rows = read_frame(question.search().reach(COSTS, COSTS))
    groups = by_rf(question.matches, "fields")
    found = {_key(row["rf"]): row for row in rows}
    assert sorted(found) == sorted({_key(rf) for rf in groups})
    assert [row["rf"] for row in rows] == sorted(row["rf"] for row in rows)
    for rf, group in groups.items():
        row = found[_key(rf)]
        assert row["matches"] == len(group)
        for cost in COSTS:
            values = [getattr(one, cost) for one in group]
            assert (row[f"least_{cost}"], row[f"greatest_{cost}"]) == (min(values), max(values))


def _key(rf):
    """One number where all axes agree; a list of one told-apart axis is that number."""
    values = list(rf) if isinstance(rf, (list, tuple)) else [rf]
    return tuple(values) if len(set(values)) > 1 else (values[0],)


@pytest.mark.compiled
def test_one_pass_gives_what_a_query_for_each_rf_gives():
    """The default space up to the input: known counts at 224, and least costs as the front has."""
    space = rfsearch.Space()
    frame = space.search(227, (1, 227)).reach()
    row = frame.filter(frame["rf"] == 224).row(0, named=True)
    single = space.search(227, 224)
    assert row["matches"] == 60_853_070_827
    assert {name: row[f"least_{name}"] for name in ("memory", "macs")} == single.least(
        "memory", "macs"
    )


@pytest.mark.parametrize(
    "within",
    [{}, {"max_params": 2000}, {"max_params": 2000, "max_macs": 200_000}],
    ids=["no budget", "a budget on a sum", "two"],
)
@pytest.mark.parametrize("kernel", [[3, 5], ["3x5", 5]], ids=["axes alike", "axes apart"])
def test_the_least_rf_is_that_of_the_rows(kernel, within):
    """One number where axes are alike; else the least sum over them, by which RFs are ranked."""
    space = rfsearch.Space(kernel=kernel, stride=[1, 2], depth=(1, 3), channels=4)
    found = space.search(16, "any", rounding="floor", **within)
    listed = found.top(100_000, by="macs", distinct="none")["rf"].to_list()
    rows = [sum(rf) if isinstance(rf, list) else rf for rf in listed]
    assert rows
    assert found.least("rf") == {"rf": min(rows)}
    assert found.least("max:rf") == {"rf": max(rows)}


def test_spaces_are_asked_for_their_reach_in_one_call():
    """Space.reach and StagedSpace.reach: the frame of a search, up to the input where not said."""
    space = rfsearch.Space(kernel=[3, 5], stride=[1, 2], depth=(1, 3))
    assert space.reach(32, greatest=("macs",)).equals(
        space.search(32, (1, 32)).reach(greatest=("macs",))
    )
    within = space.reach(32, (5, 9), least=("params",), rounding="floor")
    assert within.equals(space.search(32, (5, 9), rounding="floor").reach(("params",)))
    assert within["rf"].max() <= 9
    staged = rfsearch.StagedSpace([{"kernel": [1, 3], "channels": 4, "repeat": "1..3"}])
    assert staged.reach(16).equals(staged.search(16).reach())
    assert staged.reach(16)["rf"].to_list() == [1, 3, 5, 7]


def test_the_word_prints_a_table_and_the_json_object(capsys):
    """Without a target every RF up to the input; JSON rows hold rf, matches and least."""
    flags = ["reach", "--input", "32", "--kernel", "3,5", "--stride", "1,2", "--depth", "1..2"]
    assert main(flags) == 0
    table = capsys.readouterr().out
    assert table.splitlines()[0].split()[:2] == ["rf", "matches"]
    assert main([*flags, "--format", "json", "--greatest", "macs"]) == 0
    document = json.loads(capsys.readouterr().out)
    listed = naive.matches(
        naive.Space(kernel=(3, 5), stride=(1, 2), depth=(1, 2)), naive.Query(32, (1, 32))
    )
    assert [row["rf"] for row in document["reach"]] == sorted(by_rf(listed))
    assert sum(row["matches"] for row in document["reach"]) == len(listed)
    assert set(document["reach"][0]["greatest"]) == {"macs"}
    assert "erf_variance" in document["reach"][0]["least"]


def test_any_target_is_the_same_as_none(capsys):
    """As the help offers it; of a plain space these are the RFs up to the input."""
    flags = ["reach", "--input", "16", "--kernel", "3,5", "--stride", "1,2", "--depth", "1..2"]
    assert main(flags) == 0
    table = capsys.readouterr().out
    assert main([*flags, "--target-rf", "any"]) == 0
    assert capsys.readouterr().out == table


def test_no_rf_at_all_is_exit_1(capsys):
    """A space without a match has an empty table."""
    assert main(["reach", "--input", "4", "--kernel", "11", "--padding", "0", "--depth", "1"]) == 1
    assert "0 receptive fields" in capsys.readouterr().out


@pytest.mark.compiled
def test_rfs_that_are_too_many_end_at_twice_the_input(capsys):
    """The default space has RFs to 3,495,251 from 227 pixels; README asks for its reach."""
    assert main(["reach", "--input", "227", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert "RFs 1..454, to twice the input" in err
    found = json.loads(out)
    assert found["query"]["target_rf"] == "1..454"
    assert [row["rf"] for row in found["reach"]] == list(range(1, 455))
    assert main(["reach", "--input", "227", "--target-rf", "1..454", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == found
    assert rfsearch.Space().reach(227)["matches"].to_list() == [
        row["matches"] for row in found["reach"]
    ]


@pytest.mark.compiled
def test_an_open_target_of_too_many_rfs_is_told_in_a_line(capsys):
    assert main(["--input", "227", "--target-rf", "200..", "--quiet"]) == 3
    assert "give a range that ends before, such as 200..454" in capsys.readouterr().err
