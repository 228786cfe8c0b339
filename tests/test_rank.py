"""rank reads a dataset as a stream and lists what a search of the same question lists."""

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_enumerate import found

import rfsearch
from rfsearch.cli import main
from rfsearch.enumeration.ranking import ranked


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rank") / "d"
    found().sink_parquet(folder, part_rows=100)
    return str(folder)


@pytest.mark.parametrize(
    "by", ["memory,macs", "max:params", "peak_memory", "max:erf_variance,max:macs,depth"]
)
def test_a_dataset_is_ranked_as_a_search_ranks(dataset, by, capsys):
    assert main(["rank", dataset, "--rank-by", by, "--top", "40", "--format", "ndjson"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    best = found().top(40, by=by.split(","), distinct="none").drop("twins")
    assert rows == best.select(list(rows[0])).to_dicts() and len(rows) == 40


COSTS = ["a", "b", "max:a", "max:b"]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=40),
    st.lists(st.sampled_from(COSTS), min_size=1, max_size=2, unique_by=lambda cost: cost[-1]),
    st.integers(0, 10),
)
def test_ties_stand_in_the_order_of_rows(values, by, top):
    frame = pl.DataFrame(values, schema={"a": pl.Int64, "b": pl.Int64}, orient="row")

    def key(place):
        row = dict(zip("ab", values[place], strict=True))
        return [(-1 if cost[0] == "m" else 1) * row[cost[-1]] for cost in by], place

    order = sorted(range(len(values)), key=key)[:top]
    best = ranked(frame.lazy(), by, top)
    assert best.drop("rank").rows() == [values[place] for place in order]
    assert best["rank"].to_list() == list(range(1, len(order) + 1))


def test_a_condition_filters_before_the_list_is_cut(dataset, capsys):
    flags = ["--where", "depth = 4 and jump > 1", "--top", "5", "--format", "json"]
    assert main(["rank", dataset, *flags]) == 0
    document = json.loads(capsys.readouterr().out)
    rows = pl.concat(list(found().stacks())).filter((pl.col("depth") == 4) & (pl.col("jump") > 1))
    best = rows.with_row_index().sort("memory", "macs", "index")[:5]
    assert [row["stack"] for row in document["results"]] == best["stack"].to_list()
    assert document["where"] == "depth = 4 and jump > 1"
    assert document["query"]["target_rf"] == 8


def test_the_table_shows_the_ranked_cost_and_the_stack(dataset, capsys):
    assert main(["rank", dataset, "--rank-by", "erf_variance", "--top", "2"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[:2] == ["rank", "erf_variance"] and head.split()[-1] == "stack"
    best = found().top(2, by=["erf_variance"], distinct="none")["stack"].to_list()
    assert [row.split()[-1] for row in rows] == best


def test_nothing_left_is_exit_code_1(dataset, capsys):
    assert main(["rank", dataset, "--where", "depth > 99"]) == 1
    assert "No row of the dataset is left" in capsys.readouterr().err


@pytest.mark.parametrize(
    "flags, said",
    [
        (["--where", "flops > 3"], '--where: flops > 3: unable to find column "flops"'),
        (["--where", "depth >"], "--where: depth >: "),
        (["--rank-by", "flops"], "--rank-by: flops is not among the dataset's stack, "),
        (["--rank-by", "changes"], "--rank-by: changes is not among the dataset's stack, "),
        (["--top", "-1"], "--top: -1 is not ≥ 0"),
    ],
)
def test_what_cannot_be_ranked_is_one_line(flags, said, dataset, capsys):
    assert main(["rank", dataset, *flags]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"rfsearch: {said}") and err.count("\n") == 1


def test_missing_parts_are_told_unless_some_will_do(tmp_path, capsys):
    out = tmp_path / "d"
    found().sink_parquet(out, part_rows=100)
    parts = sorted(out.glob("*.parquet"))
    parts[1].unlink()
    assert main(["rank", str(out)]) == 2
    said = capsys.readouterr().err
    assert f"{out}: 1 of {len(parts)} parts are missing; rfsearch enumerate --resume" in said
    assert main(["rank", str(out), "--partial", "--top", "100000", "--format", "csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == found().count() - 100 + 1
    assert len(rfsearch.scan(out, partial=True).collect()) == found().count() - 100


def test_a_part_that_cannot_be_read_is_one_line(tmp_path, capsys):
    out = tmp_path / "d"
    found().sink_parquet(out, part_rows=100)
    part = sorted(out.glob("*.parquet"))[1]
    part.write_bytes(part.read_bytes()[:-20])
    assert main(["rank", str(out)]) == 2
    err = capsys.readouterr().err
    assert "rfsearch enumerate --resume finds those that are damaged" in err
    assert err.count("\n") == 1
